"""Rules that other distributions bring: installed, left out, and at fault."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

from dfix.rewriter.cli.command import WORKERS_PAY_FROM
from tests.build_context import put
from tests.built import ROOT
from tests.sample_plugin.installed import LOWER, MERGED, UPPER, dfix, environment, install, sources, unpack

RULE = "keyword-case     acme-rules 1.0  write keywords in upper case (same image)\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the plug-in."""
    return install(tmp_path_factory.mktemp("plugin") / "site")


def test_its_rule_runs_with_the_others(site: Path, tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": LOWER})
    done = dfix(tmp_path, ["--write", "-q", "Dockerfile"], environment(site))
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (tmp_path / "Dockerfile").read_text() == f"FROM {MERGED}"
    assert dfix(tmp_path, ["--check", "-q", "Dockerfile"], environment(site)) == (0, "", "")


def test_it_is_named_like_any_rule(site: Path, tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": LOWER, "dfix.toml": 'select = ["keyword-case"]\n'})
    done = dfix(tmp_path, ["Dockerfile", "--output-format", "concise", "-q"], environment(site))
    assert done.out == "Dockerfile:1: keyword-case: `from` is written in lower case (same image)\n"
    done = dfix(tmp_path, ["--check", "-q", "--ignore", "keyword-case", "Dockerfile"], environment(site))
    assert (done.status, done.err) == (0, "")
    done = dfix(tmp_path, ["--output-format", "sarif", "-q", "Dockerfile"], environment(site))
    assert '"ruleId": "keyword-case"' in done.out


def test_rules_says_where_it_comes_from(site: Path, tmp_path: Path) -> None:
    done = dfix(tmp_path, ["rules"], environment(site))
    assert (done.status, done.err) == (0, "")
    assert RULE in done.out
    assert re.search(r"^merge-runs +dfix ", done.out, re.MULTILINE)
    page = dfix(tmp_path, ["rule", "keyword-case"], environment(site))
    assert page.status == 0
    assert "Promise: same image. Answers ConsistentInstructionCasing. Comes from acme-rules 1.0.\n" in page.out
    assert "-from debian:12\n+FROM debian:12\n" in page.out


def test_isolated_leaves_it_out(site: Path, tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": LOWER})
    done = dfix(tmp_path, ["--write", "-q", "--isolated", "Dockerfile"], environment(site))
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / "Dockerfile").read_text() == f"from {MERGED}"
    done = dfix(tmp_path, ["--isolated", "--select", "keyword-case", "Dockerfile"], environment(site))
    assert done == (2, "", "dfix: unknown rule `keyword-case`. `dfix rules` lists them\n")
    done = dfix(tmp_path, ["--isolated", "--output-format", "sarif", "-q", "Dockerfile"], environment(site))
    assert "keyword-case" not in done.out


def test_isolated_does_not_import_it(tmp_path: Path) -> None:
    site = install(tmp_path / "site", ("from __future__", "raise SystemExit('imported')\nfrom __future__"))
    put(tmp_path, {"Dockerfile": LOWER})
    for words in (["--output-format", "sarif"], ["--show-settings"], ["--diff"]):
        done = dfix(tmp_path, ["--isolated", "-q", *words, "Dockerfile"], environment(site))
        assert (done.err, done.status) == ("", 0 if words == ["--show-settings"] else 1)


def test_completion_offers_it(site: Path, tmp_path: Path) -> None:
    asked = {"_DFIX_COMPLETE": "complete_bash", "COMP_WORDS": "dfix\n--select\nkey", "COMP_CWORD": "2"}
    assert dfix(tmp_path, [], {**environment(site), **asked}).out.split() == ["keyword-case"]


def test_in_several_processes(site: Path, tmp_path: Path) -> None:
    names = [f"{number:03}/Dockerfile" for number in range(WORKERS_PAY_FROM + 2)]
    put(tmp_path, dict.fromkeys(names, LOWER))
    done = dfix(tmp_path, ["--write", "-q", "--jobs", "2", "."], environment(site))
    assert (done.status, done.err) == (0, "")
    assert {(tmp_path / name).read_text() for name in names} == {f"FROM {MERGED}"}


@pytest.mark.parametrize("words", [[], ["--editable"]], ids=["wheel", "editable"])
def test_as_pip_installs_it(words: list[str], tmp_path: Path) -> None:
    """In an environment of its own, into which dfix and what it needs are linked."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = str(tmp_path / "env" / "bin" / "python")
    (packages,) = (tmp_path / "env").glob("lib/*/site-packages")
    linked = [path for path in sys.path if os.path.isdir(path) and not path.startswith(sys.base_prefix)]
    (packages / "linked.pth").write_text("\n".join(linked) + "\n")
    source = sources(tmp_path / "sources")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--no-cache-dir", *words, str(source)], check=True, env=environment())
    if words:
        path = source / "acme_rules" / "keyword_case.py"
        path.write_text(path.read_text().replace("is written in lower case", "is low"))
    put(tmp_path / "work", {"Dockerfile": LOWER})
    assert RULE in dfix(tmp_path / "work", ["rules"], environment(), python=python).out
    done = dfix(
        tmp_path / "work", ["--select=keyword-case", "--output-format=concise", "-q", "."], environment(), python=python
    )
    assert (
        done.out
        == f"Dockerfile:1: keyword-case: `from` is {'low' if words else 'written in lower case'} (same image)\n"
    )


class Fault(NamedTuple):
    """How the plug-in is spoiled, and what dfix says of it after the plug-in's name."""

    changes: tuple[tuple[str, str], ...]
    said: str


UPDATE = "Update or uninstall acme-rules, or leave all plug-ins out with --isolated"
REPORT = "Report it to the authors of acme-rules, and run dfix with --ignore keyword-case until it is fixed"
YIELD = "            yield Change(NAME, span.start, (Edit(span, instruction.keyword),), reason, CONTRACT)\n"
LOADING = {
    "a module is missing": Fault(
        (("NAME = ", "import nowhere_to_be_found\nNAME = "),),
        "it cannot be imported (ModuleNotFoundError: No module named 'nowhere_to_be_found')",
    ),
    "its own module is missing": Fault(
        (('"acme_rules.keyword_case"', '"acme_rules.gone"'),),
        "it cannot be imported (ModuleNotFoundError: No module named 'acme_rules.gone')",
    ),
    "it exits": Fault((("NAME = ", "raise SystemExit(3)\nNAME = "),), "it cannot be imported (SystemExit: 3)"),
    "it has no propose": Fault(
        (("def propose", "def purpose"),), "its module acme_rules.keyword_case has no function `propose`"
    ),
    "it has no summary": Fault(
        (("SUMMARY =", "WHAT ="),), "its module acme_rules.keyword_case has no SUMMARY that is a `str`"
    ),
    "it has another name": Fault(
        (('NAME = "keyword-case"', 'NAME = "keyword"'),),
        "its NAME is `keyword`: the entry point and NAME must be the same",
    ),
    "it promises something else": Fault(
        (('"same-image"', '"better-image"'),),
        "its CONTRACT is `better-image`, not one of same-image, same-but-caches, repairs, changed-image",
    ),
}
RUNNING = {
    "it raises": Fault(((YIELD, "            raise ValueError('odd')\n"),), "failed (ValueError: odd)"),
    "it answers nothing": Fault(
        (("            yield Refusal", "            return None\n            Refusal"), (YIELD, "            pass\n"), ("yield", "print")),
        "failed (TypeError: 'NoneType' object is not iterable)",
    ),
    "it answers something else": Fault(
        ((YIELD, "            yield reason\n"),), "returned a `str`, which is neither a Change nor a Refusal"
    ),
    "it answers for another rule": Fault(
        ((YIELD, YIELD.replace("NAME", '"merge-runs"')),), "returned an answer for the rule `merge-runs`"
    ),
    "edits that overlap": Fault(
        ((YIELD, YIELD.replace("(Edit(span, instruction.keyword),)", "(Edit(span, 'FR'), Edit(span._replace(start=span.start + 2), 'OM'))")),),
        "proposed one change whose edits overlap at 2",
    ),
    "an edit outside of the text": Fault(
        ((YIELD, YIELD.replace("Edit(span, ", "Edit(span._replace(end=900), ")),),
        "edited 0 to 900 in a text of 50 characters",
    ),
    "an edit of another text": Fault(
        ((YIELD, YIELD.replace("Edit(span, ", "Edit(span._replace(start=10, end=30), ")),),
        "produced a result that failed a check (keyword-case: ",
    ),
    "a change without effect": Fault(
        ((YIELD, YIELD.replace("instruction.keyword)", "written)")),),
        "produced a result that failed a check (keyword-case proposes a change that changes nothing)",
    ),
    "it never ends": Fault(
        (("        if written == instruction.keyword:\n            continue\n", ""), (YIELD, YIELD.replace("instruction.keyword)", "written.swapcase())"))),
        "produced a result that failed a check (it still changes after 8 rounds)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOADING)
def test_a_plugin_that_cannot_be_loaded(name: str, tmp_path: Path) -> None:
    """One line, its rule is missing, the rest is done; also where the settings name the rule."""
    site = install(tmp_path / "site", *LOADING[name].changes)
    put(tmp_path, {"Dockerfile": LOWER, "dfix.toml": 'select = ["keyword-case", "merge-runs"]\n'})
    line = f"dfix: plug-in `keyword-case` of acme-rules 1.0 is left out, because {LOADING[name].said}. {UPDATE}\n"
    done = dfix(tmp_path, ["--write", "-q", "Dockerfile"], environment(site))
    assert done == (2, "", line)
    assert (tmp_path / "Dockerfile").read_text() == f"from {MERGED}"
    listed = dfix(tmp_path, ["rules"], environment(site))
    assert (listed.status, listed.err) == (0, line)
    assert "keyword-case" not in listed.out


@pytest.mark.parametrize("name", RUNNING)
def test_a_plugin_that_fails_on_a_file(name: str, tmp_path: Path) -> None:
    """One line for all files, the file is as if the rule were not there, and other files are not concerned."""
    site = install(tmp_path / "site", *RUNNING[name].changes)
    put(tmp_path, {"a/Dockerfile": LOWER, "b/Dockerfile": LOWER, "c/Dockerfile": "FROM debian:12\n"})
    done = dfix(tmp_path, ["--write", "-q", "a", "b"], environment(site))
    assert done.status == 2
    start = "dfix: plug-in `keyword-case` of acme-rules 1.0 "
    assert done.err.startswith(start + RUNNING[name].said), done.err
    assert done.err.endswith(f" on a/Dockerfile, so its rule was skipped there. {REPORT}\n")
    assert done.err.count("\n") == 1
    assert {(tmp_path / one / "Dockerfile").read_text() for one in "ab"} == {f"from {MERGED}"}


def test_in_several_processes_it_is_said_once(tmp_path: Path) -> None:
    site = install(tmp_path / "site", *RUNNING["it raises"].changes)
    names = [f"{number:03}/Dockerfile" for number in range(WORKERS_PAY_FROM + 2)]
    put(tmp_path, dict.fromkeys(names, LOWER))
    done = dfix(tmp_path, ["--write", "-q", "--jobs", "2", "."], environment(site))
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert {(tmp_path / name).read_text() for name in names} == {f"from {MERGED}"}


def test_an_editor_gets_its_text_all_the_same(tmp_path: Path) -> None:
    site = install(tmp_path / "site", *RUNNING["it raises"].changes)
    done = dfix(tmp_path, ["--stdin-filename", "Dockerfile", "-"], environment(site), stdin=LOWER)
    assert (done.status, done.out, done.err.count("\n")) == (0, f"from {MERGED}", 1)


def test_verbose_shows_where_it_failed(tmp_path: Path) -> None:
    site = install(tmp_path / "site", *RUNNING["it raises"].changes)
    put(tmp_path, {"Dockerfile": LOWER})
    done = dfix(tmp_path, ["--check", "-v", "Dockerfile"], environment(site))
    assert re.search(r'keyword_case\.py", line \d+, in propose', done.err)


def test_a_name_that_dfix_has(tmp_path: Path) -> None:
    site = install(tmp_path / "site", ("keyword-case", "merge-runs"))
    put(tmp_path, {"Dockerfile": UPPER})
    done = dfix(tmp_path, ["--write", "-q", "Dockerfile"], environment(site))
    assert (done.status, done.err) == (
        2,
        "dfix: plug-in `merge-runs` of acme-rules 1.0 is left out, because dfix already has a rule of that name. "
        "Uninstall or rename one of them, or leave all plug-ins out with --isolated\n",
    )
    assert (tmp_path / "Dockerfile").read_text() == f"FROM {MERGED}"


def test_a_name_that_another_plugin_has(tmp_path: Path) -> None:
    """The first by the distributions' names stays."""
    site = install(tmp_path / "site")
    other = install(tmp_path / "other", ('name = "acme-rules"', 'name = "zeta-rules"'))
    put(tmp_path, {"Dockerfile": LOWER})
    for path in ((site, other), (other, site)):
        done = dfix(tmp_path, ["--diff", "Dockerfile"], environment(*path))
        assert (
            "dfix: plug-in `keyword-case` of zeta-rules 1.0 is left out, because acme-rules 1.0 already has" in done.err
        )
        assert (done.status, "+FROM debian" in done.out) == (2, True)


def test_the_guide_holds(tmp_path: Path) -> None:
    """Its package installs, its rule runs, and its tests pass."""
    guide = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    project, module, test = re.findall(r"```(?:toml|python)\n(.*?)```", guide, re.DOTALL)
    system = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    put(
        tmp_path / "package",
        {
            "pyproject.toml": system + project,
            "acme_rules/__init__.py": "",
            "acme_rules/keyword_case.py": module,
            "tests/test_examples.py": test,
        },
    )
    site = unpack(tmp_path / "package", tmp_path / "site")
    assert RULE in dfix(tmp_path, ["rules"], environment(site)).out
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path / "package"), str(tmp_path / "package")]
    done = subprocess.run(command, env=environment(site), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout

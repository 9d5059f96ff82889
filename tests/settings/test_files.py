"""Settings files: which one counts, what it may say, and what is said about a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.files import Settings, SettingsFinder, load, matches
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.problem import Problem

EVERYTHING = """
select = ["split-manifests", "merge-runs"]
ignore = ["clean-up"]
unsafe = true
target = "buildah"
exclude = ["vendor", "*.old"]
context = "../app"

[per-file-ignores]
"*.dev" = ["merge-runs"]

[save]
select = ["merge-runs", "clean-up"]
ignore = ["split-manifests"]

[verify.allow]
"/app/build.json" = "has the date of the build in it"
"config Labels *" = "the release job sets them"
"""


def put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def problem_of(path: str) -> Problem:
    with pytest.raises(SettingsError) as found:
        load(path)
    return found.value.problem


def test_every_key(tmp_path: Path) -> None:
    path = put(tmp_path / "ci" / "dfix.toml", EVERYTHING)
    assert load(path) == Settings(
        path=path,
        select=frozenset(("split-manifests", "merge-runs")),
        ignore=frozenset(("clean-up",)),
        unsafe=True,
        target="buildah",
        exclude=("vendor", "*.old"),
        context=str(tmp_path / "app"),
        per_file_ignores={"*.dev": frozenset(("merge-runs",))},
        save=Saving(frozenset(("merge-runs", "clean-up")), frozenset(("split-manifests",))),
        verify=(
            ("/app/build.json", "has the date of the build in it"),
            ("config Labels *", "the release job sets them"),
        ),
    )


def test_an_empty_file_is_no_mistake(tmp_path: Path) -> None:
    path = put(tmp_path / "dfix.toml", "")
    assert load(path) == Settings(path=path)


def test_pyproject(tmp_path: Path) -> None:
    path = put(tmp_path / "pyproject.toml", '[project]\nname = "x"\n[tool.dfix]\nunsafe = true\n[tool.other]\nx = 1\n')
    assert load(path) == Settings(path=path, unsafe=True)
    assert SettingsFinder().nearest(str(tmp_path / "Dockerfile")) == Settings(path=path, unsafe=True)


def test_the_nearest_counts_as_a_whole(tmp_path: Path) -> None:
    put(tmp_path / ".git/HEAD", "")
    outer = put(tmp_path / "dfix.toml", 'unsafe = true\nignore = ["clean-up"]')
    inner = put(tmp_path / "a" / ".dfix.toml", 'target = "kaniko"')
    finder = SettingsFinder()
    assert finder.nearest(str(tmp_path / "a" / "b" / "Dockerfile")) == Settings(path=inner, target="kaniko")
    assert finder.nearest(str(tmp_path / "a" / "Dockerfile")) == Settings(path=inner, target="kaniko")
    assert finder.nearest(str(tmp_path / "c" / "Dockerfile")).path == outer
    assert finder.nearest(str(tmp_path / "Dockerfile")).ignore == {"clean-up"}


def test_a_pyproject_without_a_table_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / ".git/HEAD", "")
    outer = put(tmp_path / "dfix.toml", "")
    put(tmp_path / "a" / "pyproject.toml", '[project]\nname = "uses-dfix"\n')
    put(tmp_path / "b" / "pyproject.toml", "not TOML at all")
    (tmp_path / "c" / "dfix.toml").mkdir(parents=True)
    finder = SettingsFinder()
    for folder in "abc":
        assert finder.nearest(str(tmp_path / folder / "Dockerfile")).path == outer


def test_within_a_folder_dfix_toml_comes_first(tmp_path: Path) -> None:
    pyproject = put(tmp_path / "pyproject.toml", "[tool.dfix]\n")
    assert SettingsFinder().nearest(str(tmp_path / "Dockerfile")).path == pyproject
    hidden = put(tmp_path / ".dfix.toml", "")
    assert SettingsFinder().nearest(str(tmp_path / "Dockerfile")).path == hidden
    plain = put(tmp_path / "dfix.toml", "")
    assert SettingsFinder().nearest(str(tmp_path / "Dockerfile")).path == plain


def test_without_settings(tmp_path: Path) -> None:
    assert SettingsFinder().nearest(str(tmp_path / "Dockerfile")) == Settings()
    assert Settings().options("Dockerfile") == Options()


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ('\nselct = ["x"]', 2, "unknown key `selct`", "Did you mean `select`?"),
        ("per_file_ignores = {}", 1, "unknown key `per_file_ignores`", "Did you mean `per-file-ignores`?"),
        (
            "[other]\nx = 1",
            1,
            "unknown key `other`",
            "The keys are select, warn, ignore, require-ignore-reasons, unsafe, target, ",
        ),
        ('select = "x"', 1, "`select` is not a list of strings", "For example: select = ["),
        ("unsafe = false\nignore = [1]", 2, "`ignore` is not a list of strings", "For example: ignore = ["),
        ('unsafe = "yes"', 1, "`unsafe` is not true or false", "For example: unsafe = true"),
        ('target = "docker"', 1, '`target` is not one of "buildkit", "buildah", "kaniko"', "For example: target = "),
        ("target = true", 1, '`target` is not one of "buildkit", "buildah", "kaniko"', "For example: target = "),
        ("context = 1", 1, "`context` is not a string", "For example: context = "),
        ('per-file-ignores = ["x"]', 1, "`per-file-ignores` is not a table of lists of strings", "For example: "),
        (
            '\n[per-file-ignores]\n"*" = "x"',
            2,
            "`per-file-ignores` is not a table of lists of strings",
            "For example: ",
        ),
        ('save = ["x"]', 1, "`save` is not a table", "For example: save = { select = ["),
        (
            'select = ["a"]\n[save]\nselect = "x"',
            3,
            "`save.select` is not a list of strings",
            "For example: select = [",
        ),
        (
            'select = ["a"]\n[save]\nselect = ["b"]\nignore = [1]',
            4,
            "`save.ignore` is not a list of strings",
            "For example: ignore = [",
        ),
        ("\n[save]\n\nunsafe = true", 4, "unknown key `save.unsafe`", "The keys are `save.select`, `save.ignore`"),
        (
            "unsafe = true\nsave = { selct = [] }",
            2,
            "unknown key `save.selct`",
            "The keys are `save.select`, `save.ignore`",
        ),
        ("save.ignore = 1", 1, "`save.ignore` is not a list of strings", "For example: ignore = ["),
        ("unsafe = true\nignore = [", 2, "not valid TOML: Invalid value", "Fix the syntax"),
        ("unsafe = true\nunsafe = true\n", 2, "not valid TOML: Cannot overwrite a value", "Fix the syntax"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    path = put(tmp_path / "dfix.toml", text)
    problem = problem_of(path)
    assert (problem.path, problem.line, problem.message) == (path, line, message)
    assert problem.hint.startswith(hint)


def test_the_line_in_a_pyproject(tmp_path: Path) -> None:
    path = put(tmp_path / "pyproject.toml", "[tool.ruff]\nselct = []\n\n[tool.dfix]\nselct = []\n")
    assert problem_of(path).line == 5
    put(tmp_path / "pyproject.toml", '[tool.x]\ny = 1\n[tool.dfix.per-file-ignores]\n"*" = 1\n')
    assert problem_of(path).line == 3


def test_the_line_of_a_key_of_save_in_a_pyproject(tmp_path: Path) -> None:
    text = '[tool.dfix.save]\nselect = ["a"]\n[tool.other]\nignore = 1\n[tool.dfix]\nignore = ["a"]\n'
    path = put(tmp_path / "pyproject.toml", text.replace('select = ["a"]', "ignore = 1"))
    assert problem_of(path).line == 2
    put(tmp_path / "pyproject.toml", '[tool.dfix]\nignore = ["a"]\n[tool.dfix.save]\nignore = 1\n')
    assert problem_of(path).line == 4


KNOWN = frozenset("abcd")


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", "abcd"),
        ("[save]", "abcd"),
        ('save.select = ["a", "b"]', "ab"),
        ("save.select = []", ""),
        ('save.ignore = ["a"]', "bcd"),
        ('save = { select = ["a", "b"], ignore = ["b"] }', "a"),
        ('ignore = ["a"]\nsave.select = ["a", "b"]', "b"),
        ('select = ["a", "c"]\nsave.select = ["a", "b"]', "a"),
        ('select = ["a", "c"]\nsave.ignore = ["c"]', "a"),
        ('save.select = ["a", "b"]\n[per-file-ignores]\n"*.dev" = ["b"]', "a"),
    ],
)
def test_what_a_save_applies_is_part_of_what_runs(tmp_path: Path, text: str, runs: str) -> None:
    settings = load(put(tmp_path / "dfix.toml", text))
    options = settings.options(str(tmp_path / "Dockerfile.dev"))
    found = settings.save.narrow(options, KNOWN)
    assert (found.select or KNOWN) - found.ignore == set(runs)
    assert found.select == settings.select
    assert settings.save.narrow(options._replace(unsafe=True), KNOWN) == found


def test_what_cannot_be_used(tmp_path: Path) -> None:
    path = put(tmp_path / "pyproject.toml", "[project]\n")
    assert problem_of(path).message == "has no [tool.dfix] table"
    assert problem_of(put(tmp_path / "pyproject.toml", "[tool]\ndfix = 1\n")).message == "`tool.dfix` is not a table"
    assert problem_of(str(tmp_path / "absent.toml")).message == "no such file"
    (tmp_path / "dfix.toml").write_bytes(b"# \xff\n")
    assert problem_of(str(tmp_path / "dfix.toml")).message == "not UTF-8"


def test_a_wrong_file_is_told_for_each_dockerfile_it_governs(tmp_path: Path) -> None:
    put(tmp_path / ".git/HEAD", "")
    put(tmp_path / "a" / "dfix.toml", "x = 1")
    finder = SettingsFinder()
    for path in ("a/Dockerfile", "a/b/Dockerfile", "a/Dockerfile"):
        with pytest.raises(SettingsError):
            finder.nearest(str(tmp_path / path))
    assert finder.nearest(str(tmp_path / "Dockerfile")) == Settings()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("vendor", True),
        ("vendor/", True),
        ("vendor/**", True),
        ("**/vendor", True),
        ("./a/vendor", True),
        ("a", True),
        ("Dockerfile.dev", True),
        ("*.dev", True),
        ("**/*.dev", True),
        ("a/vendor/Dockerfile.dev", True),
        ("a/*.dev", True),
        ("Docker[fg]ile.*", True),
        ("vendo", False),
        ("b/vendor", False),
        ("dockerfile.dev", False),
        ("*.prod", False),
        ("../*", False),
        ("", False),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, expected: bool) -> None:
    path = "a/vendor/Dockerfile.dev"
    if pattern == "vendor/**":
        pattern = "a/vendor/**"
    assert matches(str(tmp_path / path), [pattern], str(tmp_path)) == expected


def test_patterns_are_relative_to_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / ".git/HEAD", "")
    put(tmp_path / "a" / "dfix.toml", 'exclude = ["b/x.Dockerfile"]\nper-file-ignores = { "b/*" = ["r"], "c" = ["s"] }')
    monkeypatch.chdir(tmp_path)
    settings = SettingsFinder().nearest("a/b/x.Dockerfile")
    assert settings.excludes("a/b/x.Dockerfile")
    assert settings.excludes(os.path.abspath("a/b/x.Dockerfile"))
    assert not settings.excludes("b/x.Dockerfile")
    assert settings.options("a/b/y").ignore == {"r"}
    assert settings.options("a/c/y").ignore == {"s"}
    assert settings.options("a/y").ignore == frozenset()


def test_rules_that_are_not_known(tmp_path: Path) -> None:
    known = frozenset(("merge-runs", "clean-up"))
    path = put(tmp_path / "dfix.toml", 'select = ["merge-runs"]\nignore = [\n  "clean-up",\n  "cleanup",\n]\n')
    load(path).check_rules(known | {"cleanup"})
    with pytest.raises(SettingsError) as found:
        load(path).check_rules(known)
    assert found.value.problem == Problem(path, 4, "unknown rule `cleanup`", "Did you mean `clean-up`?")
    path = put(tmp_path / "dfix.toml", '[per-file-ignores]\n"*.dev" = ["x"]')
    with pytest.raises(SettingsError):
        load(path).check_rules(known)
    path = put(tmp_path / "dfix.toml", '[save]\nselect = [\n"y",\n]\nignore = ["clean-up"]')
    with pytest.raises(SettingsError) as found:
        load(path).check_rules(known)
    assert found.value.problem == Problem(path, 3, "unknown rule `y`", "`dfix rules` lists them")
    Settings().check_rules(frozenset())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("verify = 1", "`verify` is not a table"),
        ("[verify]\nalow = {}", "unknown key `verify.alow`"),
        ("[verify]\nallow = ['/x']", "`verify.allow` is not a table"),
        ("[verify.allow]\n'/x' = ''", "`verify.allow` has no path and reason in `/x`"),
        ("[verify.allow]\n'/x' = 1", "`verify.allow` has no path and reason in `/x`"),
        ("[verify.allow]\n'app/x' = 'why'", "`verify.allow` has no path and reason in `app/x`"),
    ],
)
def test_what_may_differ_needs_a_path_and_a_reason(tmp_path: Path, text: str, message: str) -> None:
    problem = problem_of(put(tmp_path / "dfix.toml", f"ignore = []\n{text}\n"))
    assert (problem.message, problem.line) == (message, 3 if "[verify]" in text else 2)
    assert problem.hint

"""Prove dfix on our own applications and on real contexts: build, compare, measure.

    make prove                      everything; writes docs/results.md
    python scripts/prove.py NAME…   only these contexts, with the details
    python scripts/prove.py --ci --sample 50 --seed 7   some of those that are quick, by chance
    python scripts/prove.py --unsafe --write    only those with a different image, and that part of the page

Fails if a change is not proven, if a context is not changed by exactly the rules in its .toml, or if there are fewer
contexts than the docs promise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from prove_report import Row, renewed, report  # the scripts folder is not a package
from shared_data import corpus

from tests.engine.fixture import Engine, start

ROOT = Path(__file__).resolve().parents[1]
OWN = ROOT / "tests/prove/contexts"
LEAST_OWN, LEAST_REAL = 30, 20
_INSTALL = re.compile(
    r"\b(npm (ci|install)|yarn (install|--frozen)|(pnpm|bun|pip|poetry|pdm|pipenv|composer|bundle) (install|sync|fetch)"
    r"|pip-sync|hatch env create|make deps|go mod download|cargo fetch|mvn dependency:go-offline)\b"
)


class Case(NamedTuple):
    """A context to prove, with its Dockerfile as a path within it."""

    name: str
    folder: Path
    dockerfile: str
    what: str
    bases: tuple[str, ...]
    rules: tuple[str, ...]
    args: tuple[str, ...] = ()
    stand_ins: tuple[tuple[str, str], ...] = ()
    unsafe: bool = False
    smoke: str = ""
    """A command for `--smoke`, where the image's own fails."""
    in_ci: bool = True
    select: str = ""
    """The rules to run, where not those that run by default."""


def main() -> int:
    """Run the command line; returns 0 if everything is proven."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="contexts to prove; else all")
    parser.add_argument("--write", action="store_true", help="write docs/results.md")
    parser.add_argument("--no-measure", action="store_true", help="prove only")
    parser.add_argument("--unsafe", action="store_true", help="only contexts whose changes produce a different image")
    parser.add_argument("--ci", action="store_true", help="without contexts that take long")
    parser.add_argument("--sample", type=int, default=0, help="so many of our own contexts, taken by chance")
    parser.add_argument("--seed", type=int, default=1, help="of the chance")
    asked = parser.parse_args()
    if asked.write and asked.sample:
        parser.error("--write needs all contexts, not a sample")
    engine = start()
    with tempfile.TemporaryDirectory() as folder:
        own = _drawn([case for case in own_cases() if _asked(case, asked)], asked.sample, asked.seed)
        real = [case for case in real_cases(Path(folder)) if _asked(case, asked)]
        with ThreadPoolExecutor(4 if asked.no_measure else 1) as pool:  # time only one build at a time
            rows = list(pool.map(partial(prove, engine, measuring=not asked.no_measure), own))
        with ThreadPoolExecutor(4) as pool:
            real_rows = list(pool.map(partial(prove, engine, measuring=False), real))
    faults = [fault for case, row in zip(own, rows, strict=True) if (fault := _fault(case, row))]
    faults += [
        f"{row.name}: {row.file['verdict']}" for row in real_rows if row.file["verdict"] in ("broken", "unshown")
    ]
    if not asked.names and not asked.unsafe and not asked.sample:
        proven = sum(row.file["verdict"] == "proven" for row in rows)
        built = sum(row.file["verdict"] in ("proven", "built", "broken") for row in real_rows)
        faults += [f"only {proven} of our own contexts are proven"] if proven < LEAST_OWN else []
        short = built < LEAST_REAL and not asked.ci
        faults += [f"only {built} of the real contexts were built"] if short else []
    for fault in faults:
        print(fault, file=sys.stderr)
    if asked.write and not faults:
        page = ROOT / "docs/results.md"
        every = [*rows, *real_rows]
        text = renewed(page.read_text("utf-8"), every) if asked.unsafe else report(rows, real_rows, not_built())
        page.write_text(text, encoding="utf-8")
    return 1 if faults else 0


def _asked(case: Case, asked: argparse.Namespace) -> bool:
    if asked.names:
        return case.name in asked.names
    return (case.unsafe or not asked.unsafe) and (case.in_ci or not asked.ci)


def _drawn(cases: list[Case], count: int, seed: int) -> list[Case]:
    """All of the cases, or `count` of them, in their order."""
    if not 0 < count < len(cases):
        return cases
    return [cases[index] for index in sorted(random.Random(seed).sample(range(len(cases)), count))]


def own_cases() -> list[Case]:
    """Our own contexts: each next to a .toml of the same name, or in its `folder`."""
    cases = []
    for path in sorted(OWN.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        folder = ROOT / data["folder"] if "folder" in data else OWN / path.stem
        bases, rules = tuple(data["bases"]), tuple(data["rules"])
        case = Case(path.stem, folder, "Dockerfile", data["what"], bases, rules, select=data.get("select", ""))
        cases.append(case._replace(unsafe=data.get("unsafe", False), in_ci=data.get("ci", True)))
    return cases


def real_cases(folder: Path) -> list[Case]:
    """The real contexts in tests/prove/corpus.toml, unpacked below `folder`; none without the corpus."""
    found = corpus()
    if found is None:
        return []
    cases = []
    for entry in _corpus_table().get("context", ()):
        name, dockerfile = entry["name"], entry["dockerfile"]
        root = folder / name
        for path, data in found.context_files[name].items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        _without_syntax(root / dockerfile)
        bases, args = tuple(entry["bases"]), tuple(entry.get("args", ()))
        unsafe = entry.get("unsafe", False)
        label = name if dockerfile == "Dockerfile" else f"{name} {dockerfile}"
        label += " --unsafe" if unsafe else ""
        stand_ins = tuple(entry.get("stand-ins", {}).items())
        cases.append(
            Case(
                label,
                root,
                dockerfile,
                "",
                bases,
                (),
                args,
                stand_ins,
                unsafe,
                entry.get("smoke", ""),
                entry.get("ci", False),
            )
        )
    return cases


def not_built() -> dict[str, str]:
    """The real contexts that cannot be built here, with the reason."""
    return dict(_corpus_table().get("failed", {}))


def _corpus_table() -> dict[str, Any]:
    return tomllib.loads((ROOT / "tests/prove/corpus.toml").read_text(encoding="utf-8"))


def _without_syntax(path: Path) -> None:
    """Replace `# syntax=`, because the tests' engine cannot pull a frontend; line numbers stay."""
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:3]):
        if re.match(rb"\s*#\s*syntax\s*=", line, re.IGNORECASE):
            lines[number] = b"# the built-in frontend"
    path.write_bytes(b"\n".join(lines))


def prove(engine: Engine, case: Case, *, measuring: bool) -> Row:
    """Run `dfix verify` on a copy of one context; with cache mounts twice, because it is the first that fills them."""
    if "cache-mounts" in case.rules:
        first = _verify(engine, case, measuring=False)
        if first.file["verdict"] != "proven":
            return first
    return _verify(engine, case, measuring=measuring)


def make_bases(engine: Engine, case: Case) -> None:
    """Make sure that the images on which a case is built are there, under the names that it uses."""
    engine.bases(*case.bases)
    for tag, base in case.stand_ins:
        subprocess.run(["docker", "tag", base, tag], env=engine.environment, check=True)


def _verify(engine: Engine, case: Case, *, measuring: bool) -> Row:
    make_bases(engine, case)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / case.folder.name
        shutil.copytree(case.folder, copy, symlinks=True)
        settings = copy / "dfix.toml"
        only_own = f"--config={settings}" if settings.exists() else "--isolated"
        command = [sys.executable, "-m", "dfix", "verify", only_own, "--network=host", "--timeout=600"]
        command += ["--output-format=json", *(f"--set={arg}" for arg in case.args)]
        command += [] if measuring and not case.unsafe else ["--no-measure"]
        command += ["--unsafe"] if case.unsafe else []
        command += [f"--select={case.select}"] if case.select else []
        command += [f"--smoke={case.smoke}"] if case.smoke else []
        done = subprocess.run(
            [*command, str(copy / case.dockerfile)],
            env={**engine.environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            (file,) = json.loads(done.stdout)["files"]
        except ValueError:
            raise SystemExit(f"{case.name}: dfix verify failed: {done.stderr}") from None
        if file["verdict"] == "unchanged":
            file["verdict"] = "built" if _builds(engine, case, copy) else "unbuilt"
    print(f"{case.name}: {file['verdict']} {file['message']}".rstrip(), file=sys.stderr, flush=True)
    if file["verdict"] == "broken":  # in case that it can't be seen again
        print(json.dumps(file, indent=1), file=sys.stderr, flush=True)
    return Row(case.name, case.what, file, case.unsafe)


def _builds(engine: Engine, case: Case, folder: Path) -> bool:
    """Whether a context that dfix doesn't change builds."""
    command = ["docker", "buildx", "build", "--quiet", "--network=host", "--file", str(folder / case.dockerfile)]
    for arg in case.args:
        command += ["--build-arg", arg]
    return (
        subprocess.run([*command, str(folder)], env=engine.environment, capture_output=True, check=False).returncode
        == 0
    )


def _fault(case: Case, row: Row) -> str:
    if row.file["verdict"] != "proven":
        return f"{case.name}: {row.file['verdict']} {row.file['message']}"
    rules = sorted({change["rule"] for change in row.file["changes"]})
    if rules != sorted(case.rules):
        return f"{case.name}: changed by {', '.join(rules)}, and its .toml says {', '.join(sorted(case.rules))}"
    return _cache_fault(case, row) if "split-manifests" in case.rules else ""


def _cache_fault(case: Case, row: Row) -> str:
    """Check that the install re-runs after an edit of its manifest, and not after an edit of a source."""
    after = row.file["after"]
    if not after or not after["source_edit"]:
        return ""
    edited = after["dependency_edit"] or {"ran": []}
    installs = [step for step in edited["ran"] if _INSTALL.search(step)]
    if not installs:
        return f"{case.name}: an edit of the manifest does not run the install"
    if installs[0] in after["source_edit"]["ran"]:  # a second one may be the author's, to install the project
        return f"{case.name}: an edit of a source runs the install again"
    return ""


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

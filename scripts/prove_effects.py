"""Prove the rows of the table of programs that say `proven = "engine"`, with a build of their samples.

    make prove-effects                          every such row
    python scripts/prove_effects.py NAME…       the rows of these programs only
    python scripts/prove_effects.py --sample 30 --seed 1

Each sample runs in a RUN, in a folder of decoys. What has changed afterwards lies in what `model/effects` says of the
sample's commands, and of the decoys and of the user's home only what it says was read: all access times are set back to
1971 before, and those that moved tell. Exits 1 for a row that is wrong, 2 when nothing can be built.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.knowledge import managers
from dfix.rewriter.knowledge.program_table import ProgramRow, every_row
from dfix.rewriter.model import build
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import Place, effects
from dfix.rewriter.text.source import Source
from tests.engine.bases import BASES
from tests.engine.fixture import Engine, start
from tests.engine.home import NoEngineError

HOME = "/root"
DECOYS = (
    *(
        "package.json",
        ".npmrc",
        "pyproject.toml",
        "requirements.txt",
        "pip/__init__.py",
        "types.py",
        "Makefile",
        "a",
        "b",
        "x",
        "sub/y",
    ),
    *(".git/HEAD", "go.mod", "mix.exs", "rewrite", "app", "web", "root"),
)
"""Files of the folder in which the samples run; none may be read or changed that the table does not name."""
MOST_SHOWN = 8
TWO_YEARS = 2 * 366 * 24 * 3600
WATCHED = ("/app", HOME, "/srv", "/opt", "/home")
_NOISE = ("/dev", "/proc", "/sys", "/run", "/results", "/stamp", "/tmp")
"""Folders that a build mounts, and what the watch itself writes."""
_ACCOUNTS = "passwd group shadow gshadow subuid subgid"
_WATCH = f"""\
#!/bin/bash
# sample.sh INDEX: run the sample of that number and write down what it changed and read
set -u
out=/results/$1
mkdir -p "$out"
for name in {_ACCOUNTS}; do cp -a /accounts/$name /etc/$name; done
rm -rf /t && mkdir /t
bash -c "$(cat /samples/$1.setup)" > "$out/setup" 2>&1 || echo "the setup failed" > "$out/failed"
for folder in {" ".join(WATCHED)}; do find $folder -depth -exec touch -h -a -d '1971-01-01 UTC' {{}} +; done
sleep 0.05; touch /stamp; sleep 0.05
(cd /app && bash -c "$(cat /samples/$1.sample)") > "$out/said" 2>&1 < /dev/null
echo $? > "$out/status"
for folder in {" ".join(WATCHED)}; do find $folder -printf '%A@ %y %p\\n'; done > "$out/access"
find / -xdev -cnewer /stamp -print > "$out/changed"
"""


class Sample(NamedTuple):
    """A command that shows what a row says of one of its programs."""

    name: str
    row: ProgramRow
    command: str


def samples(names: list[str], count: int, seed: int) -> list[Sample]:
    """A sample for each program of each row that an engine proves; all of them, those of `names`, or some by chance."""
    found = []
    of_managers = {id(row): row for manager in managers() for row in manager.rows.values()}
    for row in (*(row for _, row in every_row()), *of_managers.values()):
        if row.proven == "engine":
            shown = row.names if "{}" in row.sample else row.names[:1]
            found += [Sample(name, row, row.sample.replace("{}", name)) for name in shown]
    if names:
        return [
            one for one in found if set(names) & {*(name.split()[0] for name in one.row.names), one.command.split()[0]}
        ]
    return random.Random(seed).sample(found, min(count, len(found))) if count else found


def run(engine: Engine, base: str, chosen: list[Sample], folder: Path) -> Path:
    """Build an image in which every sample has run; the folder with what was seen. Raises CalledProcessError."""
    engine.bases(base)
    context = folder / "context"
    _write(context, chosen)
    packages = sorted({package for one in chosen for package in one.row.packages})
    lines = [f"FROM {BASES[base].tags[0]} AS run", f"ENV HOME={HOME} DEBIAN_FRONTEND=noninteractive no_proxy=localhost"]
    if packages:
        lines.append(f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}")
    lines += [
        "COPY app /app/",
        "COPY samples /samples/",
        "COPY watch /watch",
        f"RUN mkdir /accounts && cd /etc && touch {_ACCOUNTS} && cp -a {_ACCOUNTS} /accounts/",
        f"RUN for index in $(seq 0 {len(chosen) - 1}); do bash /watch $index; done",
        "FROM scratch",
        "COPY --from=run /results /",
    ]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    seen = folder / "seen"
    command = ["docker", "buildx", "build", "--network=host", "--progress=plain", f"--output=type=local,dest={seen}"]
    command += ["--file", str(folder / "Dockerfile"), str(context)]
    subprocess.run(command, env=engine.environment, capture_output=True, text=True, check=True)
    return seen


def _write(context: Path, chosen: list[Sample]) -> None:
    """The build context: the decoys, the samples, and the script that watches them."""
    (context / "samples").mkdir(parents=True)
    for name in DECOYS:
        target = context / "app" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("" if name.endswith(".toml") else "{}\n")
    for index, one in enumerate(chosen):
        (context / "samples" / f"{index}.setup").write_text(one.row.setup.replace("{}", one.name))
        (context / "samples" / f"{index}.sample").write_text(one.command)
    (context / "watch").write_text(f"{_WATCH}# {context}\n")  # so that no result of an earlier run is taken


def faults(one: Sample, seen: Path) -> list[str]:
    """What is wrong with a row, from what its sample did; empty when all is as it says."""
    if (seen / "failed").exists():
        return [f"its setup failed: {(seen / 'setup').read_text()[-200:]}"]
    status = (seen / "status").read_text().strip()
    if status != "0":
        return [f"`{one.command}` exits with {status}: {(seen / 'said').read_text()[-200:]}"]
    text = f"FROM debian\nENV HOME={HOME}\nWORKDIR /app\nRUN {one.command}\n"
    model = build(parse(Source("Dockerfile", text)))
    done = [effects(command) for command in located(model.stages[0].steps[-1], conditions=True)]
    unknown = [found.shown for found in done if found.anything]
    if unknown:
        return [f"`{unknown[0]}` of its sample may do anything"]
    writes = [place for found in done for place in found.writes]
    reads = [place for found in done for place in found.reads] + writes
    reads += [Place(f"/app/{path}", path, "reads") for path in one.row.looks_at]
    wrong = []
    for path in (seen / "changed").read_text().splitlines():
        if not path.startswith(_NOISE) and not _told(path, writes, above=True):
            wrong.append(f"`{one.command}` changes {path}")
    for line in (seen / "access").read_text().splitlines():
        at, kind, path = line.split(" ", 2)
        # who looks for a file lists the folder that holds it
        if float(at) > TWO_YEARS and not _told(path, reads, above=kind == "d"):
            wrong.append(f"`{one.command}` reads {path}")
    return wrong


def prove(engine: Engine, chosen: list[Sample], folder: Path) -> dict[str, list[str]]:
    """The faults of each sample whose row is wrong, by its command."""
    found: dict[str, list[str]] = {}
    for base in sorted({one.row.base for one in chosen}):
        own = [one for one in chosen if one.row.base == base]
        seen = run(engine, base, own, folder / base)
        found |= {one.command: wrong for index, one in enumerate(own) if (wrong := faults(one, seen / str(index)))}
    return found


def _told(path: str, places: list[Place], *, above: bool) -> bool:
    """Whether a path is one of these places or lies below one; with `above` also a folder that holds one."""
    return any(
        path == place.path
        or path.startswith(place.path.rstrip("/") + "/")
        or (above and place.path.startswith(path.rstrip("/") + "/"))
        for place in places
    )


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="programs; else every row that an engine proves")
    parser.add_argument("--sample", type=int, default=0, help="so many rows, taken by chance")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chosen = samples(asked.names, asked.sample, asked.seed)
    if not chosen:
        print("no row of these names is proven by an engine", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            engine = start()
            found = prove(engine, chosen, Path(folder, "first"))
            if found:  # what another process of the build did by chance is not seen twice
                again = prove(engine, [one for one in chosen if one.command in found], Path(folder, "second"))
                found = {key: both for key in again if (both := [one for one in found[key] if one in again[key]])}
        except NoEngineError as error:
            print(error, file=sys.stderr)
            return 2
        except subprocess.CalledProcessError as error:
            print(error.stderr[-3000:], file=sys.stderr)
            return 2
    for wrong in found.values():
        for fault in wrong[:MOST_SHOWN]:
            print(fault, file=sys.stderr)
    print(json.dumps({"proven": len(chosen) - len(found), "wrong": len(found)}))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

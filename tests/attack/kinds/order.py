"""A2, A4 and A5: odd ends of files, orders that are right only by chance, and rules in another order."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, sources
from tests.attack.probe import Files, Probe
from tests.attack.shapes import chores, copy_all, folder, written

_RULES = ("split-manifests", "merge-runs", "clean-up")


def _project(rng: Random) -> tuple[str, str, Files]:
    """An install, its base and its files."""
    if rng.random() < 0.5:
        files: Files = {"requirements.txt": "tinya==1.0\n", "app.py": "import tinya\n", "src/x.py": ""}
        return (
            rng.choice(("pip install -r requirements.txt", "python -m pip install -r requirements.txt")),
            "python:3.11-slim",
            files,
        )
    root = manifest(rng)
    return (
        "npm ci",
        "node:22",
        sources(rng) | {"package.json": dumped(root), "package-lock.json": package_lock(root, [])},
    )


def ends(rng: Random) -> Probe:
    """A2: files that end in a backslash."""
    install, base, files = _project(rng)
    place = folder(rng)
    text = written(f"FROM {base}", *chores(rng), f"WORKDIR {place}", copy_all(rng, place), f"RUN {install}")
    end = rng.choice(
        (" \\\n", " \\", " \\\n\n", "", "\n", " \\\n  ", " \\\n# the end\n", "\\\n", " && \\\n    true \\\n")
    )
    return Probe("A2", repr(end), files, text.rstrip("\n") + (end or "\n"))


def by_chance(rng: Random) -> Probe:
    """A4: steps that name a path which no file of the context has today."""
    install, base, files = _project(rng)
    name = rng.choice(("components", "tests", "config/local.json", "tmp", "docs"))
    run = rng.choice(
        (
            f"rm -rf ./{name}",
            f"rm -rf {name}",
            f"rm -f {name}",
            f"mkdir -p {name}",
            f"test -e {name} && cat {name} > /kept || true",
            f"chmod -R a+rX {name} || true",
            "rm -rf /tmp/x",
            f"find . -name {name.split('/')[0]} -prune -exec rm -rf {{}} +",
            "mkdir -p /data",
        )
    )
    place = folder(rng)
    copy = rng.choice((f"COPY . {place}", "COPY . ."))
    text = written(f"FROM {base}", *chores(rng), f"WORKDIR {place}", copy, f"RUN {run}", f"RUN {install}")
    added = name if "." in name else f"{name}/one.txt"
    return Probe("A4", run, files, text, later={added: "added later\n"})


def in_turn(rng: Random) -> Probe:
    """A5: rules that run alone first."""
    install, base, files = _project(rng)
    place = folder(rng)
    apt = "RUN apt-get update && apt-get install -y tiny-tool" if rng.random() < 0.4 else ""
    more = rng.choice(
        (
            "",
            "RUN mkdir -p /data\nRUN chmod 700 /data",
            "RUN pip --version" if "python" in base else "RUN npm --version",
        )
    )
    if apt and rng.random() < 0.5:
        more = "RUN apt-get purge -y tiny-tool"
    lines = (
        [copy_all(rng, place), apt, f"RUN {install}", more]
        if rng.random() < 0.5
        else [apt, copy_all(rng, place), f"RUN {install}", more]
    )
    first = tuple(rng.sample(_RULES, rng.randint(1, 2)))
    return Probe(
        "A5",
        ", ".join(first),
        files,
        written(f"FROM {base}", *chores(rng), f"WORKDIR {place}", *lines),
        rules_first=first,
    )

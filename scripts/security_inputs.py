"""Inputs that are made to hang, crash or mislead a tool that reads a repository: what docs/security.md shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

SECRET = "hunter2-secret"
APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
LONG = "a" * 200
STARS = "*a*a*a*a*a*b"
_LOCK = '{"lockfileVersion": 3, "packages": {"": {}}}'

Special = Callable[[Path], None]


class Input(NamedTuple):
    """A repository: the text that names it in the table, and what is in it beside an ordinary project of Node.js."""

    name: str
    files: Mapping[str, str] = {}
    special: Special | None = None
    writes: bool = False
    """Whether the tools are asked to change files."""
    shows: str = ""
    """A text that must not be in the output as it is."""
    reads: str = ""
    """A text that is in the output if a file outside of the repository was read."""


class Group(NamedTuple):
    """Inputs of a kind, with a heading."""

    title: str
    inputs: tuple[Input, ...]


def make(one: Input, folder: Path) -> Path:
    """Make the repository in a folder, and a secret beside it. Returns the repository."""
    root = folder / "repo"
    own = {".git/HEAD": "", "Dockerfile": NODE, "package.json": "{}", "package-lock.json": _LOCK}
    (folder / "far").mkdir()
    (folder / "far/secret").write_text(f"TOKEN={SECRET}\n[{SECRET}\n")
    (folder / "far/Dockerfile").write_text(f"# {SECRET}\n{APT}")
    for name, text in {**own, **one.files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    if one.special:
        one.special(root)
    return root


def _link(name: str, target: str) -> Special:
    def add(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)

    return add


def _pipes(*names: str) -> Special:
    def add(root: Path) -> None:
        for name in names:
            os.mkfifo(root / name)

    return add


def _sparse(name: str) -> Special:
    def add(root: Path) -> None:
        with (root / name).open("wb") as file:
            file.truncate(2_000_000_000)

    return add


def _many(root: Path) -> None:
    (root / "many").mkdir()
    for number in range(50_000):
        (root / "many" / str(number)).touch()


def _dockerfile(name: str, text: str) -> Input:
    return Input(name, {"Dockerfile": text})


def _nested(before: str, after: str, depth: int) -> Input:
    count = f"{depth:,} times `{before.strip()}` in a RUN"
    return _dockerfile(count, f"FROM debian:12\nRUN {before * depth}a{after * depth}\n")


_HEREDOCS = "".join(f"RUN <<E\na{number}\nE\n" for number in range(10_000))
_ON_ONE_LINE = " ".join(f"<<E{number}" for number in range(10_000))
LONG_FILES = Group(
    "Long Dockerfiles",
    (
        _dockerfile("a line of 1 MB", "FROM debian:12\nRUN " + "a" * 1_000_000 + "\n"),
        _dockerfile("1 MB of words in a RUN", "FROM debian:12\nRUN " + "a " * 500_000 + "\n"),
        _dockerfile("100,000 times `RUN echo a`", "FROM debian:12\n" + "RUN echo a\n" * 100_000),
        _dockerfile("100,000 times `ENV A=1`", "FROM debian:12\n" + "ENV A=1\n" * 100_000),
        _dockerfile("100,000 continuation lines", "FROM debian:12\nRUN a \\\n" + " a \\\n" * 100_000 + " b\n"),
        _dockerfile("100,000 comments", "FROM debian:12\n" + "# a\n" * 100_000),
        _dockerfile("1,000 times `RUN apt-get …`", "FROM debian:12\n" + APT.partition("\n")[2] * 1_000),
        _dockerfile("2,000 times `RUN apt-get …`", "FROM debian:12\n" + APT.partition("\n")[2] * 2_000),
        _dockerfile("1,900 times `RUN mkdir -p /a`", "FROM debian:12\n" + "RUN mkdir -p /a\n" * 1_900),
        _dockerfile("4,000 times `RUN mkdir -p /a`", "FROM debian:12\n" + "RUN mkdir -p /a\n" * 4_000),
        _dockerfile(
            "800 times `COPY . .`, `RUN npm ci`", "FROM node:20\nWORKDIR /a\n" + "COPY . .\nRUN npm ci\n" * 800
        ),
        _dockerfile("190 stages", "".join(f"FROM node:20 AS s{n}\nCOPY . .\nRUN npm ci\n" for n in range(190))),
        _dockerfile("4,000 stages", "".join(f"FROM debian AS s{n}\nCOPY --from=0 /a /b\n" for n in range(4_000))),
        _dockerfile("10,000 heredocs", f"FROM debian:12\n{_HEREDOCS}"),
        _dockerfile("10,000 heredocs on one line", f"FROM debian:12\nRUN cat {_ON_ONE_LINE}\n"),
        _dockerfile("an `ENV` that doubles 40 times", "FROM debian:12\nENV A=aa\n" + "ENV A=$A$A\n" * 40 + "RUN $A\n"),
        _nested("(", ")", 2_000),
        _nested("{ ", ";}", 2_000),
        _nested("$(", ")", 2_000),
        _nested("if a; then ", "; fi", 2_000),
        _nested("case a in b) ", ";; esac", 2_000),
        _nested("while a; do ", "; done", 2_000),
        _nested("$((", "))", 2_000),
        _nested("${A:-", "}", 2_000),
        _nested("(", ")", 20_000),
    ),
)
PATTERNS = Group(
    "Texts that make a matcher slow",
    (
        Input(f"`{STARS}` in .dockerignore", {".dockerignore": STARS, LONG: ""}),
        Input(f"`{STARS}` in .gitignore", {".gitignore": f"Dockerfile.{STARS}\n", f"Dockerfile.{LONG}": NODE}),
        Input(f"`COPY {STARS}`", {"Dockerfile": NODE.replace("COPY .", f"COPY {STARS} /x/\nCOPY ."), LONG: ""}),
        Input(
            f"`{STARS}` in workspaces", {"package.json": f'{{"workspaces": ["{STARS}"]}}', f"{LONG}/package.json": "{}"}
        ),
        Input("30,000 patterns in .dockerignore", {".dockerignore": "".join(f"*a{n}*/**/b\n" for n in range(30_000))}),
        Input("900,000 empty lines in docker-bake.hcl", {"docker-bake.hcl": "\n" * 900_000 + "x"}),
        Input("70,000 open targets in docker-bake.hcl", {"docker-bake.hcl": 'target "a" {\n' * 70_000}),
        Input('450,000 times `\\"` in devcontainer.json', {".devcontainer/devcontainer.json": '\\"' * 450_000}),
        Input("200,000 requirements", {"Dockerfile": PYTHON, "requirements.txt": "a @ https://x/y\n" * 200_000}),
        Input("JSON of 100,000 levels in package.json", {"package.json": '{"a":' * 100_000 + "1" + "}" * 100_000}),
        Input("YAML of 60,000 levels in compose.yaml", {"compose.yaml": "a: [" + "{a: [" * 30_000}),
        Input(
            "YAML that multiplies in compose.yaml",
            {"compose.yaml": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 40))},
        ),
        Input(
            "XML entities in pom.xml",
            {
                "Dockerfile": NODE.replace("npm ci", "mvn package"),
                "pom.xml": '<!DOCTYPE a [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><project>&b;</project>',
            },
        ),
        Input("50,000 files in the context", {}, _many),
    ),
)
PIPES = (".dockerignore", "compose.yaml", "docker-bake.hcl", ".gitignore")
OWN_SETTINGS = (".dfix.toml", ".tally.toml", ".hadolint.yaml")
ENDLESS = Group(
    "Files that are none",
    (
        *(Input(f"a named pipe {name}", {}, _pipes(name)) for name in PIPES),
        Input(f"named pipes {', '.join(OWN_SETTINGS)}", {}, _pipes(*OWN_SETTINGS)),
        Input("Dockerfile → /dev/zero", {}, _link("Dockerfile", "/dev/zero")),
        Input(".gitignore → /dev/zero", {}, _link(".gitignore", "/dev/zero")),
        Input(".dockerignore → /dev/zero", {}, _link(".dockerignore", "/dev/zero")),
        Input("a .gitignore of 2 GB (sparse)", {}, _sparse(".gitignore")),
        Input("a package.json of 2 GB (sparse)", {}, _sparse("package.json")),
    ),
)  # fmt: skip
_ALL = {"dfix.toml": 'select = ["dockerignore", "split-manifests"]\n', "node_modules/a/b.js": ""}
OUTSIDE = Group(
    "Reading and writing outside of the repository",
    (
        Input(".dockerignore → a secret", _ALL, _link(".dockerignore", "../far/secret")),
        Input(".dockerignore → a secret, files are changed", _ALL, _link(".dockerignore", "../far/secret"), True),
        Input(".dockerignore → /proc/self/environ", _ALL, _link(".dockerignore", "/proc/self/environ")),
        Input("Dockerfile → a file outside", {}, _link("Dockerfile", "../far/Dockerfile"), reads="apt"),
        Input("Dockerfile → a file outside, files are changed", {}, _link("Dockerfile", "../far/Dockerfile"), True),
        Input("Dockerfile → a secret", {}, _link("Dockerfile", "../far/secret")),
        Input("package.json → a secret", {}, _link("package.json", "../far/secret")),
        Input(
            "compose.yaml with the context `/`",
            {
                "compose.yaml": "services: {a: {build: {context: /, dockerfile: x}}}\n",
                "Dockerfile": "FROM python:3.12\nCOPY etc/ .\nRUN pip install -r passwd\n",
            },
            reads="root:x",
        ),
        Input("a settings file with the context `../far`", {"dfix.toml": 'context = "../far"\n'}),
        Input("settings files of 200,000 open lists", dict.fromkeys(OWN_SETTINGS, "a: a = " + "[" * 200_000)),
    ),
)  # fmt: skip
_WRONG = "FROM debian:12\nMAINTAINER a\nRUN cd /a\nRUN apt-get update && apt-get install -y curl\n"
OUTPUT = Group(
    "Output that a terminal or a CI service obeys",
    (
        Input("ESC in a file's name", {"Dockerfile.\x1b]0;PWN\x07": _WRONG}, shows="\x1b]0;PWN"),
        Input("newline and `::error` in a file's name", {"Dockerfile.a\n::error::PWN": _WRONG}, shows="\n::error::PWN"),
        Input("U+202E in a file's name", {"Dockerfile.\u202eb": _WRONG}, shows="\u202e"),
        Input("ESC in a RUN", {"Dockerfile": f"{_WRONG}RUN cd '\x1b]0;PWN'\n"}, shows="\x1b]0;PWN"),
    ),
)
GROUPS = (LONG_FILES, PATTERNS, ENDLESS, OUTSIDE, OUTPUT)

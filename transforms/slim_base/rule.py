"""Replaces a base image by its slim variant, or a JDK by a JRE, where nothing in the stage needs the full image.

**What it does.** `FROM node:22` becomes `FROM node:22-slim`, `python:3.12-bookworm` becomes
`python:3.12-slim-bookworm`, `debian:12` becomes `debian:12-slim`, and `eclipse-temurin:21` becomes
`eclipse-temurin:21-jre` in a stage that only runs `java`. openjdk is deprecated and has no JRE since Java 12:
`openjdk:17-slim` becomes `eclipse-temurin:17-jre` where the stage does nothing that another distribution does
differently.

**Why.** The full images of Node.js, Python and Ruby contain compilers, headers, git and ImageMagick: about 800 MB that
a program doesn't need at run time.

**What it promises.** The base image changes, but the language's version, the distribution and its release stay (of
openjdk's successor, the major version stays), and the new tag is known to exist: the tables in
`rewriter/knowledge/images` say from where and since when. It needs `--unsafe`; `dfix verify` runs the images before
and after.

**When it refuses.** When a RUN or HEALTHCHECK uses a program that the slim variant lacks, when an install may compile
something (installs of Python packages and gems always may: the rule `multistage` keeps the compilers in a build
stage), or when the sources, start scripts or packages run other programs. A JDK stays where the container does not run
`java`, or a RUN, a start script or the sources need the compiler.

References: [the official images' variants](https://github.com/docker-library/docs/tree/master/python#image-variants)
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Model
from dfix.rewriter.text.source import Edit

NAME = "slim-base"
SUMMARY = "replace a base image by its slim variant"
CONTRACT: Contract = "changed-image"
CODES: tuple[str, ...] = ()
ORDER = 14
READS_SOURCES = True
MAY_DROP = ("FROM",)
"""The reference of the base image is replaced."""

_PACKAGE = '{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}'
_LOCK = (
    '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "a", "version": "1.0.0", '
    '"dependencies": {"b": "^1.0.0"}}, "node_modules/b": {"version": "1.0.0"%s}}}'
)
_NODE = {"package.json": _PACKAGE, "package-lock.json": _LOCK % "", "server.js": "require('http')\n"}
_NPM = (
    "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY server.js ./\n"
    'CMD ["node", "server.js"]\n'
)

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="Node.js without compiled packages",
        files=_NODE,
        before=_NPM,
        after=_NPM.replace("node:22", "node:22-slim"),
    ),
    Example(
        name="the release in the tag is kept",
        files={"app.py": "print('hi')\n"},
        before='FROM python:3.12-bookworm AS app\nCOPY app.py /\nCMD ["python", "/app.py"]\n',
        after='FROM python:3.12-slim-bookworm AS app\nCOPY app.py /\nCMD ["python", "/app.py"]\n',
    ),
    Example(
        name="a plain distribution",
        files={"run.sh": "#!/bin/sh\necho hi\n"},
        before='FROM debian:12\nCOPY run.sh /\nCMD ["sh", "/run.sh"]\n',
        after='FROM debian:12-slim\nCOPY run.sh /\nCMD ["sh", "/run.sh"]\n',
    ),
    Example(
        name="a stage that only runs Java",
        files={"a.jar": ""},
        before='FROM eclipse-temurin:21-jdk-alpine\nCOPY a.jar /\nCMD ["java", "-jar", "/a.jar"]\n',
        after='FROM eclipse-temurin:21-jre-alpine\nCOPY a.jar /\nCMD ["java", "-jar", "/a.jar"]\n',
    ),
    Example(
        name="sources that compile",
        files={"a.jar": "", "src/A.java": "import javax.tools.JavaCompiler;\n"},
        before='FROM eclipse-temurin:21\nCOPY a.jar /\nCMD ["java", "-jar", "/a.jar"]\n',
        because="src/A.java:1 (`javax.tools`) needs the JDK at run time, which eclipse-temurin:21-jre lacks",
    ),
    Example(
        name="a package that runs a script when it is installed",
        files={**_NODE, "package-lock.json": _LOCK % ', "hasInstallScript": true'},
        before=_NPM,
        because="b runs a script when it is installed, which may compile it",
    ),
    Example(
        name="sources that run other programs",
        files={"app.py": "import subprocess\n"},
        before='FROM python:3.12\nCOPY app.py /\nCMD ["python", "/app.py"]\n',
        because="app.py:1 (`subprocess`) may use programs or libraries that python:3.12-slim lacks",
    ),
    Example(
        name="a HEALTHCHECK with curl",
        files=_NODE,
        before=_NPM + "HEALTHCHECK CMD curl -f localhost\n",
        because="HEALTHCHECK on line 7 runs `curl`, which node:22-slim lacks",
    ),
    Example(
        name="packages that may be compiled",
        files={"requirements.txt": "numpy\n"},
        before="FROM python:3.12\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n",
        because="`pip install -r requirements.txt` may compile packages, and python:3.12-slim has no compiler",
    ),
    Example(
        name="a tag without a known slim variant",
        files={"a.py": ""},
        before="FROM python:3.15-rc\nCOPY a.py /\n",
    ),
    Example(name="slim already", files={"a.py": ""}, before="FROM python:3.12-slim\nCOPY a.py /\n"),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """One change for each stage that ships and whose base image has a slim variant."""
    from dfix.transforms.slim_base.slim_variant import slim_variant

    for stage in model.stages:
        if not stage.ships:
            continue
        offset = stage.instruction.span.start
        try:
            variant = slim_variant(model, stage)
        except LeaveAlone as no:
            yield Refusal(NAME, offset, *no.reason)
            continue
        if variant is not None:
            smaller = f"about {variant.megabytes_saved} MB smaller" if variant.megabytes_saved else "smaller"
            reason = f"{variant.reference} is {smaller}, and nothing in the stage needs what it lacks"
            yield Change(NAME, offset, (Edit(stage.instruction.words[0].span, variant.reference),), reason, CONTRACT)

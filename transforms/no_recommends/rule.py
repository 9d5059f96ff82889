"""Installs Debian's and Ubuntu's packages without those that they only recommend.

**What it does.** `apt-get install -y git` becomes `apt-get install -y --no-install-recommends git ca-certificates`.
What most uses of a package need is named: certificates for curl, wget and git, the headers of the C library for gcc, a
compiler for cmake and pip. So is a package of which the Dockerfile, or a shell script or Makefile of the build context,
names a program (`ssh`, `patch`, `unzip`).

**Why.** apt also installs what a package recommends: manual pages, translations, ssh and a pager for git, graphics
libraries for the headers of the C library. In Debian 12, git's are 10 MB, and those of most `-dev` packages 60 MB.

**What it promises.** The contract is `changed-image`: packages are missing afterwards. The reason of the change lists
them. It needs `--unsafe`, or to be selected by name; `dfix verify --smoke` runs the images before and after.

**When it refuses.** When dfix does not know what a package recommends (the table has 300 packages that many
Dockerfiles name), or whether the image needs that: fonts and delegates for ImageMagick, drivers for a display. When a
package is given by a variable, a pattern or as a file. When more than four packages would have to be named.

**What it leaves alone.** Installs with `--no-install-recommends` or `--install-recommends`, files that set
`APT::Install-Recommends`, stages that do not ship, full images of languages (`python:3.12`), which have most of it, and
installs with which less than 1 MB would be saved.

**What it cannot see.** What a program of the image calls by itself at run time: `git` calls `ssh` for an address that
it gets later. A package of the same name that comes from another archive than Debian's or Ubuntu's.

References: [Debian policy: binary dependencies](https://www.debian.org/doc/debian-policy/ch-relationships.html#binary-dependencies-depends-recommends-suggests-enhances-pre-depends),
[Best practices: apt-get](https://docs.docker.com/build/building/best-practices/#apt-get)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "no-recommends"
SUMMARY = "install packages of Debian and Ubuntu without those that they only recommend"
CONTRACT: Contract = "changed-image"
CODES = ("DL3015",)
ORDER = 26
READS_SOURCES = True

_FROM = "FROM debian:12\n"
_CLEAN = " && rm -rf /var/lib/apt/lists/*\n"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="certificates are named",
        before=_FROM + "RUN apt-get update && apt-get install -y git" + _CLEAN,
        after=_FROM + "RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates" + _CLEAN,
    ),
    Example(
        name="a list of one package a line, and a program that the file uses",
        before=_FROM
        + "RUN apt-get update && apt-get install -y \\\n    ca-certificates \\\n    git \\\n"
        + "    && rm -rf /var/lib/apt/lists/*\n"
        + "RUN ssh-keyscan example.com >> /etc/ssh/ssh_known_hosts\n",
        after=_FROM
        + "RUN apt-get update && apt-get install -y --no-install-recommends \\\n    ca-certificates \\\n    git \\\n"
        + "    openssh-client \\\n    && rm -rf /var/lib/apt/lists/*\n"
        + "RUN ssh-keyscan example.com >> /etc/ssh/ssh_known_hosts\n",
    ),
    Example(
        name="headers of the C library",
        before=_FROM + "RUN apt-get update && apt-get -y install gcc" + _CLEAN + "RUN gcc --version\n",
        after=_FROM
        + "RUN apt-get update && apt-get -y install --no-install-recommends gcc libc6-dev"
        + _CLEAN
        + "RUN gcc --version\n",
    ),
    Example(
        name="what it recommends may be needed",
        before=_FROM + "RUN apt-get update && apt-get install -y imagemagick" + _CLEAN,
        because="imagemagick recommends",
    ),
    Example(
        name="a package that is not in the table",
        before=_FROM + "RUN apt-get update && apt-get install -y example-tool" + _CLEAN,
        because="dfix does not know what example-tool recommends",
    ),
    Example(
        name="a variable",
        before=_FROM + "ARG TOOLS\nRUN apt-get update && apt-get install -y git $TOOLS" + _CLEAN,
        because="does not name its packages literally",
    ),
    Example(
        name="the author wants them, or not",
        before=_FROM
        + "RUN apt-get update && apt-get install -y --install-recommends git"
        + _CLEAN
        + "RUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates"
        + _CLEAN,
    ),
    Example(
        name="a setting",
        before=_FROM
        + "RUN echo 'APT::Install-Recommends \"false\";' > /etc/apt/apt.conf.d/no\n"
        + "RUN apt-get update && apt-get install -y git"
        + _CLEAN,
    ),
    Example(name="nothing is recommended", before=_FROM + "RUN apt-get update && apt-get install -y make" + _CLEAN),
    Example(
        name="a stage that does not ship",
        before="FROM debian:12 AS build\nRUN apt-get update && apt-get install -y git\nFROM debian:12\n"
        "COPY --from=build /usr/local /usr/local\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Change each install of a stage that ships, or say why not."""
    if "apt" not in model.tree.source.text or any("install-recommends" in text for text in _lines(model)):
        return
    from dfix.transforms.no_recommends.apt_installs import apt_installs

    yield from apt_installs(model)


def _lines(model: Model) -> Iterator[str]:
    """The steps that set what apt installs for all commands."""
    for stage in model.stages:
        for step in stage.steps:
            text = step.source_text.lower()
            yield text.replace("--no-install-recommends", "").replace("--install-recommends", "")

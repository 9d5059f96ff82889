"""Writes a Dockerfile as today's checks of BuildKit and hadolint ask for, where the image stays the same.

**What it does.**

- `ENV NAME value` and `LABEL name value` get their `=`, with quotes where the value needs them.
- Keywords get the case of most others, `as` that of its FROM, stage names and protocols (`EXPOSE 80/TCP`) lower case.
- `--platform=$TARGETPLATFORM` goes: FROM takes that platform anyway.
- Empty lines within a continued instruction go.
- A CMD, ENTRYPOINT or HEALTHCHECK that a later one of its stage overrides goes. Where a comment explains it, it becomes
  a comment too.
- ADD becomes COPY where what it adds is a folder or a file of the build context that is no archive, by its content.
  A COPY of several files to `.` copies them to `./`.
- Commands that would ask get `-y`: `install` of `apt-get`; `install`, `groupinstall` and `localinstall` of `yum`, `dnf`
  and `microdnf`; `install` and `remove` of `zypper`, also as `in` and `rm`. A build cannot answer, so that the command
  fails today, or has nothing to ask.
- `apt` becomes `apt-get` in images of Debian and Ubuntu: `update`, `install`, `remove`, `purge` and `clean`, of
  packages that are named literally, without a pattern.
- WORKDIR gets its whole path where an absolute one comes before.
- An empty line parts a comment from an ARG or FROM that it does not describe, if the file asks for that check
  (`# check=experimental=all`).
- With `--unsafe`, MAINTAINER becomes a label, and `useradd` with a number of six digits gets `-l`.

Each reason names the checks that no longer report the place.

**Why.** `docker build` prints its warnings on each build, where they hide the ones that matter. An empty continuation
line will be an error.

**When it runs.** Only when selected by name: `--select modernise`, or the same in the settings.

**What it promises.** The same image: the same files and the same configuration. Two changes are another matter
(`changed-image`): for MAINTAINER, the author field of the configuration becomes a label; with `useradd -l`,
/var/log/lastlog and /var/log/faillog have no entry for the user, and stay small.

**When it refuses.**

- The value of an ENV or LABEL would not stay the same as one word, a comment comes before it, or it looks like several
  variables.
- A line after an empty one begins with the name of an instruction, but is part of the one above.
- What ADD adds is or may be an archive: it is compressed or a tar, has the name of one, or is not in the build context.
  A compose, bake or CI file may build the Dockerfile with another context, in which it is one.
- The build may go on where an install without `-y` fails (`;`, `||`): with it, the image would get packages that it has
  not today. The same for `apt`: `apt-get` may fail where it does not.
- The package manager may be the author's own: a function, an alias, or a file that a COPY or a RUN puts into the image.
- The base image may keep the packages that `apt-get` downloads, which `apt` removes.

**What it leaves alone.** `ONBUILD`, whose text is part of the image. Commands that the author answers (`yes |`,
`< answers`). `--platform=$TARGETPLATFORM` for a stage, or where
an ARG gives it a default. What a comment switches off: `# hadolint ignore=DL4003`, `# check=skip=StageNameCasing`.
Everything else that linters ask for and that is a matter of taste or of another image: sorted lists, pinned versions,
`sudo`, `chmod 777`.

References: [Build checks](https://docs.docker.com/reference/build-checks/),
[hadolint's rules](https://github.com/hadolint/hadolint#rules)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "modernise"
SUMMARY = "write what checks of BuildKit and hadolint ask for, where the image stays the same"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = (
    "ConsistentInstructionCasing",
    "ExposeProtoCasing",
    "FromAsCasing",
    "InvalidDefinitionDescription",
    "LegacyKeyValueFormat",
    "MaintainerDeprecated",
    "MultipleInstructionsDisallowed",
    "NoEmptyContinuation",
    "RedundantTargetPlatform",
    "StageNameCasing",
    "DL3000",
    "DL3012",
    "DL3014",
    "DL3020",
    "DL3021",
    "DL3027",
    "DL3030",
    "DL3034",
    "DL3038",
    "DL3046",
    "DL3065",
    "DL4000",
    "DL4003",
    "DL4004",
)
ORDER = 38
OPT_IN = True
"""Runs only when it is selected by name."""
MAY_DROP = (
    "ADD",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "WORKDIR",
)

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="ENV and LABEL without `=`",
        before="FROM debian:12\nENV LANG C.UTF-8\nENV OPTS -Xmx1g -server\nLABEL vendor Example Ltd\n",
        after='FROM debian:12\nENV LANG=C.UTF-8\nENV OPTS="-Xmx1g -server"\nLABEL vendor="Example Ltd"\n',
    ),
    Example(
        name="cases",
        before="FROM golang:1.22 as Build\nrun go version\nFROM debian:12\nCOPY --from=Build /a /a\nEXPOSE 53/UDP\n",
        after="FROM golang:1.22 AS build\nRUN go version\nFROM debian:12\nCOPY --from=build /a /a\nEXPOSE 53/udp\n",
    ),
    Example(
        name="an empty line within a RUN",
        before="FROM debian:12\nRUN echo a && \\\n\n    # the other\n    echo b\n",
        after="FROM debian:12\nRUN echo a && \\\n    # the other\n    echo b\n",
    ),
    Example(
        name="a CMD that has no effect",
        before='FROM debian:12\nCMD ["a"]\nENTRYPOINT ["e"]\nCMD ["b"]\n',
        after='FROM debian:12\nENTRYPOINT ["e"]\nCMD ["b"]\n',
    ),
    Example(
        name="a comment explains the CMD that has no effect",
        before='FROM debian:12\n# for tests\nCMD ["a"]\nCMD ["b"]\n',
        after='FROM debian:12\n# for tests\n# CMD ["a"]\nCMD ["b"]\n',
    ),
    Example(
        name="ADD of what is no archive",
        files={"app.conf": "a=b", "src/x": "", "data.tar": "no tar yet"},
        before="FROM debian:12\nADD app.conf /etc/\nADD --chown=1:1 src /src\nADD data.tar /data\n",
        after="FROM debian:12\nCOPY app.conf /etc/\nCOPY --chown=1:1 src /src\nADD data.tar /data\n",
    ),
    Example(
        name="commands that ask, and apt",
        before="FROM debian:12\nRUN apt update && apt install git\nWORKDIR /srv\nWORKDIR app\n",
        after="FROM debian:12\nRUN apt-get update && apt-get install -y git\nWORKDIR /srv\nWORKDIR /srv/app\n",
    ),
    Example(
        name="what ADD adds is elsewhere, or a variable",
        before="FROM debian:12\nADD https://example.com/a /a\nADD $FILE /b\nADD *.conf /etc/\n",
    ),
    Example(
        name="ADD without a build context",
        before="FROM debian:12\nADD app.conf /etc/\n",
        because="Whether app.conf is an archive, which ADD unpacks, is not known",
    ),
    Example(
        name="a failing install may be ignored",
        before="FROM debian:12\nRUN apt-get install git || true\n",
        because="The build may go on after `apt-get install git`",
    ),
    Example(
        name="a platform that FROM takes anyway",
        before="FROM --platform=$TARGETPLATFORM debian:12\n",
        after="FROM debian:12\n",
    ),
    Example(
        name="the platform of a stage",
        before="FROM --platform=$BUILDPLATFORM debian:12 AS a\nFROM --platform=$TARGETPLATFORM a\n",
    ),
    Example(
        name="what looks like two variables, but is one",
        before="FROM debian:12\nENV A 1 \\\n    B 2\n",
        because="looks like several variables",
    ),
    Example(
        name="an instruction that is part of the one above",
        before="FROM debian:12\nRUN echo a && \\\n\nRUN echo b\n",
        because="Line 4 begins with RUN, but is part of the RUN above the empty line",
    ),
    Example(name="ONBUILD", before="FROM debian:12\nONBUILD env A b\nONBUILD CMD a\nCMD b\n"),
    Example(name="nothing to modernise", before="FROM debian:12 AS a\nENV A=b C=d\nEXPOSE 80/tcp\nRUN echo a\nCMD a\n"),
    Example(name="a CMD of each stage", before="FROM debian:12 AS a\nCMD a\nFROM a\nCMD b\n"),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Change what each check reports."""
    from dfix.transforms.modernise.added_files import added_files, several_files
    from dfix.transforms.modernise.apt_commands import apt_commands
    from dfix.transforms.modernise.authors import authors
    from dfix.transforms.modernise.confirmed import confirmed
    from dfix.transforms.modernise.descriptions import descriptions
    from dfix.transforms.modernise.empty_lines import empty_lines
    from dfix.transforms.modernise.exposed_ports import exposed_ports
    from dfix.transforms.modernise.from_lines import from_lines
    from dfix.transforms.modernise.key_values import legacy_pairs
    from dfix.transforms.modernise.keyword_casing import keyword_casing
    from dfix.transforms.modernise.new_users import new_users
    from dfix.transforms.modernise.overridden import overridden
    from dfix.transforms.modernise.relative_folders import relative_folders

    for look in (
        keyword_casing, from_lines, legacy_pairs, exposed_ports, empty_lines, descriptions, overridden, authors,
        added_files, several_files, apt_commands, confirmed, relative_folders, new_users,
    ):  # fmt: skip
        yield from look(model)

"""Removes a downloaded archive in the RUN that unpacks it.

**What it does.** `RUN curl -fsSLO https://example.com/x.tgz && tar -xf x.tgz` becomes
`RUN curl -fsSLO https://example.com/x.tgz && tar -xf x.tgz && rm -f x.tgz`. The same for wget, for unzip, and for
packages that dpkg, apt, rpm, yum or dnf install from a file. The author's own words name the file, so that variables in
them don't matter.

**Why.** The layer keeps the archive beside what was in it: 1 to 500 MB that are stored, pushed and pulled, and that a
later `rm` cannot take back.

**What it promises.** The contract is `changed-image`: the archive is part of today's image, and of no later one. It
needs `--unsafe`, or to be selected by name; `dfix verify --smoke` runs the images before and after.

**When it refuses.** When a later command, instruction, stage, or a shell script of the build context names the archive,
or has a pattern for it. When the RUN is more than one chain of `&&`: what `set -e` or `;` make of one more command
depends on the rest.

**What it leaves alone.** Archives that something removes or moves, or may remove: `rm -rf /tmp/*`, `rm $FILE`, a folder
around it. Archives in a cache mount; stages that do not ship; downloads whose name the address does not tell
(`curl -OJ`, `wget -P`, `?` in the address). A copied archive is in the layer of its COPY, and one that an earlier RUN
downloads in that RUN's layer: there, removing it would free nothing.

References: [Best practices: RUN](https://docs.docker.com/build/building/best-practices/#run),
[Storage drivers: layers](https://docs.docker.com/engine/storage/drivers/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "archives-left"
SUMMARY = "remove downloaded archives in the RUN that unpacks them"
CONTRACT: Contract = "changed-image"
CODES: tuple[str, ...] = ()
ORDER = 24
READS_SOURCES = True

_FROM = "FROM debian:12\nWORKDIR /opt\n"
_GET = "curl -fsSLO https://example.com/x-1.2.tgz"

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="an archive in the working folder",
        before=_FROM + f"RUN {_GET} && tar -xzf x-1.2.tgz\n",
        after=_FROM + f"RUN {_GET} && tar -xzf x-1.2.tgz && rm -f x-1.2.tgz\n",
    ),
    Example(
        name="a variable, several lines, and a build that follows",
        before=_FROM
        + "ARG V=1\nRUN wget -q https://example.com/x-${V}.tar.gz \\\n  && tar xf x-${V}.tar.gz \\\n"
        + "  && make -C x install\n",
        after=_FROM
        + "ARG V=1\nRUN wget -q https://example.com/x-${V}.tar.gz \\\n  && tar xf x-${V}.tar.gz \\\n"
        + "  && rm -f x-${V}.tar.gz \\\n  && make -C x install\n",
    ),
    Example(
        name="a package",
        before=_FROM + "RUN curl -L -o /tmp/x.deb https://example.com/x && dpkg -i /tmp/x.deb\n",
        after=_FROM + "RUN curl -L -o /tmp/x.deb https://example.com/x && dpkg -i /tmp/x.deb && rm -f /tmp/x.deb\n",
    ),
    Example(name="removed already", before=_FROM + f"RUN {_GET} && tar -xzf x-1.2.tgz && rm x-1.2.tgz\n"),
    Example(
        name="perhaps removed",
        before=_FROM + "RUN cd /tmp && wget https://example.com/x.zip && unzip x.zip -d /opt && rm -rf /tmp/*\n",
    ),
    Example(
        name="used again",
        before=_FROM + f"RUN {_GET} && tar -xzf x-1.2.tgz && sha256sum x-1.2.tgz\n",
        because="`sha256sum x-1.2.tgz` uses x-1.2.tgz after it is unpacked",
    ),
    Example(
        name="used by the container",
        before=_FROM + f'RUN {_GET} && tar -xzf x-1.2.tgz\nCMD ["serve", "x-1.2.tgz"]\n',
        because="line 4 may use x-1.2.tgz, too",
    ),
    Example(
        name="not a chain",
        before=_FROM + f"RUN {_GET}; tar -xzf x-1.2.tgz; make -C x\n",
        because="is part of more than a chain of `&&`",
    ),
    Example(
        name="downloaded by an earlier RUN",
        before=_FROM + f"RUN {_GET}\nRUN tar -xzf x-1.2.tgz\n",
    ),
    Example(
        name="a stage that does not ship",
        before=f"FROM debian:12 AS build\nRUN {_GET} && tar -xzf x-1.2.tgz\nFROM debian:12\nCOPY --from=build /x /x\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Remove what the RUNs of stages that ship download, unpack and leave behind, or say why not."""
    if not any(word in model.tree.source.text for word in ("curl", "wget")):
        return
    from dfix.transforms.archives_left.later_text import LaterText
    from dfix.transforms.archives_left.left_archives import LeftArchive, left_archives

    later = LaterText(model)
    for stage in model.stages:
        for step in stage.steps if stage.ships else ():
            if step.keyword != "RUN" or step.onbuild:
                continue
            for found in left_archives(model, later, step):
                offset = step.instruction.span.start
                if isinstance(found, LeftArchive):
                    reason = f"`{found.unpacks}` unpacks {found.archive}, and the layer keeps the archive, too"
                    yield Change(NAME, offset, (found.edit,), reason, CONTRACT)
                else:
                    yield Refusal(NAME, offset, *found.reason)

"""Copies files with their owner and mode (`COPY --chown --chmod`) instead of changing them afterwards.

**What it does.** A `chown` of files that COPYs bring becomes `--chown` of these COPYs. Where the folder is there before
them, the `chown` stays for the folder and what else is in it, and runs before the copies; else it goes.
A `chmod` of files that COPYs bring by name, or that ADD downloads, becomes `--chmod`, and a RUN that does nothing else
goes. Where a COPY brings other files too, each mode gets a COPY of its own.

**Modes** are written as numbers, since `--chmod=+x` does nothing in many builders. What `+x` makes of a file follows
from its mode in the build context: 0755 from 0644, 0711 from the 0600 of a download. In a git repository, 0664 and
0775 count as 0644 and 0755, which another umask makes of them; any other mode has to be written as a number.

**Why.** A layer keeps every file that a command changes, so `RUN chown -R node:node /app` stores all of /app once more:
3 MB of 3 MB in a build that was measured. It also runs again whenever a source changes.

**What it promises.** The same image: the same files with the same content, owner and mode.

**When it refuses.**

- A step between the copies and the `chown` may read or write what they bring, or changes the users, a variable that the
  `chown` names, the user or the shell. Commands that only add users move before the copies.
- The owner is not known before the build (a variable without a value, `user:` with the group of an account), or the
  COPY keeps the owners of another stage and the `chown` sets only one part.
- Files have set-user-ID bits or capabilities, which a `chown` takes away.
- Nothing makes the folder before the copies, and the base image may have files there, or `--chown` would also own the
  folders above it.
- The COPY has another `--chown`, `--link`, `--parents` or `--exclude`, contains a heredoc, takes files from an address
  or an image, or brings other files too.
- A `chmod -R` in the same RUN stores the files a second time anyway.
- A file whose mode is changed comes with its folder, from a stage or by a pattern: `COPY --chmod=755 DIR` would set
  every file in it. The `chmod` is recursive, or also changes files that no COPY brings.
- The `chown` is not an element of a plain `&&` chain, follows links (`-L`, `-H`), or its RUN has mounts.

References: [COPY --chown](https://docs.docker.com/reference/dockerfile/#copy---chown---chmod),
[chown](https://www.gnu.org/software/coreutils/manual/html_node/chown-invocation.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

NAME = "copy-ownership"
SUMMARY = "copy files with their owner and mode instead of storing them again for a chown or chmod"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 15
MAY_DROP = ("RUN",)

_FILES = {"package.json": "{}", "server.js": "", "start.sh": "#!/bin/sh", "src/app.js": ""}

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="a folder that WORKDIR makes",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN chown -R node:node /app\nUSER node\n",
        after="FROM node:22\nWORKDIR /app\nRUN chown -R node:node /app\nCOPY --chown=node:node . .\nUSER node\n",
    ),
    Example(
        name="a folder that only the COPY makes",
        files=_FILES,
        before="FROM node:22\nCOPY src /srv/app\nRUN chown -R node:node /srv/app\n",
        after="FROM node:22\nCOPY --chown=node:node src /srv/app\n",
    ),
    Example(
        name="a set-up of the folder, which goes before the copies too",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /app/logs && chown -R node /app\n",
        after="FROM node:22\nWORKDIR /app\nRUN mkdir -p /app/logs && chown -R node /app\nCOPY --chown=node:0 . .\n",
    ),
    Example(
        name="the user is added before the copies",
        files=_FILES,
        before="FROM debian:12\nWORKDIR /app\nCOPY . .\nRUN useradd app\nRUN chown -R app:app /app\n",
        after="FROM debian:12\nWORKDIR /app\nRUN useradd app\nRUN chown -R app:app /app\nCOPY --chown=app:app . .\n",
    ),
    Example(
        name="the folder of a base image that dfix does not know",
        files=_FILES,
        before="FROM example.com/base:1\nCOPY . /app\nRUN chown -R app:app /app\n",
        because="does not know whether example.com/base:1 has /app",
    ),
    Example(
        name="a build between the copy and the chown",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run build\nRUN chown -R node:node /app\n",
        because="`npm run build` on line 4 may read or change the copied files, so `chown -R node:node /app` stays",
    ),
    Example(
        name="a group that only the account tells",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN chown -R node: /app\n",
        because="gives the group of the user's account",
    ),
    Example(
        name="--link",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY --link . .\nRUN chown -R node:node /app\n",
        because="has --link",
    ),
    Example(
        name="the mode of a script",
        files=_FILES,
        before="FROM debian:12\nCOPY start.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/start.sh\n",
        after="FROM debian:12\nCOPY --chmod=755 start.sh /usr/local/bin/\n",
    ),
    Example(
        name="the mode of a file that comes with others",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN chmod +x start.sh\n",
        because="the COPY on line 3 brings other files than /app/start.sh",
    ),
    Example(
        name="the mode of a file that runs in between",
        files=_FILES,
        before="FROM debian:12\nCOPY start.sh /\nRUN sh /start.sh\nRUN chmod +x /start.sh\n",
        because="so `chmod +x /start.sh` stays after it",
    ),
    Example(
        name="a folder into which nothing is copied",
        files=_FILES,
        before="FROM node:22\nWORKDIR /app\nCOPY . .\nRUN mkdir /data && chown -R node:node /data\n",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Give the copies of every stage that ships the owner that a later `chown` gives what they bring."""
    text = model.tree.source.text
    if "chown" in text or "chmod" in text:
        # most of the rule's modules are only needed here
        from dfix.transforms.copy_ownership.owned_copies import owned_copies

        yield from owned_copies(model)

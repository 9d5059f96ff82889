"""Rewrites that are wrong, each in a way that a tool or a person could get wrong, and what must be seen of it.

Each builds in the version before. `seen` are the differences that must be named, as they are shown; `message` is a part
of the message where the wrong version no longer builds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Wrong(NamedTuple):
    """One wrong rewrite."""

    name: str
    before: str
    after: str
    seen: tuple[str, ...] = ()
    message: str = ""
    files: Mapping[str, str] = {}


_INSTALL = """\
set -e
mkdir -p node_modules/x
cp package.json node_modules/x/installed
for patch in patches/*; do [ ! -f "$patch" ] || cat "$patch" >> node_modules/x/installed; done
"""
_PROJECT = {"package.json": "{}\n", "install.sh": _INSTALL, "index.js": "1\n"}
_SPLIT = "FROM busybox\nWORKDIR /app\nCOPY package.json install.sh ./\nRUN sh install.sh\nCOPY . .\n"
_WHOLE = "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN sh install.sh\n"

WRONG = (
    Wrong(
        "a leaked cd",
        "FROM busybox\nRUN mkdir /w && cd /w\nRUN touch here\n",
        "FROM busybox\nRUN mkdir /w && cd /w && touch here\n",
        ("/here is gone", "/w/here is new"),
    ),
    Wrong(
        "a leaked export",
        'FROM busybox\nRUN export PLACE=/opt; mkdir -p $PLACE\nRUN echo "${PLACE:-/usr}" > /place\n',
        'FROM busybox\nRUN export PLACE=/opt; mkdir -p $PLACE && echo "${PLACE:-/usr}" > /place\n',
        ("/place content differs (5 bytes, as before)",),
    ),
    Wrong(
        "a leaked umask",
        "FROM busybox\nRUN umask 077 && touch /a\nRUN touch /b\n",
        "FROM busybox\nRUN umask 077 && touch /a && touch /b\n",
        ("/b mode 0600, was 0644",),
    ),
    Wrong(
        "a lost USER",
        "FROM busybox\nRUN touch /a\nUSER 1000\n",
        "FROM busybox\nRUN touch /a\n",
        ('config User is not set, was "1000"',),
    ),
    Wrong(
        "a USER that comes too late",
        "FROM busybox\nRUN mkdir -m 777 /d\nUSER 1000\nRUN touch /d/a\n",
        "FROM busybox\nRUN mkdir -m 777 /d\nRUN touch /d/a\nUSER 1000\n",
        ("/d/a owner 0:0, was 1000:0",),
    ),
    Wrong(
        "a dropped ENV",
        "FROM busybox\nENV A=1 B=2\nRUN touch /a\n",
        "FROM busybox\nENV A=1\nRUN touch /a\n",
        ('config Env B is not set, was "2"',),
    ),
    Wrong(
        "a dropped ARG",
        "FROM busybox\nARG V=1\nRUN echo $V > /v\n",
        "FROM busybox\nRUN echo $V > /v\nARG V=1\n",
        ("/v content differs (1 bytes, was 2)",),
    ),
    Wrong(
        "a lost WORKDIR",
        "FROM busybox\nWORKDIR /app\nRUN touch a\n",
        "FROM busybox\nRUN mkdir /app && touch /app/a\n",
        ('config WorkingDir is "/", was "/app"',),
    ),
    Wrong(
        "a command in shell form",
        'FROM busybox\nCMD ["ls", "/"]\n',
        "FROM busybox\nCMD ls /\n",
        ('config Cmd is ["/bin/sh", "-c", "ls /"], was ["ls", "/"]',),
    ),
    Wrong(
        "lost settings of the image",
        "FROM busybox\nEXPOSE 80\nVOLUME /data\nLABEL a=b\nSTOPSIGNAL SIGINT\nHEALTHCHECK CMD true\n",
        "FROM busybox\nRUN true\n",
        (
            'config ExposedPorts is not set, was {"80/tcp": {}}',
            'config Labels a is not set, was "b"',
            'config StopSignal is not set, was "SIGINT"',
            'config Volumes is not set, was {"/data": {}}',
        ),
    ),
    Wrong(
        "a missing patch directory, which still builds",
        _WHOLE,
        _SPLIT,
        ("/app/node_modules/x/installed content differs (3 bytes, was 12)",),
        files={**_PROJECT, "patches/x.patch": "+patched\n"},
    ),
    Wrong(
        "node_modules of the host win",
        _WHOLE,
        _SPLIT,
        ("/app/node_modules/x/installed content differs (9 bytes, was 3)",),
        files={**_PROJECT, "node_modules/x/installed": "of host!\n"},
    ),
    Wrong(
        "a lock file that the install rewrites",
        "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN echo new >> lock\n",
        "FROM busybox\nWORKDIR /app\nCOPY lock ./\nRUN echo new >> lock\nCOPY . .\n",
        ("/app/lock content differs (4 bytes, was 8)",),
        files={"lock": "old\n", "a": ""},
    ),
    Wrong(
        "a log of the host in the place of one that differs in each build",
        "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN head -c 8 /dev/urandom | md5sum > install.log\n",
        "FROM busybox\nWORKDIR /app\nCOPY a ./\nRUN head -c 8 /dev/urandom | md5sum > install.log\nCOPY . .\n",
        ("/app/install.log content differs (21 bytes, was 36), in another way than two builds of the original",),
        files={"a": "", "install.log": "log of the developer\n"},
    ),
    Wrong(
        "a stale result",
        "FROM busybox\nCOPY src /src\nRUN [ /out -nt /src ] || cp /src /out\n",
        "FROM busybox\nRUN echo dummy > /src && cp /src /out\nCOPY src /src\nRUN [ /out -nt /src ] || cp /src /out\n",
        ("/out content differs (6 bytes, was 5)",),
        files={"src": "real\n"},
    ),
    Wrong(
        "an install without its manifest",
        _WHOLE,
        "FROM busybox\nWORKDIR /app\nCOPY install.sh ./\nRUN sh install.sh\nCOPY . .\n",
        message="exit code 1, last said: cp: can't stat 'package.json': No such file or directory",
        files=_PROJECT,
    ),
    Wrong(
        "folders flattened by one COPY",
        "FROM busybox\nWORKDIR /app\nCOPY . .\n",
        "FROM busybox\nWORKDIR /app\nCOPY a b ./\n",
        ("/app/a is gone, with 1 path below it", "/app/b is gone, with 1 path below it"),
        files={"a/one": "1\n", "b/two": "2\n", ".dockerignore": "Dockerfile*\n.dockerignore\n"},
    ),
    Wrong(
        "only some of the sources",
        "FROM busybox\nCOPY . /app/\n",
        "FROM busybox\nCOPY src /app/src\n",
        ("/app/data is gone",),
        files={"src/a": "", "data": "x\n", ".dockerignore": "Dockerfile*\n.dockerignore\n"},
    ),
    Wrong(
        "a lost chown",
        "FROM busybox\nCOPY --chown=1000:1000 a /app/\n",
        "FROM busybox\nCOPY a /app/\n",
        ("/app owner 0:0, was 1000:1000", "/app/a owner 0:0, was 1000:1000"),
        files={"a": ""},
    ),
    Wrong(
        "a changed mode",
        "FROM busybox\nCOPY a /\nRUN chmod 755 /a\n",
        "FROM busybox\nCOPY a /\nRUN chmod 750 /a\n",
        ("/a mode 0750, was 0755",),
        files={"a": ""},
    ),
    Wrong(
        "a lost setuid bit",
        "FROM busybox\nRUN touch /a && chmod 4755 /a\n",
        "FROM busybox\nRUN touch /a && chmod 4755 /a && chown 0:1 /a && chown 0:0 /a\n",
        ("/a mode 0755, was 4755",),
    ),
    Wrong(
        "a file that is no longer removed",
        "FROM busybox\nCOPY a /d/\nRUN rm -r /d\n",
        "FROM busybox\nRUN rm -rf /d\nCOPY a /d/\n",
        ("/d is new, with 1 path below it",),
        files={"a": ""},
    ),
    Wrong(
        "a link that became a copy",
        "FROM busybox\nRUN echo 1 > /a && ln -s a /b\n",
        "FROM busybox\nRUN echo 1 > /a && cp /a /b\n",
        ("/b now a file, was a link to a",),
    ),
    Wrong(
        "an `or` that swallows the next command",
        "FROM busybox\nRUN true || echo failed\nRUN touch /a\n",
        "FROM busybox\nRUN true || echo failed; false || true || touch /a\n",
        ("/a is gone",),
    ),
    Wrong(
        "clean-up in a later layer",
        "FROM busybox\nRUN mkdir -p /var/lib/apt/lists && head -c 300000 /dev/zero > /var/lib/apt/lists/x # apt-get\n",
        "FROM busybox\nRUN mkdir -p /var/lib/apt/lists && head -c 300000 /dev/zero > /var/lib/apt/lists/x # apt-get\n"
        "RUN rm /var/lib/apt/lists/x\n",
        ("image size is not 300.0 kB smaller, although those files are gone: an earlier layer still holds them",),
    ),
)

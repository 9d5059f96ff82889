"""`verify_against`: `dfix verify --against` in a process of its own, which can be ended and then cleans up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import Any

from dfix.rewriter.agents.named_dockerfile import located, own_root, said
from dfix.rewriter.agents.tools import BadArgumentError
from dfix.rewriter.agents.trimming import trimmed
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of

_GRACE = 30.0
"""Seconds for `dfix verify` to stop its builds and to remove its images."""
_LOOK_UP = 0.5


class Builds:
    """The proofs that run, one at a time: two would fight for the processors and be measured wrongly."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._one = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def verify(self, given: dict[str, Any], stopped: threading.Event) -> dict[str, Any]:
        """The answer of the tool, unless nobody waits for it any more. Raises BadArgumentError."""
        path = located(given["path"], self._root)
        if own_root(path, self._root) != root_of(path, self._root):
            folder = root_of(path, self._root)
            raise BadArgumentError(f"builds need the whole repository: start this server with --root {folder}")
        proposed = self._proposed(given)
        with self._one, tempfile.TemporaryDirectory(prefix="dfix-mcp-") as folder:
            new = os.path.join(folder, "Dockerfile")
            with open(new, "wb") as file:
                file.write(proposed)
            return trimmed(_answer(self._run(path, new, stopped), self._root))

    def end(self) -> None:
        """End what runs, and wait until it has cleaned up."""
        for process in list(self._running):
            with suppress(OSError):
                process.send_signal(signal.SIGTERM)
        for process in list(self._running):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)

    def _proposed(self, given: dict[str, Any]) -> bytes:
        text, name = given.get("text"), given.get("file")
        if (text is None) == (name is None):
            raise BadArgumentError("verify_against needs `text` or `file`, and not both")
        if text is not None:
            return bytes(text.encode())
        data = read(located(str(name), self._root), (self._root,))
        if isinstance(data, Problem):
            raise BadArgumentError(said(data))
        return data

    def _run(self, path: str, new: str, stopped: threading.Event) -> dict[str, Any]:
        # -P: no module of the current folder is imported, which is a stranger's
        command = [sys.executable, "-P", "-m", "dfix", "verify", path, "--against", new]
        command += ["--no-measure", "--quiet", "--output-format", "json"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self._running.add(process)
        try:
            out, err = _said(process, stopped)
        finally:
            self._running.discard(process)
        try:
            (found,) = json_value(out.decode())["files"]
        except (ValueError, KeyError):
            lines = err.decode("utf-8", "replace").strip().splitlines()
            raise BadArgumentError(lines[-1][:400] if lines else "dfix verify was ended") from None
        return dict(found)


def _said(process: subprocess.Popen[bytes], stopped: threading.Event) -> tuple[bytes, bytes]:
    """The output of a process, which is asked to end once nobody waits for it."""
    while True:
        if stopped.is_set():
            process.send_signal(signal.SIGTERM)
            return process.communicate()
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_LOOK_UP)


def _answer(found: dict[str, Any], root: str) -> dict[str, Any]:
    """What an agent is told of a file of the JSON document."""
    blamed = [one for blame in found["broken"] for one in (*blame["differences"], *blame["watched"])]
    messages = [found["message"], *(blame["message"] for blame in found["broken"])]
    return {
        "path": os.path.relpath(found["path"], root) if os.path.isabs(found["path"]) else found["path"],
        "verdict": found["verdict"],
        "message": ". ".join(message for message in messages if message),
        "differences": [
            {
                "path": one["path"],
                "what": one["what"],
                "line_before": one["was"] and one["was"]["line"],
                "line_after": one["now"] and one["now"]["line"],
            }
            for one in blamed or found["differences"]
        ],
        "allowed": [f"{one['path']} {one['what']}: {one['reason']}" for one in found["allowed"]],
        **{
            kind: [f"an edit of {work['edited']}: {name}" for work in found["work"] for name in work[kind]]
            for kind in ("slower", "faster")
        },
    }

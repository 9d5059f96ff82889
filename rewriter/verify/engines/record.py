"""Parsing BuildKit's record of a build (`--progress rawjson`): steps, cache hits, output, errors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

from dfix.rewriter.text.expression import expression
from dfix.rewriter.verify.build_log import Mask, tells
from dfix.rewriter.verify.engine import BuildStep

_STEP = expression(r"\[(?P<place>(?:[^\]\s]+ )*[^\]]*\d+/\d+)\] (?P<text>.*)", re.DOTALL)
_ERROR_PREFIX = expression(r"^ERROR: (?:failed to (?:build|solve): )*")
_STATUS = expression(r'process ".*" did not complete successfully: (?P<status>exit code: \d+)', re.DOTALL)

_CHECKSUM = expression(r"failed to calculate checksum of ref \S+: ")
_INNER_PATH = expression(r"/\S*/buildkit-mount\d+(?=/)")
"""Where the engine mounts the files of a stage: of no use to anybody."""


class Record:
    """Parses the record piece by piece and writes its readable parts to `log`.

    `mask` hides the values that were passed to the build.

    A JSON object is on one line or spread over several; text in between is output of the client itself.
    """

    def __init__(self, log: TextIO, at_step: Callable[[str], None], mask: Mask = str) -> None:
        self._log, self._at_step, self._mask = log, at_step, mask
        self._decoder = json.JSONDecoder()
        self._waiting = b""
        self._open: list[str] = []
        self._vertexes: dict[str, dict[str, Any]] = {}
        self._told: set[str] = set()
        self._said: list[str] = []
        self._last_output: dict[str, str] = {}

    def take(self, piece: bytes) -> None:
        """Add the next piece of the record."""
        *lines, self._waiting = (self._waiting + piece).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def close(self) -> None:
        """Handle the end of the record."""
        self.take(b"\n")
        self._flush()

    def steps(self) -> tuple[BuildStep, ...]:
        """The instructions that ran or came from the cache, without FROM, in the order of their start."""
        found = []
        for vertex in sorted(self._vertexes.values(), key=lambda vertex: str(vertex.get("started"))):
            name = vertex.get("name", "")
            match = _STEP.match(name)
            if match and not match["text"].startswith("FROM ") and vertex.get("completed"):
                found.append(BuildStep(name, bool(vertex.get("cached")), _seconds(vertex)))
        return tuple(found)

    def error(self) -> str:
        """What failed, in one line; "" for nothing."""
        found = self._failed()
        if found is not None:
            digest, vertex = found
            said = _INNER_PATH.sub("", _CHECKSUM.sub("", str(vertex["error"])))
            status = _STATUS.search(said)
            if status:
                said = status["status"].replace(": ", " ")
                if self._last_output.get(digest):
                    said += f", last said: {self._last_output[digest]}"
            return _one_line(f"`{_one_line(_shown(str(vertex.get('name', ''))), 80)}`: {said}")
        for line in reversed(self._said):
            if line.startswith("ERROR"):
                return _one_line(_ERROR_PREFIX.sub("", line))
        return _one_line(self._said[-1]) if self._said else ""

    def failed(self) -> str:
        """The name of the step that failed; "" for none."""
        found = self._failed()
        return "" if found is None else str(found[1].get("name", ""))

    def _failed(self) -> tuple[str, dict[str, Any]] | None:
        """The step that failed, by its digest; others may only have been cancelled because of it."""
        for digest, vertex in self._vertexes.items():
            if vertex.get("error") and not str(vertex["error"]).endswith("context canceled"):
                return digest, vertex
        return None

    def _line(self, line: str) -> None:
        """Some clients print an object over several lines: it starts with `{` and ends with `}` in the first column."""
        if not self._open and line[:1] != "{":
            if line.strip():
                self._say(line.strip())
            return
        self._open.append(line)
        if line.rstrip().endswith("}") and line[:1] in ("{", "}"):
            self._flush()

    def _flush(self) -> None:
        text, self._open = "\n".join(self._open), []
        if not text:
            return
        try:
            status = self._decoder.decode(text)
        except ValueError:
            self._say(text)
            return
        for vertex in status.get("vertexes") or ():
            self._vertex(vertex)
        for entry in status.get("logs") or ():
            self._output(entry)

    def _say(self, text: str) -> None:
        text = self._mask(text)
        self._said.append(text)
        self._log.write(text + "\n")

    def _vertex(self, vertex: dict[str, Any]) -> None:
        vertex = {**vertex, **{key: self._mask(str(vertex[key])) for key in ("name", "error") if vertex.get(key)}}
        digest = str(vertex.get("digest", ""))
        self._vertexes.setdefault(digest, {}).update(vertex)
        name = str(vertex.get("name", ""))
        if vertex.get("started") and digest not in self._told:
            self._told.add(digest)
            self._log.write(name + "\n")
            self._at_step(_one_line(name))
        if vertex.get("error"):
            self._log.write(f"{name}: {vertex['error']}\n")

    def _output(self, entry: dict[str, Any]) -> None:
        text = self._mask(base64.b64decode(entry.get("data") or "").decode("utf-8", "replace"))
        self._log.write(text if text.endswith("\n") else text + "\n")
        lines = [line for line in text.splitlines() if tells(line)]
        if lines:
            self._last_output[str(entry.get("vertex", ""))] = lines[-1].strip()


def _seconds(vertex: dict[str, Any]) -> float | None:
    """The time between the begin and the end of a vertex, which BuildKit gives with nanoseconds."""
    try:
        begin, end = (datetime.fromisoformat(str(vertex[key])) for key in ("started", "completed"))
        return max((end - begin).total_seconds(), 0.0)
    except (KeyError, ValueError, TypeError):
        return None


def _shown(name: str) -> str:
    """The Dockerfile line of a vertex."""
    match = _STEP.match(name)
    return match["text"] if match else name.replace("[internal] load metadata for ", "FROM ")


def _one_line(text: str, most: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"

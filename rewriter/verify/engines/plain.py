"""Parsing the output of `podman build` and `buildah build`, which have no machine-readable format."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TextIO

from dfix.rewriter.text.expression import expression
from dfix.rewriter.verify.build_log import Mask, tells
from dfix.rewriter.verify.engine import LABEL, BuildStep

_STEP = expression(r"(?P<stage>\[\d+/\d+\] )?STEP (?P<number>\d+)(?:/\d+)?: (?P<text>.*)")
_CACHED = "--> Using cache "
_MADE = expression(r"--> (?:Using cache )?(?P<id>[0-9a-f]{8,64})$")
_ERROR = expression(r"(?:Error|error): (?P<text>.*)")
_AT_STEP = expression(r'building at STEP "(?P<step>.*)": (?P<said>.*)')
_WORDS = ("subprocess exited with status", "time=")
_MOST = 300


class PlainRecord:
    """Parses the output piece by piece and copies it to `log`.

    `mask` hides the values that were passed to the build.
    `images` are the ids of images that the build created or took from its cache, `bases` the names in its FROM lines.
    """

    def __init__(self, log: TextIO, at_step: Callable[[str], None], mask: Mask = str) -> None:
        self._log, self._at_step, self._mask = log, at_step, mask
        self._waiting = b""
        self._steps: list[BuildStep] = []
        self._error = self._last_output = ""
        self.images: set[str] = set()
        self.bases: set[str] = set()

    def take(self, piece: bytes) -> None:
        """Add the next piece of the output."""
        *lines, self._waiting = (self._waiting + piece).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace").rstrip("\r"))

    def close(self) -> None:
        """Handle the end of the output."""
        if self._waiting:
            self.take(b"\n")

    def steps(self) -> tuple[BuildStep, ...]:
        """The instructions that ran or came from the cache, without FROM and verify's own label."""
        return tuple(step for step in self._steps if not step.name.partition("] ")[2].startswith(f'LABEL "{LABEL}"'))

    def error(self) -> str:
        """What failed, in one line; "" for nothing."""
        at = _AT_STEP.match(self._error)
        if at is None:
            return self._error[:_MOST]
        said = f", last said: {self._last_output}" if self._last_output else ""
        return f"`{at['step'][:80]}`: {at['said']}{said}"[:_MOST]

    def failed(self) -> str:
        """The name of the step that failed; "" for none."""
        at = _AT_STEP.match(self._error)
        return self._steps[-1].name if at is not None and self._steps else ""

    def _line(self, line: str) -> None:
        line = self._mask(line)
        self._log.write(line + "\n")
        step, made, error = _STEP.match(line), _MADE.match(line), _ERROR.match(line)
        if step is not None:
            self._step(step)
        elif made is not None:
            self.images.add(made["id"])
            if line.startswith(_CACHED) and self._steps:
                self._steps[-1] = self._steps[-1]._replace(cached=True)
        elif error is not None:
            self._error = error["text"]
        elif tells(line) and not line.startswith(_WORDS):
            self._last_output = line.strip()

    def _step(self, step: re.Match[str]) -> None:
        text = step["text"]
        self._last_output = ""
        self._at_step(f"{step['stage'] or ''}{text}")
        if text.startswith("FROM "):
            self.bases.add(text.split()[1])
        else:
            self._steps.append(BuildStep(f"[{(step['stage'] or '').strip('[] ')} {step['number']}] {text}", False))

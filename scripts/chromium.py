"""Headless Chromium through a pair of pipes (the DevTools protocol): open a page, wait for something, photograph it."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "google-chrome")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)
_PATIENCE = 60.0
"""Seconds in which a page must show what is waited for."""


class Chromium:
    """A browser. Use it in a `with`."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="dfix-chromium-")
        reads, self._to = os.pipe()
        self._from, writes = os.pipe()
        # the protocol has fixed descriptors: it reads from 3 and writes to 4
        shell = [
            "sh",
            "-c",
            f'exec "$0" "$@" 3<&{reads} 4>&{writes}',
            program,
            *_OPTIONS,
            f"--user-data-dir={self._folder}",
        ]
        self._process = subprocess.Popen(
            [*shell, "about:blank"], pass_fds=(reads, writes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(reads)
        os.close(writes)
        self._rest, self._number, self._session = b"", 0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)

    def look(self, address: str, *, size: tuple[int, int], dark: bool, until: str) -> bytes:
        """Open a page, wait until an expression of JavaScript is true there, and return a picture of it (PNG)."""
        width, height = size
        self._open()
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        self._ask("Page.navigate", url=address)
        ready = f"document.readyState === 'complete' && location.href !== 'about:blank' && Boolean({until})"
        ends = time.monotonic() + _PATIENCE
        while self._ask("Runtime.evaluate", expression=ready)["result"].get("value") is not True:
            if time.monotonic() > ends:
                raise SystemExit(f"{address} never showed {until}")
            time.sleep(0.2)
        time.sleep(0.5)  # transitions of colours
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def _open(self) -> None:
        """A page that knows nothing of earlier ones."""
        self._session = ""
        context = self._ask("Target.createBrowserContext")["browserContextId"]
        target = self._ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        question = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            question["sessionId"] = self._session
        os.write(self._to, json.dumps(question).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._from, 1 << 16)
            if not part:
                raise SystemExit("Chromium ended")
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message

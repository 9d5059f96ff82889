"""Scanning built images with trivy or grype, whichever is installed.

The scanner gets an archive of the image, so that it asks no engine and no registry for it, and works in dfix's
temporary folder, so that no settings file of the repository (trivy.yaml, .grype.yaml) directs it.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.engine import EngineError
from dfix.rewriter.verify.process import Processes, TimeoutExpiredError
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.vulnerabilities import Report, ReportError, Scan, compared, read_report

SCANNERS = ("trivy", "grype")
_LONGEST = 300


class BuiltImage(NamedTuple):
    """An image and the trial that built it."""

    trial: Trial
    tag: str


def installed() -> str:
    """The path of the first scanner that is installed; "" for none."""
    return next((os.path.abspath(path) for name in SCANNERS if (path := shutil.which(name))), "")


class Scanner:
    """Scans images, each once. `program` is the path of a scanner, `folder` one for temporary files."""

    def __init__(self, program: str, processes: Processes, folder: str, timeout: float) -> None:
        self._program, self._processes, self._folder, self._timeout = program, processes, folder, timeout
        self._name = os.path.basename(program)
        self._known: dict[str, Report] = {}

    def scan(self, before: BuiltImage, after: BuiltImage) -> Scan:
        """What has become of the findings; the message of the answer where an image can't be scanned."""
        try:
            return compared(self._report(before), self._report(after))
        except (ReportError, EngineError, OSError) as error:
            return Scan(self._name, message=f"{self._name}: {error}")

    def _report(self, image: BuiltImage) -> Report:
        if image.tag not in self._known:
            base = os.path.join(self._folder, "scan-" + image.tag.replace(":", "-"))
            archive, found = f"{base}.tar", f"{base}.json"
            try:
                image.trial.archive(image.tag, archive)
                image.trial.tell(f"scanning the image with {self._name}")
                self._run(self._command(archive, found))
                self._known[image.tag] = read_report(found)
            finally:
                for path in (archive, found):
                    with suppress(FileNotFoundError):
                        os.remove(path)
        return self._known[image.tag]

    def _command(self, archive: str, found: str) -> list[str]:
        if self._name == "trivy":
            words = [
                "image",
                "--quiet",
                "--scanners",
                "vuln",
                "--format",
                "json",
                "--output",
                found,
                "--input",
                archive,
            ]
        else:
            words = [f"docker-archive:{archive}", "--quiet", "--output", "json", "--file", found]
        return [self._program, *words]

    def _run(self, command: list[str]) -> None:
        said = bytearray()

        def take(piece: bytes) -> None:
            said.extend(piece)
            del said[: -(1 << 16)]

        try:
            status = self._processes.run(command, self._timeout, take, folder=self._folder)
        except TimeoutExpiredError:
            raise ReportError(f"it took longer than {self._timeout:.0f} s and was stopped") from None
        if status:
            lines = said.decode("utf-8", "replace").strip().splitlines()
            raise ReportError((lines[-1] if lines else f"exit status {status}")[:_LONGEST])

"""Printing proofs in the format that the request asks for, and a summary."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dfix.rewriter.cli.verify_request import REPORTS, VerifyRequest
from dfix.rewriter.cli.workshop import said
from dfix.rewriter.report.output import Output, visible
from dfix.rewriter.verify.proof import Compared, Proof

_STATUS = {
    "proven": 0, "reproducible": 0, "unchanged": 0, "new": 0, "gone": 0, "broken": 1, "varies": 1, "unshown": 2,
    "unbuilt": 2, "failed": 2,
}  # fmt: skip

_UNSCANNED = 2
_UNWRITTEN = 2


class ProofPrinter:
    """Prints proofs to `out` and the summary to `err`. `status` is the exit status so far: the worst of all files."""

    def __init__(
        self, request: VerifyRequest, engine: str, compared: Compared | None, out: Output, err: Output
    ) -> None:
        self._request, self._engine, self._compared, self._out, self._err = request, engine, compared, out, err
        if compared is not None and not request.files.quiet:
            base, head = compared.short
            err.write(f"compared: commit {base} with {f'commit {head}' if head else 'the working tree'}\n")
        for note in compared.notes if compared is not None else ():
            err.write(f"note: {visible(note)}\n")
        self._kept: list[Proof] = []
        self.status = 0

    def add(self, proof: Proof) -> None:
        """Print one proof, or keep it for the JSON document."""
        self.status = max(self.status, _STATUS[proof.verdict], _UNSCANNED if _is_unscanned(proof) else 0)
        self._kept.append(proof)
        form = self._request.files.output_format
        if form in ("text", "github"):
            from dfix.rewriter.verify.proof_text import proof_text

            proof_text(self._out, self._err, proof, verbose=self._request.files.verbose)
            self._out.flush()
        if form == "github":
            from dfix.rewriter.verify.annotations import annotated

            self._err.flush()
            self._out.write(annotated(proof))
            self._out.flush()

    def finish(self) -> None:
        """Print what needs all proofs: the documents and the summary."""
        form = self._request.files.output_format
        if form in REPORTS.values():
            self._out.write(_document(form, self._kept, self._engine, self._compared, ""))
        for fault in write_reports(self._request, self._kept, self._engine, self._compared):
            self._out.flush()
            self._err.write(f"dfix: {visible(fault)}\n")
            self.status = _UNWRITTEN
        if not self._request.files.quiet:
            self._out.flush()
            for unseen in dict.fromkeys(proof.unseen for proof in self._kept if proof.unseen):
                self._err.write(f"which files a moved RUN reads was not checked: {visible(unseen)}\n")
            self._err.write(_summary(self._kept) + "\n")


def _is_unscanned(proof: Proof) -> bool:
    """Whether a scan that was asked for failed."""
    scans = (proof.scan, proof.sources.scan if proof.sources is not None else None)
    return any(scan is not None and scan.message for scan in scans)


def write_reports(
    request: VerifyRequest, proofs: Sequence[Proof], engine: str, compared: Compared | None, error: str = ""
) -> list[str]:
    """Write the files of `--report`, and return why some could not be written.

    `error` is what ended the command before there were proofs.
    """
    faults = []
    for path in request.reports:
        text = _document(REPORTS[os.path.splitext(path)[1]], proofs, engine, compared, error)
        try:
            _write(path, text)
        except OSError as found:
            faults.append(said(OSError(found.errno, found.strerror, path)))
    return faults


def _write(path: str, text: str) -> None:
    """Write a report, or none: neither a part of it nor the verdict of an earlier run stays. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW  # a change under review may bring a link
    with os.fdopen(os.open(path, flags, 0o666), "wb", buffering=0) as file:
        rest = memoryview(text.encode("utf-8"))
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            os.remove(path)
            raise


def _document(form: str, proofs: Sequence[Proof], engine: str, compared: Compared | None, error: str) -> str:
    if form == "json":
        from dfix.rewriter.verify.document import document

        return document(proofs, engine, compared, error)
    from dfix.rewriter.verify.proof_markdown import markdown

    return markdown(proofs, compared, error)


def _summary(proofs: list[Proof]) -> str:
    counts = {verdict: sum(proof.verdict == verdict for proof in proofs) for verdict in _STATUS}
    words = {
        "proven": "proven",
        "reproducible": "the same twice",
        "varies": "not the same twice",
        "broken": "with a broken promise",
        "unshown": "not shown",
        "unbuilt": "with an original that does not build",
        "failed": "not tested",
        "new": "new",
        "gone": "gone",
        "unchanged": "unchanged",
    }
    runs = sum(proof.shown_by_runs for proof in proofs)
    counts["proven"] -= runs
    parts = [f"{runs} different as declared, and the same in what was run"] if runs else []
    parts += [f"{counts[verdict]} {said}" for verdict, said in words.items() if counts[verdict]]
    written = sum(proof.written for proof in proofs)
    files = f"{len(proofs)} Dockerfile{'' if len(proofs) == 1 else 's'}: " + ", ".join(parts or ["nothing to do"])
    return files + (f"; {written} written" if written else "")

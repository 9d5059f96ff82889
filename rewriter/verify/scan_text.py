"""What scanning two images shows, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.report.output import Output, visible
from dfix.rewriter.verify.vulnerabilities import Scan, Vulnerability, by_severity

_MOST = 8


def write_scan(out: Output, scan: Scan, indent: str, *, verbose: bool) -> None:
    """Print how many findings are gone, new and unchanged, and the worst of the new ones; `verbose` lists all."""
    if scan.message:
        out.write(f"{indent}not scanned", "bold yellow")
        out.write(f": {visible(scan.message)}\n")
        return
    out.write(f"{indent}vulnerabilities ({scan.scanner}): {in_numbers(scan)}\n")
    for what, findings, style in (("new", scan.new, "bold red"), ("gone", scan.gone, "green")):
        shown = findings if verbose else findings[: _MOST if what == "new" else 0]
        for finding in shown:
            out.write(f"{indent}  {what}", style)
            out.write(f": {visible(_sentence(finding))}\n")
        left = len(findings) - len(shown)
        if what == "new" and left:
            out.write(f"{indent}  … {left} more new {'one (-v lists it)' if left == 1 else 'ones (-v lists them)'}\n")


def in_numbers(scan: Scan) -> str:
    """What is gone, new and unchanged in one line, by severity."""
    parts = _parts((("gone", scan.gone), ("new", scan.new), ("unchanged", scan.unchanged)))
    return ", ".join(parts) or "none, before and after"


def _parts(kinds: Sequence[tuple[str, tuple[Vulnerability, ...]]]) -> Iterator[str]:
    for what, findings in kinds:
        if findings:
            each = ", ".join(f"{count} {severity}" for severity, count in by_severity(findings).items())
            yield f"{len(findings)} {what} ({each})"


def _sentence(finding: Vulnerability) -> str:
    version = f" {finding.version}" if finding.version else ""
    return f"{finding.severity} {finding.id} in {finding.package}{version}"

"""Known vulnerabilities of two images, from reports of trivy or grype, and which of them are gone, new or unchanged.

Sources: trivy, docs/docs/configuration/reporting.md and pkg/types/report.go (schema version 2); grype,
grype/presenter/models/document.go. Read 2026-11-30. A report may come from anywhere, so nothing in it is trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import Unreadable, exact_text

SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")
"""Worst first. Only grype knows `negligible`."""
MOST_BYTES = 64_000_000
"""Of one report; that of an image with 5,000 findings has about 25 MB."""
_LONGEST = 200
"""Characters of a name, id or version."""


class ReportError(Exception):
    """A report that cannot be used; the text says why."""


class Vulnerability(NamedTuple):
    """A vulnerability of a package in an image."""

    id: str
    package: str
    version: str
    severity: str
    """One of SEVERITIES."""


class Report(NamedTuple):
    """What a scanner has found in one image."""

    scanner: str
    findings: tuple[Vulnerability, ...]


class Scan(NamedTuple):
    """What scanning both images shows; each list begins with the worst."""

    scanner: str = ""
    gone: tuple[Vulnerability, ...] = ()
    new: tuple[Vulnerability, ...] = ()
    unchanged: tuple[Vulnerability, ...] = ()
    """As the report of the new image has them."""
    message: str = ""
    """Why an image was not scanned, as a sentence; the lists are empty then."""


def compared(before: Report, after: Report) -> Scan:
    """The findings by what has become of them. Raises ReportError for reports of two different scanners.

    One of a package is the same in any version of the package: an update that doesn't mend it leaves it.
    """
    if before.scanner != after.scanner:
        raise ReportError(
            f"one report is by {before.scanner}, the other by {after.scanner}, which name vulnerabilities differently"
        )
    was, now = _by_name(before.findings), _by_name(after.findings)
    return Scan(
        before.scanner,
        _sorted(found for name, found in was.items() if name not in now),
        _sorted(found for name, found in now.items() if name not in was),
        _sorted(found for name, found in now.items() if name in was),
    )


def compared_reports(before: str, after: str) -> Scan:
    """What has become of the findings, by the reports in two files. Raises ReportError."""
    return compared(read_report(before), read_report(after))


def by_severity(findings: Iterable[Vulnerability]) -> dict[str, int]:
    """How many findings there are of each severity that occurs, worst first."""
    counts = dict.fromkeys(SEVERITIES, 0)
    for finding in findings:
        counts[finding.severity] += 1
    return {severity: count for severity, count in counts.items() if count}


def read_report(path: str) -> Report:
    """Read the JSON report of a scanner. Raises ReportError."""
    text = exact_text(path, MOST_BYTES, None)
    if isinstance(text, Unreadable):
        raise ReportError(f"{path}: {text.message}")
    try:
        report = _report(json_value(text))
    except ValueError as error:
        raise ReportError(f"{path}: not JSON, or cut off ({error})") from None
    except ReportError as error:
        raise ReportError(f"{path}: {error}") from None
    return report


def _report(data: Any) -> Report:
    if isinstance(data, dict) and data.get("SchemaVersion") == 2:
        return Report("trivy", tuple(_of_trivy(data)))
    if isinstance(data, dict) and "matches" in data:
        return Report("grype", tuple(_of_grype(data)))
    raise ReportError("not a JSON report of trivy (schema version 2) or grype")


def _of_trivy(data: dict[str, Any]) -> Iterator[Vulnerability]:
    for at, result in enumerate(_list(data, "Results", "")):
        where = f"Results[{at}]"
        for number, found in enumerate(_list(_object(result, where), "Vulnerabilities", f"{where}.")):
            place = f"{where}.Vulnerabilities[{number}]"
            fields = _object(found, place)
            yield Vulnerability(
                _text(fields, "VulnerabilityID", place),
                _text(fields, "PkgName", place),
                _text(fields, "InstalledVersion", place, ""),
                _severity(_text(fields, "Severity", place, "unknown")),
            )


def _of_grype(data: dict[str, Any]) -> Iterator[Vulnerability]:
    for number, match in enumerate(_list(data, "matches", "")):
        place = f"matches[{number}]"
        fields = _object(match, place)
        found = _object(fields.get("vulnerability"), f"{place}.vulnerability")
        package = _object(fields.get("artifact"), f"{place}.artifact")
        yield Vulnerability(
            _text(found, "id", f"{place}.vulnerability"),
            _text(package, "name", f"{place}.artifact"),
            _text(package, "version", f"{place}.artifact", ""),
            _severity(_text(found, "severity", f"{place}.vulnerability", "unknown")),
        )


def _list(fields: dict[str, Any], name: str, place: str) -> list[Any]:
    """A list, which Go writes as null, or not at all, where it is empty."""
    found = fields.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise ReportError(f"{place}{name} is not a list")
    return found


def _object(found: Any, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ReportError(f"{place} is not an object")
    return found


def _text(fields: dict[str, Any], name: str, place: str, default: str | None = None) -> str:
    found = fields.get(name, default)
    if not isinstance(found, str) or (not found and default is None):
        raise ReportError(f"{place}.{name} is not a text")
    return found if len(found) <= _LONGEST else found[: _LONGEST - 1] + "…"


def _severity(said: str) -> str:
    return said.lower() if said.lower() in SEVERITIES else "unknown"


def _by_name(findings: Iterable[Vulnerability]) -> dict[tuple[str, str], Vulnerability]:
    """Each vulnerability of each package once, as the worst of those that the report has."""
    found: dict[tuple[str, str], Vulnerability] = {}
    for finding in _sorted(findings):
        found.setdefault((finding.id, finding.package), finding)
    return found


def _sorted(findings: Iterable[Vulnerability]) -> tuple[Vulnerability, ...]:
    return tuple(sorted(findings, key=lambda found: (SEVERITIES.index(found.severity), *found)))

"""Reports of trivy and grype in their documented form, and others that only look like it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.report.output import Output
from dfix.rewriter.verify import vulnerabilities
from dfix.rewriter.verify.scan_text import write_scan
from dfix.rewriter.verify.vulnerabilities import ReportError, Scan, Vulnerability, compared_reports, read_report

OPENSSL = {"VulnerabilityID": "CVE-2024-1", "PkgName": "openssl", "InstalledVersion": "3.0.1", "Severity": "HIGH"}
CURL = {**OPENSSL, "VulnerabilityID": "CVE-2024-2", "PkgName": "curl", "InstalledVersion": "7.8", "Severity": "LOW"}
LODASH = {**OPENSSL, "VulnerabilityID": "GHSA-x", "PkgName": "lodash", "PkgPath": "app/node_modules/lodash"}


def trivy(*results: Any) -> dict[str, Any]:
    """A report as trivy writes it."""
    head = {"SchemaVersion": 2, "ArtifactName": "x.tar", "ArtifactType": "container_image", "Metadata": {"OS": {}}}
    return {**head, "Results": [{"Target": "x (debian 12)", "Class": "os-pkgs", "Vulnerabilities": r} for r in results]}


def grype(*found: tuple[str, str, str, str]) -> dict[str, Any]:
    """A report as grype writes it."""
    matches = [
        {
            "vulnerability": {"id": id_, "severity": severity, "fix": {"versions": [], "state": "not-fixed"}},
            "relatedVulnerabilities": [],
            "matchDetails": [],
            "artifact": {"name": name, "version": version, "type": "deb", "locations": []},
        }
        for id_, severity, name, version in found
    ]
    return {"matches": matches, "source": {"type": "image"}, "distro": {}, "descriptor": {"name": "grype"}}


def written(folder: Path, **reports: Any) -> tuple[str, ...]:
    for name, report in reports.items():
        (folder / f"{name}.json").write_text(report if isinstance(report, str) else json.dumps(report))
    return tuple(str(folder / f"{name}.json") for name in reports)


def scanned(folder: Path, old: Any, new: Any) -> Scan:
    before, after = written(folder, old=old, new=new)
    return compared_reports(before, after)


def test_trivy_by_what_has_become_of_each(tmp_path: Path) -> None:
    updated = {**CURL, "InstalledVersion": "7.9", "Severity": "CRITICAL"}
    found = scanned(tmp_path, trivy([OPENSSL, CURL], None), trivy([updated], [LODASH, LODASH]))
    assert found == Scan(
        "trivy",
        gone=(Vulnerability("CVE-2024-1", "openssl", "3.0.1", "high"),),
        new=(Vulnerability("GHSA-x", "lodash", "3.0.1", "high"),),
        unchanged=(Vulnerability("CVE-2024-2", "curl", "7.9", "critical"),),
    )


def test_grype_begins_with_the_worst(tmp_path: Path) -> None:
    new = grype(("b", "Negligible", "p", "1"), ("a", "Critical", "q", "2"), ("c", "Whatever", "r", ""))
    found = scanned(tmp_path, grype(("a", "Critical", "p", "1")), new)
    assert [(one.severity, one.id) for one in found.new] == [("critical", "a"), ("negligible", "b"), ("unknown", "c")]
    assert (found.scanner, [one.package for one in found.gone], found.unchanged) == ("grype", ["p"], ())


def test_nothing_found(tmp_path: Path) -> None:
    empty = {"SchemaVersion": 2, "ArtifactName": "x"}  # Go leaves out an empty list
    assert scanned(tmp_path, empty, trivy()) == Scan("trivy")
    assert scanned(tmp_path, {"matches": None}, grype()) == Scan("grype")


def test_reports_of_two_scanners_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="by trivy, the other by grype"):
        scanned(tmp_path, trivy(), grype())


WRONG = {
    "": "not JSON, or cut off",
    json.dumps(trivy([OPENSSL]))[:-9]: "not JSON, or cut off",
    "[" * 100_000: "not JSON, or cut off",
    "\x00\xff": "not JSON, or cut off",
    "[]": "not a JSON report of trivy",
    "7": "not a JSON report of trivy",
    '{"Results": []}': "not a JSON report of trivy",
    '{"SchemaVersion": 1, "Results": []}': "not a JSON report of trivy",
    '{"SchemaVersion": 2, "Results": {}}': "Results is not a list",
    '{"SchemaVersion": 2, "Results": [7]}': r"Results\[0\] is not an object",
    json.dumps(trivy("CVE")): r"Results\[0\].Vulnerabilities is not a list",
    json.dumps(
        trivy([OPENSSL], [{**OPENSSL, "PkgName": 7}])
    ): r"Results\[1\].Vulnerabilities\[0\].PkgName is not a text",
    json.dumps(trivy([{**OPENSSL, "VulnerabilityID": ""}])): "VulnerabilityID is not a text",
    json.dumps(trivy([{**OPENSSL, "Severity": ["HIGH"]}])): "Severity is not a text",
    '{"matches": [{"vulnerability": null}]}': r"matches\[0\].vulnerability is not an object",
    '{"matches": [{"vulnerability": {"id": "a"}, "artifact": []}]}': r"matches\[0\].artifact is not an object",
}


@pytest.mark.parametrize(("text", "why"), WRONG.items())
def test_what_is_no_report(tmp_path: Path, text: str, why: str) -> None:
    (path,) = written(tmp_path, wrong=text)
    with pytest.raises(ReportError, match=f"^{path}: .*{why}"):
        read_report(path)


def test_a_report_is_a_regular_file_of_some_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportError, match="no such file"):
        read_report(str(tmp_path / "none.json"))
    with pytest.raises(ReportError, match="not a regular file"):
        read_report("/dev/zero")
    monkeypatch.setattr(vulnerabilities, "MOST_BYTES", 1000)
    (path,) = written(tmp_path, large=trivy([OPENSSL] * 20))
    with pytest.raises(ReportError, match="larger than 1 kB"):
        read_report(path)


def shown(scan: Scan, *, verbose: bool = False) -> list[str]:
    stream = io.BytesIO()
    write_scan(Output(stream, colour=False), scan, "", verbose=verbose)
    return stream.getvalue().decode().splitlines()


def test_as_text() -> None:
    many = tuple(Vulnerability(f"CVE-{number}", "p", "", "low") for number in range(10))
    scan = Scan("trivy", gone=many[:1], new=many[1:], unchanged=(Vulnerability("a", "b", "1", "high"),))
    assert shown(scan)[0] == "vulnerabilities (trivy): 1 gone (1 low), 9 new (9 low), 1 unchanged (1 high)"
    assert shown(scan)[1:3] == ["  new: low CVE-1 in p", "  new: low CVE-2 in p"]
    assert (len(shown(scan)), shown(scan)[-1]) == (10, "  … 1 more new one (-v lists it)")
    assert shown(scan, verbose=True)[-2:] == ["  new: low CVE-9 in p", "  gone: low CVE-0 in p"]
    assert shown(Scan("grype")) == ["vulnerabilities (grype): none, before and after"]
    assert shown(Scan("grype", message="grype: no\x1b[1m database")) == ["not scanned: grype: no\\x1b[1m database"]


def test_a_report_says_nothing_to_the_terminal(tmp_path: Path) -> None:
    hostile = {**OPENSSL, "VulnerabilityID": "\x1b[2J\n::error::x" + "y" * 1_000_000, "PkgName": "##[error]\u202e"}
    (line,) = shown(scanned(tmp_path, trivy(), trivy([hostile])))[1:]
    assert line.isprintable()
    assert line.startswith("  new: high \\x1b[2J\\x0a::error::xyyy")
    assert len(line) < 300

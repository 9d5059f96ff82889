"""`dfix verify --scan` with programs that stand in for the scanners, and `--scan-reports`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from dfix.rewriter.cli.main import run
from tests.engine.fixture import Engine
from tests.layers.repositories import commit, repository
from tests.verify.test_vulnerabilities import OPENSSL, grype, trivy, written

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/dfix-verify-1.json").read_text())
DOCKERFILE = "FROM busybox\nCOPY lib /lib/found\n"

STAND_IN = """\
#!{python}
# Finds CVE-1 in each file of /lib/found, as one layer of the archive has it, like a scanner finds packages.
import io, json, os, sys, tarfile
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
assert os.getcwd().startswith({tmp!r}), os.getcwd()
if {broken!r}:
    sys.exit("fetching the database\\nFATAL " + {broken!r})
if name == "trivy":
    assert words[:6] == ["image", "--quiet", "--scanners", "vuln", "--format", "json"], words
    archive, out = words[words.index("--input") + 1], words[words.index("--output") + 1]
else:
    assert words[1:4] == ["--quiet", "--output", "json"], words
    archive, out = words[0].removeprefix("docker-archive:"), words[words.index("--file") + 1]
found = set()
with tarfile.open(archive) as outer:
    for layer in json.load(outer.extractfile("manifest.json"))[0]["Layers"]:
        with tarfile.open(fileobj=io.BytesIO(outer.extractfile(layer).read())) as inner:
            found |= {{at.name.split("/")[-1] for at in inner if at.name.startswith("lib/found/") and at.isfile()}}
if name == "trivy":
    rows = [{{"VulnerabilityID": "CVE-1", "PkgName": one, "Severity": "HIGH"}} for one in found]
    report = {{"SchemaVersion": 2, "Results": [{{"Vulnerabilities": rows}}]}}
else:
    rows = [{{"vulnerability": {{"id": "CVE-1"}}, "artifact": {{"name": one}}}} for one in found]
    report = {{"matches": rows}}
with open(out, "w") as file:
    json.dump(report, file)
"""


class Scanned(NamedTuple):
    """What `dfix verify` said with a stand-in on its PATH."""

    status: int
    out: str
    err: str

    @property
    def file(self) -> Any:
        """The one file of the JSON document."""
        found = json.loads(self.out)
        jsonschema.validate(found, SCHEMA)
        (file,) = found["files"]
        return file


Scan = Callable[..., Scanned]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A build context with three files to find, and settings that would mislead a scanner."""
    files = {"Dockerfile": DOCKERFILE, "lib/a": "a", "lib/b": "b", "lib/c": "c", "trivy.yaml": "format: nonsense\n"}
    return repository(tmp_path / "app", files)


@pytest.fixture
def scan(engine: Engine, tmp_path: Path) -> Scan:
    """Runs `dfix verify --scan` with a stand-in for one scanner; `broken` is what the stand-in fails with."""
    engine.bases("busybox")
    programs, temporary = tmp_path / "bin", tmp_path / "tmp"
    for folder in (programs, temporary):
        folder.mkdir()

    def run(name: str, *words: str, cwd: Path, broken: str = "") -> Scanned:
        stand_in = programs / name
        stand_in.write_text(STAND_IN.format(python=sys.executable, tmp=str(temporary), broken=broken))
        stand_in.chmod(0o755)
        path = f"{programs}:{engine.environment['PATH']}"
        common = ["--scan", "--isolated", "--network=host", "--no-measure", "--no-watch"]
        done = subprocess.run(
            [sys.executable, "-m", "dfix", "verify", *common, *words],
            cwd=cwd,
            env={**engine.environment, "PATH": path, "TMPDIR": str(temporary)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert list(temporary.iterdir()) == []
        return Scanned(done.returncode, done.stdout, done.stderr)

    return run


def names(found: Any) -> list[list[str]]:
    """The packages that are gone, new and unchanged."""
    return [[one["package"] for one in found[kind]] for kind in ("gone", "new", "unchanged")]


def test_somebody_elses_rewrite_by_trivy(scan: Scan, app: Path) -> None:
    (app / "new").write_text("FROM busybox\nCOPY lib/a lib/b /lib/found/\n")
    words = ("Dockerfile", "--against", "new")
    found = scan("trivy", *words, "--output-format=json", cwd=app)
    assert (found.status, found.file["verdict"]) == (1, "broken"), found
    assert (found.file["scan"]["scanner"], names(found.file["scan"])) == ("trivy", [["c"], [], ["a", "b"]])
    (app / "new").write_text(DOCKERFILE + "COPY lib/a /lib/found/<d>\n")
    markdown = scan("trivy", *words, "--output-format=markdown", cwd=app).out
    assert "| Layers | Vulnerabilities |\n" in markdown
    assert " | 0 gone, **1 new** |\n" in markdown
    assert "&#60;d&#62;" in markdown


def test_dockerfile_and_sources_apart_by_grype(scan: Scan, app: Path) -> None:
    commit(app, {"Dockerfile": "FROM busybox\nCOPY lib/a lib/d /lib/found/\n", "lib/d": "d", "lib/c": None})
    found = scan("grype", "--base", "HEAD~1", "--output-format=json", cwd=app)
    assert (found.status, found.file["verdict"]) == (1, "broken"), found
    assert names(found.file["scan"]) == [["b"], [], ["a", "d"]]
    assert names(found.file["sources"]["scan"]) == [["c"], ["d"], ["a", "b"]]


def test_a_scanner_that_fails(scan: Scan, app: Path) -> None:
    (app / "Dockerfile").write_text("FROM busybox\nRUN mkdir /a\nRUN mkdir /b\n")
    found = scan("trivy", "Dockerfile", cwd=app, broken="no database")
    assert (found.status, found.err) == (2, "1 Dockerfile: 1 proven\n")
    assert "  not scanned: trivy: FATAL no database\n" in found.out
    assert "proven, the same image" in found.out


@pytest.fixture
def said(app: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Scan:
    """Runs `dfix verify` in this process, where no scanner is installed and nothing is to be built."""
    monkeypatch.setenv("PATH", str(app))
    monkeypatch.chdir(app)

    def verify(*words: str) -> Scanned:
        return Scanned(run(["verify", "--isolated", *words]), *capfd.readouterr())

    return verify


def test_reports_made_elsewhere(said: Scan, app: Path) -> None:
    reports = written(app, old=trivy([OPENSSL]), new=trivy([]))
    found = said("Dockerfile", "--scan-reports", *reports)
    assert (found.status, found.out) == (
        0,
        "Dockerfile: nothing to change\n  vulnerabilities (trivy): 1 gone (1 high)\n\n",
    )
    found = said("Dockerfile", "--output-format=json", "--scan-reports", *reports)
    assert names(found.file["scan"]) == [["openssl"], [], []]


def test_no_scanner(said: Scan) -> None:
    found = said("Dockerfile", "--scan")
    assert (found.status, found.out) == (2, "")
    assert found.err == (
        "dfix: --scan needs trivy or grype, and neither is installed. "
        "Install one, or name reports with --scan-reports\n"
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Dockerfile --scan --scan-reports old.json new.json", "--scan and --scan-reports cannot be combined"),
        (". --scan-reports old.json new.json", "reports on the images of one Dockerfile"),
        ("Dockerfile lib/a --scan-reports old.json new.json", "reports on the images of one Dockerfile"),
        ("--base HEAD --scan-reports old.json new.json", "reports on the images of one Dockerfile"),
        ("Dockerfile --scan-reports old.json none.json", "dfix: none.json: no such file"),
        ("Dockerfile --scan-reports old.json Dockerfile", "dfix: Dockerfile: not JSON, or cut off"),
        ("Dockerfile --scan-reports old.json grype.json", "dfix: one report is by trivy, the other by grype"),
        ("Dockerfile --scan-reports old.json", "requires 2 arguments"),
    ],
)
def test_what_is_wrong(said: Scan, app: Path, words: str, why: str) -> None:
    written(app, old=trivy([OPENSSL]), new=trivy([]), grype=grype())
    found = said(*words.split())
    assert (found.status, found.out) == (2, "")
    assert why in found.err
    assert "Traceback" not in found.err

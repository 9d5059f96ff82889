"""SARIF, held against the schema of its authors, and read by their own validator with GitHub's further demands."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.sarif import report
from dfix.rewriter.text.source import Source
from tests.report.results import failed, noted, whole
from tests.report.test_diff import TEXTS
from tests.tools.home import NoToolError, absent
from tests.tools.npm import package

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def multitool() -> Path:
    """The SARIF authors' own tool, which brings the schema along."""
    try:
        return package("@microsoft/sarif-multitool-linux", "5.7.0")
    except NoToolError as error:
        absent(error)


@pytest.fixture(scope="module")
def schema(multitool: Path) -> dict[str, Any]:
    found = json.loads((multitool / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    assert isinstance(found, dict)
    assert "SARIF" in found["title"]
    return found


def real() -> list[Result]:
    paths = sorted(EXAMPLES.glob("*/Dockerfile"))
    return [rewrite(Source.from_bytes(str(path), path.read_bytes()), Options()).result for path in paths]


def check(document: object, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)


def test_it_keeps_to_the_schema(schema: dict[str, Any]) -> None:
    results = [*real(), noted(), failed()]
    document = json.loads(whole(report(), results))
    check(document, schema)
    assert [found for found in document["runs"][0]["results"] if found["fixes"]]
    check(json.loads(whole(report(), [])), schema)


def test_odd_texts_keep_to_the_schema(schema: dict[str, Any]) -> None:
    results = []
    for before, after in TEXTS.values():
        change = real()[0].changes[0]
        results.append(
            Result(Source.from_bytes("é %", before), Source.from_bytes("é %", after), (change,), (), (), None)
        )
    check(json.loads(whole(report(), results)), schema)


@pytest.mark.parametrize("spoil", ["level", "version", "deletedRegion"])
def test_the_schema_finds_mistakes(schema: dict[str, Any], spoil: str) -> None:
    document = json.loads(whole(report(), real()))
    found = document["runs"][0]["results"][0]
    if spoil == "level":
        found["level"] = "loud"
    elif spoil == "version":
        document["version"] = "2"
    else:
        found["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        check(document, schema)


class Validator:
    """What the SARIF authors' own program says of a log, GitHub's demands included: rules and levels."""

    def __init__(self, program: Path, folder: Path) -> None:
        program.chmod(0o755)
        self.program, self.folder = program, folder

    def said(self, log: str) -> list[tuple[str, str]]:
        (self.folder / "dfix.sarif").write_text(log, encoding="utf-8")
        command = [str(self.program), "validate", "dfix.sarif", "--rule-kind", "Sarif;Ghas", "--output", "said.sarif"]
        command += ["--level", "Error;Warning;Note", "--log", "ForceOverwrite"]
        environment = {"PATH": os.defpath, "HOME": str(self.folder), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, timeout=120, check=False)
        found = json.loads((self.folder / "said.sarif").read_text(encoding="utf-8-sig"))
        return [(item["ruleId"], item.get("level", "warning")) for item in found["runs"][0]["results"]]


def test_the_validator_of_its_authors_finds_no_fault(multitool: Path, tmp_path: Path) -> None:
    validator = Validator(multitool / "Sarif.Multitool", tmp_path)
    document = json.loads(whole(report(), [*real(), failed()]))
    said = validator.said(json.dumps(document))
    count = len(document["runs"][0]["results"])
    assert said.count(("SARIF2011", "note")) == count > 0, "it has looked at every result"
    # SARIF2005 asks for the tool's home page, of which there is none
    assert {found for found in said if found[1] in ("error", "warning")} <= {("SARIF2005", "warning")}
    document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] = {"startLine": 5, "endLine": 2}
    assert [level for _, level in validator.said(json.dumps(document))].count("error") == 1

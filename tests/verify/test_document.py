from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from dfix.rewriter.verify.document import document
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.proof import Blame, Proof
from tests.verify import proofs

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-verify-1.json").read_text("utf-8"))


@pytest.mark.parametrize("make", [proofs.proven, proofs.broken, proofs.broken_build, proofs.unbuilt])
def test_every_kind_of_proof_fits_the_schema(make: object) -> None:
    assert callable(make)
    jsonschema.validate(json.loads(document([make()], "docker", None)), SCHEMA)


def test_what_a_proof_says() -> None:
    found = json.loads(document([proofs.proven()], "podman", None))
    assert (found["version"], found["engine"]) == (1, "podman")
    (file,) = found["files"]
    assert (file["path"], file["verdict"]) == ("app/Dockerfile", "proven")
    assert file["changes"][1] == {
        "rule": "clean-up",
        "line": 7,
        "reason": "reason of clean-up",
        "contract": "same-but-caches",
        "broken": False,
        "kept": True,
    }
    assert file["cache_bytes"] == -2_000_000
    assert file["refusals"] == [{"rule": "y", "line": 1, "reason": "a hook runs", "hint": "delete it"}]
    assert file["noise"][0]["reason"] == "a log"
    assert file["edited"] == {"source": "src/a.js", "dependency": "package.json"}
    assert file["after"]["source_edit"] == {"ran": ["[4/4] COPY . ."], "cached": 2, "seconds": 0.5}
    assert (file["before"]["size"], file["after"]["pushed"]) == (231_000_000, 12_345)


def test_what_is_broken() -> None:
    (file,) = json.loads(document([proofs.broken()], "docker", None))["files"]
    assert [(change["broken"], change["kept"]) for change in file["changes"]] == [(True, False), (False, True)]
    (blame,) = file["broken"]
    assert blame["change"]["rule"] == "split-manifests"
    assert blame["differences"][1] == {
        "path": "config User",
        "what": 'is not set, was "node"',
        "bytes": 0,
        "was": {"line": 9, "text": "USER node"},
        "now": None,
    }


def test_where_a_build_failed() -> None:
    (broken,) = json.loads(document([proofs.broken_build()], "docker", None))["files"]
    assert broken["broken"][0]["failed"] == {"version": "after", "line": 6}
    assert broken["failed"] is None
    at = proofs.unbuilt()._replace(failed=FailedStep("before", 3))
    document_ = json.loads(document([at], "docker", None))
    jsonschema.validate(document_, SCHEMA)
    assert document_["files"][0]["failed"] == {"version": "before", "line": 3}


def test_somebody_elses_rewrite_has_no_change() -> None:
    alone = proofs.REWRITE._replace(changes=())
    proof = Proof("broken", alone, alone, None, (Blame(None, (proofs.FILE,), ""),))
    found = json.loads(document([proof], "docker", None))
    jsonschema.validate(found, SCHEMA)
    assert found["files"][0]["broken"][0]["change"] is None

"""Proofs as JSON, following docs/schema/dfix-verify-1.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.pipeline.result import Applied
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import valid
from dfix.rewriter.verify.compare import Difference, Origin
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.gains import gained
from dfix.rewriter.verify.proof import Compared, Measures, Proof, Rebuild, Sources
from dfix.rewriter.verify.varying import Twice
from dfix.rewriter.verify.vulnerabilities import Scan, Vulnerability

VERSION = 1


def document(proofs: Iterable[Proof], engine: str, compared: Compared | None, error: str = "") -> str:
    """One document for all files; sizes in bytes, times in seconds. `error` is why there are none."""
    files = [_file(proof) for proof in proofs]
    head = {"version": VERSION, "engine": engine, "error": valid(error), "compared": _compared(compared)}
    found = {**head, "files": files}
    return json.dumps(found, indent=2) + "\n"


def _compared(compared: Compared | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    return {"base": compared.base, "head": compared.head, "notes": [valid(note) for note in compared.notes]}


def _file(proof: Proof) -> dict[str, Any]:
    seen = proof.comparison
    broken = [blame.change for blame in proof.blamed]
    return {
        "path": valid(shown_name(proof.result.before.path)),
        "was": valid(shown_name(proof.was)) if proof.was else "",
        "verdict": proof.verdict,
        "written": proof.written,
        "message": valid(proof.message),
        "log": valid(proof.log),
        "failed": _failed(proof.failed),
        "changes": [
            {**_change(change), "broken": change in broken, "kept": change in proof.settled.changes}
            for change in proof.result.changes
        ],
        "refusals": [
            {"rule": refused.rule, "line": refused.line, "reason": valid(refused.reason), "hint": valid(refused.hint)}
            for refused in proof.settled.refusals
        ],
        "broken": [
            {
                "change": _change(blame.change) if blame.change is not None else None,
                "message": valid(blame.message),
                "log": valid(blame.log),
                "failed": _failed(blame.failed),
                "differences": [_difference(difference) for difference in blame.differences],
                "watched": [{**_difference(file), "kind": file.kind} for file in blame.watched],
            }
            for blame in proof.blamed
        ],
        "differences": [_difference(difference) for difference in seen.differences] if seen else [],
        "caches": [_difference(difference) for difference in seen.caches] if seen else [],
        "cache_bytes": seen.cache_bytes if seen else 0,
        "noise": [{**_difference(found), "reason": reason} for found, reason in seen.noise] if seen else [],
        "allowed": [{**_difference(found), "reason": valid(why)} for found, why in seen.allowed] if seen else [],
        "work": [
            {
                "edited": valid(one.edited),
                "slower": [valid(name) for name in one.slower],
                "faster": [valid(name) for name in one.faster],
            }
            for one in proof.work
        ],
        "sources": _sources(proof.sources),
        "scan": _scan(proof.scan),
        "ran": valid(proof.ran),
        "unseen": valid(proof.unseen),
        "twice": _twice(proof.twice),
        "gained": gained(proof),
        "edited": {"source": valid(proof.edited[0]), "dependency": valid(proof.edited[1])},
        "before": _measures(proof.before),
        "after": _measures(proof.after),
    }


def _sources(sources: Sources | None) -> dict[str, Any] | None:
    if sources is None:
        return None
    seen = sources.comparison
    return {
        "paths": [valid(path) for path in sources.paths],
        "compared": seen is not None,
        "differences": [_difference(difference) for difference in seen.differences] if seen else [],
        "message": valid(sources.message),
        "log": valid(sources.log),
        "failed": _failed(sources.failed),
        "scan": _scan(sources.scan),
    }


def _failed(step: FailedStep | None) -> dict[str, Any] | None:
    return {"version": step.version, "line": step.line} if step is not None else None


def _scan(scan: Scan | None) -> dict[str, Any] | None:
    if scan is None:
        return None
    lists = {"gone": scan.gone, "new": scan.new, "unchanged": scan.unchanged}
    found = {name: [_finding(finding) for finding in findings] for name, findings in lists.items()}
    return {"scanner": scan.scanner, "message": valid(scan.message), **found}


def _finding(finding: Vulnerability) -> dict[str, Any]:
    return {
        "id": valid(finding.id),
        "package": valid(finding.package),
        "version": valid(finding.version),
        "severity": finding.severity,
    }


def _twice(twice: Twice | None) -> dict[str, Any] | None:
    if twice is None:
        return None
    return {
        "same": twice.level,
        "source_date_epoch": twice.epoch,
        "differences": [
            {
                "path": valid(one.path),
                "what": valid(one.what),
                "kind": one.kind,
                "reason": valid(one.reason),
                "origin": _origin(one.origin),
            }
            for one in twice.varying
        ],
    }


def _change(change: Applied) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "line": change.line,
        "reason": valid(change.reason),
        "contract": change.contract,
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "path": valid(difference.path),
        "what": valid(difference.what),
        "bytes": difference.bytes,
        "was": _origin(difference.was),
        "now": _origin(difference.now),
    }


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    return None if origin is None else {"line": origin.line, "text": valid(origin.text)}


def _measures(measures: Measures | None) -> dict[str, Any] | None:
    if measures is None:
        return None
    return {
        "cold": _rebuild(measures.cold),
        "unchanged": _rebuild(measures.unchanged),
        "source_edit": _rebuild(measures.source),
        "dependency_edit": _rebuild(measures.dependency),
        "layers": measures.layers,
        "size": measures.size,
        "pushed": measures.pushed,
    }


def _rebuild(build: Rebuild | None) -> dict[str, Any] | None:
    if build is None:
        return None
    return {"ran": [valid(step) for step in build.ran], "cached": build.cached, "seconds": round(build.seconds, 3)}

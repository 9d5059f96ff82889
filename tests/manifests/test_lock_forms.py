"""Lock files made to hurt: whether an install rewrites them is told in linear time."""

from __future__ import annotations

import time

import pytest

from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.node.yarn_lock_form import yarn_rewrites_because
from dfix.rewriter.manifests.python.uv_lock_form import uv_rewrites_because
from tests.processor import allowed

BOUND = 5.0  # seconds of CPU time for two megabytes
SIZE = 2_000_000
ROOT = Manifest("package.json", {"dependencies": {"a0": "1"}})
PROJECT = {"project": {"name": "a", "version": "1", "dependencies": ["b" * 990]}}

YARN = {
    "one line": '"' * SIZE,
    "quotes": '"a\\' * (SIZE // 3),
    "names": "a, " * (SIZE // 3) + "a:",
    "entries": "".join(
        f'a{n}@1:\n  resolved "https://example.com/a.tgz"\n  integrity sha512-x\n  dependencies:\n    a{n + 1} "1"\n'
        for n in range(SIZE // 100)
    ),
    "needs": "a0@1:\n  dependencies:\n" + '    b "1"\n' * (SIZE // 10),
}
UV = {
    "blocks": "[[package]]\n" * (SIZE // 12),
    "sources": 'source = { registry = "https://pypi.org/simple" }\n' * (SIZE // 50),
    "one line": 'source = { registry = "' * (SIZE // 23),
    "the project again and again": '\n[[package]]\nsource = { virtual = "." }\n' * (SIZE // 40),
}


@pytest.mark.parametrize("name", YARN)
def test_yarn_1(name: str) -> None:
    began = time.process_time()
    assert yarn_rewrites_because("# yarn lockfile v1\n" + YARN[name], "", (), ROOT, [])
    assert time.process_time() - began < allowed(BOUND)


@pytest.mark.parametrize("name", UV)
def test_uv(name: str) -> None:
    began = time.process_time()
    assert uv_rewrites_because("version = 1\n" + UV[name], PROJECT, (), {})
    assert time.process_time() - began < allowed(BOUND)

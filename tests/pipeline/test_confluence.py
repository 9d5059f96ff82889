"""Whatever safe rules ran before, in whatever order, running all of them ends with the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from shared_data import Corpus

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.transforms.test_whole_files import KINDS, TABLES

SAFE = ("clean-up", "merge-runs", "split-manifests")
ORDERS = [order for length in (1, 2) for order in permutations(SAFE, length)]
LAYERS = ("copy-ownership", "late-removal", "order-layers", "sync-manifests")
"""The other rules that run by default; of these, each alone comes before all, and in their own files beside one of SAFE."""
WITH_CACHE_MOUNTS = (*SAFE, "cache-mounts")
"""Together with a rule that runs only by name."""
MOST_CONTEXTS = 12
KNOWN = {
    "copy_ownership/between.toml: a user with a number, whatever users are added": (
        "merge-runs joins the RUN that adds a user with the chown, and both move above the copy; alone, the user stays"
    ),
    "copy_ownership/modes.toml: a chmod after cd, and two in one RUN, one of them of nothing that is copied": (
        "merge-runs writes `(cd … && chmod …)`, of which copy-ownership leaves the chmod in its place"
    ),
    "copy_ownership/modes.toml: accounts and packages of the system in between, which know nothing of it": (
        "copy-ownership leaves a RUN that only adds users, and order-layers takes it along with packages that still move"
    ),
    "split_manifests/shapes.toml: a WORKDIR makes the folder of the copy for root as well": (
        "order-layers moves the packages above COPY and WORKDIR, split-manifests moves the COPY below both"
    ),
}
"""Files that end otherwise when rules ran alone before, and why: both results are right."""

NODE = {"package.json": '{"name": "a"}', "package-lock.json": '{"lockfileVersion": 3, "packages": {}}', "src/a.js": ""}
PYTHON = {"requirements.txt": "six\n", "app.py": ""}
FILES = {
    "a clean-up at the end of a RUN that goes on to build": (
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n",
    ),
    "the author's own clean-up there, over several lines": (
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && \\\n    npm run build && \\\n    npm cache clean --force\n",
    ),
    "a build that fills the cache again": (
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && npm install -g a\n",
    ),
    "caches of two managers": (
        NODE,
        "FROM debian:12\nWORKDIR /app\nCOPY . .\n"
        "RUN apt-get update && \\\n    apt-get install -y npm && \\\n    npm ci && \\\n    npm run build\n",
    ),
    "a cache that is removed in an unknown home": (
        PYTHON,
        "FROM python:3.6.5\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
    ),
    "and a build after it": (
        PYTHON,
        "FROM python:3.6.5\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt && python app.py\n",
    ),
    "quick RUNs before a cleaned one": (
        {},
        "FROM debian:12\nRUN curl -sS https://a | apt-key add - \\\n    && echo deb | tee /etc/apt/sources.list.d/a.list\n"
        "RUN apt-get update && apt-get install -y a\n",
    ),
    "a RUN that removes what a cleaned one made": (
        {},
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl && curl -o /tmp/f http://x\nRUN rm /tmp/f\n",
    ),
    "in a working folder that is not known": (
        {},
        "FROM python:3.6.5\nRUN pip install a && wget http://x/f.tgz\nRUN rm f.tgz\n",
    ),
    "in a subshell": (
        {},
        "FROM debian:12\nRUN apt-get update && apt-get install -y a && cd /tmp && curl -O http://x/f\nRUN rm /tmp/f\n",
    ),
    "a later RUN that cleans up": ({}, "FROM fedora:40\nRUN dnf install -y a\nRUN dnf clean all\n"),
    "two installs of dnf": ({}, "FROM fedora:40\nRUN dnf install -y a\nRUN dnf install -y b\n"),
    "two of dnf, the second cleaned": (
        {},
        "FROM fedora:40\nRUN dnf install -y a\nRUN dnf install -y b && dnf clean all\n",
    ),
    "two of dnf, the first cleaned": (
        {},
        "FROM fedora:40\nRUN dnf install -y a && dnf clean all\nRUN dnf install -y b\n",
    ),
    "two installs of yum": ({}, "FROM centos:7\nRUN yum install -y epel-release\nRUN yum install -y b\nRUN mkdir /a\n"),
    "lists of yum for a later install": ({}, "FROM centos:7\nRUN yum makecache\nRUN yum install -y b\n"),
    "two installs of zypper": (
        {},
        "FROM opensuse/leap:15.5\nRUN zypper refresh && zypper install -y a\nRUN zypper install -y b && zypper clean\n",
    ),
    "two installs of apk": ({}, "FROM alpine:3.20\nRUN apk add a\nRUN apk add b\nRUN mkdir /a\n"),
    "two of apk, the second cleaned": (
        {},
        "FROM alpine:3.20\nRUN apk add a\nRUN apk add b && rm -rf /var/cache/apk/*\n",
    ),
    "three of apk with an update": ({}, "FROM alpine:3.20\nRUN apk update\nRUN apk add a\nRUN apk add b\n"),
    "two of apk, the first with an update": ({}, "FROM alpine:3.20\nRUN apk update && apk add a\nRUN apk add b\n"),
    "two of microdnf": (
        {},
        "FROM fedora:40\nRUN microdnf install -y a\nRUN microdnf install -y b && microdnf clean all\n",
    ),
    "two of apt": ({}, "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n"),
    "two of pip": ({}, "FROM python:3.12\nRUN pip install a\nRUN pip install b && rm -rf ~/.cache/pip\n"),
    "two of npm": ({}, "FROM node:22\nRUN npm install -g a\nRUN npm install -g b && npm cache clean --force\n"),
    "a script with set -e after one to clean": (
        {},
        "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN set -e; rm -rf /usr/share/doc/*; apt-get purge -y a\n",
    ),
    "a script that exits after one to clean": (
        {},
        "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN apt-get purge -y a && exit 0\n",
    ),
    "lists that are removed in the next RUN": (
        {},
        "FROM debian:12\nRUN apt-get update && apt-get install -y a\nRUN rm -rf /var/lib/apt/lists/*\n",
    ),
    "updates of their own": ({}, "FROM alpine:3.20\nRUN apk update\nRUN apk add curl\nRUN mkdir /a\nRUN mkdir /b\n"),
}


def differing(
    path: str, text: str, context: str | None, every: frozenset[str] | None = None, orders: Iterable[Any] = ORDERS
) -> list[tuple[str, ...]]:
    """The orders of rules after which running all ends with another text; `every` are all of them."""
    made: dict[tuple[str, frozenset[str] | None], str] = {}

    def after(before: str, rules: frozenset[str] | None) -> str:
        if (before, rules) not in made:
            made[before, rules] = run(Source(path, before), Options(context=context, select=rules)).after.text
        return made[before, rules]

    found = []
    for order in orders:
        rewritten = text
        for rule in order:
            rewritten = after(rewritten, frozenset((rule,)))
        if after(rewritten, every) != after(text, every):
            found.append(order)
    return found


def orders_with(rule: str) -> list[tuple[str, ...]]:
    """The rule before and after each of SAFE; those among themselves have tests of their own."""
    return [order for order in permutations((*SAFE, rule), 2) if rule in order]


@pytest.mark.parametrize("name", FILES)
def test_every_order_ends_the_same(name: str, tmp_path: Path) -> None:
    files, text = FILES[name]
    put(tmp_path, {**files, "Dockerfile": text})
    assert differing(str(tmp_path / "Dockerfile"), text, str(tmp_path)) == []


ORDERED = {
    "an install of the project and packages": (
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y curl\nRUN npm ci\n",
    ),
    "lists and packages below a copy": (
        {},
        "FROM debian:12\nWORKDIR /app\nCOPY . .\nRUN apt-get update\nRUN apt-get install -y curl\nRUN mkdir /data\n",
    ),
    "lists above, packages below": (
        {},
        "FROM debian:12\nWORKDIR /app\nRUN apt-get update\nCOPY . .\nRUN apt-get install -y curl\n",
    ),
    "pip by name and by file": (
        PYTHON,
        "FROM python:3.12\nWORKDIR /srv/app\nCOPY . .\nRUN pip install -U pip\nRUN pip install -r requirements.txt\n",
    ),
    "a global package and a build": (
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install -g serve\nRUN npm ci && npm run build\n",
    ),
    "quick steps around": (
        {},
        "FROM alpine:3.20\nWORKDIR /app\nCOPY . .\nRUN mkdir /data\nRUN apk add curl\nRUN adduser -D web\n",
    ),
    "removed in another RUN": (
        {},
        "FROM alpine:3.20\nWORKDIR /app\nCOPY . .\nRUN apk add --virtual .b gcc\nRUN apk add curl\nRUN apk del .b\n",
    ),
}


@pytest.mark.parametrize("name", ORDERED)
def test_every_order_with_order_layers_ends_the_same(name: str, tmp_path: Path) -> None:
    files, text = ORDERED[name]
    put(tmp_path, {**files, "Dockerfile": text})
    orders = orders_with("order-layers")
    assert differing(str(tmp_path / "Dockerfile"), text, str(tmp_path), orders=orders) == []


def whole_files(*rules: str) -> list[Any]:
    return [
        pytest.param(
            {**table.get("files", {}), **case.get("files", {})},
            case["before"].lstrip("\n"),
            id=f"{path}: {case['name']}",
        )
        for path, table in TABLES.items()
        if path.parts[0] in rules
        for kind in KINDS
        for case in table.get(kind, ())
    ]


@pytest.mark.parametrize("rule", LAYERS)
def test_the_files_of_the_rules_about_layers_end_the_same(rule: str, tmp_path: Path) -> None:
    orders = [(rule,), *orders_with(rule)]
    found = []
    for number, case in enumerate(whole_files(rule.replace("-", "_"))):
        files, text = case.values
        folder = tmp_path / str(number)
        put(folder, {**files, "Dockerfile": text})
        if differing(str(folder / "Dockerfile"), text, str(folder), orders=orders):
            found.append(case.id)
    assert set(found) == {name for name in KNOWN if name.startswith(rule.replace("-", "_"))}


@pytest.mark.parametrize(("files", "text"), whole_files("cache_mounts"))
def test_the_files_of_cache_mounts_end_the_same(files: dict[str, str], text: str, tmp_path: Path) -> None:
    put(tmp_path, {**files, "Dockerfile": text})
    orders = orders_with("cache-mounts")
    path = str(tmp_path / "Dockerfile")
    assert differing(path, text, str(tmp_path), frozenset(WITH_CACHE_MOUNTS), orders) == []


OWN = [case for case in whole_files("clean_up", "merge_runs", "split_manifests") if case.id not in KNOWN]


@pytest.mark.parametrize(("files", "text"), OWN)
def test_the_rules_own_files_end_the_same(files: dict[str, str], text: str, tmp_path: Path) -> None:
    put(tmp_path, {**files, "Dockerfile": text})
    assert differing(str(tmp_path / "Dockerfile"), text, str(tmp_path), orders=[*ORDERS, ("order-layers",)]) == []


def test_real_contexts_end_the_same(real_files: Corpus, tmp_path: Path) -> None:
    real_files.unpack_contexts(tmp_path)
    for context, dockerfiles in sorted(real_files.dockerfiles_of().items())[::12][:MOST_CONTEXTS]:
        for name in dockerfiles[:2]:
            path = tmp_path / context / name
            assert differing(str(path), path.read_text("utf-8", "replace"), None) == [], path

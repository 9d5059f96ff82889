"""package-lock.json that `npm install` would write anew (each as npm 11.19 does), and as it would leave it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dfix.rewriter.manifests.node.npm_lock_form import rewritten_because
from dfix.rewriter.manifests.node.package_json import Manifest

ROOT: dict[str, Any] = {"name": "a", "version": "1.0.0", "dependencies": {"b": "1"}}
B: dict[str, Any] = {"version": "1.0.0", "resolved": "https://r/b.tgz", "integrity": "sha512-x", "license": "MIT"}
MEMBERS = {"packages/b": {"name": "b", "version": "1.0.0"}, "packages/c": {"name": "@a/c", "version": "1.0.0"}}


def head(version: int = 3, **fields: Any) -> dict[str, Any]:
    return {"name": "a", "version": "1.0.0", "lockfileVersion": version, "requires": True, **fields}


def why(lock: Any, root: Any = ROOT, members: Any = None, *, root_text: str = "", text: str = "") -> str:
    manifests = [Manifest(f"{folder}/package.json", data) for folder, data in (members or {}).items()]
    written = text or json.dumps(lock, indent=2, ensure_ascii=False) + "\n"
    return rewritten_because(written, root_text or json.dumps(root), Manifest("package.json", root), manifests)


LOCK = head(packages={"": ROOT, "node_modules/b": B})
LEFT_ALONE: dict[str, dict[str, Any]] = {
    "version 3": {"lock": LOCK},
    "version 2": {
        "lock": head(
            2,
            packages={"": ROOT, "node_modules/b": B, "node_modules/b/node_modules/c": B},
            dependencies={"b": {"version": "1.0.0", "requires": {"c": "1"}, "dependencies": {"c": {"version": "1"}}}},
        )
    },
    "settings of the project": {
        "lock": head(
            packages={
                "": {
                    "name": "a",
                    "version": "1.0.0",
                    "hasInstallScript": True,
                    "license": "MIT",
                    "bin": {"a": "cli.js"},
                    "funding": {"url": "https://f"},
                }
            }
        ),
        "root": {
            "name": "a",
            "version": "1.0.0",
            "license": {"type": "MIT"},
            "bin": "./cli.js",
            "funding": "https://f",
            "scripts": {"postinstall": "true"},
        },
    },
    "members": {
        "lock": head(
            packages={
                "": {"name": "a", "version": "1.0.0", "workspaces": ["packages/*"]},
                "node_modules/@a/c": {"resolved": "packages/c", "link": True},
                "node_modules/b": {"resolved": "packages/b", "link": True},
                "packages/b": {"version": "1.0.0"},
                "packages/c": {"name": "@a/c", "version": "1.0.0"},
            }
        ),
        "root": {"name": "a", "version": "1.0.0", "workspaces": ["packages/*"]},
        "members": MEMBERS,
    },
    "the order of letters": {
        "lock": head(packages={"": ROOT, **{f"node_modules/{n}": B for n in ("_x", "-y", "@s/b", "a.b", "a1", "aB", "ab-c", "Z")}})
    },
    "tabs": {
        "lock": LOCK,
        "root_text": json.dumps(ROOT, indent="\t"),
        "text": json.dumps(LOCK, indent="\t") + "\n",
    },
    "CRLF": {
        "lock": LOCK,
        "root_text": "{\r\n  \"name\": \"a\"\r\n}",
        "text": (json.dumps(LOCK, indent=2) + "\n").replace("\n", "\r\n"),
    },
}  # fmt: skip
REWRITTEN: dict[str, tuple[dict[str, Any], str]] = {
    "four spaces in package.json": ({"lock": LOCK, "root_text": json.dumps(ROOT, indent=4)}, "npm would indent it"),
    "other line ends": ({"lock": LOCK, "root_text": "{\r\n  \"name\": \"a\"\r\n}"}, "end its lines as package.json"),
    "one line": ({"lock": LOCK, "text": json.dumps(LOCK)}, "npm would indent it"),
    "no line end": ({"lock": LOCK, "text": json.dumps(LOCK, indent=2)}, "npm would indent it"),
    "packages in another order": ({"lock": head(packages={"node_modules/b": B, "": ROOT})}, "another order"),
    "the name of a table first": (
        {"lock": head(packages={"": ROOT, "node_modules/b": {"engines": {"node": "1"}, **B}})},
        "another order",
    ),
    "no requires": ({"lock": {key: value for key, value in LOCK.items() if key != "requires"}}, "lacks `requires`"),
    "another name": ({"lock": {**LOCK, "name": "z"}}, "`name` differs"),
    "no name": (
        {"lock": head(packages={"": {"version": "1.0.0"}}), "root": {"version": "1.0.0"}},
        "the name of the folder in the image",
    ),
    "a key of its own": ({"lock": {**LOCK, "comment": "x"}}, "does not know `comment`"),
    "a key of a package": ({"lock": head(packages={"": ROOT, "node_modules/b": {**B, "x": 1}})}, "does not write `x`"),
    "an empty table": ({"lock": head(packages={"": ROOT, "node_modules/b": {**B, "bin": {}}})}, "is empty"),
    "a leftover": ({"lock": head(packages={"": ROOT, "node_modules/b": {**B, "extraneous": True}})}, "nothing needs"),
    "more than a link": (
        {"lock": head(packages={"": ROOT, "node_modules/b": {"resolved": "b", "link": True, "dev": True}})},
        "only `resolved` and `link`",
    ),
    "another licence": ({"lock": LOCK, "root": {**ROOT, "license": "MIT"}}, "`license` differs"),
    "a command as written": (
        {"lock": head(packages={"": {**ROOT, "bin": "./a.js"}}), "root": {**ROOT, "bin": "./a.js"}},
        "`bin` differs",
    ),
    "the name of a member's folder": (
        {
            "lock": head(packages={"": ROOT, "packages/b": {"name": "b", "version": "1.0.0"}}),
            "members": {"packages/b": MEMBERS["packages/b"]},
        },
        "`name` differs from packages/b",
    ),
    "no project": ({"lock": head(packages={})}, "does not list package.json"),
    "no member": ({"lock": LOCK, "members": MEMBERS}, "does not list packages/b"),
    "version 2 for npm 6": ({"lock": head(2, packages=LOCK["packages"], dependencies={})}, "different packages"),
    "version 3 for npm 6": ({"lock": {**LOCK, "dependencies": {}}}, "version 3 has no `dependencies`"),
    "version 1": ({"lock": head(1)}, "neither 2 nor 3"),
    "no packages": ({"lock": head()}, "no `packages`"),
    "no JSON": ({"lock": LOCK, "text": "{"}, "not valid JSON"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_npm_leaves_alone(name: str) -> None:
    assert why(**LEFT_ALONE[name]) == ""


@pytest.mark.parametrize("name", REWRITTEN)
def test_what_npm_rewrites(name: str) -> None:
    given, reason = REWRITTEN[name]
    assert reason in why(**given)

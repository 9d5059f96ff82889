"""Scripts in package.json and composer.json, by the names that a command gives to a package manager."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.text.json_text import json_value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dfix.rewriter.knowledge import Usage

HAVE_SCRIPTS = frozenset(("package.json", "composer.json"))
"""Manifests with a table `scripts`."""

_COMPOSER = "composer"
_HOOKS = (
    "preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare", "dependencies",
)  # fmt: skip
"""Scripts of package.json that an install runs (https://docs.npmjs.com/cli/using-npm/scripts, read 2026-11-29)."""


def scripts_run(manifest: str, used: Usage) -> str:
    """The scripts of a manifest that a command runs, and those that their texts name.

    Composer's events, which begin with `pre-` and `post-`, count for all its commands
    (https://getcomposer.org/doc/articles/scripts.md, not opened).
    """
    scripts = scripts_of(manifest)
    words = [word.literal_or_text for word in used.arguments]
    pending = [*words, *(_HOOKS if used.verb == "install" else ())]
    if used.manager.name == _COMPOSER:
        pending += [name for name in scripts if name.startswith(("pre-", "post-"))]
    if any("$" in word for word in words):
        pending = list(scripts)
    return "\n".join(chosen(scripts, pending).values())


def chosen(scripts: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    """The scripts with one of these names, perhaps with wildcards, and those that their texts name."""
    pending = list(names)
    found: dict[str, str] = {}
    while pending:
        pattern = pending.pop()
        for name, script in scripts.items():
            if name not in found and any(fnmatchcase(name, before + pattern) for before in ("", "pre", "post")):
                found[name] = script
                pending += re.split(r"[\s\"';&|@]+", script)
    return found


def scripts_of(manifest: str) -> dict[str, str]:
    """Each script by its name; Composer's may be lists of commands."""
    try:
        table = json_value(manifest)["scripts"]
        return {
            name: "\n".join(map(str, script)) if isinstance(script, list) else script
            for name, script in table.items()
            if isinstance(script, (str, list))
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # of `str`, too
        return {}

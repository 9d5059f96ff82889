"""One settings file: its text checked key by key, and what each value means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dfix.rewriter.pipeline.options import Saving
from dfix.rewriter.settings.keys import (
    FORMS,
    KEYS_BY_NAME,
    MOST,
    fits,
    has_too_many,
    nearest_key,
    save_faults,
    verify_faults,
)
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import leads_out
from dfix.rewriter.text.toml import TomlError, toml_of

PATHS = ("context", "hadolint-config", "baseline")
"""The keys whose value is a path, relative to the folder of the settings file."""


class CheckedSettings(NamedTuple):
    """A settings file, of which each value was checked."""

    path: str
    text: str
    values: Mapping[str, object]
    """The values as they stand in the file, by key."""

    def error(self, key: str, message: str, hint: str) -> SettingsError:
        """What is wrong with a key of the file."""
        return SettingsError(Problem(self.path, line_of(self.text, key), message, hint))


def parsed(path: str, data: bytes, root: str | None) -> CheckedSettings | None:
    """A settings file with this content; None for a pyproject.toml that is not about dfix. Raises SettingsError.

    `root` is the folder that its paths must not lead out of; None for a file that the user named.
    """
    in_pyproject = os.path.basename(path) == "pyproject.toml"
    if in_pyproject and b"dfix" not in data:
        return None
    try:
        text = data.decode("utf-8")
        found = toml_of(text)
    except UnicodeDecodeError:
        raise SettingsError(Problem(path, 0, "not UTF-8", "Save it as UTF-8")) from None
    except TomlError as error:
        raise SettingsError(Problem(path, error.line, f"not valid TOML: {error}", "Fix the syntax")) from None
    if in_pyproject:
        tool = found.get("tool")
        if not isinstance(tool, dict) or "dfix" not in tool:
            return None
        found = tool["dfix"]
        if not isinstance(found, dict):
            raise CheckedSettings(path, text, {}).error("dfix", "`tool.dfix` is not a table", "Write [tool.dfix]")
    file = CheckedSettings(path, text, found)
    _check(file, root)
    return file


def _check(file: CheckedSettings, root: str | None) -> None:
    for name, value in file.values.items():
        key = KEYS_BY_NAME.get(name)
        if key is None:
            hint = nearest_key(name) if name != "tool" else "Leave out [tool.dfix], which is for pyproject.toml"
            raise file.error(name, f"unknown key `{name}`", hint)
        if not fits(key.form, value):
            raise file.error(name, f"`{name}` is not {FORMS[key.form]}", f"For example: {name} = {key.example}")
        if has_too_many(value):
            raise file.error(name, f"`{name}` has more than {MOST:,} entries", "Leave some out")
        if isinstance(value, dict) and key.form in ("save", "verify"):
            _check_table(file, name, value)
    for name in PATHS:
        if root is not None and name in file.values and leads_out(_path(file.path, file.values[name]), (root,)):
            hint = f"Name it on the command line, with --{name}"
            raise file.error(name, f"`{name}` is outside of {root}", hint)


def _check_table(file: CheckedSettings, name: str, found: dict[str, Any]) -> None:
    fault = next((save_faults if name == "save" else verify_faults)(found), None)
    if fault is not None:
        raise file.error(f"{name}.{fault.name}", fault.message, fault.hint)
    if len(found.get("allow") or {}) > MOST:
        raise file.error("verify.allow", f"`verify.allow` has more than {MOST:,} entries", "Leave some out")


def setting(name: str, value: Any, path: str) -> object:
    """What a checked value of the file at `path` means."""
    if name == "save":
        return saving(value)
    if name == "verify":
        return tuple((value.get("allow") or {}).items())
    if isinstance(value, dict):
        return {pattern: frozenset(rules) for pattern, rules in value.items()}
    if isinstance(value, list):
        return tuple(value) if name == "exclude" else frozenset(value)
    return _path(path, value) if name in PATHS else value


def saving(found: Mapping[str, Any]) -> Saving:
    """The value of a `save` table that passed `save_faults`."""
    select = found.get("select")
    return Saving(None if select is None else frozenset(select), frozenset(found.get("ignore") or ()))


def _path(file: str, value: object) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(file), str(value)))


def line_of(text: str, name: str) -> int:
    """The 1-based line that sets a key or opens its table; 0 if not found (TOML parsers give no line numbers).

    A key in a table is named `table.key`; if it has no line of its own, as in an inline table, the table's line counts.
    """
    import re

    in_pyproject = re.search(r"^[^\S\n]*\[\s*tool\s*\.\s*dfix\b", text, re.MULTILINE)
    start = in_pyproject.start() if in_pyproject is not None else 0
    line = 0
    for part in name.split("."):
        key = rf"[\"']?{re.escape(part)}[\"']?"
        found = re.compile(rf"^[ \t]*(?:{key}\s*[=.]|\[[^\]\n]*{key}\s*[\].])", re.MULTILINE).search(text, start)
        if found is None:
            break
        start = found.start()
        line = text.count("\n", 0, start) + 1
    return line

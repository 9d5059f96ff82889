"""Settings files: `dfix.toml`, `.dfix.toml` or `[tool.dfix]` in `pyproject.toml`.

Only the file nearest to the Dockerfile is used; it is not merged with those of outer folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dfix.rewriter.answers.spelling import LISTED, did_you_mean
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.keys import FORMS, KEYS_BY_NAME, Key, fits, nearest_key, save_faults
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read

FILES = ("dfix.toml", ".dfix.toml", "pyproject.toml")
"""In search order within a folder; a `pyproject.toml` only counts if it has a `[tool.dfix]` table."""


class SettingsError(Exception):
    """Settings that cannot be used; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Settings(NamedTuple):
    """The content of a settings file, or the defaults."""

    path: str = ""
    """The settings file, "" if there is none; patterns are relative to its folder."""
    select: frozenset[str] | None = None
    """The rules to run; None means all."""
    ignore: frozenset[str] = frozenset()
    unsafe: bool = False
    target: str = ""
    """The builder that the file is for, "" if not set."""
    exclude: tuple[str, ...] = ()
    context: str | None = None
    """The build context folder; None means: find it."""
    per_file_ignores: Mapping[str, frozenset[str]] = {}
    """Rules to skip, by pattern of the Dockerfile's path."""
    save: Saving = Saving()
    """Which of these rules a save in an editor applies."""

    @property
    def folder(self) -> str:
        """The folder of the settings file."""
        return os.path.dirname(os.path.abspath(self.path))

    def excludes(self, path: str) -> bool:
        """Whether the `exclude` patterns match a file or folder."""
        return matches(path, self.exclude, self.folder)

    def options(self, path: str) -> Options:
        """The pipeline's options for the Dockerfile at `path`."""
        ignore = self.ignore
        for pattern, rules in self.per_file_ignores.items():
            if matches(path, (pattern,), self.folder):
                ignore |= rules
        return Options(self.select, ignore, self.unsafe, self.target, self.context)

    def check_rules(self, known: frozenset[str]) -> None:
        """Raise SettingsError if the settings name a rule that is not in `known`."""
        named = self.ignore.union(
            self.select or (), self.save.select or (), self.save.ignore, *self.per_file_ignores.values()
        )
        if named <= known:
            return
        name = min(named - known)
        data = read(self.path)
        lines = b"" if isinstance(data, Problem) else data
        line = next((i for i, text in enumerate(lines.split(b"\n"), 1) if f'"{name}"'.encode() in text), 0)
        raise SettingsError(Problem(self.path, line, f"unknown rule `{name}`", did_you_mean(name, known, LISTED)))


class SettingsFinder:
    """Finds the settings of each file, and reads each settings file once."""

    def __init__(self) -> None:
        self._known: dict[str, Settings | SettingsError] = {}

    def nearest(self, path: str) -> Settings:
        """The settings for the Dockerfile at `path`; defaults if there is no settings file. Raises SettingsError."""
        found = self._in(os.path.dirname(os.path.abspath(path)))
        if isinstance(found, SettingsError):
            raise found
        return found

    def _in(self, folder: str) -> Settings | SettingsError:
        passed: list[str] = []
        while True:
            found = self._known.get(folder) or _own(folder)
            parent = os.path.dirname(folder)
            passed.append(folder)
            if found is None and parent == folder:
                found = Settings()
            if found is not None:
                self._known.update((inner, found) for inner in passed)
                return found
            folder = parent


def load(path: str) -> Settings:
    """Read the settings file at `path`. Raises SettingsError, also for a pyproject.toml without `[tool.dfix]`."""
    data = read(path)
    if isinstance(data, Problem):
        raise SettingsError(data)
    found = _parse(path, data)
    if found is None:
        raise SettingsError(Problem(path, 0, "has no [tool.dfix] table", "Add one or name another file"))
    return found


def matches(path: str, patterns: Iterable[str], folder: str) -> bool:
    """Whether a pattern matches the path, a parent folder or a single path component, relative to `folder`.

    `*` matches any characters, also `/`; `vendor`, `vendor/**` and `*/vendor/*` all match the files of a folder.
    """
    from fnmatch import fnmatchcase

    inner = os.path.relpath(path, folder).replace(os.sep, "/")
    names = inner.split("/")
    candidates = {*names, *("/".join(names[:length]) for length in range(1, len(names) + 1))}
    for pattern in patterns:
        short = pattern.removeprefix("./").removeprefix("**/").rstrip("/")
        if any(fnmatchcase(candidate, short) for candidate in candidates):
            return True
    return False


def _own(folder: str) -> Settings | SettingsError | None:
    """The settings in the folder itself, an error in them, or None."""
    for name in FILES:
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            continue
        data = read(path)
        if isinstance(data, Problem):
            return SettingsError(data)
        try:
            found = _parse(path, data)
        except SettingsError as error:
            return error
        if found is not None:
            return found
    return None


def _parse(path: str, data: bytes) -> Settings | None:
    in_pyproject = os.path.basename(path) == "pyproject.toml"
    if in_pyproject and b"dfix" not in data:
        return None
    import tomllib

    try:
        text = data.decode("utf-8")
        found = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SettingsError(Problem(path, 0, "not UTF-8", "Save it as UTF-8")) from None
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")  # "line 3, column 5)" or "end of document)"
        number = place.removeprefix("line ").partition(",")[0]
        line = int(number) if number.isdigit() else text.rstrip().count("\n") + 1
        raise SettingsError(Problem(path, line, f"not valid TOML: {message}", "Fix the syntax")) from None
    if in_pyproject:
        tool = found.get("tool")
        if not isinstance(tool, dict) or "dfix" not in tool:
            return None
        found = tool["dfix"]
        if not isinstance(found, dict):
            raise _error(path, text, "dfix", "`tool.dfix` is not a table", "Write [tool.dfix]")
    return _settings(path, text, found)


def _settings(path: str, text: str, found: dict[str, object]) -> Settings:
    values: dict[str, object] = {"path": path}
    for name, value in found.items():
        key = KEYS_BY_NAME.get(name)
        if key is None:
            hint = nearest_key(name) if name != "tool" else "Leave out [tool.dfix], which is for pyproject.toml"
            raise _error(path, text, name, f"unknown key `{name}`", hint)
        if not fits(key.form, value):
            raise _error(path, text, name, f"`{name}` is not {FORMS[key.form]}", f"For example: {name} = {key.example}")
        if isinstance(value, dict) and key.form == "save":
            values["save"] = _save(path, text, value)
        else:
            values[name.replace("-", "_")] = _value(key, value, path)
    return Settings(**values)  # type: ignore[arg-type]  # each value was checked by `fits`


def _save(path: str, text: str, found: dict[str, object]) -> Saving:
    fault = next(save_faults(found), None)
    if fault is not None:
        raise _error(path, text, f"save.{fault.name}", fault.message, fault.hint)
    return saving(found)


def saving(found: Mapping[str, Any]) -> Saving:
    """The value of a `save` table that passed `save_faults`."""
    select = found.get("select")
    return Saving(None if select is None else frozenset(select), frozenset(found.get("ignore") or ()))


def _value(key: Key, value: object, path: str) -> object:
    if isinstance(value, dict):
        return {pattern: frozenset(rules) for pattern, rules in value.items()}
    if isinstance(value, list):
        return tuple(value) if key.name == "exclude" else frozenset(value)
    if key.name == "context":
        return os.path.normpath(os.path.join(os.path.dirname(path), str(value)))
    return value


def _error(path: str, text: str, name: str, message: str, hint: str) -> SettingsError:
    return SettingsError(Problem(path, line_of(text, name), message, hint))


def line_of(text: str, name: str) -> int:
    """The 1-based line that sets a key or opens its table; 0 if not found (TOML parsers give no line numbers).

    A key in a table is named `table.key`; if it has no line of its own, as in an inline table, the table's line counts.
    """
    import re

    in_pyproject = re.search(r"^\s*\[\s*tool\s*\.\s*dfix\b", text, re.MULTILINE)
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

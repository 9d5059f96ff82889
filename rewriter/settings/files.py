"""Settings files: `dfix.toml`, `.dfix.toml` or `[tool.dfix]` in `pyproject.toml`.

Only the file nearest to the Dockerfile is used; it is not merged with those of outer folders. None is read above the
root (dfix.rewriter.text.root), and a build context that one of them sets is inside of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from dfix.rewriter.answers.spelling import LISTED, did_you_mean
from dfix.rewriter.knowledge.known_checks import known_check, known_checks, shellcheck_code
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.hadolint_config import ignored_by_hadolint
from dfix.rewriter.settings.keys import (
    FORMS,
    KEYS_BY_NAME,
    MOST,
    Key,
    fits,
    has_too_many,
    nearest_key,
    save_faults,
    verify_faults,
)
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, is_shared, leads_out, real, root_of
from dfix.rewriter.text.toml import TomlError, toml_of

FILES = ("dfix.toml", ".dfix.toml", "pyproject.toml")
"""In search order within a folder; a `pyproject.toml` only counts if it has a `[tool.dfix]` table."""


PATHS = ("context", "hadolint-config", "baseline")
"""The keys whose value is a path, relative to the folder of the settings file."""


class Settings(NamedTuple):
    """The content of a settings file, or the defaults."""

    path: str = ""
    """The settings file, "" if there is none; patterns are relative to its folder."""
    select: frozenset[str] | None = None
    """The rules to run; None means all."""
    warn: frozenset[str] = frozenset()
    """The rules whose changes alone do not make a run exit with status 1."""
    ignore: frozenset[str] = frozenset()
    """The rules to skip, and checks of other tools whose changes to leave out."""
    require_ignore_reasons: bool = False
    """Whether an ignore comment must say why."""
    unsafe: bool = False
    target: str = ""
    """The builder that the file is for, "" if not set."""
    exclude: tuple[str, ...] = ()
    context: str | None = None
    """The build context folder; None means: find it."""
    hadolint_config: str | None = None
    """The .hadolint.yaml whose ignored checks are left out."""
    ignored_checks: frozenset[str] = frozenset()
    """Those checks."""
    baseline: str | None = None
    """The file of findings that are left out."""
    per_file_ignores: Mapping[str, frozenset[str]] = {}
    """As `ignore`, by pattern of the Dockerfile's path."""
    save: Saving = Saving()
    """Which of these rules a save in an editor applies."""
    verify: tuple[tuple[str, str], ...] = ()
    """What may differ between two images: path or pattern, and reason."""

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
        options = ignoring(
            Options(
                select=self.select,
                warn=self.warn,
                require_ignore_reasons=self.require_ignore_reasons,
                unsafe=self.unsafe,
                target=self.target,
                allow=self.verify,
            ),
            ignore | self.ignored_checks,
        )
        if self.context is None:
            return options
        return options._replace(context=self.context, context_from=f"set in {os.path.basename(self.path)}")

    def check_rules(self, known: frozenset[str]) -> None:
        """Raise SettingsError if the settings name a rule that is not in `known`."""
        ignored = self.ignore.union(*self.per_file_ignores.values())
        named = frozenset().union(self.select or (), self.warn, self.save.select or (), self.save.ignore)
        unknown = (named - known) | unknown_names(ignored, known)
        if not unknown:
            return
        name = min(unknown)
        data = read(self.path, None, is_settings=True)
        lines = b"" if isinstance(data, Problem) else data
        line = next((i for i, text in enumerate(lines.split(b"\n"), 1) if f'"{name}"'.encode() in text), 0)
        raise SettingsError(Problem(self.path, line, f"unknown rule `{name}`", hint_for(name, known)))


def ignoring(options: Options, names: frozenset[str]) -> Options:
    """Options that also leave out these rules, and what answers these checks of other tools."""
    if not names:
        return options
    checks = names & known_checks().keys()
    return options._replace(ignore=options.ignore | names - checks, ignored_checks=options.ignored_checks | checks)


def unknown_names(ignored: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Which names to ignore are neither one of the known rules nor a check of another tool."""
    unknown = ignored - known
    return unknown - known_checks().keys() if unknown else unknown


def hint_for(name: str, known: frozenset[str]) -> str:
    """What may be meant by the unknown name of a rule: the rule that fixes a check, or a similar name."""
    check = known_check(name)
    code = shellcheck_code(name)
    if code:
        return f"{code} is a check of ShellCheck, which no rule of dfix answers"
    if check is None:
        return did_you_mean(name, known, LISTED)
    return f"`dfix rule {check.check}` says what fixes that check" + (f": `{check.rule}`" if check.rule else "")


class SettingsFinder:
    """Finds the settings of each file, and reads each settings file once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Settings | SettingsError] = {}

    def nearest(self, path: str, root: str = "") -> Settings:
        """The settings for the Dockerfile at `path`; defaults if there is no settings file. Raises SettingsError.

        `root` is that of the Dockerfile, a real path; found if not given.
        """
        root = root or root_of(path)
        found = self._in(os.path.dirname(os.path.abspath(path)), root)
        if isinstance(found, SettingsError):
            raise found
        return found

    def _in(self, folder: str, root: str) -> Settings | SettingsError:
        known = self._known.get((root, folder))
        if known is not None:
            return known
        passed: list[tuple[str, str]] = []
        is_real = real(folder) == folder  # then those above it are, too
        while True:
            at = folder if is_real else real(folder)
            outside = not is_inside(at, root)
            found = Settings() if outside else self._known.get((root, folder))
            if found is None and not is_shared(at):
                found = _own(folder, root)
            if found is None and at == root:
                found = Settings()
            passed.append((root, folder))
            if found is not None:
                self._known.update((inner, found) for inner in passed)
                return found
            folder = os.path.dirname(folder)


def load(path: str) -> Settings:
    """Read the settings file that the user named. Raises SettingsError, also for one without `[tool.dfix]`.

    It may be anywhere, and so may the build context that it sets.
    """
    data = read(path, None, is_settings=True)
    if isinstance(data, Problem):
        raise SettingsError(data)
    found = _parse(path, data)
    if found is None:
        raise SettingsError(Problem(path, 0, "has no [tool.dfix] table", "Add one or name another file"))
    return _with_checks(found, None)


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


def _own(folder: str, root: str) -> Settings | SettingsError | None:
    """The settings in the folder itself, an error in them, or None."""
    for name in FILES:
        path = os.path.join(folder, name)
        if not os.path.lexists(path) or os.path.isdir(path):
            continue
        data = read(path, (root,), is_settings=True)
        if isinstance(data, Problem):
            return SettingsError(data)
        try:
            found = _parse(path, data)
        except SettingsError as error:
            return error
        if found is None:
            continue
        paths = (found.context, found.hadolint_config, found.baseline)
        for key, named in zip(PATHS, paths, strict=True):
            if named is not None and leads_out(named, (root,)):
                hint = f"Name it on the command line, with --{key}"
                return _error(path, data.decode(), key, f"`{key}` is outside of {root}", hint)
        try:
            return _with_checks(found, root)
        except SettingsError as error:
            return error
    return None


def _with_checks(found: Settings, root: str | None) -> Settings:
    """The settings with the checks that their .hadolint.yaml ignores. Raises SettingsError."""
    if found.hadolint_config is None:
        return found
    return found._replace(ignored_checks=ignored_by_hadolint(found.hadolint_config, root))


def _parse(path: str, data: bytes) -> Settings | None:
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
        if has_too_many(value):
            raise _error(path, text, name, f"`{name}` has more than {MOST:,} entries", "Leave some out")
        if isinstance(value, dict) and key.form == "save":
            values["save"] = _save(path, text, value)
        elif isinstance(value, dict) and key.form == "verify":
            values["verify"] = _verify(path, text, value)
        else:
            values[name.replace("-", "_")] = _value(key, value, path)
    return Settings(**values)  # type: ignore[arg-type]  # each value was checked by `fits`


def _save(path: str, text: str, found: dict[str, object]) -> Saving:
    fault = next(save_faults(found), None)
    if fault is not None:
        raise _error(path, text, f"save.{fault.name}", fault.message, fault.hint)
    return saving(found)


def _verify(path: str, text: str, found: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    fault = next(verify_faults(found), None)
    if fault is not None:
        raise _error(path, text, f"verify.{fault.name}", fault.message, fault.hint)
    allow = found.get("allow") or {}
    if len(allow) > MOST:
        raise _error(path, text, "verify.allow", f"`verify.allow` has more than {MOST:,} entries", "Leave some out")
    return tuple(allow.items())


def saving(found: Mapping[str, Any]) -> Saving:
    """The value of a `save` table that passed `save_faults`."""
    select = found.get("select")
    return Saving(None if select is None else frozenset(select), frozenset(found.get("ignore") or ()))


def _value(key: Key, value: object, path: str) -> object:
    if isinstance(value, dict):
        return {pattern: frozenset(rules) for pattern, rules in value.items()}
    if isinstance(value, list):
        return tuple(value) if key.name == "exclude" else frozenset(value)
    if key.name in PATHS:
        return os.path.normpath(os.path.join(os.path.dirname(path), str(value)))
    return value


def _error(path: str, text: str, name: str, message: str, hint: str) -> SettingsError:
    return SettingsError(Problem(path, line_of(text, name), message, hint))


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

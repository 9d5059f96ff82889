"""Settings files: `dfix.toml`, `.dfix.toml` or `[tool.dfix]` in `pyproject.toml`.

Only the file nearest to the Dockerfile is used, with those that its `extend` names; it is not merged with those of
outer folders. None is read above the
root (dfix.rewriter.text.root), and a build context that one of them sets is inside of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from dfix.rewriter.answers.spelling import LISTED, did_you_mean
from dfix.rewriter.knowledge.known_checks import known_check, known_checks, shellcheck_code
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.hadolint_config import ignored_by_hadolint
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.settings.settings_file import CheckedSettings, parsed, setting
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, is_shared, real, root_of

FILES = ("dfix.toml", ".dfix.toml", "pyproject.toml")
"""In search order within a folder; a `pyproject.toml` only counts if it has a `[tool.dfix]` table."""


class Settings(NamedTuple):
    """The content of a settings file, or the defaults."""

    path: str = ""
    """The settings file, "" if there is none; patterns are relative to its folder unless `sources` says another."""
    bases: tuple[str, ...] = ()
    """The files that it extends, the nearest first."""
    sources: Mapping[str, str] = {}
    """Where a key has its value from; `per-file-ignores` and other tables by `table.key`. Empty without `bases`."""
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

    def _folder(self, key: str) -> str:
        """The folder of the file that a key has its value from."""
        return os.path.dirname(os.path.abspath(self.sources.get(key, self.path)))

    def excludes(self, path: str) -> bool:
        """Whether the `exclude` patterns match a file or folder."""
        return matches(path, self.exclude, self._folder("exclude"))

    def options(self, path: str) -> Options:
        """The pipeline's options for the Dockerfile at `path`."""
        ignore = self.ignore
        for pattern, rules in self.per_file_ignores.items():
            if matches(path, (pattern,), self._folder(f"per-file-ignores.{pattern}")):
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
        return options._replace(
            context=self.context, context_from=f"set in {os.path.basename(self.sources.get('context', self.path))}"
        )

    def check_rules(self, known: frozenset[str]) -> None:
        """Raise SettingsError if the settings name a rule that is not in `known`."""
        ignored = self.ignore.union(*self.per_file_ignores.values())
        named = frozenset().union(self.select or (), self.warn, self.save.select or (), self.save.ignore)
        unknown = (named - known) | unknown_names(ignored, known)
        if not unknown:
            return
        name = min(unknown)
        places = ((path, line) for path in (self.path, *self.bases) if (line := _line_with(path, f'"{name}"')))
        path, line = next(places, (self.path, 0))
        raise SettingsError(Problem(path, line, f"unknown rule `{name}`", hint_for(name, known)))


def _line_with(path: str, text: str) -> int:
    """The first line of a settings file with a text; 0 for none."""
    data = read(path, None, is_settings=True)
    lines = [] if isinstance(data, Problem) else data.split(b"\n")
    return next((number for number, line in enumerate(lines, 1) if text.encode() in line), 0)


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
    found = parsed(path, data, None)
    if found is None:
        raise SettingsError(Problem(path, 0, "has no [tool.dfix] table", "Add one or name another file"))
    return _settings(found, None)


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
            found = parsed(path, data, root)
            if found is not None:
                return _settings(found, root)
        except SettingsError as error:
            return error
    return None


def _settings(file: CheckedSettings, root: str | None) -> Settings:
    """The settings of a file and those that it extends, with the checks that their .hadolint.yaml ignores.

    Raises SettingsError.
    """
    values: dict[str, object] = {"path": file.path}
    if "extend" in file.values:
        from dfix.rewriter.settings.extended import extended

        file, values["sources"], values["bases"] = extended(file, root)
    sources: Mapping[str, str] = values.get("sources", {})  # type: ignore[assignment]
    for name, value in file.values.items():
        if name != "extend":
            values[name.replace("-", "_")] = setting(name, value, sources.get(name, file.path))
    found = Settings(**values)  # type: ignore[arg-type]  # each value was checked by `parsed`
    if found.hadolint_config is None:
        return found
    return found._replace(ignored_checks=ignored_by_hadolint(found.hadolint_config, root))

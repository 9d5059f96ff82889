"""`extend`: settings that stand on those of another file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.settings.settings_file import CheckedSettings, parsed
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import leads_out, real

MOST_FILES = 5
"""Files that extend one another."""
_SHOWN = 200
"""So many characters of a path that cannot be read are shown."""
_KEY = "extend"
_ELSEWHERE = r"~|[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\\\]"
"""How a home folder, an address, a drive of Windows and an absolute path begin."""
_HINT = 'Name a file by its path from this one: extend = "../dfix.toml"'


def extended(first: CheckedSettings, root: str | None) -> tuple[CheckedSettings, dict[str, str], tuple[str, ...]]:
    """A settings file with the values of those that it extends, where each value is from, and these files.

    A file's own key replaces that of the file which it extends; tables are merged by key, at each level. `root` is the
    folder that no file may be outside of; None for a file that the user named. Raises SettingsError.
    """
    files = [first]
    while _KEY in files[-1].values:
        files.append(_base(files, root))
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for file in reversed(files):
        own = {key: value for key, value in file.values.items() if key != _KEY}
        values = _merged(values, own)
        sources.update((name, file.path) for name in _names(own))
    return first._replace(values=values), sources, tuple(file.path for file in files[1:])


def _base(files: list[CheckedSettings], root: str | None) -> CheckedSettings:
    """The file that the last of these extends."""
    file = files[-1]
    named = str(file.values[_KEY])
    if not named or "\0" in named or re.match(_ELSEWHERE, named):
        raise file.error(_KEY, f"`{_KEY}` is not a relative path", _HINT)
    path = os.path.normpath(os.path.join(os.path.dirname(file.path), named))
    if root is not None and leads_out(path, (root,)):
        raise file.error(_KEY, f"`{_KEY}` is outside of {root}", "Name a file inside of it, or copy what it says")
    if real(path) in [real(one.path) for one in files]:
        raise file.error(_KEY, f"`{_KEY}` leads back to {os.path.basename(path)}", "Leave it out in one of the files")
    if len(files) == MOST_FILES:
        raise file.error(_KEY, f"more than {MOST_FILES} files extend one another", "Join some of them")
    data = read(path, None if root is None else (root,), is_settings=True)
    if isinstance(data, Problem):
        raise file.error(_KEY, f"`{_KEY}` names {named[:_SHOWN]}: {data.message}", _HINT)
    found = parsed(path, data, root)
    if found is None:
        raise SettingsError(Problem(path, 0, "has no [tool.dfix] table", "Add one or extend another file"))
    return found


def _merged(base: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    found = dict(base)
    for key, value in own.items():
        before = found.get(key)
        found[key] = _merged(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
    return found


def _names(values: Mapping[str, object]) -> Iterator[str]:
    """The keys with a value of their own: `select`, `save.ignore`, `verify.allow./a`."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from (f"{key}.{name}" for name in _names(value))
        else:
            yield key

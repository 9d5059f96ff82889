"""Settings files: dfix.toml, .dfix.toml or [tool.dfix] in pyproject.toml, the nearest to the Dockerfile."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

FILES = ("dfix.toml", ".dfix.toml", "pyproject.toml")
TARGETS = ("buildkit", "buildah", "kaniko")
KEYS = {
    "select": "list of rules to run; all when it is not given",
    "ignore": "list of rules to leave out",
    "unsafe": "true applies changes that may change the image",
    "target": "the builder: buildkit, buildah or kaniko; decides which flags may be written",
    "exclude": "list of path patterns that a search of folders leaves out",
    "context": "the build context, relative to the settings file; found by itself when it is not given",
}


class SettingsError(ValueError):
    """A settings file that cannot be used; the text is one line with file, line and advice."""


class Settings(NamedTuple):
    """`origin` is the file they come from, "" for the defaults."""

    origin: str = ""
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    unsafe: bool = False
    target: str = ""
    exclude: tuple[str, ...] = ()
    context: str | None = None


_found: dict[str, Settings] = {}


def settings_for(path: str) -> Settings:
    """The settings for a file or folder: those of the nearest folder above that has some. Raises SettingsError."""
    folder = os.path.abspath(path)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    passed = []
    found = None
    while found is None:
        known = _found.get(folder)
        if known is not None:
            found = known
            break
        passed.append(folder)
        found = _in_folder(folder)
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    found = found or Settings()
    for name in passed:
        _found[name] = found
    return found


def _in_folder(folder: str) -> Settings | None:
    for name in FILES:
        file = os.path.join(folder, name)
        if os.path.isfile(file):
            found = load(file)
            if found is not None:
                return found
    return None


def load(file: str) -> Settings | None:
    """The settings of one file; None for a pyproject.toml without [tool.dfix]. Raises SettingsError."""
    try:
        with open(file, encoding="utf-8") as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read ({error})") from error
    in_pyproject = os.path.basename(file) == "pyproject.toml"
    if in_pyproject and "tool.dfix" not in text:
        return None
    import tomllib

    try:
        data: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}") from error
    if in_pyproject:
        data = data.get("tool", {}).get("dfix")
        if data is None:
            return None
    return _checked(file, text, data)


def _checked(file: str, text: str, data: dict[str, Any]) -> Settings:
    values: dict[str, Any] = {"origin": file}
    for key, value in data.items():
        if key not in KEYS:
            raise SettingsError(f"{file}:{_line(text, key)}: unknown setting `{key}`.{_nearest(key)}")
        wanted = (
            "a list of strings"
            if key in ("select", "ignore", "exclude")
            else "true or false"
            if key == "unsafe"
            else "a string"
        )
        if not _fits(key, value):
            raise SettingsError(f"{file}:{_line(text, key)}: `{key}` must be {wanted}")
        values[key] = tuple(value) if isinstance(value, list) else value
    if values.get("target", "buildkit") not in TARGETS:
        raise SettingsError(f"{file}:{_line(text, 'target')}: `target` must be one of {', '.join(TARGETS)}")
    if "context" in values:
        values["context"] = os.path.join(os.path.dirname(file), values["context"])
    return Settings(**values)


def _fits(key: str, value: Any) -> bool:
    if key in ("select", "ignore", "exclude"):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool) if key == "unsafe" else isinstance(value, str)


def _line(text: str, key: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().strip('"').startswith(key):
            return number
    return 1


def _nearest(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, KEYS, 1)
    return f" Did you mean `{near[0]}`?" if near else f" Known ones: {', '.join(KEYS)}"

"""What Composer's plugins do in `composer install`: some only touch the vendor folder, some come when all is installed.

Sources: getcomposer.org/doc/articles/plugins.md; symfony/flex, src/Flex.php, all versions up to 2.4.5; symfony/runtime,
Internal/ComposerPlugin.php; php-http/discovery, src/Composer/Plugin.php; read on 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.text.expression import expression

_STAY_IN_VENDOR = frozenset(
    "composer/package-versions-deprecated dealerdirect/phpcodesniffer-composer-installer ocramius/package-versions "
    "pestphp/pest-plugin phpstan/extension-installer".split()
)
"""Plugins that only read and write the vendor folder."""
_AT_THE_END: Mapping[str, tuple[int, int, int]] = {
    "php-http/discovery": (0, 0, 0),
    "symfony/flex": (1, 15, 3),
    "symfony/runtime": (0, 0, 0),
}
"""Plugins that, from a version on, act when all packages are there: a second run with a lock file does the same again.

Older versions of symfony/flex note which packages are installed, and apply the recipes of these.
"""
_VERSION = expression(r"v?(\d+)\.(\d+)\.(\d+)")


def check_locked_plugins(lock_path: str, lock: dict[str, Any], flags: set[str]) -> None:
    """Raises LeaveAlone for a plugin of the lock file that may touch the project while packages are installed."""
    for name, version in _plugins(lock, flags):
        if name in _STAY_IN_VENDOR or _is_at_the_end(name, version):
            continue
        hint = "if the image does not need the plugin, add `--no-plugins`"
        reason = f"{lock_path}: the plugin {name} may read or write the project"
        if name in _AT_THE_END:
            oldest = ".".join(map(str, _AT_THE_END[name]))
            shown = f"{name} {version}".rstrip()
            reason = f"{lock_path}: the plugin {shown} may write files for each package that is installed"
            hint = f"update it: from {oldest} on, {name} writes none during an install"
        raise LeaveAlone("plugin", reason, hint)


def check_plugins_at_the_end(lock_path: str, lock: dict[str, Any], flags: set[str]) -> None:
    """Raises LeaveAlone for a plugin that may read the project once all packages are there; `--no-scripts` stops it."""
    if "--no-scripts" in flags:
        return
    name = next((name for name, version in _plugins(lock, flags) if _is_at_the_end(name, version)), "")
    if name:
        reason = f"{lock_path}: the plugin {name} may read the project at the end of the install"
        hint = "add `--no-scripts --no-autoloader`, and install again after the sources are copied"
        raise LeaveAlone("installs-project", reason, hint)


def check_unlocked_plugins(path: str, lock_path: str, project: dict[str, Any], flags: set[str]) -> None:
    """Raises LeaveAlone where a plugin may run, and dfix can't tell which: the install takes the newest packages.

    Composer 2.2 and later run none that `allow-plugins` does not name (getcomposer.org/doc/06-config.md).
    """
    allowed = table(project, "config").get("allow-plugins", {})
    if table(project, "config").get("lock") is False:
        reason = f"{path} says that no lock file is written, so a second run would look for packages again"
        raise LeaveAlone("no-lock", reason)
    names = [name for name in allowed if allowed[name]] if isinstance(allowed, dict) else ["all"] * bool(allowed)
    other = next((name for name in names if name not in _STAY_IN_VENDOR), "")
    if other and "--no-plugins" not in flags:
        reason = f"the build context ships no {lock_path}, so dfix can't tell which plugins the install runs"
        hint = f"commit {lock_path}" if other == "all" else f"commit {lock_path}; {other} is allowed"
        raise MissingFile("no-lock", reason, hint, lock_path)


def _plugins(lock: dict[str, Any], flags: set[str]) -> Iterator[tuple[str, str]]:
    """Name and version of each plugin that an install with these options runs."""
    if "--no-plugins" in flags:
        return
    groups = ("packages",) if "--no-dev" in flags else ("packages", "packages-dev")
    for package in (package for group in groups for package in listed(lock.get(group))):
        if isinstance(package, dict) and package.get("type") == "composer-plugin":
            yield str(package.get("name")), str(package.get("version", ""))


def _is_at_the_end(name: str, version: str) -> bool:
    oldest, found = _AT_THE_END.get(name), _VERSION.match(version)
    return oldest is not None and found is not None and tuple(map(int, found.groups())) >= oldest

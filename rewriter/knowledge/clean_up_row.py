"""How the caches of a package manager are emptied: the table `[clean-up]` of its file in `managers/`."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.text.named_tuple import NamedTuple


class CleanUp(NamedTuple):
    """How a manager's caches are emptied, or kept from being filled (`[clean-up]`)."""

    append: str
    """The command that empties the caches, for the end of the chain; "" for none."""
    flag: str
    """The option with which an install fills no cache; "" for none."""
    empties: tuple[str, ...]
    """The cache folders that the clean-up empties."""
    uncached: frozenset[str]
    """Options with which a command fills no cache."""
    filling_verbs: frozenset[str]
    """(`fills`) The kinds of sub-commands that fill the caches: "install", "update"."""
    lists: bool
    """Whether it removes package lists, without which a later install fails that does not update them."""
    done_by: tuple[str, ...]
    """The commands that count as a clean-up: "dnf clean all"."""
    off: frozenset[str]
    """Variables that turn the cache off."""
    moved_by: frozenset[str]
    """Options and variables that move the cache; `-o=Dir::` is the option -o with a value that begins with Dir::."""
    offline: frozenset[str]
    """Options with which an install needs a filled cache."""
    offline_variables: frozenset[str]
    """Variables with which every install needs a filled cache, unless their value says no."""
    settings_files: tuple[str, ...]
    """The names of the files in which users and projects set the manager up: ".npmrc"."""
    moved_keys: tuple[str, ...]
    """Settings that move the cache, in those files and for `npm config set`."""
    offline_keys: tuple[str, ...]
    """Settings with which every install needs a filled cache."""
    needs_variables: tuple[str, ...]
    """What the names of variables begin with that the manager's every command needs if its install has them."""
    refreshes: frozenset[str]
    """Options with which an install updates the package lists itself."""
    fails_empty: tuple[str, ...]
    """Commands that fail when the cache is already empty: "pip cache purge"."""
    tells: tuple[str, ...]
    """Commands that print where the cache is: "pip cache dir"."""
    needed_by: frozenset[str]
    """Other programs that need the package lists."""
    needed_with: dict[str, tuple[str, ...]]
    """Options with which other programs need them, each with the packages of npm that bring these programs."""
    too_old: tuple[str, ...]
    """Patterns of images whose manager does not know `flag`; the last match wins, and `!pattern` excludes."""
    flag_changes: tuple[str, ...]
    """Patterns of images on which `flag` changes more than the cache, so that `append` is used instead."""
    old_packages: tuple[str, ...]
    """Packages that bring a manager for which `flag` may change more than the cache, unless an image is `recent`."""
    recent: tuple[str, ...]
    """Patterns of images whose packages bring a newer one, unless `flag-changes` matches too."""
    old_environments: tuple[str, ...]
    """Patterns of images in which a new virtual environment gets such an old one."""
    megabytes: dict[str, int]
    """What the package lists take in the image, by the release of the distribution."""
    changed_until: dict[str, str]
    """The first version in which `flag` only keeps the cache, of the manager and of packages that contain it."""


def clean_up_of(data: dict[str, Any], caches: tuple[str, ...]) -> CleanUp:
    """The table `[clean-up]` of a manager that has these cache folders."""
    return CleanUp(
        append=data.get("append", ""),
        flag=data.get("flag", ""),
        empties=tuple(data.get("empties", caches)),
        uncached=frozenset(data.get("uncached", ())),
        filling_verbs=frozenset(data["fills"]),
        lists=data.get("lists", False),
        done_by=tuple(data.get("done-by", ())),
        off=frozenset(data.get("off", ())),
        moved_by=frozenset(data.get("moved-by", ())),
        offline=frozenset(data.get("offline", ())),
        offline_variables=frozenset(data.get("offline-variables", ())),
        settings_files=tuple(data.get("settings-files", ())),
        moved_keys=tuple(data.get("moved-keys", ())),
        offline_keys=tuple(data.get("offline-keys", ())),
        needs_variables=tuple(data.get("needs-variables", ())),
        refreshes=frozenset(data.get("refreshes", ())),
        fails_empty=tuple(data.get("fails-empty", ())),
        tells=tuple(data.get("tells", ())),
        needed_by=frozenset(data.get("needed-by", ())),
        needed_with={option: tuple(names) for option, names in data.get("needed-with", {}).items()},
        too_old=tuple(data.get("too-old", ())),
        flag_changes=tuple(data.get("flag-changes", ())),
        old_packages=tuple(data.get("old-packages", ())),
        recent=tuple(data.get("recent", ())),
        old_environments=tuple(data.get("old-environments", ())),
        megabytes=data.get("megabytes", {}),
        changed_until=data.get("changed-until", {}),
    )

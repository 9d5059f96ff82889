"""Which packages a program needs at run time if it was built with a -dev package, by release (`runtime.tsv`)."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.own_data import own_table, own_text

FOLDER = os.path.join(os.path.dirname(__file__), "packages")
_TABLE = os.path.join(FOLDER, "runtime.tsv")


@cache
def has_packages(manager: str) -> bool:
    """Whether dfix knows which of a manager's packages are only for building."""
    return os.path.isfile(os.path.join(FOLDER, f"{manager}.toml"))


def megabytes(manager: str, package: str) -> int:
    """How much space a package that is only for building takes with what it needs; 0 for one that is not listed."""
    sizes = own_table(FOLDER, f"{manager}.toml").get("size", {}) if has_packages(manager) else {}
    return int(sizes.get(package, 0))


def runtime_packages(package: str, release: str) -> tuple[str, ...] | None:
    """The packages with the libraries of a -dev package in a release ("bookworm").

    For the release "", those that are the same in all of Debian's releases. None for a package that the lists don't
    have, or when the releases differ.
    """
    groups = _groups(package)
    if groups is None:
        return None
    if release:
        return next((libraries for libraries, releases in groups if release in releases), None)
    debian = {libraries for libraries, releases in groups if _DEBIAN.intersection(releases)}
    return debian.pop() if len(debian) == 1 else None


_DEBIAN = frozenset(("bullseye", "bookworm", "trixie"))


@cache
def _groups(package: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] | None:
    text = f"\n{own_text(_TABLE)}"
    at = text.find(f"\n{package}\t")
    if at < 0:
        return None
    fields = text[at + 1 :].partition("\n")[0].split("\t")[1:]
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return tuple((tuple(names.split()), tuple(releases.split())) for names, releases in pairs)

"""What the packages of a language need from the system, from `language_packages/*.toml`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_FOLDER = os.path.join(os.path.dirname(__file__), "language_packages")


class LanguageFacts(NamedTuple):
    """Facts of one language's packages; all empty for a language without a file."""

    needs_full_image: frozenset[str] = frozenset()
    """Packages that run programs of the full base image, or load libraries that only it has."""
    dev_packages: Mapping[str, str] = {}
    """Packages that link or load a library of the system, and Debian's -dev package of it (several: with spaces)."""
    system_packages: Mapping[str, tuple[str, ...]] = {}
    """Packages that load a library or run a program of the full image, and Debian's packages of those."""
    self_contained: tuple[str, ...] = ()
    """How the names of packages begin that look as if they link a library of the system, and don't."""
    installs_alone: frozenset[str] = frozenset()
    """Packages that run a script when they are installed, and need nothing of the system afterwards."""
    global_programs: frozenset[str] = frozenset()
    """Packages with programs, installed for the whole image, whose installs compile nothing."""
    compiles_at_run_time: frozenset[str] = frozenset()
    """Packages that call a compiler when the program runs."""
    compiling_installers: frozenset[str] = frozenset()
    """Programs whose installs may compile any package."""
    lock_with_install_scripts: str = ""
    """The name of the lock file that says which packages run a script (and may compile) when they are installed."""


@cache
def language_facts(language: str) -> LanguageFacts:
    """The facts of a language, named as in `images/*.toml` ("python")."""
    if f"{language}.toml" not in os.listdir(_FOLDER):
        return LanguageFacts()
    table = own_table(_FOLDER, f"{language}.toml")
    return LanguageFacts(
        frozenset(table.get("needs-full-image", ())),
        table.get("dev-packages", {}),
        {name: tuple(packages) for name, packages in table.get("system-packages", {}).items()},
        tuple(table.get("self-contained", ())),
        frozenset(table.get("installs-alone", ())),
        frozenset(table.get("global-programs", ())),
        frozenset(table.get("compiles-at-run-time", ())),
        frozenset(table.get("compiling-installers", ())),
        table.get("lock-with-install-scripts", ""),
    )


@cache
def compiling_installers() -> frozenset[str]:
    """Programs of any language whose installs may compile a package."""
    names = (name.removesuffix(".toml") for name in os.listdir(_FOLDER) if name.endswith(".toml"))
    return frozenset().union(*(language_facts(name).compiling_installers for name in names))

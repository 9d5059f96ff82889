"""Python's project managers: which sub-commands install, and where the environment of a project is."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class ProjectManager(NamedTuple):
    """What is known of a manager, from python_environments.toml."""

    folder: str
    """Where it makes the environment of a project: "~/…" in the user's home, "." in the project's folder."""
    settings: str
    """The folder in the user's home into which its sub-command `config` writes; "" where that is not known."""
    moved_by: tuple[str, ...]
    """Variables with which it may be elsewhere."""
    verbs: tuple[str, ...]
    """Sub-commands that install a project."""
    prepare: tuple[str, ...]
    """Sub-commands that make nothing which a program needs at run time."""


@cache
def project_managers() -> dict[str, ProjectManager]:
    """Each manager by the name of its program."""
    table = own_table(os.path.dirname(__file__), "python_environments.toml")
    return {
        name: ProjectManager(
            row["folder"], row.get("settings", ""), tuple(row["moved-by"]), tuple(row["verbs"]), tuple(row["prepare"])
        )
        for name, row in table.items()
        if isinstance(row, dict) and "folder" in row
    }


class Installer(NamedTuple):
    """A script of a package manager that people pipe from the network into an interpreter."""

    url: str
    folders: tuple[str, ...]
    """Where it installs: "~/…" in the user's home."""
    home: str
    """A variable with the only folder into which it installs."""
    moved_by: tuple[str, ...]
    """Variables with which it may install elsewhere."""


@cache
def installers() -> tuple[Installer, ...]:
    """The known installers."""
    table = own_table(os.path.dirname(__file__), "python_environments.toml")
    return tuple(
        Installer(row["url"], tuple(row["folders"]), row["home"], tuple(row["moved-by"])) for row in table["installer"]
    )


@cache
def application_commands() -> tuple[tuple[str, ...], ...]:
    """The words of commands by which an application makes files from its sources, without the interpreter."""
    table = own_table(os.path.dirname(__file__), "python_environments.toml")
    return tuple(tuple(command.split()) for command in table["application"]["commands"])

"""Tools that read the git history of a project, and the files that name them: git_tools.toml as records."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "git_tools.toml")


class Stamp(NamedTuple):
    """A command that writes the commit into what it builds."""

    without: tuple[str, ...]
    """The words with which it doesn't."""
    image: str
    """What the name of a base image has that tells the tool's version by its tag; "" for none."""
    since: int
    """The first major version that does."""
    lacks_git: tuple[str, ...]
    """The names of images that bring no git, without which it does nothing."""
    unless_set: str
    """A variable with which it does nothing; "" for none."""


class GitTools(NamedTuple):
    """The table."""

    definitions: tuple[str, ...]
    """Patterns for the names of files that say how a project is built."""
    names: tuple[str, ...]
    """Names of tools and settings, in lower case."""
    commands: tuple[tuple[str, ...], ...]
    """Words of a command, in their order."""
    commits: frozenset[str]
    """Programs that compare with a commit."""
    commit_options: tuple[str, ...]
    """The options by which they are told which."""
    hooks: frozenset[str]
    """Scripts of package.json that an install runs."""
    stamps: dict[tuple[str, ...], Stamp]
    """By command: ("go", "build")."""
    harmless: frozenset[str]
    """Words made of "git" that are about something else."""


@cache
def git_tools() -> GitTools:
    """The table, read once."""
    table = own_table(_TABLE)
    return GitTools(
        definitions=tuple(name for row in table["definitions"] for name in row["files"]),
        names=tuple(name.lower() for row in table["names"] for name in row["names"]),
        commands=tuple(tuple(words.split()) for row in table["commands"] for words in row["words"]),
        commits=frozenset(name for row in table["commits"] for name in row["programs"]),
        commit_options=tuple(name for row in table["commits"] for name in row["options"]),
        hooks=frozenset(name for row in table["hooks"] for name in row["names"]),
        stamps={
            tuple(name.split()): Stamp(
                tuple(row["without"]),
                row.get("image", ""),
                row.get("since", 0),
                tuple(row.get("lacks-git", ())),
                row.get("unless-set", ""),
            )
            for row in table["stamps"]
            for name in row["commands"]
        },
        harmless=frozenset(word for row in table["harmless"] for word in row["words"]),
    )

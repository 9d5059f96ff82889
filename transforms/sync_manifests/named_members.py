"""The members of a workspace in which later commands work: `npm run build -w web`, `pnpm --filter api build`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.knowledge import project_install
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.model import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.sync_manifests.manifest_list import ManifestList, later_steps

_MANAGERS = frozenset(("npm", "pnpm", "yarn"))
_PROGRAMS = _MANAGERS | {"npx", "node", "tsc", "vite", "next"}
_NAMING = {
    "npm": frozenset(("-w", "--workspace")),
    "pnpm": frozenset(("-F", "--filter")),
}
_FOLDER_OPTIONS = {"npm": ("--prefix",), "pnpm": ("-C", "--dir"), "yarn": ("--cwd",)}


def members_that_commands_name(model: Model, manifests: ManifestList, every: list[Manifest]) -> dict[str, str]:
    """The folders of members, each with the command that works there."""
    folders = {manifests.image_path(member.folder): member.folder for member in every}
    by_name = {str(member.data.get("name")): member.folder for member in every if member.data.get("name")}
    found: dict[str, str] = {}
    for command in _after(model, manifests):
        shown = " ".join(word.text for word in command.words)
        if command.folder in folders:
            found.setdefault(folders[command.folder], shown)
        for named in _named(command):
            path = posixpath.normpath(posixpath.join(command.folder or "?", named))
            folder = by_name.get(named, folders.get(path, ""))
            if folder:
                found.setdefault(folder, shown)
    return found


def installs_again(model: Model, manifests: ManifestList) -> bool:
    """Whether a later command installs a project of Node.js, so that the list may be meant for the first only."""
    installs = (project_install(command.words) for command in _after(model, manifests))
    return any(found is not None and found[2] == "node.install" for found in installs)


def _after(model: Model, manifests: ManifestList) -> Iterator[Located]:
    """The commands after the install: of its own RUN, and of those that follow."""
    own = located(manifests.step)
    at = next(i for i, command in enumerate(own) if command.command is manifests.install.located.command)
    later = [c for step in later_steps(model, manifests.step) if step.keyword == "RUN" for c in located(step)]
    yield from (c for c in (*own[at + 1 :], *later) if c.words and program_name(c.words[0]) in _PROGRAMS)


def _named(command: Located) -> Iterator[str]:
    """The names and folders of members in the words of a command."""
    program = program_name(command.words[0])
    words = [word.literal_or_text for word in command.words[1:]]
    options = {*_NAMING.get(program, ()), *_FOLDER_OPTIONS.get(program, ())}
    for index, word in enumerate(words):
        name, sign, value = word.partition("=")
        if name in options:
            written = value if sign else "".join(words[index + 1 : index + 2])
            if not written.startswith("!"):
                yield written.removesuffix("...")
        elif program == "yarn" and words[:1] == ["workspace"] and index == 1:
            yield word

"""Which commands install the dependencies that a project's manifests name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.interpreted import interpreted
from dfix.rewriter.knowledge.usage import Usage, usage

if TYPE_CHECKING:
    from dfix.rewriter.knowledge.load import Project
    from dfix.rewriter.shell.nodes import Word

_ARCHIVES = (".whl", ".tar.gz", ".tgz", ".zip")


def project_install(words: tuple[Word, ...]) -> tuple[str, tuple[str, ...], str] | None:
    """Manager, arguments and reader (`Project.reader`) when the command installs what a project's manifests name.

    `words` are those of the program that really runs. The arguments follow the program's name, without quotes:
    `python -m pip install -r x` gives ("pip", ("install", "-r", "x"), "pip"); so does `php composer.phar install` for
    Composer. None for any other command: one that
    names packages, or installs for the whole machine.
    """
    command = usage(words) or usage(interpreted(words))
    if command is None:
        return None
    for project in command.manager.projects:
        if _installs(command, project):
            return command.manager.name, tuple(word.literal_or_text for word in command.words), project.reader
    return None


def _installs(command: Usage, project: Project) -> bool:
    if command.asks:
        return False
    if project.mentions and not any(project.mentions in word.literal_or_text for word in command.words):
        return False
    if command.subcommand is None:
        if not project.bare:
            return False
    elif project.verbs and _command(command, command.subcommand) not in project.verbs:
        return False
    if command.has(project.everywhere) or any(
        option.value is not None and f"{option.name}={option.value}" in project.everywhere for option in command.options
    ):
        return False
    # `--production false`: the value is optional, so it was taken for an operand
    operands = [word for word in command.operands if word.text not in ("true", "false")]
    if project.takes_paths:
        return True
    if not project.named_by:
        return not operands
    if any(option.name in project.named_by and _is_local(option.value or "") for option in command.options):
        return True
    return any(_is_path(word.literal_or_text) for word in operands)


def _command(command: Usage, subcommand: Word) -> str:
    """The sub-command as the .toml names it, in one word or two: "ci", "mod download"."""
    first = command.arguments[0]
    return (
        subcommand.literal_or_text if first is subcommand else f"{first.literal_or_text} {subcommand.literal_or_text}"
    )


def _is_local(value: str) -> bool:
    return bool(value) and "://" not in value and not value.startswith("git+")


def _is_path(operand: str) -> bool:
    """Whether an operand is a file or folder: `.`, `.[dev]`, `./a`, `/a`, `a.whl`; a package's name is not."""
    bare = operand.partition("[")[0]
    if "://" in operand or "$" in operand:
        return False
    return bare in (".", "..") or bare.startswith(("./", "../", "/", "file:")) or bare.endswith(_ARCHIVES)

"""The row of the table of programs that describes a command."""

from __future__ import annotations

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import ProgramRow, parse_row, row
from dfix.rewriter.model.effects.given_words import Arguments, of_usage, split_arguments
from dfix.rewriter.model.effects.places import may_be_path
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import program_name

_ASKS_VERSION = (["--version"], ["-V"], ["-version"])
"""What any program takes for a question about itself; `make version` and `cat -v` do something else."""

_SYSTEM = parse_row(
    {"names": ["a system package manager"], "operands": "packages", "network": True, "source": "managers"}, ""
)
_CLEANS = parse_row({"names": ["a clean-up"], "operands": "text", "source": "managers"}, "")


def described(words: tuple[Word, ...]) -> tuple[ProgramRow, Arguments] | None:
    """The row that describes a command, with its options and operands; None for an unknown program."""
    manager_usage = usage(words)
    if manager_usage is not None:
        verb = manager_usage.row_of_verb
        if verb is not None:
            return verb[0], of_usage(manager_usage, *verb)
        if manager_usage.verb == "clean" and not any(
            may_be_path(word.literal_or_text) for word in manager_usage.operands
        ):
            return _CLEANS, of_usage(manager_usage, _CLEANS, len(manager_usage.arguments))
        return (_SYSTEM, of_usage(manager_usage, _SYSTEM, 0)) if manager_usage.manager.system else None
    program = program_name(words[0])
    following = [word.value for word in words[1:3]]
    if program.startswith("python") and following[:1] == ["-m"]:
        module = row(f"python -m {following[-1]}")
        return None if module is None else (module, split_arguments(words[3:], module))
    command = row(f"{program} {following[0]}") if following and following[0] else None
    if command is not None:
        return command, split_arguments(words[2:], command)
    program_row = row(program)
    return None if program_row is None else (program_row, split_arguments(words[1:], program_row))


def asks_about_itself(words: tuple[Word, ...]) -> bool:
    """Whether a command only asks a program about itself: `x --version`, `npm -v`."""
    texts = [word.text for word in words[1:]]
    if texts in _ASKS_VERSION:
        return True
    manager_use = usage(words) if len(texts) == 1 else None
    return manager_use is not None and texts[0] in manager_use.manager.asks

"""Follow a start command through the scripts of package.json: `npm start` becomes `node dist/a.js`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.start_scripts import scripts_named, shell_commands
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value

_RUN_SCRIPTS = frozenset(("run-s", "run-p", "npm-run-all", "npm-run-all2"))
"""Programs of npm-run-all, whose words are names of scripts: https://github.com/bcomnes/npm-run-all2"""
_OPERATORS = expression(r"&&|\|\||;|&")
_ASSIGNMENT = expression(r"\w+=")
_RUNS_WITHOUT_RUN = frozenset(("start", "test", "restart", "stop"))
"""Scripts that npm runs without the word `run`: https://docs.npmjs.com/cli/v11/using-npm/scripts"""
_MOST_COMMANDS = 20


def started_commands(words: tuple[str, ...], manifest: Mapping[str, Any]) -> list[str]:
    """The commands that a start command comes to, with `npm run` and the like replaced by their scripts.

    Raises LeaveAlone where a script is missing, or scripts call each other.
    """
    scripts = manifest.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    pending = [" ".join(words)]
    if posixpath.basename(words[0]) in of_kind("shell") and "-c" in words[:-1]:
        pending = _OPERATORS.split(words[words.index("-c") + 1])
    commands: list[str] = []
    for _ in range(_MOST_COMMANDS):
        if not pending:
            return commands
        command = pending.pop(0).split()
        while command and _ASSIGNMENT.match(command[0]):
            command = command[1:]
        if not command:
            continue
        if command[0] in _RUN_SCRIPTS:
            commands.append(command[0])
            pending += [f"npm run {name}" for name in command[1:] if name in scripts]
        elif posixpath.basename(command[0]) not in node_managers():
            commands.append(" ".join(command))
        else:
            pending += _OPERATORS.split(_script(command, scripts))
    raise LeaveAlone("no-command", "the scripts of package.json call each other")


def _script(command: list[str], scripts: Mapping[str, Any]) -> str:
    """What `npm start`, `yarn NAME` or `pnpm exec a` runs, with the `pre` and `post` scripts around a script."""
    operands = [word for word in command[1:] if not word.startswith("-")]
    if operands[:1] == ["exec"] and len(operands) > 1 and posixpath.basename(command[0]) != "npm":  # npm may fetch it
        return " ".join(command[command.index(operands[1]) :])
    has_run = operands[:1] in (["run"], ["run-script"])
    name = "".join(operands[1:2] if has_run else operands[:1])
    if posixpath.basename(command[0]) == "npm" and not has_run and name not in _RUNS_WITHOUT_RUN:
        raise LeaveAlone("no-command", f"`{' '.join(command)}` does not run a script of package.json")
    script = scripts.get(name, "node server.js" if name == "start" else None)
    if not isinstance(script, str):
        raise LeaveAlone("no-command", f"the start command runs the script `{name}`, which package.json does not have")
    around = (scripts.get(f"pre{name}"), script, scripts.get(f"post{name}"))
    return " && ".join(text for text in around if isinstance(text, str))


def package_commands(
    context: Context, copies: Iterable[Copied], started: Iterable[Sequence[str]], workdir: str
) -> Iterator[tuple[str, ...]]:
    """The words of each command that the scripts of package.json in `workdir` run, for what a container starts there.

    Also for a start script of the context that runs `npm start`.
    """
    copies = tuple(copies)
    starts = [tuple(words) for words in started]
    manifest = _manifest(context, copies, workdir)
    of_scripts = (words for script in scripts_named(context, copies, starts, workdir) for words in script.commands)
    for words in (*starts, *of_scripts) if manifest else ():
        if words and posixpath.basename(words[0]) in of_kind("shell") | node_managers():
            found = attempt(started_commands, words, manifest)
            for command in () if isinstance(found, Reason) else found:
                for text in (command, *re.split("[\"']", command)[1:]):  # `sh -c "curl …"`, `concurrently "curl …"`
                    yield from shell_commands(text)


def _manifest(context: Context, copies: Iterable[Copied], folder: str) -> Mapping[str, Any]:
    """The package.json that is copied to an image folder; empty if there is none that dfix can read."""
    path = posixpath.join(folder, "package.json")
    origin = next((found for copy in copies if (found := copy.brought.context_path_of(path)) is not None), None)
    try:
        data = json_value(context.read(origin) or "{}") if origin else {}
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}

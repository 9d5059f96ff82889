"""Follow a start command through the scripts of package.json: `npm start` becomes `node dist/a.js`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind

RUNNERS = frozenset(("npm", "yarn", "pnpm", "bun"))
"""Programs that run scripts of package.json."""
_RUN_SCRIPTS = frozenset(("run-s", "run-p", "npm-run-all", "npm-run-all2"))
"""Programs of npm-run-all, whose words are names of scripts: https://github.com/bcomnes/npm-run-all2"""
_OPERATORS = re.compile(r"&&|\|\||;|&")
_ASSIGNMENT = re.compile(r"\w+=")
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
        elif posixpath.basename(command[0]) not in RUNNERS:
            commands.append(" ".join(command))
        else:
            pending += _OPERATORS.split(_script(command, scripts))
    raise LeaveAlone("no-command", "the scripts of package.json call each other")


def _script(command: list[str], scripts: Mapping[str, Any]) -> str:
    """What `npm start`, `npm run NAME` or `yarn NAME` runs, after its `pre` script where there is one."""
    operands = [word for word in command[1:] if not word.startswith("-")]
    has_run = operands[:1] in (["run"], ["run-script"])
    name = "".join(operands[1:2] if has_run else operands[:1])
    if posixpath.basename(command[0]) == "npm" and not has_run and name not in _RUNS_WITHOUT_RUN:
        raise LeaveAlone("no-command", f"`{' '.join(command)}` does not run a script of package.json")
    script = scripts.get(name, "node server.js" if name == "start" else None)
    if not isinstance(script, str):
        raise LeaveAlone("no-command", f"the start command runs the script `{name}`, which package.json does not have")
    before = scripts.get(f"pre{name}")
    return f"{before} && {script}" if isinstance(before, str) else script

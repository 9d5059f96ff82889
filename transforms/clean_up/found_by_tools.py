"""Files of a project that build tools find by themselves (knowledge/build_files.toml), and what they run of them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.build_files import build_tools, naming_files
from dfix.rewriter.text.expression import expression
from dfix.transforms.clean_up.context_scripts import TooManyScriptsError
from dfix.transforms.clean_up.package_scripts import chosen, scripts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.knowledge.build_files import BuildTool
    from dfix.transforms.clean_up.context_scripts import ContextScripts

_COMMANDS = expression(r"[\n;&|()]+")
_MOST_COMMANDS = 500
"""Commands of a script in which tools are looked for."""


def texts_found(words: Sequence[str], manager: Manager, scripts: ContextScripts) -> Iterator[tuple[str, str]]:
    """The path of each file that a tool among the words of a command finds, and what it runs of it.

    Of the project's code only the files that name the manager are looked at. Raises TooManyScriptsError.
    """
    for at, word in enumerate(words):
        following = words[at + 1 :]
        tools = build_tools(posixpath.basename(word), following)
        for tool in tools:
            for path, text in _of_tool(tool, following, scripts):
                yield path, text
                if tool.lines:
                    yield from texts_found_by_script(text, manager, scripts)
            yield from scripts.sources(tool.sources, manager)
    program = words[0] if words else ""
    if program and "/" not in program and "$" not in program and not build_tools(program, words[1:]):
        yield from _of_own_program(program, manager, scripts)


def texts_found_by_script(text: str, manager: Manager, scripts: ContextScripts) -> Iterator[tuple[str, str]]:
    """The same for the commands of a script, as far as its text tells them; a tool that finds too much is left out."""
    for command in _COMMANDS.split(text)[:_MOST_COMMANDS]:
        words = command.replace('"', " ").replace("'", " ").split()
        for at, word in enumerate(words[:5]):
            for tool in build_tools(posixpath.basename(word.lstrip("@-")), words[at + 1 :]):
                try:
                    yield from list(_of_tool(tool, words[at + 1 :], scripts)) if tool.called or tool.lines else ()
                    yield from scripts.sources(tool.sources, manager)
                except TooManyScriptsError:
                    continue


def _of_tool(tool: BuildTool, words: Sequence[str], scripts: ContextScripts) -> Iterator[tuple[str, str]]:
    for path in dict.fromkeys((*scripts.matching(tool.files), *_called(tool, words, scripts))):
        text = scripts.text(path) or ""
        if tool.scripts:
            of_file = scripts_of(scripts.whole_text(path) or "")
            names = list(of_file) if tool.scripts == "all" else [*words, *tool.hooks]
            text = "\n".join(chosen(of_file, names).values())
        elif tool.lines:
            text = "\n".join(line for line in text.splitlines() if line.startswith(tool.lines))
        yield path, text
        named = scripts.named_by(text, posixpath.dirname(path)) if text else []
        if not (tool.scripts or tool.lines or tool.called or tool.follows):
            named = scripts.only_scripts(named)
        yield from ((other, scripts.text(other) or "") for other in scripts.reached(named, anything=False))


def _of_own_program(program: str, manager: Manager, scripts: ContextScripts) -> Iterator[tuple[str, str]]:
    """The project's code that a program of this name may run, where a manifest of the project names it."""
    named = re.compile(rf"(?<![\w.-]){re.escape(program)}(?![\w.-])")
    for manifest in naming_files():
        texts = (scripts.whole_text(path) or "" for path in scripts.matching(manifest.files))
        if any(map(named.search, texts)):
            yield from scripts.sources(manifest.sources, manager)


def _called(tool: BuildTool, words: Sequence[str], scripts: ContextScripts) -> Iterator[str]:
    """The files that the words of a command name for the tool: bin/setup for `bundle exec setup`."""
    for word in words:
        name = posixpath.normpath(word) if word and not word.startswith("-") else ""
        if not name or any(mark in name for mark in "$*?[`"):
            continue
        for pattern in tool.called:
            yield from scripts.ending(posixpath.normpath(pattern.replace("{word}", name)))

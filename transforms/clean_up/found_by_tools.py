"""Files of a project that build tools find by themselves (knowledge/build_files.toml), and what they run of them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.build_files import build_tools
from dfix.transforms.clean_up.package_scripts import chosen, scripts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dfix.rewriter.knowledge.build_files import BuildTool
    from dfix.transforms.clean_up.context_scripts import ContextScripts


def texts_found(words: Sequence[str], scripts: ContextScripts) -> Iterator[tuple[str, str]]:
    """The path of each file that a tool among the words of a command finds, and what it runs of it.

    Raises TooManyScriptsError.
    """
    for at, word in enumerate(words):
        following = words[at + 1 :]
        for tool in build_tools(posixpath.basename(word), following):
            yield from _of_tool(tool, following, scripts)


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
        if tool.scripts or tool.lines or tool.called or tool.follows:
            named = scripts.named_by(text, posixpath.dirname(path)) if text else []
            yield from ((other, scripts.text(other) or "") for other in scripts.reached(named, anything=False))


def _called(tool: BuildTool, words: Sequence[str], scripts: ContextScripts) -> Iterator[str]:
    """The files that the words of a command name for the tool: bin/setup for `bundle exec setup`."""
    for word in words:
        name = posixpath.normpath(word) if word and not word.startswith("-") else ""
        if not name or any(mark in name for mark in "$*?[`"):
            continue
        for pattern in tool.called:
            yield from scripts.ending(posixpath.normpath(pattern.replace("{word}", name)))

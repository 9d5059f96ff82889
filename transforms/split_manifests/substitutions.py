"""The commands that an install runs within its own words: `npm ci --omit=$(cat .omit)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located, located_in
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import substitutes
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.links import links_before
from dfix.transforms.split_manifests.obstacles import why_it_stays

_BEGIN = re.compile(r"\$\((?!\()|[<>]\(|`")
_HINT = "write the value literally, or set it with an ARG"


def check_substitutions(
    run: InstallRun, install: ProjectInstall, copies: list[Copied], copied_first: Callable[[], Set[str]]
) -> None:
    """Raises LeaveAlone where a command within the install's words may read something that a copy brings too late."""
    links = links_before(run.step)
    for word in _substituting(install.located):
        for command in _commands(word, install.located):
            why = why_it_stays(command, run.step, run.step, copies, links, copied_first)
            if why:
                raise LeaveAlone("setting", f"{why}, and `{install.shown}` uses what it prints", _HINT)


def _substituting(command: Located) -> Iterator[str]:
    node = command.command
    targets = (word for redirect in node.redirects for word in (redirect.target, redirect.body) if word is not None)
    yield from (word.text for word in (*node.assigns, *node.words, *targets) if substitutes(word))


def _commands(text: str, around: Located) -> Iterator[Located]:
    """The commands within a word. Raises LeaveAlone where dfix cannot read them."""
    for script in _scripts(text):
        parsed = parse(script, 0, script)
        if parsed.opaque:
            raise LeaveAlone("setting", f"dfix cannot read the command in {text[:60]}: {parsed.opaque}", _HINT)
        yield from located_in(parsed, around.folder, around.env, conditions=True)


def _scripts(text: str) -> Iterator[str]:
    """What is within each `$(…)`, `<(…)` and pair of backquotes of a word; what is nested in it is a part of it."""
    at = 0
    while (start := _BEGIN.search(text, at)) is not None:
        at = _end(text, start.end()) if start[0] != "`" else text.find("`", start.end())
        at = len(text) if at < 0 else at
        yield text[start.end() : at].replace("\n", " ").strip()
        at += 1


def _end(text: str, at: int) -> int:
    """The offset of the parenthesis that closes the one before `at`; of the text's end if there is none."""
    depth, quote = 1, ""
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
        if not depth:
            return at
        at += 1
    return at

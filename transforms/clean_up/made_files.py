"""The files that the Dockerfile itself writes (`RUN echo … > x.sh`, `COPY <<EOF /x.sh`), copies and moves."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import Kind, of_kind
from dfix.rewriter.model.commands import located_in
from dfix.rewriter.shell.nodes import AndOr, Command, Pipeline
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands, invoked, program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import RunIndex
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Node, Script, Word

_WRITES = frozenset((">", ">>", ">|", "&>", "&>>"))
_INPUT = frozenset(("/dev/stdin", "-"))
_PRINTS = frozenset(("echo", "printf", "cat", "tee"))
_MOVES: tuple[Kind, ...] = ("moves", "places", "hard-links")
_OUTPUT_OPTION = expression(r"-[A-Za-z]*[oO]|--output|--output-document")
_ESCAPED = expression(r"(?<!\\)\\+[nrt]")
_ONLY_A_VALUE = expression(r"[\"']?\$(?:\{[^}]*\}|\w+|\(.*\))[\"']?", re.DOTALL)
_UNKNOWN = ("$", "~", "`")


class FileMove(NamedTuple):
    """A `cp`, `mv`, `ln` or `install`; paths of the image."""

    sources: tuple[str, ...]
    destination: str


class MadeFiles:
    """What a Dockerfile's RUN, COPY and ADD lines write themselves, by image path.

    A path that depends on a variable is kept as written (`$HOME/x.sh`), and stands for all files of its name.
    """

    def __init__(self, model: Model, runs: RunIndex) -> None:
        self._texts: dict[str, str | None] = {}
        self._moves: list[FileMove] = []
        self._from_elsewhere: set[str] = set()
        self._downloads: dict[str, set[str]] = {}
        for stage in model.stages:
            for step in stage.steps:
                if step.keyword in ("COPY", "ADD"):
                    self._copied(step)
                elif step.keyword == "RUN":
                    self._run(step, runs)

    def text(self, path: str) -> str | None:
        """The text that is written to a path; None for none, and where a part of it is not in the Dockerfile."""
        return self._texts.get(path)

    def at(self, image_path: str) -> list[str]:
        """The paths whose text is at an image path, or may be there."""
        named = self._by_name.get(image_path.rpartition("/")[2], ())
        return [path for path in named if path == image_path or path[0] in _UNKNOWN]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        """The paths of known texts, by name."""
        by_name: dict[str, list[str]] = {}
        for path, text in self._texts.items():
            if text is not None:
                by_name.setdefault(posixpath.basename(path), []).append(path)
        return by_name

    def called(self, pattern: str) -> list[str]:
        """The paths of a name, perhaps with wildcards."""
        texts = self._texts.items()
        return [path for path, text in texts if text is not None and fnmatchcase(posixpath.basename(path), pattern)]

    def comes_from_elsewhere(self, name: str) -> bool:
        """Whether a COPY takes a file of this name from another image, or a download is written to one."""
        return name in self._from_elsewhere or name in self._downloads

    def addresses(self, name: str) -> frozenset[str]:
        """The addresses from which a file of this name may be downloaded; none for a file that is not."""
        return frozenset(self._downloads.get(name, ()))

    def below(self, image_folder: str) -> list[str]:
        """The paths below an image folder."""
        return [path for path, text in self._texts.items() if text is not None and path.startswith(image_folder + "/")]

    def moved_from(self, image_path: str) -> Iterator[str]:
        """The image paths from which a RUN may have moved, copied or linked the file at an image path."""
        for move in self._moves:
            if image_path != move.destination and not image_path.startswith(move.destination.rstrip("/") + "/"):
                continue
            folder, name = posixpath.split(image_path)
            for source in move.sources:
                if image_path == move.destination:
                    yield source
                if folder == move.destination:
                    near = posixpath.join(posixpath.dirname(source), name)
                    if fnmatchcase(near, source):
                        yield near
                for above in (move.destination, posixpath.join(move.destination, posixpath.basename(source))):
                    if image_path.startswith(above + "/"):
                        yield source + image_path[len(above) :]

    def moved_into(self, image_folder: str) -> Iterator[str]:
        """The image paths of files that a RUN moves or copies to an image folder, or below it; some have wildcards."""
        for move in self._moves:
            if f"{move.destination}/".startswith(f"{image_folder}/"):
                yield from move.sources

    def _copied(self, step: Step) -> None:
        instruction = step.instruction
        words = [word.text for word in instruction.words]
        target = step.expand(words[-1]) if len(words) > 1 else None
        if target is None:
            return
        if instruction.flag("from") is not None:
            # a file of another stage, which is known by its path there
            sources = tuple(posixpath.join("/", source) for word in words[:-1] if (source := step.expand(word)))
            place = posixpath.normpath(posixpath.join(step.workdir or "?", target))
            self._moves.append(FileMove(tuple(map(posixpath.normpath, sources)), place))
        addresses = [word for word in words[:-1] if "://" in word]
        brought = [target] if not target.endswith("/") else []
        if instruction.flag("from") is not None:
            self._from_elsewhere.update(map(posixpath.basename, (*brought, *words[:-1])))
        elif addresses:
            self._add_download((*brought, *addresses), addresses)
        for heredoc in instruction.heredocs:
            path = posixpath.join(target, heredoc.name) if target.endswith("/") or len(words) > 2 else target
            body = instruction.text[heredoc.body.start : heredoc.body.end]
            self._write(posixpath.normpath(posixpath.join(step.workdir or "?", path)), body)

    def _run(self, step: Step, runs: RunIndex) -> None:
        script, found = step.script, runs.of(step).commands
        if script.opaque and step.instruction.heredocs:
            script = _with_heredocs(step)
            found = located_in(script, step.workdir, step.env)
        folders = {id(command.command): command.folder for command in found}
        for statement in script.statements:
            for node, target, text in _written(statement.node, None):
                self._write(_image_path(target, folders.get(id(node), step.workdir), step), text)
        for command in found:
            self._moved(command, step)
            self._downloaded(command)

    def _downloaded(self, command: Located) -> None:
        program = command.words[0].literal_or_text.strip("\"'") if command.words else ""
        if posixpath.basename(program) not in of_kind("downloads"):
            return
        words = [word.literal_or_text.strip("\"'") for word in command.words]
        redirects = [r.target.literal_or_text for r in command.command.redirects if r.op in _WRITES and r.target]
        named = [after for word, after in pairwise(words) if _OUTPUT_OPTION.fullmatch(word)]
        addresses = [word for word in words if "://" in word]
        self._add_download((*redirects, *named, *addresses), addresses)

    def _add_download(self, names: Iterable[str], addresses: Iterable[str]) -> None:
        for name in map(posixpath.basename, names):
            self._downloads.setdefault(name, set()).update(addresses)

    def _write(self, path: str, text: str | None) -> None:
        before = self._texts.get(path, "")
        known = text is not None and before is not None
        self._texts[path] = f"{before}\n{_ESCAPED.sub(chr(10), text or '')}" if known else None

    def _moved(self, command: Located, step: Step) -> None:
        words = command.words
        if len(words) < 3:
            return
        program = program_name(words[0])
        if not any(program in of_kind(kind) for kind in _MOVES):
            return
        operands = [word for word in words[1:] if not word.text.startswith("-")]
        paths = [_image_path(word, command.folder, step) for word in operands]
        if len(paths) < 2:
            return
        beside = posixpath.dirname(paths[-1])
        links = [posixpath.normpath(posixpath.join(beside, word.literal_or_text)) for word in operands[:-1]]
        self._moves.append(FileMove(tuple(dict.fromkeys((*paths[:-1], *links))), paths[-1]))


def _with_heredocs(step: Step) -> Script:
    """The script of a RUN that has commands on its line and heredocs below it, as the shell gets it."""
    instruction = step.instruction
    text = instruction.value
    for heredoc in instruction.heredocs:
        text += f"\n{instruction.text[heredoc.body.start : heredoc.body.end]}{heredoc.name}"
    return parse(text + "\n", 0, text + "\n")


def _image_path(word: Word, folder: str | None, step: Step) -> str:
    text = word.literal_or_text
    if word.value is None:
        text = (step.expand(text) or text).replace('"', "").replace("'", "")
    if any(mark in text for mark in _UNKNOWN):
        return text if text[0] in _UNKNOWN else f"$/{posixpath.basename(text)}"
    return posixpath.normpath(posixpath.join(folder or "?", text))


def _written(node: Node, piped: str | None) -> Iterator[tuple[Node, Word, str | None]]:
    """Each file that a part of a script writes, with its text; None for text that the script does not contain.

    `piped` is what the part reads from the pipeline before it.
    """
    if isinstance(node, Command):
        text = _printed(node, piped)
        targets = [redirect.target for redirect in node.redirects if redirect.op in _WRITES]
        words = invoked(node)
        program = program_name(words[0]) if words else ""
        if program == "tee":
            targets += [word for word in words[1:] if not word.text.startswith("-")]
        elif program in of_kind("moves") and any(word.value in _INPUT for word in words):
            targets.append(words[-1])
            text = _given(node) or piped
        yield from ((node, target, text) for target in targets if target is not None)
    elif isinstance(node, Pipeline):
        for part in node.parts:
            yield from _written(part, piped)
            piped = _output(part, piped)
    elif isinstance(node, AndOr):
        for part in node.parts:
            yield from _written(part, piped)
    else:
        targets = [redirect.target for redirect in node.redirects if redirect.op in _WRITES]
        text = _output(node, piped) if targets else None
        first = next(commands(node), node)
        yield from ((first, target, text) for target in targets if target is not None)
        for statement in node.body:
            yield from _written(statement.node, piped)


def _output(node: Node, piped: str | None) -> str | None:
    """What all commands of a node print; None if one of them prints what is not in the script."""
    texts = [_printed(command, piped) for command in commands(node)]
    return None if None in texts else "\n".join(text or "" for text in texts)


def _printed(command: Command, piped: str | None) -> str | None:
    """What a command prints; None where that is not in the script."""
    words = invoked(command)
    program = program_name(words[0]) if words else ""
    operands = [word for word in words[1:] if program not in ("cat", "tee") or not word.text.startswith("-")]
    if program not in _PRINTS or any(redirect.op == "<" for redirect in command.redirects):
        return None
    if program in ("cat", "tee"):
        return (_given(command) or piped) if program == "tee" or not operands else None
    if any(_ONLY_A_VALUE.fullmatch(word.text) for word in operands):
        return None
    return (" " if program == "echo" else "\n").join(word.literal_or_text for word in operands)


def _given(command: Command) -> str | None:
    """The heredocs and here-strings that a command reads; None for none."""
    bodies = [redirect.body.text for redirect in command.redirects if redirect.body is not None]
    strings = [r.target.literal_or_text for r in command.redirects if r.op == "<<<" and r.target is not None]
    return "\n".join((*bodies, *strings)) if bodies or strings else None

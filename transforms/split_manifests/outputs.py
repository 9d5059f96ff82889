"""Where the output of a script's commands goes."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.shell.nodes import AndOr, Command, Node, Pipeline, Redirect, Script, Word
from dfix.rewriter.shell.walk import invoked, program_name
from dfix.rewriter.text.named_tuple import NamedTuple


class Receivers(NamedTuple):
    """What receives the output of a command, apart from the log of the build."""

    files: tuple[Word, ...] = ()
    programs: tuple[str, ...] = ()
    """Those after it in its pipeline, except `tee`."""


def outputs(script: Script) -> dict[int, Receivers]:
    """What receives the output of each simple command of a script, by its id."""
    return {id(command): output for s in script.statements for command, output in _of(s.node, Receivers())}


def _of(node: Node, outer: Receivers) -> Iterator[tuple[Command, Receivers]]:
    if isinstance(node, Command):
        yield node, _redirected(node.redirects, outer)
    elif isinstance(node, AndOr):
        for part in node.parts:
            yield from _of(part, outer)
    elif isinstance(node, Pipeline):
        for at, part in enumerate(node.parts):
            yield from _of(part, _piped(node.parts[at + 1 :], outer))
    else:
        for statement in node.body:
            yield from _of(statement.node, _redirected(node.redirects, outer))


def _redirected(redirects: tuple[Redirect, ...], outer: Receivers) -> Receivers:
    files = tuple(r.target for r in redirects if r.target is not None and ">" in r.op and r.op != ">&")
    return Receivers(files) if files else outer


def _piped(following: tuple[Node, ...], outer: Receivers) -> Receivers:
    output = outer
    for part in reversed(following):
        words = invoked(part) if isinstance(part, Command) else ()
        if not isinstance(part, Command) or not words:
            output = Receivers(output.files, ("", *output.programs))
            continue
        output = _redirected(part.redirects, output)
        name = program_name(words[0])
        if name == "tee":
            output = Receivers((*output.files, *(w for w in words[1:] if not w.text.startswith("-"))), output.programs)
        else:
            output = Receivers(output.files, (name, *output.programs))
    return output

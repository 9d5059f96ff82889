"""The ARGs before the first FROM, and which build arguments a step depends on."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.dockerfile.expand import names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.model.build import Model, assignments
from dfix.rewriter.model.reruns.build_steps import makes_layer
from dfix.rewriter.model.stage import Stage, Step, known

_Names = dict[str, frozenset[str]]
"""For each variable, the build arguments that its value depends on."""


def global_values(tree: Tree) -> dict[str, str]:
    """The defaults of the ARGs before the first FROM."""
    found: dict[str, str] = {}
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            break
        if instruction.keyword == "ARG":
            for word in instruction.words:
                name, sign, raw = word.text.partition("=")
                value = known(raw, found, tree.escape) if sign else None
                if value is not None:
                    found[name] = value
    return found


def own_arguments(model: Model) -> dict[Step | Stage, frozenset[str]]:
    """For each step, and each stage by its FROM, the build arguments that it depends on by itself.

    Every RUN after an ARG does, whether it uses the value or not (BuildKit puts them all into its environment); a COPY
    only if it names one. An ENV of the same name wins over an ARG.
    """
    found: dict[Step | Stage, frozenset[str]] = {}
    variables: dict[int, _Names] = {}
    for stage in model.stages:
        inherits = stage.parent is not None and stage.parent in model.stages
        image = stage.instruction.words[0].text if stage.instruction.words else ""
        found[stage] = frozenset() if inherits else _named(image, {}, stage.instruction.escape)
        values = dict(variables[stage.parent.index]) if inherits and stage.parent is not None else {}
        for step in stage.steps:
            if not step.onbuild:
                own = _own(step, values)
                if makes_layer(step):
                    found[step] = own
        variables[stage.index] = values
    return found


def _own(step: Step, values: _Names) -> frozenset[str]:
    """The build arguments that a step depends on by itself; `values` gets what an ARG or ENV sets."""
    instruction = step.instruction
    if step.keyword == "ARG":
        for word in instruction.words:
            name, _, raw = word.text.partition("=")
            if name not in values or name in values[name]:  # else an ENV has set it
                values[name] = frozenset((name,)) | _named(raw, values, instruction.escape)
    elif step.keyword == "ENV":
        new = {name: _named(raw, values, instruction.escape, bare=False) for name, raw in assignments(instruction)}
        values.update(new)
    elif step.keyword == "RUN":
        return frozenset().union(*values.values())
    elif step.keyword in ("COPY", "ADD", "WORKDIR"):
        texts = [*(word.text for word in instruction.words), *(flag.value or "" for flag in instruction.flags)]
        bodies = (heredoc.body for heredoc in instruction.heredocs if heredoc.expands)
        texts += [instruction.text[body.start : body.end] for body in bodies]
        return frozenset().union(*(_named(text, values, instruction.escape, bare=False) for text in texts))
    return frozenset()


def _named(text: str, values: _Names, escape: str, *, bare: bool = True) -> frozenset[str]:
    """The build arguments that the variables of a text depend on; `bare`: an unknown variable is one itself."""
    return frozenset().union(*(values.get(name, frozenset((name,) * bare)) for name in _names(text, escape)))


def _names(text: str, escape: str) -> Iterator[str]:
    try:
        yield from names(text, escape)
    except ExpansionError:
        return

"""The variables in force at a RUN, as far as the Dockerfile sets them: for an ordinary build, without `--build-arg`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from operator import itemgetter
from types import MappingProxyType

from dfix.rewriter.dockerfile.expansion import LONGEST
from dfix.rewriter.model.build import assignments
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.facts import OF_MACHINE, with_facts
from dfix.rewriter.model.stage import Stage, Step, known
from dfix.rewriter.text.expression import expression

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where BuildKit, and so most base images, look for programs."""
OF_PLATFORM = OF_MACHINE | {"TARGETPLATFORM", "BUILDPLATFORM", "TARGETSTAGE"}
"""Build arguments that BuildKit sets; here they count as empty.

Source: docs.docker.com ("Automatic platform ARGs in the global scope").
"""
_VARIABLE = expression(r"\$(?:\{(?P<braced>\w+)(?::?[-+?][^}]{0,2000}+)?\}|(?P<plain>\w+))")


def values_in_force(step: Step, command: Located) -> dict[str, str]:
    """Each variable that ENV, ARG or the script sets for a command, with its value.

    What only the base image or `--build-arg` sets counts as empty, except PATH. A value that only the running shell
    knows keeps its `$`, or is "$"; a fact of the machine in it is FACT.
    """
    values = _before(step.stage, step.index)
    values["PWD"] = command.folder or "$PWD"
    for name, value in command.assigned.items():
        if not name.isidentifier():  # `. ./env.sh`
            continue
        values[name] = "$" if value is None else filled(with_facts(value), values)
    return values


def value_before(step: Step, word: str, defaults: Mapping[str, str] = MappingProxyType({})) -> str:
    """A word of an instruction as an ordinary build expands it; `defaults` are those of the ARGs before the first FROM.

    What only the base image or `--build-arg` sets counts as empty.
    """
    found = step.expand(word)
    if found is not None:
        return found
    values = _before(step.stage, step.index)
    given = {name: value for name, value in defaults.items() if name in values and not values[name]}
    return _value(step, word, {**values, **given})


def _before(stage: Stage, index: int) -> dict[str, str]:
    """The values before the step of a stage with an index. Each instruction is only read once, for all later steps."""
    values: dict[str, str] = {"PATH": DEFAULT_PATH}
    for other in reversed(list(stage.ancestry())):
        if other.values is None:
            other.values = tuple(_set_by(other, dict(values)))
        end = len(other.values) if other is not stage else bisect_left(other.values, index, key=itemgetter(0))
        done, latest = other.latest_values or (0, values)
        if done > end:
            done, latest = 0, values
        values = dict(latest)
        for _, wins, found in other.values[done:end]:
            _add(values, found, wins=wins)
        other.latest_values = end, dict(values)
    return values


def _add(values: dict[str, str], found: Mapping[str, str], *, wins: bool) -> None:
    """Add what an instruction sets; an ENV of the same name wins over a build argument."""
    for name, value in found.items():
        if wins:
            values[name] = value
        else:
            values.setdefault(name, value)


def _set_by(stage: Stage, values: dict[str, str]) -> Iterator[tuple[int, bool, dict[str, str]]]:
    """What each ENV and ARG of a stage sets: its index, whether it wins over what was set before it, and the values."""
    for step in stage.steps:
        if step.onbuild or step.keyword not in ("ENV", "ARG"):
            continue
        wins = step.keyword == "ENV"
        pairs = assignments(step.instruction) if wins else _arguments(step)
        found = {name: _value(step, raw, values) for name, raw in pairs}
        _add(values, found, wins=wins)
        yield step.index, wins, found


def _arguments(step: Step) -> list[tuple[str, str]]:
    """The build arguments of an ARG; without a value of its own, one has that from before the first FROM."""
    words = (word.text.partition("=") for word in step.instruction.words)
    defaults = step.stage.defaults
    return [(name, raw if sign else filled(defaults.get(name, ""), defaults)) for name, sign, raw in words]


def _value(step: Step, raw: str, values: Mapping[str, str]) -> str:
    value = known(raw, values, step.instruction.escape)
    return filled(raw, values, others="").strip("\"'") if value is None else value


def filled(text: str, values: Mapping[str, str], others: str | None = None) -> str:
    """The text with its variables replaced; those without a value stay as they are, or become `others`.

    What would make it longer than BuildKit lets a value be stays "$".
    """
    left = LONGEST

    def value_of(match: re.Match[str]) -> str:
        nonlocal left
        value = values.get(match["braced"] or match["plain"], match[0] if others is None else others)
        left -= len(value)
        return value if left >= 0 else "$"

    return _VARIABLE.sub(value_of, text)

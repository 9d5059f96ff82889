"""The variables in force at a RUN, as far as the Dockerfile sets them: for an ordinary build, without `--build-arg`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile

from dfix.rewriter.model.build import assignments
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.stage import Step, known

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where BuildKit, and so most base images, look for programs."""
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?[-+?][^}]*)?\}|(?P<plain>\w+))")


def values_in_force(step: Step, command: Located) -> dict[str, str]:
    """Each variable that ENV, ARG or the script sets for a command, with its value.

    What only the base image or `--build-arg` sets counts as empty, except PATH. A value that only the running shell
    knows keeps its `$`, or is "$".
    """
    if step.values is None:
        step.values = _values_before(step)
    values = dict(step.values)
    values["PWD"] = command.folder or "$PWD"
    for name, value in command.assigned.items():
        if not name.isidentifier():  # `. ./env.sh`
            continue
        values[name] = "$" if value is None else filled(value, values)
    return values


def _values_before(step: Step) -> dict[str, str]:
    """What ENV and ARG set for a RUN."""
    values: dict[str, str] = {"PATH": DEFAULT_PATH}
    for stage in reversed(list(step.stage.ancestry())):
        for other in takewhile(lambda other: other is not step, stage.steps):
            if other.onbuild:
                continue
            if other.keyword == "ENV":
                values |= {name: _value(other, raw, values) for name, raw in assignments(other.instruction)}
            elif other.keyword == "ARG":
                words = (word.text.partition("=") for word in other.instruction.words)
                # an ENV of the same name wins over a build argument
                values = {**{name: _value(other, raw, values) for name, _, raw in words}, **values}
    return values


def _value(step: Step, raw: str, values: Mapping[str, str]) -> str:
    value = known(raw, values, step.instruction.escape)
    return filled(raw, values, others="").strip("\"'") if value is None else value


def filled(text: str, values: Mapping[str, str], others: str | None = None) -> str:
    """The text with its variables replaced; those without a value stay as they are, or become `others`."""

    def value_of(match: re.Match[str]) -> str:
        return values.get(match["braced"] or match["plain"], match[0] if others is None else others)

    return _VARIABLE.sub(value_of, text)

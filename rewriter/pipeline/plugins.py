"""Loading plug-ins, and checking that their modules and answers are those of a valid rule.

A faulty plug-in only loses its own rule; everything else goes on.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from itertools import pairwise
from typing import cast, get_args

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.pipeline.installed_plugins import Plugin
from dfix.rewriter.pipeline.transform import Transform
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit

_SHAPE: dict[str, type] = {
    "NAME": str,
    "SUMMARY": str,
    "CONTRACT": str,
    "CODES": tuple,
    "ORDER": int,
    "EXAMPLES": tuple,
    "__doc__": str,
}
_CONTRACTS = get_args(Contract)


class PluginRule(NamedTuple):
    """A plug-in and its rule."""

    plugin: Plugin
    transform: Transform


class PluginFault(NamedTuple):
    """Why a plug-in's rule is left out, of a whole run or of one file."""

    plugin: Plugin
    message: str
    hint: str
    trace: str = ""
    """The traceback of an error in the plug-in."""

    def __str__(self) -> str:
        return f"plug-in `{self.plugin.name}` of {self.plugin.distribution} {self.message}. {self.hint}"


def load(plugins: Iterable[Plugin], taken: frozenset[str]) -> tuple[tuple[PluginRule, ...], tuple[PluginFault, ...]]:
    """Import plug-ins and return their rules and the faults of those that are left out.

    `taken` are the names of dfix's own rules. Exceptions that a plug-in raises become faults.
    """
    loaded: dict[str, PluginRule] = {}
    faults = []
    for plugin in plugins:
        if plugin.name in taken or plugin.name in loaded:
            owner = "dfix" if plugin.name in taken else loaded[plugin.name].plugin.distribution
            message = f"is left out, because {owner} already has a rule of that name"
            faults.append(PluginFault(plugin, message, f"Uninstall or rename one of them{_OR_ISOLATED}"))
            continue
        found = _import(plugin)
        if isinstance(found, PluginFault):
            faults.append(found)
        else:
            loaded[plugin.name] = PluginRule(plugin, found)
    return tuple(loaded.values()), tuple(faults)


_OR_ISOLATED = ", or leave all plug-ins out with --isolated"


def _import(plugin: Plugin) -> Transform | PluginFault:
    name = plugin.distribution.partition(" ")[0]
    try:
        module = importlib.import_module(plugin.module)
    except (Exception, SystemExit) as error:
        import traceback

        message = f"is left out, because it cannot be imported ({_said(error)})"
        return PluginFault(plugin, message, f"Update or uninstall {name}{_OR_ISOLATED}", traceback.format_exc())
    wrong = _wrong_shape(plugin, module)
    if wrong:
        message = f"is left out, because {wrong}"
        return PluginFault(plugin, message, f"Update or uninstall {name}{_OR_ISOLATED}")
    return cast("Transform", module)


def _wrong_shape(plugin: Plugin, module: object) -> str:
    """Why a module is not a valid rule, or ""."""
    for name, form in _SHAPE.items():
        if not isinstance(getattr(module, name, None), form):
            what = "has no docstring" if name == "__doc__" else f"has no {name} that is a `{form.__name__}`"
            return f"its module {plugin.module} {what}"
    made = cast("Transform", module)
    if made.CONTRACT not in _CONTRACTS:
        return f"its CONTRACT is `{made.CONTRACT}`, not one of {', '.join(_CONTRACTS)}"
    if plugin.name != made.NAME:
        return f"its NAME is `{made.NAME}`: the entry point and NAME must be the same"
    if not made.NAME.replace("-", "").isalnum():
        return "its NAME contains characters other than letters, digits and hyphens"
    return "" if callable(getattr(module, "propose", None)) else f"its module {plugin.module} has no function `propose`"


def check_answer(transform: Transform, answer: object, length: int) -> None:
    """Raise PluginAnswerError if a plug-in's answer about a text of `length` characters is invalid."""
    fault = answer_fault(transform, answer, length)
    if fault:
        raise PluginAnswerError(fault)


def answer_fault(transform: Transform, answer: object, length: int) -> str:
    """Why a plug-in's answer about a text of `length` characters is invalid, or ""."""
    if not isinstance(answer, Change | Refusal):
        return f"returned a `{type(answer).__name__}`, which is neither a Change nor a Refusal"
    if answer.rule != transform.NAME:
        return f"returned an answer for the rule `{answer.rule}`"
    if not _is_offset(answer.offset, length):
        return f"returned offset {answer.offset!r} in a text of {length} characters"
    if not isinstance(answer.checks, tuple):
        return f"returned {str(answer.checks)[:80]} instead of a tuple of checks"
    if wrong := _text_fault(*answer.checks):
        return wrong
    if isinstance(answer, Change):
        return _text_fault(answer.reason, *answer.ignored) or _change_fault(answer, length)
    return _text_fault(answer.code, answer.reason, answer.hint)


def _text_fault(*texts: object) -> str:
    wrong = [text for text in texts if not isinstance(text, str)]
    return f"returned {str(wrong[0])[:80]} instead of a string" if wrong else ""


def _change_fault(change: Change, length: int) -> str:
    if change.contract not in _CONTRACTS:
        return f"promised `{change.contract}`, which is not one of {', '.join(_CONTRACTS)}"
    if not change.edits and not change.ignored:
        return "proposed a change without edits"
    for edit in change.edits:
        if not (isinstance(edit, Edit) and isinstance(edit.text, str)):
            return f"proposed {str(edit)[:80]}, which is not an Edit"
        if not (_is_offset(edit.span.start, length) and _is_offset(edit.span.end, length)):
            return f"edited {edit.span.start!r} to {edit.span.end!r} in a text of {length} characters"
        if edit.span.start > edit.span.end:
            return f"proposed an edit that ends at {edit.span.end} before it starts at {edit.span.start}"
    spans = sorted(edit.span for edit in change.edits)
    for one, other in pairwise(spans):
        if other.start < one.end or one == other:
            return f"proposed one change whose edits overlap at {other.start}"
    return ""


def _is_offset(value: object, length: int) -> bool:
    return isinstance(value, int) and 0 <= value <= length


def run_fault(plugin: Plugin, error: Exception, path: str) -> PluginFault:
    """The fault of a plug-in that returned an invalid answer or raised an error on the file at `path`."""
    name = plugin.distribution.partition(" ")[0]
    message, trace = str(error), ""
    if not isinstance(error, PluginAnswerError):
        import traceback

        message = f"failed ({_said(error)})"
        trace = "".join(traceback.format_exception(error))
    hint = f"Report it to the authors of {name}, and run dfix with --ignore {plugin.name} until it is fixed"
    return PluginFault(plugin, f"{message} on {path}, so its rule was skipped there", hint, trace)


class PluginAnswerError(Exception):
    """A plug-in returned an invalid answer."""


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ").removesuffix(": ")

"""One place that a known check reports, as a change or as a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.transforms.modernise.rule import CONTRACT, NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dfix.rewriter.answers.reason import LeaveAlone
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.text.source import Edit


def answered(
    instruction: Instruction,
    checks: tuple[str, ...],
    edits: Iterable[Edit],
    reason: str,
    contract: Contract = CONTRACT,
) -> Change:
    """The change of an instruction after which these checks no longer report it; its reason names them."""
    sentence = f"{reason} ({', '.join(checks)})"
    return Change(NAME, instruction.span.start, tuple(edits), sentence, contract, checks=checks)


def left_alone(instruction: Instruction, checks: tuple[str, ...], no: LeaveAlone) -> Refusal:
    """The refusal for an instruction that these checks report."""
    refusal = Refusal(NAME, instruction.span.start, *no.reason)
    return refusal._replace(reason=f"{refusal.reason} ({', '.join(checks)})", checks=checks)

"""What a command reads, writes, costs and leaves behind, and whether it may swap places with a COPY."""

from dfix.rewriter.model.effects.conflict import conflict, is_named, only_adds
from dfix.rewriter.model.effects.cost import CommandCost, command_cost, prepares
from dfix.rewriter.model.effects.effect_record import Effects, Place
from dfix.rewriter.model.effects.of_command import effects

__all__ = [
    "CommandCost",
    "Effects",
    "Place",
    "command_cost",
    "conflict",
    "effects",
    "is_named",
    "only_adds",
    "prepares",
]

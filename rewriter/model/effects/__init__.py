"""What a command reads, writes, costs and leaves behind, and whether it may change places with a copy."""

from dfix.rewriter.model.effects.conflict import conflict
from dfix.rewriter.model.effects.cost import Costs, costs, prepares
from dfix.rewriter.model.effects.effect_record import Effects, Place
from dfix.rewriter.model.effects.of_command import effects

__all__ = ["Costs", "Effects", "Place", "conflict", "costs", "effects", "prepares"]

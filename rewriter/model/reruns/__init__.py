"""Which steps of a build run again, and what makes them."""

from dfix.rewriter.model.reruns.again import Cause, Reruns
from dfix.rewriter.model.reruns.build_steps import makes_layer
from dfix.rewriter.model.reruns.edited import edited

__all__ = ["Cause", "Reruns", "edited", "makes_layer"]

"""The lossless tree of a Dockerfile."""

from dfix.rewriter.dockerfile.instruction import ArgWord, Flag, Heredoc, Instruction
from dfix.rewriter.dockerfile.tree import Directive, Fault, Tree, Trivia, parse

__all__ = ["ArgWord", "Directive", "Fault", "Flag", "Heredoc", "Instruction", "Tree", "Trivia", "parse"]

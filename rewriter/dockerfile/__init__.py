"""The lossless tree of a Dockerfile."""

from rewriter.syntax.instruction import ArgWord, Flag, Heredoc, Instruction
from rewriter.syntax.tree import Directive, Fault, Tree, Trivia, parse

__all__ = ["ArgWord", "Directive", "Fault", "Flag", "Heredoc", "Instruction", "Tree", "Trivia", "parse"]

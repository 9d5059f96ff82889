"""The lossless tree of a Dockerfile."""

from dfix.rewriter.dockerfile.instruction import ArgWord, Heredoc, Instruction, InstructionFlag
from dfix.rewriter.dockerfile.tree import Directive, Fault, Tree, Trivia, parse

__all__ = ["ArgWord", "Directive", "Fault", "Heredoc", "Instruction", "InstructionFlag", "Tree", "Trivia", "parse"]

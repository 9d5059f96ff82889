"""Checks on every result, which know nothing of the rules. Each returns what is wrong, or ""."""

from dfix.rewriter.pipeline.guards.same_files import same_files
from dfix.rewriter.pipeline.guards.text import builds, outside_is_unchanged, second_reader_agrees

__all__ = ["builds", "outside_is_unchanged", "same_files", "second_reader_agrees"]

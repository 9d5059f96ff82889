"""`dfix --write --verify` is `dfix verify --write`, with every option of it."""

from __future__ import annotations


def with_verify(words: list[str]) -> list[str]:
    """The command line without `--verify`; without `--write` it is left for the reader to refuse."""
    if "--write" not in words or words[0] == "verify":
        return words
    return ["verify", *(word for word in words if word != "--verify")]

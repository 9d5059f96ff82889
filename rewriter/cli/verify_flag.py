"""`dfix --write --verify` is `dfix verify --write`, with every option of it."""

from __future__ import annotations

from dfix.rewriter.cli.flags import VERIFY, WRITE


def with_verify(words: list[str]) -> list[str]:
    """The command line without `--verify`; without `--write` it is left for the reader to refuse."""
    if words[0] == "verify" or not set(WRITE.names).intersection(words):
        return words
    return ["verify", *(word for word in words if word not in VERIFY.names)]

"""`dfix --write --verify` means `dfix verify --write`, with all of its options."""

from __future__ import annotations

from dfix.rewriter.cli.flags import VERIFY, WRITE


def with_verify(words: list[str]) -> list[str]:
    """The command line of `dfix verify`. Without `--write` it stays as is, for the parser to refuse."""
    if words[0] == "verify" or not set(WRITE.names).intersection(words):
        return words
    return ["verify", *(word for word in words if word not in VERIFY.names)]

"""What git lists: the files of a commit or of the index."""

from __future__ import annotations

from collections.abc import Iterator

LINK, SUBMODULE, PROGRAM = "120000", "160000", "100755"
_KINDS = ("blob", "commit", "tree")


def entries(out: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Path, mode and object of each line of `ls-tree -z` or `ls-files -z --stage`."""
    for line in filter(None, out.split("\0")):
        said, _, path = line.partition("\t")
        mode, *rest = said.split(" ")
        yield path, (mode, rest[1] if rest[0] in _KINDS else rest[0])

"""Which folders below the copied context a Dockerfile works in."""

from __future__ import annotations

import posixpath

from dfix.rewriter.dockerfile import Tree


def work_folders(tree: Tree) -> list[str]:
    """The folders of the context, as relative paths, that a WORKDIR enters below the destination of `COPY . DIR`.

    `WORKDIR /s`, `COPY . .` and `WORKDIR /s/util/a` give ["util/a"]: the context must have that folder.
    """
    folder = "/"
    copied_to: list[str] = []
    found = []
    for instruction in tree.instructions:
        if instruction.keyword not in ("FROM", "WORKDIR", "COPY", "ADD"):
            continue
        words = [word.text for word in instruction.words]
        if instruction.keyword == "FROM":
            folder, copied_to = "/", []
        elif instruction.keyword == "WORKDIR" and words and "$" not in words[0]:
            folder = posixpath.normpath(posixpath.join(folder, words[0]))
            for destination in copied_to:
                below = posixpath.relpath(folder, destination)
                if below != "." and not below.startswith(".."):
                    found.append(below)
        elif instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None and len(words) == 2:
            source, destination = words
            copied_to += [posixpath.normpath(posixpath.join(folder, destination))] * (source in (".", "./"))
    return found

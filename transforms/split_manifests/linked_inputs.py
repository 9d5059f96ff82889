"""What is copied first must not lead to what comes later: by a symbolic link, or by a link on a page of packages.

COPY of a folder copies the links in it as links. COPY of a link itself copies the file to which it leads.
Sources: docs.docker.com ("Dockerfile reference: COPY"), pip.pypa.io ("pip install: --find-links").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import within
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.stage_copies import StageCopies

_PAGES = (".html", ".htm")
_PROJECTS = ("pyproject.toml", "setup.py", "package.json")
"""Files of a folder that is built, not searched for packages: its pages are documentation."""
_HREF = expression(r"""\bhref\s*=\s*(?:"([^"#?]*)|'([^'#?]*)|([^\s"'>#?]+))""", re.IGNORECASE)
_ELSEWHERE = expression(r"(?!file:)[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class _Leads(NamedTuple):
    """A path that something which is copied first leads to."""

    source: str
    """The context path of the link or page."""
    target: str
    """What it says."""
    path: str
    """The image path that it means."""


def check_linked_inputs(copies: StageCopies, move: Move, read: Needed, late: Callable[[str], str | None]) -> None:
    """Raises LeaveAlone where an input leads to a file that a moved copy brings.

    `late` says which file or folder of the context comes to an image path after the install.
    """
    for leads in _all(copies, move, read):
        if any(within(leads.path, folder.path) for folder in read.folders):
            continue  # what leads out of there is looked at, too
        if any(late(path) is not None for path in _on_the_way(copies, leads.path)):
            reason = f"{leads.source} leads to {leads.target}, which a split would copy after the install"
            raise LeaveAlone(
                "linked-folder",
                reason,
                f"keep the real files in {posixpath.dirname(leads.source) or 'the same folder'}",
            )


def _all(copies: StageCopies, move: Move, read: Needed) -> Iterator[_Leads]:
    for folder in read.folders:
        built = any(copies.context.ships(posixpath.join(folder.source, name)) for name in _PROJECTS)
        for source in copies.context.below(folder.source):
            path = posixpath.join(folder.path, posixpath.relpath(source, folder.source or "."))
            link = copies.context.link(source)
            if link is not None:
                yield _leads(source, path, link)
            elif not built:
                yield from _of_page(copies, source, path)
    for file in read.files:
        # the line for a moved copy names the link, so it brings the file
        link = None if file.copy in move.copies else copies.file_map.link_at(file.path)
        if link is not None:
            yield _leads(file.source, file.path, link)
        yield from _of_page(copies, file.source, file.path)


def _leads(source: str, path: str, target: str) -> _Leads:
    written = _unquoted(target.removeprefix("file:").removeprefix("//")) if target.startswith("file:") else target
    return _Leads(source, target, posixpath.normpath(posixpath.join(posixpath.dirname(path), written)))


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def _of_page(copies: StageCopies, source: str, path: str) -> Iterator[_Leads]:
    """What a page of `--find-links`, or of an index, links to."""
    if not source.lower().endswith(_PAGES):
        return
    for match in _HREF.finditer(copies.context.read(source) or ""):
        target = _unquoted(match[1] or match[2] or match[3] or "")
        if target and not _ELSEWHERE.match(target):
            yield _leads(source, path, target)


def _on_the_way(copies: StageCopies, path: str) -> list[str]:
    """The path, the first link on it that leads to a folder, and where all its links lead."""
    found = (path, copies.file_map.link_on(path), copies.file_map.followed(path))
    return [place for place in found if place is not None]

"""The open documents, with the text in the editor's windows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes, urlsplit

from lsprotocol.types import TextDocumentContentChangeEvent, TextDocumentContentChangePartial, TextDocumentItem

from dfix.rewriter.server.positions import Positions
from dfix.rewriter.text.discover import is_dockerfile_name
from dfix.rewriter.text.named_tuple import NamedTuple

_LANGUAGES = frozenset(("dockerfile", "docker", "containerfile"))


class Document(NamedTuple):
    """One version of a document. `path` is None if it is not a file on this machine (`untitled:`, `git:`)."""

    uri: str
    path: str | None
    language: str
    version: int
    text: str

    @property
    def is_dockerfile(self) -> bool:
        """Whether the editor's language id or the file name says so."""
        return self.language.lower() in _LANGUAGES or is_dockerfile_name(os.path.basename(self.path or ""))


class Documents:
    """The open documents by URI. Each change creates a new `Document`, so a reader always sees a single version."""

    def __init__(self) -> None:
        self.encoding = "utf-16"
        self._open: dict[str, Document] = {}

    def all(self) -> list[Document]:
        """Every open document."""
        return [*self._open.values()]

    def get(self, uri: str) -> Document | None:
        """The newest version of a document, None if it is not open."""
        return self._open.get(uri)

    def at(self, path: str) -> Document | None:
        """The open document of a file."""
        return next((document for document in self._open.values() if document.path == path), None)

    def ignore_files(self) -> Documents:
        """Only the open ignore files, which a quick fix may extend."""
        found = Documents()
        found.encoding = self.encoding
        found._open = {uri: one for uri, one in self._open.items() if (one.path or "").endswith("dockerignore")}
        return found

    def open(self, item: TextDocumentItem) -> None:
        """Add a document with the editor's text."""
        self._open[item.uri] = Document(item.uri, path_of(item.uri), item.language_id, item.version, item.text)

    def change(self, uri: str, version: int, changes: Sequence[TextDocumentContentChangeEvent]) -> None:
        """Apply edits in order, each to the result of the previous one."""
        before = self._open.get(uri)
        if before is None:
            return
        text = before.text
        for change in changes:
            if isinstance(change, TextDocumentContentChangePartial):
                positions = Positions(text, self.encoding)
                start = positions.offset(change.range.start.line, change.range.start.character)
                end = positions.offset(change.range.end.line, change.range.end.character)
                text = text[:start] + change.text + text[max(start, end) :]
            else:
                text = change.text
        self._open[uri] = before._replace(version=version, text=text)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self._open.pop(uri, None)


def path_of(uri: str) -> str | None:
    """The path of a `file:` URI, keeping bytes that are not UTF-8; None for any other URI."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    if os.name == "nt":
        from urllib.request import url2pathname

        return url2pathname(parts.path)
    return os.fsdecode(unquote_to_bytes(parts.path)) or None


def uri_of(path: str) -> str:
    """The `file:` URI of an absolute path."""
    from pathlib import Path

    return Path(path).as_uri()

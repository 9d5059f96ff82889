"""The workspace's folders, and the editor's settings for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from lsprotocol import types

from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.server.documents import path_of
from dfix.rewriter.server.preferences import Preferences, read

SECTION = "dfix"


class Folders:
    """Preferences by folder. `say(subject, text, trace)` shows a message once."""

    def __init__(self, say: Callable[[str, str, str], None]) -> None:
        self._say = say
        self._rules = pipeline.rule_names()
        self._common = Preferences()
        self._by_uri: dict[str, Preferences] = {}
        self.uris: list[str] = []

    def set(self, folders: Iterable[types.WorkspaceFolder], root: str | None) -> None:
        """Set the folders of a new session; older editors only send `root`."""
        self.uris = [folder.uri for folder in folders] or ([root] if root else [])

    def move(self, event: types.WorkspaceFoldersChangeEvent) -> None:
        """Add and remove folders."""
        gone = {folder.uri for folder in event.removed}
        self.uris = [uri for uri in self.uris if uri not in gone]
        self.uris += [folder.uri for folder in event.added if folder.uri not in self.uris]
        for uri in gone:
            self._by_uri.pop(uri, None)

    def take(self, data: object) -> None:
        """Take settings for all folders, either directly or below the key of the server's name."""
        inner = data.get(SECTION, data) if isinstance(data, dict) else data
        self._common, faults = read(inner, self._rules)
        self._say("preferences", "; ".join(faults), "")

    def take_each(self, answers: Iterable[tuple[str, object]]) -> None:
        """Take the requested settings of each folder."""
        found = {uri: read(data, self._rules) for uri, data in answers if data is not None}
        self._by_uri = {uri: preferences for uri, (preferences, _) in found.items()}
        faults = dict.fromkeys(fault for _, told in found.values() for fault in told)
        self._say("preferences", "; ".join(faults), "")

    def of(self, uri: str) -> tuple[Preferences, str]:
        """The preferences for a document, and the folder that their paths are relative to."""
        inside = [folder for folder in self.uris if uri.startswith(folder.rstrip("/") + "/")]
        folder = max(inside, key=len, default="")
        path = path_of(folder) if folder else None
        own = os.path.dirname(path_of(uri) or "")
        return self._by_uri.get(folder, self._common), path or own

    def holds(self, path: str) -> bool:
        """Whether a file or folder is in the workspace."""
        found = [os.path.realpath(path_of(uri) or "") for uri in self.uris]
        return any(path == folder or path.startswith(folder + os.sep) for folder in found)

"""One editor's session: what is known about its documents, and asking about them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pygls.exceptions import JsonRpcInternalError

from dfix.rewriter.pipeline.registry import plugin_faults
from dfix.rewriter.server.analyses import told
from dfix.rewriter.server.analysis import Analysis, late
from dfix.rewriter.server.contexts import Folder
from dfix.rewriter.server.documents import Document, Documents
from dfix.rewriter.server.launcher import Launcher
from dfix.rewriter.server.preferences import Preferences
from dfix.rewriter.server.questions import News, Question, Reply
from dfix.rewriter.server.schedule import Need, ProcessEndedError, Schedule
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem

SKIPPED_SECONDS = 10.0
"""A document that takes too long is not analysed again for so long, unless something changes."""
_TRIES = 3
Answer = TypeVar("Answer")


class SkippedError(Exception):
    """There is no answer, because the document is too large, or takes too long."""

    def __init__(self, document: Document, problem: Problem) -> None:
        super().__init__(problem.message)
        self.document, self.problem = document, problem


class _Skipped(NamedTuple):
    """Which document was skipped, at which state of the files, and until when."""

    document: Document
    generation: int
    until: float
    problem: Problem


class Session:
    """Asks about the documents. `say(subject, text, trace)` shows a message once."""

    def __init__(self, documents: Documents, launcher: Launcher, say: Callable[[str, str, str], None]) -> None:
        self.documents = documents
        self.preferences: Callable[[str], tuple[Preferences, str]] = lambda _uri: (Preferences(), "")
        self._schedule = Schedule(launcher)
        self._say = say
        self._folders: dict[str, Folder] = {}
        self._skipped: dict[str, _Skipped] = {}
        self._generation = 0

    def begin(self) -> None:
        """Show which plug-ins cannot be loaded."""
        for fault in plugin_faults():
            self._say(*told(fault))

    async def answer(self, uri: str, ask: Callable[[Analysis], Answer], need: Need) -> Answer | None:
        """The answer of `ask`, a function that can be pickled, about the newest version of a document.

        None if dfix doesn't handle the document, or if it is edited faster than it can be analysed. Raises
        SkippedError, and JsonRpcInternalError for what `ask` raises.
        """
        for _ in range(_TRIES):
            document = self.documents.get(uri)
            if document is None or not document.is_dockerfile:
                return None
            asked: list[Document] = []
            try:
                reply = await self._schedule.ask(uri, need, lambda: self._question(uri, ask, asked))  # noqa: B023
            except ProcessEndedError as error:
                path = document.path or document.uri
                raise self._skip(asked[-1], late(path) if error.late else _crashed(path)) from None
            for said in reply.said:
                self._say(*said)
            if not reply.stopped and asked and self.documents.get(uri) is asked[-1]:
                found: Answer | None = self._taken(asked[-1], reply)
                return found
        return None

    def tell(self, news: News) -> None:
        """Note changes on disk or in what the editor watches."""
        self._generation += news.watched is None
        self._schedule.tell(news)

    def edited(self, uri: str) -> None:
        """Stop what is being found out about an older version of a document."""
        self._schedule.stop(uri)

    def forget(self, uri: str) -> None:
        """Drop a closed document."""
        self._folders.pop(uri, None)
        self._skipped.pop(uri, None)
        self._schedule.stop(uri)
        self._schedule.tell(News(closed=uri))
        if not self.documents.all():
            self._schedule.rest()

    def roots(self) -> list[str]:
        """The folders of all contexts."""
        return sorted({folder.root for folder in self._folders.values()})

    def is_affected(self, paths: Iterable[str]) -> bool:
        """Whether a file belongs to a context. It follows links, so it may take as long as the file system does."""
        found = [os.path.realpath(path) for path in paths]
        return any(folder.holds(path) for folder in [*self._folders.values()] for path in found)

    def _question(self, uri: str, ask: Callable[[Analysis], object], asked: list[Document]) -> Question | None:
        """The question about the version that is the newest when its turn comes, which is noted in `asked`.

        Raises SkippedError.
        """
        document = self.documents.get(uri)
        if document is None:
            return None
        self._raise_if_skipped(document)
        asked.append(document)
        return Question(document, *self.preferences(uri), self.documents.encoding, ask)

    def _taken(self, document: Document, reply: Reply) -> Any:
        """The answer of a reply."""
        if reply.folder is not None:
            self._folders[document.uri] = reply.folder
        else:
            self._folders.pop(document.uri, None)
        if reply.failure is not None:
            raise JsonRpcInternalError(reply.failure.message, data={"traceback": list(reply.failure.trace)})
        if reply.skipped is not None:
            raise self._skip(document, reply.skipped)
        return reply.answer

    def _skip(self, document: Document, problem: Problem) -> SkippedError:
        """Note that a document can't be analysed, so that the next request doesn't try at once."""
        until = asyncio.get_running_loop().time() + SKIPPED_SECONDS
        self._skipped[document.uri] = _Skipped(document, self._generation, until, problem)
        return SkippedError(document, problem)

    def _raise_if_skipped(self, document: Document) -> None:
        found = self._skipped.get(document.uri)
        if found is None:
            return
        now = asyncio.get_running_loop().time()
        if found.document is document and found.generation == self._generation and now < found.until:
            raise SkippedError(document, found.problem)
        del self._skipped[document.uri]


def _crashed(path: str) -> Problem:
    return Problem(path, 0, "the analysis of this file crashed", "Please report it together with the file")

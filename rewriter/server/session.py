"""One editor's session. A worker thread computes one answer after the other, so messages are still read meanwhile."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import NamedTuple, TypeVar

from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.pipeline.plugins import PluginFault
from dfix.rewriter.pipeline.registry import plugin_faults
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.server.analysis import Analysis, LateError, Terms
from dfix.rewriter.server.contexts import Contexts
from dfix.rewriter.server.documents import Document, Documents
from dfix.rewriter.server.preferences import Preferences, settings_for
from dfix.rewriter.settings.files import SettingsError
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import root_of

LONGEST_SECONDS = 2.0
"""Time limit of one answer; a document that takes longer is skipped."""
_TRIES = 3
_SAMPLE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN if true; then mkdir -p /a/{b,c}; fi\n"
Answer = TypeVar("Answer")


def _load(analysis: Analysis) -> None:
    """Load what most files need and freeze it, or the garbage collector would scan it for 80 ms."""
    analysis.safe.changed  # noqa: B018  # computed on access
    for name in ("difflib", "tomli", "pip_requirements_parser", "yaml"):
        import_module(name)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


class _Kept(NamedTuple):
    analysis: Analysis
    generation: int


class _Asked:
    """A request about one version of a document; `wanted` is false once nobody waits for the answer."""

    __slots__ = ("document", "wanted")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.wanted = True


class Session:
    """The documents' analyses. `say(subject, text, trace)` shows a message once, from any thread."""

    def __init__(self, documents: Documents, say: Callable[[str, str, str], None]) -> None:
        self.documents = documents
        self.contexts = Contexts()
        self.preferences: Callable[[str], tuple[Preferences, str]] = lambda _uri: (Preferences(), "")
        self.worker = ThreadPoolExecutor(1, "dfix")
        self._say = say
        self._rules = pipeline.rule_names()
        self._kept: dict[str, _Kept] = {}
        self._deadline = 0.0
        self._asked: _Asked | None = None

    def warm_up(self) -> None:
        """Load modules before the first request, so that it doesn't have to wait."""
        sample = Document("", None, "dockerfile", 0, _SAMPLE)
        options = Options(use_context=False)
        analysis = Analysis(sample, Terms(options, options), pipeline.Hooks(), self.documents.encoding)
        self.worker.submit(_load, analysis)
        self._tell_of_plugins(plugin_faults())

    async def answer(self, uri: str, question: Callable[[Analysis], Answer]) -> Answer | None:
        """The answer of `question` about the newest version of a document.

        None if dfix doesn't handle the document, or if it is edited faster than it can be analysed. Raises what
        `question` raises.
        """
        loop = asyncio.get_running_loop()
        for _ in range(_TRIES):
            document = self.documents.get(uri)
            if document is None or not document.is_dockerfile:
                return None
            asked = _Asked(document)
            try:
                found = await loop.run_in_executor(self.worker, partial(self._ask, asked, question))
            except pipeline.StoppedError:
                continue
            except asyncio.CancelledError:
                asked.wanted = False
                raise
            if self.documents.get(uri) is document:
                return found
        return None

    def forget(self, uri: str) -> None:
        """Drop a closed document."""
        kept = self._kept.pop(uri, None)
        if kept is not None:
            self.contexts.forget(kept.analysis.source.path)

    def _ask(self, asked: _Asked, question: Callable[[Analysis], Answer]) -> Answer | None:
        """Answer on the worker thread."""
        document = asked.document
        self._deadline = time.monotonic() + LONGEST_SECONDS
        self._asked = asked
        self._proceed()
        analysis = self._analysis(document)
        if analysis is None:
            return None
        found = question(analysis)
        self._tell_of_plugins(analysis.found.plugin_faults)
        problem = analysis.found.problem
        if analysis.trace and problem is not None:
            self._say(document.uri, problem.message, analysis.trace)
        return found

    def _tell_of_plugins(self, faults: tuple[PluginFault, ...]) -> None:
        for fault in faults:
            self._say(f"plug-in {fault.plugin.name} of {fault.plugin.distribution}", str(fault), fault.trace)

    def _proceed(self) -> None:
        asked = self._asked
        if asked is not None and not (asked.wanted and self.documents.get(asked.document.uri) is asked.document):
            raise pipeline.StoppedError
        if time.monotonic() > self._deadline:
            raise LateError

    def _analysis(self, document: Document) -> Analysis | None:
        """The cached analysis if nothing has changed, else a new one; None for an excluded file."""
        path = document.path or ""
        preferences, folder = self.preferences(document.uri)
        problem = None
        options, saving = Options(), Saving()
        root = root_of(path, folder) if path else ""
        try:
            if path:
                settings = settings_for(path, root, self._rules)
                self._say(settings.path, "", "")
                if settings.excludes(path):
                    return None
                options, saving = settings.options(path), settings.save
                preferences.check_context(folder, root)
        except SettingsError as error:
            problem = error.problem
            self._say(problem.path, _sentence(problem), "")
        options = preferences.over(options, folder)._replace(root=root)
        terms = Terms(options, preferences.saving(saving).narrow(options, self._rules))
        if path:
            self._look_at_context(path, options.context)
        kept = self._kept.get(document.uri)
        if problem is None and kept is not None and self._is_current(kept, document, terms):
            return kept.analysis
        hooks = pipeline.Hooks(self.contexts.opened, self._proceed)
        analysis = Analysis(document, terms, hooks, self.documents.encoding)
        if problem is not None:
            analysis.found = Result(analysis.source, analysis.source, (), (), (), problem)
            return analysis
        self._kept[document.uri] = _Kept(analysis, self.contexts.generation)
        return analysis

    def _look_at_context(self, path: str, named: str | None) -> None:
        """Report a missing build context folder, and drop outdated contexts."""
        gone = self.contexts.gone(path)
        if named is not None and not os.path.isdir(named):
            gone = named
        self._say(f"context of {path}", f"the build context {gone} does not exist" if gone else "", "")
        self.contexts.refresh(path)

    def _is_current(self, kept: _Kept, document: Document, terms: Terms) -> bool:
        analysis = kept.analysis
        return (
            analysis.document is document
            and analysis.encoding == self.documents.encoding
            and kept.generation == self.contexts.generation
            and analysis.terms == terms
        )


def _sentence(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{place}: {problem.message}. {problem.hint}" if problem.hint else f"{place}: {problem.message}"

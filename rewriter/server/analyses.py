"""A process that analyses documents: one question after the other, keeping what the next one may need."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.pipeline.plugins import PluginFault
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.server.analysis import Analysis, LateError, Terms, late
from dfix.rewriter.server.contexts import Contexts
from dfix.rewriter.server.documents import Document
from dfix.rewriter.server.preferences import settings_for
from dfix.rewriter.server.questions import Failure, News, Question, Reply, Said, begun, packed, received
from dfix.rewriter.settings.baseline_file import baselined
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import root_of

LONGEST_SECONDS = 2.0
"""CPU time limit of one answer. The server ends a process that takes longer."""
PATIENCE = 10 if sys.platform == "linux" else 1
"""So many seconds on the clock count as one of CPU time: waiting for a processor is no fault of the document, but an
analysis that waits for a disk would never end. The server doesn't see the CPU time on other systems."""
SOON = 0.9
"""The part of the time limit after which an analysis gives up by itself, so that its process lives on."""
MOST_KEPT = 50
"""The analyses of so many documents are kept."""
_SAMPLE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN if true; then mkdir -p /a/{b,c}; fi\n"
_ANALYSING = ("context", "knowledge", "layout", "manifests", "model", "pipeline", "settings", "shell")


def load() -> Iterator[None]:
    """Load in small steps what analyses need: first what most files need, then all the rest.

    It is frozen after each, or the garbage collector would scan it for 80 ms, also in every process that has it.
    """
    gc.set_threshold(20_000, 10, 10)
    options = Options(use_context=False)
    sample = Document("", None, "dockerfile", 0, _SAMPLE)
    Analysis(sample, Terms(options, options), pipeline.Hooks(), "utf-16").safe.changed  # noqa: B018  # computed on access
    for name in ("difflib", "tomli", "yaml"):
        import_module(name)
    gc.collect()
    gc.freeze()
    yield
    for package in (*(f"dfix.rewriter.{name}" for name in _ANALYSING), "dfix.transforms"):
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
            yield
    gc.collect()
    gc.freeze()


def serve(connection: socket.socket) -> None:
    """Answer questions until the server is gone."""
    analyses = Analyses(connection)
    while (question := received(connection)) is not None:
        connection.sendall(begun(os.getpid()))
        # also ends this process when nobody is left to end it
        signal.setitimer(signal.ITIMER_REAL, 2 * PATIENCE * LONGEST_SECONDS)
        reply = analyses.reply(question)
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.sendall(packed(reply))


class _Kept(NamedTuple):
    analysis: Analysis
    generation: int


class Analyses:
    """The documents' analyses. Whatever arrives on the connection during one asks to stop it."""

    def __init__(self, connection: socket.socket) -> None:
        self.contexts = Contexts()
        self._connection = connection
        self._rules = pipeline.rule_names()
        self._kept: dict[str, _Kept] = {}
        self._said: list[Said] = []
        self._deadlines = 0.0, 0.0

    def reply(self, question: Question) -> Reply:
        """Answer one question; whatever goes wrong is a part of the reply."""
        document = question.document
        seconds = SOON * LONGEST_SECONDS
        self._deadlines = time.process_time() + seconds, time.monotonic() + PATIENCE * seconds
        self._said = []
        try:
            for news in question.news:
                self._take(news)
            reply = self._answered(question)
        except LateError:
            reply = Reply(skipped=late(document.path or document.uri))
        except pipeline.StoppedError:
            reply = Reply(stopped=True)
        except Exception as error:
            said = "".join(traceback.format_exception_only(error)).strip()
            reply = Reply(failure=Failure(said, tuple(traceback.format_tb(error.__traceback__))))
        return reply._replace(said=tuple(self._said), folder=self.contexts.folder(document.path or ""))

    def _answered(self, question: Question) -> Reply:
        analysis = self._analysis(question)
        if analysis is None:
            return Reply()
        answer = question.ask(analysis)
        found = analysis.found
        if analysis.skipped is not None:  # it may be in time when it is tried again
            self._kept.pop(question.document.uri, None)
        self._tell_of_plugins(found.plugin_faults)
        if analysis.trace and found.problem is not None:
            self._say(question.document.uri, found.problem.message, analysis.trace)
        return Reply(answer, analysis.skipped)

    def _take(self, news: News) -> None:
        if news.watched is not None:
            self.contexts.watch(news.watched)
        if news.closed:
            self._drop(news.closed)
        if news.cleared:
            self.contexts.clear()
        if news.moved:
            self.contexts.moved(news.moved)
        if news.edited:
            self.contexts.edited(news.edited)

    def _drop(self, uri: str) -> None:
        kept = self._kept.pop(uri, None)
        if kept is not None:
            self.contexts.forget(kept.analysis.source.path)

    def _say(self, subject: str, text: str, trace: str = "") -> None:
        self._said.append(Said(subject, text, trace))

    def _tell_of_plugins(self, faults: tuple[PluginFault, ...]) -> None:
        self._said += [Said(*told(fault)) for fault in faults]

    def _proceed(self) -> None:
        if select.select([self._connection], [], [], 0)[0]:
            raise pipeline.StoppedError
        used, elapsed = self._deadlines
        if time.process_time() > used or time.monotonic() > elapsed:
            raise LateError

    def _analysis(self, question: Question) -> Analysis | None:
        """The kept analysis if nothing has changed, else a new one; None for an excluded file."""
        document, preferences, folder = question.document, question.preferences, question.folder
        path = document.path or ""
        problem = None
        options, saving = Options(), Saving()
        root = root_of(path, folder) if path else ""
        try:
            if path:
                settings = settings_for(path, root, self._rules)
                self._say(settings.path, "")
                if settings.excludes(path):
                    return None
                options, saving = baselined(settings.options(path), settings.baseline, path, root), settings.save
                preferences.check_context(folder, root)
        except SettingsError as error:
            problem = error.problem
            self._say(problem.path, _sentence(problem))
        options = preferences.over(options, folder)._replace(root=root)
        terms = Terms(options, preferences.saving(saving).narrow(options, self._rules))
        if path:
            self._look_at_context(path, options.context)
        kept = self._kept.pop(document.uri, None)
        if problem is None and kept is not None and self._is_current(kept, question, terms):
            self._kept[document.uri] = kept
            return kept.analysis
        hooks = pipeline.Hooks(self.contexts.opened, self._proceed)
        analysis = Analysis(document, terms, hooks, question.encoding)
        if problem is not None:
            analysis.found = Result(analysis.source, analysis.source, (), (), (), problem)
            return analysis
        if len(self._kept) >= MOST_KEPT:
            self._drop(next(iter(self._kept)))
        self._kept[document.uri] = _Kept(analysis, self.contexts.generation)
        return analysis

    def _look_at_context(self, path: str, named: str | None) -> None:
        """Report a missing build context folder, and drop outdated contexts."""
        gone = self.contexts.gone(path)
        if named is not None and not os.path.isdir(named):
            gone = named
        self._say(f"context of {path}", f"the build context {gone} does not exist" if gone else "")
        self.contexts.refresh(path)

    def _is_current(self, kept: _Kept, question: Question, terms: Terms) -> bool:
        analysis = kept.analysis
        return (
            analysis.document == question.document
            and analysis.encoding == question.encoding
            and kept.generation == self.contexts.generation
            and analysis.terms == terms
        )


def told(fault: PluginFault) -> tuple[str, str, str]:
    """Subject, text and trace of the message about a plug-in."""
    return f"plug-in {fault.plugin.name} of {fault.plugin.distribution}", str(fault), fault.trace


def _sentence(problem: Problem) -> str:
    place = f"{problem.path}:{problem.line}" if problem.line else problem.path
    return f"{place}: {problem.message}. {problem.hint}" if problem.hint else f"{place}: {problem.message}"

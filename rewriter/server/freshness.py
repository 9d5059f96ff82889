"""Keeping what the editor shows up to date: diagnostics after edits, watched files, settings."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import Hooks
from dfix.rewriter.server.analysis import Analysis, Terms
from dfix.rewriter.server.diagnostics import diagnostics, of_problem
from dfix.rewriter.server.protocol import Server
from dfix.rewriter.server.questions import News
from dfix.rewriter.server.schedule import Need
from dfix.rewriter.server.session import Session, SkippedError
from dfix.rewriter.server.watching import events, says_where, watchers
from dfix.rewriter.server.workspace_folders import SECTION, Folders

TYPING_SECONDS = 0.15
"""Seconds without typing after which diagnostics are pushed."""
FILES_SECONDS = 0.2
"""Seconds without file reports, which may come by the thousand, after which they are handled."""
SETTINGS_SECONDS = 1.0
_WATCHED = "dfix-files-"


class Freshness:
    """Work that the server does by itself. Everything runs on the event loop's thread."""

    def __init__(self, server: Server, session: Session, folders: Folders) -> None:
        self._server, self._session, self._folders = server, session, folders
        self._pushes: dict[str, asyncio.Task[None]] = {}
        self._others: set[asyncio.Task[bool]] = set()
        self._files: asyncio.Task[None] | None = None
        self._changed: set[str] = set()
        self._everywhere = False
        self._roots: frozenset[str] | None = None
        self._registered = 0
        self._client = types.ClientCapabilities()
        self._settled = asyncio.Event()

    def begin(self, client: types.ClientCapabilities) -> None:
        """Note the editor's capabilities."""
        self._client = client

    async def settle(self) -> None:
        """Start the session: ask for the settings, and for notifications about their changes."""
        await self.read_settings()
        self._settled.set()
        workspace = self._client.workspace
        if workspace is not None and _dynamic(workspace.did_change_configuration):
            options = types.DidChangeConfigurationRegistrationOptions(SECTION)
            await self._register("dfix-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
        await self._watch()

    async def settled(self) -> None:
        """Wait for the editor's settings, because a save may come first. An editor that doesn't answer has none."""
        if not self._settled.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), SETTINGS_SECONDS)
            self._settled.set()

    async def read_settings(self) -> None:
        """Ask for the settings of each folder if the editor supports that, and analyse everything again."""
        workspace = self._client.workspace
        if workspace is not None and workspace.configuration:
            uris = [*self._folders.uris, ""]
            items = [types.ConfigurationItem(scope_uri=uri or None, section=SECTION) for uri in uris]
            with suppress(JsonRpcException):
                answers = await self._server.workspace_configuration_async(types.ConfigurationParams(items))
                self._folders.take_each(zip(uris, answers, strict=False))
        self.look_again()

    def edited(self, uri: str, *, typing: bool) -> None:
        """Push a document's diagnostics, after a pause in typing; editors that pull request them instead."""
        if self._pulls():
            return
        self.closed(uri)
        self._pushes[uri] = asyncio.ensure_future(self._push(uri, TYPING_SECONDS if typing else 0.0))

    def closed(self, uri: str) -> None:
        """Stop pushing diagnostics for a document."""
        task = self._pushes.pop(uri, None)
        if task is not None:
            task.cancel()

    def files_changed(self, changes: list[types.FileEvent]) -> None:
        """Handle changed files on disk; for open ones the text in the editor counts."""
        own = {document.uri for document in self._server.documents.all() if document.is_dockerfile}
        found = events([c for c in changes if c.uri not in own or c.type != types.FileChangeType.Changed])
        paths = found.moved + found.edited
        elsewhere = says_where(paths)
        self._session.tell(News(found.moved, found.edited, cleared=elsewhere))
        self._changed.update(paths)
        if elsewhere:
            self._everywhere = True
        if self._files is not None:
            self._files.cancel()
        self._files = asyncio.ensure_future(self._look_at_files())

    def look_again(self) -> None:
        """Refresh the diagnostics and lenses of all documents."""
        for document in self._server.documents.all():
            self.edited(document.uri, typing=False)
        workspace = self._client.workspace
        if workspace is None:
            return
        if self._pulls() and workspace.diagnostics is not None and workspace.diagnostics.refresh_support:
            self._start(self._server.workspace_diagnostic_refresh_async(None))
        if workspace.code_lens is not None and workspace.code_lens.refresh_support:
            self._start(self._server.workspace_code_lens_refresh_async(None))

    def answered(self) -> None:
        """After an answer, watch its context if it is not watched yet."""
        if self._roots is not None and not self._roots.issuperset(self._session.roots()):
            self._start(self._watch())

    async def diagnosed(self, uri: str, need: Need) -> tuple[int, list[types.Diagnostic]] | None:
        """The version and the diagnostics of a document; None if there are none to show."""
        explain = self._folders.of(uri)[0].explain
        try:
            return await self._session.answer(uri, partial(_diagnosed, explain=explain), need)
        except SkippedError as skipped:
            document = skipped.document
            terms = Terms(Options(), Options())
            analysis = Analysis(document, terms, Hooks(), self._server.documents.encoding)
            return document.version, [of_problem(analysis, skipped.problem)]

    async def _look_at_files(self) -> None:
        """Refresh everything if changed files belong to a context, found by a thread, as a disk may not answer."""
        await asyncio.sleep(FILES_SECONDS)
        changed, everywhere = self._changed, self._everywhere
        self._changed, self._everywhere = set(), False
        if everywhere or await asyncio.to_thread(self._session.is_affected, changed):
            self.look_again()

    async def _push(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        await self.settled()
        try:
            found = await self.diagnosed(uri, Need.BACKGROUND)
        except Exception as error:
            self._server.report_server_error(error, type(error))
            return
        document = self._server.documents.get(uri)
        if found is not None and document is not None and document.version == found[0]:
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found[1], found[0]))
        elif found is None and document is not None and self._pushes.get(uri) is asyncio.current_task():
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, [], document.version))
        self.answered()

    async def _watch(self) -> None:
        """Ask the editor to watch the files of all contexts, replacing the previous request."""
        workspace = self._client.workspace
        can = workspace.did_change_watched_files if workspace is not None else None
        if can is None or not can.dynamic_registration:
            return
        roots = self._session.roots()
        self._roots = frozenset(roots)
        relative = bool(can.relative_pattern_support)
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers(roots, relative=relative))
        self._registered += 1
        number = self._registered
        if not await self._register(f"{_WATCHED}{number}", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options):
            return
        if number > 1:
            old = types.Unregistration(f"{_WATCHED}{number - 1}", types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
            await _granted(self._server.client_unregister_capability_async(types.UnregistrationParams([old])))
        inside = [root for root in roots if relative or self._folders.holds(root)]
        self._session.tell(News(watched=frozenset(inside)))

    async def _register(self, name: str, method: str, options: Any) -> bool:
        registration = types.Registration(name, method, options)
        return await _granted(self._server.client_register_capability_async(types.RegistrationParams([registration])))

    def _pulls(self) -> bool:
        document = self._client.text_document
        return document is not None and document.diagnostic is not None

    def _start(self, request: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine in the background."""
        task = asyncio.ensure_future(_granted(request))
        self._others.add(task)
        task.add_done_callback(self._others.discard)


def _diagnosed(analysis: Analysis, *, explain: bool) -> tuple[int, list[types.Diagnostic]]:
    return analysis.document.version, diagnostics(analysis, explain=explain)


async def _granted(request: Coroutine[Any, Any, Any]) -> bool:
    """Await the editor's answer; return whether it did as asked."""
    try:
        await request
    except JsonRpcException:
        return False
    return True


def _dynamic(can: types.DidChangeConfigurationClientCapabilities | None) -> bool:
    return can is not None and bool(can.dynamic_registration)

"""The server's handlers: which function answers which request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from lsprotocol import types

from dfix.rewriter.report.output import visible
from dfix.rewriter.server.actions import KINDS, actions
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.freshness import Freshness
from dfix.rewriter.server.hover import hover
from dfix.rewriter.server.launcher import Launcher
from dfix.rewriter.server.lenses import lenses
from dfix.rewriter.server.protocol import Server
from dfix.rewriter.server.schedule import Need
from dfix.rewriter.server.session import Session, SkippedError
from dfix.rewriter.server.workspace_edits import Abilities, formatting, range_formatting
from dfix.rewriter.server.workspace_folders import Folders

Answer = TypeVar("Answer")


class _Features:
    """The handlers of one server."""

    def __init__(self, server: Server, launcher: Launcher) -> None:
        self.server = server
        self.folders = Folders(server.tell)
        self.session = Session(server.documents, launcher, server.tell)
        self.session.preferences = self.folders.of
        self.fresh = Freshness(server, self.session, self.folders)
        self.abilities = Abilities()

    async def ask(
        self, document: types.TextDocumentIdentifier, question: Callable[[Analysis], Answer], need: Need = Need.NOW
    ) -> Answer | None:
        """The answer about a document; None where it is skipped, as its diagnostic says."""
        await self.fresh.settled()
        try:
            found = await self.session.answer(document.uri, question, need)
        except SkippedError:
            return None
        self.fresh.answered()
        return found

    async def edits(
        self, document: types.TextDocumentIdentifier, question: Callable[[Analysis], list[types.TextEdit]]
    ) -> list[types.TextEdit] | None:
        """As `ask`, but it says so where the document is skipped: nothing else would show in the editor."""
        await self.fresh.settled()
        subject = f"edits of {document.uri}"
        try:
            found = await self.session.answer(document.uri, question, Need.NOW)
        except SkippedError as skipped:
            name = visible(skipped.document.path or skipped.document.uri)
            self.server.tell(subject, f"{name}: {skipped.problem.message}. {skipped.problem.hint}")
            return None
        self.server.tell(subject, "")
        self.fresh.answered()
        return found

    def initialize(self, params: types.InitializeParams) -> None:
        encoding = self.server.workspace.position_encoding
        self.server.documents.encoding = str(getattr(encoding, "value", encoding))
        self.folders.set(params.workspace_folders or (), params.root_uri)
        self.folders.take(params.initialization_options)
        client = params.capabilities
        edit = client.workspace.workspace_edit if client.workspace is not None else None
        if edit is not None:
            creates = types.ResourceOperationKind.Create in (edit.resource_operations or ())
            self.abilities = Abilities(versioned=bool(edit.document_changes), creates=creates)
        self.fresh.begin(client)
        self.session.begin()
        self.server.watch_editor(params.process_id)

    async def initialized(self, _params: types.InitializedParams) -> None:
        await self.fresh.settle()

    async def configured(self, params: types.DidChangeConfigurationParams) -> None:
        if params.settings is not None:
            self.folders.take(params.settings)
        await self.fresh.read_settings()

    async def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        self.folders.move(params.event)
        await self.fresh.read_settings()

    def files_changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        self.fresh.files_changed(list(params.changes))

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self.fresh.edited(params.text_document.uri, typing=False)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        self.session.edited(params.text_document.uri)
        self.fresh.edited(params.text_document.uri, typing=True)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        self.fresh.edited(params.text_document.uri, typing=False)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.fresh.closed(uri)
        self.session.forget(uri)
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    async def formatting(self, params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        return await self.edits(params.text_document, formatting)

    async def range_formatting(self, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit] | None:
        return await self.edits(params.text_document, partial(range_formatting, wanted=params.range))

    async def code_action(self, params: types.CodeActionParams) -> list[types.CodeAction] | None:
        others = self.server.documents.ignore_files()
        question = partial(actions, params=params, abilities=self.abilities, documents=others)
        return await self.ask(params.text_document, question)

    async def code_lens(self, params: types.CodeLensParams) -> list[types.CodeLens] | None:
        return await self.ask(params.text_document, lenses, Need.SHOWN)

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        return await self.ask(params.text_document, partial(hover, position=params.position))

    async def diagnostic(self, params: types.DocumentDiagnosticParams) -> types.RelatedFullDocumentDiagnosticReport:
        await self.fresh.settled()
        found = await self.fresh.diagnosed(params.text_document.uri, Need.SHOWN)
        self.fresh.answered()
        return types.RelatedFullDocumentDiagnosticReport(items=found[1] if found is not None else [])


def serve(version: str, launcher: Launcher) -> Server:
    """A server with handlers for all requests that dfix supports."""
    server = Server(version)
    handlers = _Features(server, launcher)
    fix = types.CodeActionOptions(code_action_kinds=list(KINDS))
    pull = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier="dfix")

    def take(method: str, handler: Callable[..., Any], options: Any = None) -> None:
        server.feature(method, options)(partial(handler))  # pygls sets attributes, which methods don't allow

    take(types.INITIALIZE, handlers.initialize)
    take(types.INITIALIZED, handlers.initialized)
    take(types.WORKSPACE_DID_CHANGE_CONFIGURATION, handlers.configured)
    take(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, handlers.folders_changed)
    take(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, handlers.files_changed)
    take(types.TEXT_DOCUMENT_DID_OPEN, handlers.opened)
    take(types.TEXT_DOCUMENT_DID_CHANGE, handlers.changed)
    take(types.TEXT_DOCUMENT_DID_SAVE, handlers.saved)
    take(types.TEXT_DOCUMENT_DID_CLOSE, handlers.closed)
    take(types.TEXT_DOCUMENT_FORMATTING, handlers.formatting)
    take(types.TEXT_DOCUMENT_RANGE_FORMATTING, handlers.range_formatting)
    take(types.TEXT_DOCUMENT_CODE_ACTION, handlers.code_action, fix)
    take(types.TEXT_DOCUMENT_CODE_LENS, handlers.code_lens)
    take(types.TEXT_DOCUMENT_HOVER, handlers.hover)
    take(types.TEXT_DOCUMENT_DIAGNOSTIC, handlers.diagnostic, pull)
    return server

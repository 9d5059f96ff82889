"""An editor as tests need one: it keeps a text of its own, applies the server's edits to it, and notes what it is told."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features

WAIT = 120.0
"""Seconds after which a server that says nothing hangs; a busy machine takes a while to start one."""
FORMAT = types.FormattingOptions(tab_size=4, insert_spaces=True)
UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
PATIENT = (
    "import sys; from dfix.rewriter.cli import main; from dfix.rewriter.server import analyses, freshness\n"
    "freshness.SETTINGS_SECONDS = analyses.LONGEST_SECONDS = 120.0\n"
    "sys.exit(main.run(['lsp']))\n"
)
COMMAND = (sys.executable, "-c", PATIENT)
"""The server, which waits for an editor and for itself as long as a busy machine takes; test_start.py has the command itself."""


def capabilities(**changes: Any) -> types.ClientCapabilities:
    """What a full-grown editor can do: it pushes nothing by itself, and takes everything."""
    workspace = types.WorkspaceClientCapabilities(
        configuration=True,
        workspace_folders=True,
        did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=True),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
            dynamic_registration=True, relative_pattern_support=True
        ),
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True, resource_operations=[types.ResourceOperationKind.Create]
        ),
        code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
    )
    kinds = types.ClientCodeActionKindOptions(value_set=["quickfix", "source.fixAll"])
    document = types.TextDocumentClientCapabilities(
        code_action=types.CodeActionClientCapabilities(
            code_action_literal_support=types.ClientCodeActionLiteralOptions(code_action_kind=kinds),
            is_preferred_support=True,
        ),
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
        diagnostic=types.DiagnosticClientCapabilities() if changes.pop("pulls", False) else None,
    )
    encodings = changes.pop("encodings", None)
    general = types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
    for name, value in changes.items():
        setattr(workspace, name, value)
    return types.ClientCapabilities(workspace=workspace, text_document=document, general=general)


class Editor:
    """One editor with one server. `settings` is what it answers when the server asks for them."""

    def __init__(self) -> None:
        self.client = LanguageClient(converter_factory=default_converter)
        self.settings: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.registered: dict[str, types.Registration] = {}
        self.refreshed: list[str] = []
        self.pushed: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self.logged: list[str] = []
        self.encoding = "utf-16"
        self._something = asyncio.Event()
        own: dict[str, Callable[[Any], Any]] = {
            types.CLIENT_REGISTER_CAPABILITY: self._register,
            types.CLIENT_UNREGISTER_CAPABILITY: self._unregister,
            types.WORKSPACE_CODE_LENS_REFRESH: lambda _params: self._note(self.refreshed, "lenses"),
            types.WORKSPACE_DIAGNOSTIC_REFRESH: lambda _params: self._note(self.refreshed, "diagnostics"),
            types.WORKSPACE_CONFIGURATION: lambda params: [self.settings for _ in params.items],
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: lambda params: self._note(self.pushed, params),
            types.WINDOW_SHOW_MESSAGE: lambda params: self._note(self.messages, params.message),
            types.WINDOW_LOG_MESSAGE: lambda params: self._note(self.logged, params.message),
        }
        register_lsp_features(self.client, {method: partial(call) for method, call in own.items()})

    def _note(self, notes: list[Any], item: Any) -> None:
        notes.append(item)
        self._something.set()

    def _register(self, params: types.RegistrationParams) -> None:
        self.registered.update((one.id, one) for one in params.registrations)
        self._something.set()

    def _unregister(self, params: types.UnregistrationParams) -> None:
        for one in params.unregisterations:
            self.registered.pop(one.id)
        self._something.set()

    async def start(
        self,
        *folders: Path,
        can: types.ClientCapabilities | None = None,
        options: Any = None,
        command: Sequence[str] = COMMAND,
    ) -> types.InitializeResult:
        """Start the server with these workspace folders."""
        await self.client.start_io(*command)
        params = types.InitializeParams(
            capabilities=can or capabilities(),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
            initialization_options=options,
        )
        answer = await self.client.initialize_session(params)
        encoding = answer.capabilities.position_encoding
        self.encoding = str(getattr(encoding, "value", encoding) or "utf-16")
        return answer

    async def stop(self) -> int | None:
        """End the session in good order, and answer with the server's exit status."""
        await self.client.shutdown_session()
        server = self.client._server
        status = server.returncode if server is not None else None
        await self.client.stop()  # type: ignore[no-untyped-call]
        return status

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until what the server says makes it so."""
        async with asyncio.timeout(WAIT):
            while not holds():
                self._something.clear()
                await self._something.wait()

    def open(self, file: Path | str, text: str | None = None, language: str = "dockerfile") -> str:
        """Open a file, or a URI with a text; answers with the URI."""
        uri = file if isinstance(file, str) else file.as_uri()
        self.texts[uri] = Path(file).read_bytes().decode() if text is None else text
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, self.texts[uri])
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def close(self, uri: str) -> None:
        named = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(named))

    def type(self, uri: str, start: int, end: int, text: str) -> None:
        """Replace the characters from `start` to `end`."""
        before = self.texts[uri]
        span = types.Range(place(before, start, self.encoding), place(before, end, self.encoding))
        self.change(uri, before[:start] + text + before[end:], types.TextDocumentContentChangePartial(span, text))

    def change(self, uri: str, text: str, change: types.TextDocumentContentChangePartial | None = None) -> None:
        """Make the document another text, by a change that does so or as a whole."""
        self.texts[uri] = text
        self.versions[uri] += 1
        named = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        changes = [change or types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(named, changes))

    async def formatted(self, uri: str) -> str:
        """The text as formatting would make it."""
        params = types.DocumentFormattingParams(types.TextDocumentIdentifier(uri), FORMAT)
        return self.with_edits(uri, await self.client.text_document_formatting_async(params) or [])

    async def actions(self, uri: str, line: int, *kinds: str) -> list[types.CodeAction]:
        """The actions on a line, from 0."""
        where = types.Range(types.Position(line, 0), types.Position(line, 0))
        context = types.CodeActionContext([], only=list(kinds) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context)
        found = await self.client.text_document_code_action_async(params)
        return [one for one in found or [] if isinstance(one, types.CodeAction)]

    async def pulled(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics that the editor asks for."""
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        found = await self.client.text_document_diagnostic_async(params)
        assert isinstance(found, types.RelatedFullDocumentDiagnosticReport)
        return list(found.items)

    async def lenses(self, uri: str) -> list[tuple[int, str]]:
        """Line, from 0, and title of each lens."""
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        found = await self.client.text_document_code_lens_async(params) or []
        return [(one.range.start.line, one.command.title) for one in found if one.command is not None]

    def with_edits(self, uri: str, edits: Sequence[Any]) -> str:
        return applied(self.texts[uri], edits, self.encoding)


def place(text: str, offset: int, encoding: str) -> types.Position:
    """Where an offset stands, worked out by encoding what is before it on its line."""
    before = re.split(r"\r\n|\n|\r", text[:offset])
    if text[:offset].endswith("\r") and text[offset : offset + 1] == "\n":
        raise ValueError("a place within a line end")
    name, size = UNITS[encoding]
    return types.Position(len(before) - 1, len(before[-1].encode(name, "surrogatepass")) // size)


def offset(text: str, found: types.Position, encoding: str) -> int:
    """The offset of a place that lies within the text."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
    name, size = UNITS[encoding]
    line = text[starts[found.line] :].encode(name, "surrogatepass")[: found.character * size]
    return starts[found.line] + len(line.decode(name, "surrogatepass"))


def applied(text: str, edits: Sequence[Any], encoding: str) -> str:
    """The text with edits made, which the protocol gives in places of the text before all of them."""
    spans = [(offset(text, e.range.start, encoding), offset(text, e.range.end, encoding), e.new_text) for e in edits]
    spans.sort(key=lambda span: span[:2])
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text

"""pygls' protocol with dfix's own documents, reporting errors to the editor."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInternalError
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from dfix.rewriter.server.documents import Documents

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Protocol(LanguageServerProtocol):
    """Keeps the documents itself, because pygls splits lines differently from editors (see `positions`)."""

    _server: Server

    def _execute_handler(
        self,
        msg_id: str | int,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As in pygls 2.1, but without keeping the results of notifications, which leaks 2 kB for each key pressed."""

        def done(future: Any) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    def _then(self, method: str, params: Any) -> Generator[Any, Any, None]:
        handler: Callable[[Any], Any] | None = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_args: Any) -> None:  # type: ignore[override]  # a plain function, so its result is not kept
        """Stop answering. pygls would iterate over the requests while they are being removed."""
        for future in [*self._request_futures.values()]:
            future.cancel()
        self._shutdown = True

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any, None]:
        """Add the document."""
        self._server.documents.open(params.text_document)
        yield from self._then(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        """Apply the changes to the document's text."""
        named = params.text_document
        self._server.documents.change(named.uri, named.version, params.content_changes)
        yield from self._then(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Generator[Any, Any, None]:
        """Forget the document."""
        self._server.documents.close(params.text_document.uri)
        yield from self._then(types.TEXT_DOCUMENT_DID_CLOSE, params)


class Server(LanguageServer):
    """The connection to one editor: its documents, and messages to it."""

    def __init__(self, version: str) -> None:
        self.documents = Documents()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._told: dict[str, str] = {}
        super().__init__("dfix", version, protocol_cls=Protocol, converter_factory=default_converter)
        # errors that pygls would write to standard error go to the editor, see report_server_error
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)

    def say(self, subject: str, text: str, trace: str = "") -> None:
        """Like `tell`, but from any thread."""
        new = self._told.get(subject, "") != text
        if new and self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.tell, subject, text, trace)

    def tell(self, subject: str, text: str, trace: str = "") -> None:
        """Show a message about a subject unless already shown; an empty one resets it. A trace goes to the log."""
        if self._told.get(subject, "") == text:
            return
        self._told[subject] = text
        if trace:
            self.window_log_message(types.LogMessageParams(types.MessageType.Error, trace))
        if text:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"dfix: {text}"))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Report an unexpected error to the editor; the server keeps running."""
        said, trace = f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
        if isinstance(error, JsonRpcInternalError):  # it wraps the original error
            said, trace = str(error), "".join((error.data or {}).get("traceback", ())) + str(error)
        said = said.replace("\n", " ")[:200]
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, trace))
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, f"dfix: internal error ({said}). Please report it")
        )

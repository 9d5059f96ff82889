"""pygls' protocol with dfix's own documents, the protocol's error codes, and errors reported to the editor."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from cattrs import transform_error
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from dfix.rewriter.server.connection import Reading, watch_editor
from dfix.rewriter.server.documents import Documents

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_BROKEN_HEADER = "a message was skipped, because its header has no usable Content-Length"
_MOST_SAID = 300


class Protocol(LanguageServerProtocol):
    """Keeps the documents itself, because pygls splits lines differently from editors (see `positions`)."""

    _server: Server

    def take(self, data: bytes) -> None:
        """Handle one message, or answer why that is impossible."""
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            self._refuse(None, JsonRpcParseError("not JSON"))
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self._refuse(None, JsonRpcInvalidRequest("not a message of JSON-RPC 2.0"))
            return
        name, method = message.get("id"), message.get("method")
        if method is not None:
            wrong = self._fault(method, request="id" in message)
            if wrong is not None:
                if "id" in message:
                    self._refuse(name, wrong)
                return
        try:
            found = self.structure_message(message)
        except JsonRpcException as error:
            if method is not None and "id" in message:
                self._refuse(name, JsonRpcInvalidParams(_said(error)))
            else:
                self._server.log(f"{method or 'a response'}: {_said(error)}")
            return
        self.handle_message(found)

    def _fault(self, method: object, *, request: bool) -> JsonRpcException | None:
        """Why a request or notification can't be handled now."""
        if not isinstance(method, str):
            return JsonRpcInvalidRequest("`method` is not a string")
        if method == types.EXIT:
            return None
        if self._shutdown:
            return JsonRpcInvalidRequest("the server is shutting down")
        if (self._workspace is None) == (method != types.INITIALIZE):
            if method == types.INITIALIZE:
                return JsonRpcInvalidRequest("the server is initialized already")
            return JsonRpcServerNotInitialized("`initialize` has to come first")
        if request and method not in self.fm.builtin_features and method not in self.fm.features:
            return JsonRpcMethodNotFound(f"{method} is not supported")
        return None

    def _refuse(self, name: object, error: JsonRpcException) -> None:
        found = name if isinstance(name, (int, str)) and not isinstance(name, bool) else None
        told = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": found, "error": told})  # lsprotocol would leave out a null

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

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]  # pygls would lose the status
        """End the server: with status 0 after `shutdown`, else with 1."""
        self._server.end(0 if self._shutdown else 1)

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
        self._told: dict[str, str] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._status: asyncio.Future[int] | None = None
        super().__init__("dfix", version, protocol_cls=Protocol, converter_factory=default_converter)
        # errors that pygls would write to standard error go to the editor, see report_server_error
        logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)

    def serve(self, stdin: BinaryIO, stdout: BinaryIO, launcher: int) -> int:
        """Serve one editor until it says so or is gone, or the launcher is. Returns the exit status.

        What still runs then, in threads too, isn't waited for: it may hang, and the caller ends the process.
        """
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(self._serve(stdin, stdout, launcher))

    async def _serve(self, stdin: BinaryIO, stdout: BinaryIO, launcher: int) -> int:
        loop = self._loop = asyncio.get_running_loop()
        self._status = loop.create_future()
        protocol = self.protocol
        assert isinstance(protocol, Protocol)
        protocol.set_writer(_Writer(stdout, self.end))

        def handle(message: bytes | None) -> None:
            try:
                if message is not None:
                    protocol.take(message)
                else:
                    self.log(_BROKEN_HEADER)
            except Exception as error:
                self.report_server_error(error, type(error))
            finally:
                reading.taken()

        reading = Reading(stdin, lambda message: self._soon(handle, message), lambda: self._soon(self.end, 0))
        loop.add_reader(launcher, self.end, 1)
        return await self._status

    def end(self, status: int) -> None:
        """End the server with an exit status."""
        if self._status is not None and not self._status.done():
            self._status.set_result(status)

    def watch_editor(self, pid: int | None) -> None:
        """End the server when the editor's process has ended."""
        if pid is not None and pid > 0:
            watch_editor(pid, lambda: self._soon(self.end, 1))

    def log(self, text: str) -> None:
        """Write a line to the editor's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, f"dfix: {text}"))

    def tell(self, subject: str, text: str, trace: str = "") -> None:
        """Show a message about a subject unless already shown; an empty one resets it. A trace goes to the log."""
        if self._told.get(subject, "") == text:
            return
        if text:
            self._told[subject] = text
        else:
            del self._told[subject]
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

    def _soon(self, call: Callable[[Any], None], argument: Any) -> None:
        """Let the event loop call something, from any thread."""
        with suppress(RuntimeError):  # it has ended meanwhile
            if self._loop is not None:
                self._loop.call_soon_threadsafe(call, argument)


class _Writer:
    """Writes to the editor; `end` is called when it doesn't listen any more."""

    def __init__(self, stream: BinaryIO, end: Callable[[int], None]) -> None:
        self._stream, self._end = stream, end

    def write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self._end(1)

    def close(self) -> None:
        self._stream.close()


def _said(error: JsonRpcException) -> str:
    """What is wrong with a message's parameters."""
    cause = error.__cause__
    told = "; ".join(transform_error(cause)) if isinstance(cause, Exception) else ""
    return f"invalid parameters: {told}"[:_MOST_SAID] if told else "invalid parameters"

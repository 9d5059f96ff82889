"""The answer to a message that the protocol's library cannot read, and would leave unanswered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dfix.rewriter.text.json_text import json_value

if TYPE_CHECKING:
    from mcp.shared.message import SessionMessage

_HALF = "the message has a character that is half of a pair (a surrogate)"
_NOT_JSON = "the message is not JSON"
_NO_CALL = "the message is not one of JSON-RPC 2.0"


class ReadableMessages:
    """The messages of `incoming` that could be read; the others are answered with an error on `outgoing`."""

    def __init__(self, incoming: Any, outgoing: Any) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    async def receive(self) -> Any:
        """The next message. Raises anyio.EndOfStream."""
        while isinstance(found := await self._incoming.receive(), Exception):
            await self._outgoing.send(_refusal(found))
        return found

    async def aclose(self) -> None:
        """Read no more."""
        await self._incoming.aclose()

    @property
    def last_context(self) -> Any:
        """What the library keeps beside the last message."""
        return self._incoming.last_context

    def __aiter__(self) -> ReadableMessages:
        return self

    async def __anext__(self) -> Any:
        import anyio

        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> ReadableMessages:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _refusal(error: Exception) -> SessionMessage:
    import mcp_types as types
    from mcp.shared.message import SessionMessage

    number, why, code = None, _NO_CALL, types.INVALID_REQUEST
    text = _unread(error)
    if text is not None:
        code = types.PARSE_ERROR
        try:
            message = json_value(text)
            number, why = _number(message), _HALF if _has_half(message) else _NOT_JSON
        except ValueError:
            why = _NOT_JSON
    answer = types.JSONRPCError(jsonrpc="2.0", id=number, error=types.ErrorData(code=code, message=why))
    return SessionMessage(answer)


def _unread(error: Exception) -> str | None:
    """The line that is not JSON to the library; None if it was, and no message."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return None
    first = error.errors(include_url=False)[0]
    return str(first["input"]) if first["type"] == "json_invalid" else None


def _has_half(message: Any) -> bool:
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except RecursionError:
        return False
    return False


def _number(message: Any) -> str | int | None:
    """What the client calls its request; None where that is unknown, or could not be written."""
    number = message.get("id") if isinstance(message, dict) else None
    if isinstance(number, str):
        return number if number.isascii() else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None

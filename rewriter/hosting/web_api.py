"""Calls of a JSON API with a token, which goes to the host that was named and to no other.

https, or http on this machine; no redirect is followed; an answer has a time limit and a largest size.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from dfix.rewriter.text.json_text import json_value

_SECONDS = 30.0
"""How long the service may keep silent."""
_MOST_BYTES = 100_000_000
_MOST_SAID = 200
_LATER = frozenset((429, 500, 502, 503, 504))


class ApiError(Exception):
    """A call failed; the message says why, without the token."""

    def __init__(self, message: str, status: int = 0, *, passing: bool = False, pause: int | None = None) -> None:
        """`status` is that of HTTP, 0 without an answer. `pause`: the seconds that the service asks to wait."""
        super().__init__(message)
        self.status, self.passing, self.pause = status, passing, pause


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none: the token would go along, and a POST would become a GET."""


class WebApi:
    """The API at an address. Raises ApiError."""

    def __init__(self, address: str, headers: Mapping[str, str], secret: str) -> None:
        """`secret` is kept out of messages."""
        host, encrypted = _host(address)
        self._address, self._headers, self._secret, self._host = address, headers, secret, host
        # a proxy would read what isn't encrypted
        self._opener = build_opener(_NoRedirect, *(() if encrypted else (ProxyHandler({}),)))

    def call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        """The JSON of the answer; None if it is empty."""
        data = None if body is None else json.dumps(body).encode()
        headers = dict(self._headers) if data is None else {**self._headers, "Content-Type": "application/json"}
        try:
            request = Request(self._address + path, data, headers, method=method)
            with self._opener.open(request, timeout=_SECONDS) as answer:
                text = answer.read(_MOST_BYTES + 1)
        except HTTPError as error:
            raise self._refused(error) from None
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "reason", None) or error or type(error).__name__
            raise ApiError(self._said(f"{self._host} does not answer ({why})"), passing=True) from None
        if len(text) > _MOST_BYTES:
            raise ApiError(f"{self._host} sent an answer of more than {_MOST_BYTES // 1_000_000} MB")
        try:
            return json_value(text.decode()) if text else None
        except ValueError:  # also where it is not UTF-8
            raise ApiError(f"{self._host} sent an answer that is not JSON") from None

    def _refused(self, error: HTTPError) -> ApiError:
        status = error.code
        if status in (301, 302, 303, 307, 308):
            return ApiError(f"{self._host} answered with a redirect, which is not followed with a token", status)
        pause = error.headers.get("Retry-After", "")
        seconds = int(pause) if pause.isascii() and pause.isdigit() else None
        limited = status == 403 and (seconds is not None or error.headers.get("X-RateLimit-Remaining") == "0")
        said = f"{self._host} answered with {status}{_reason(error)}"
        return ApiError(self._said(said), status, passing=status in _LATER or limited, pause=seconds)

    def _said(self, text: str) -> str:
        return text.replace(self._secret, "***") if self._secret else text


def _reason(error: HTTPError) -> str:
    """What the service says about a failure, shortened."""
    try:
        found = json_value(error.read(_MOST_BYTES).decode())
    except (OSError, ValueError, http.client.HTTPException):
        return ""
    message = (found.get("message") or found.get("error") or "") if isinstance(found, dict) else ""
    text = " ".join(message.split()) if isinstance(message, str) else json.dumps(message)
    return f" ({text[:_MOST_SAID]})" if text else ""


def _host(address: str) -> tuple[str, bool]:
    """The host of an address that may get a token, and whether what goes there is encrypted. Raises ApiError."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.query or parts.fragment or not address.isascii() or not address.isprintable():
        raise ApiError(
            "the address of the API is none. Set GITHUB_API_URL or CI_API_V4_URL to one as https://HOST/PATH"
        )
    if parts.username is not None or " " in address:
        raise ApiError(f"the address of the API at {host} has a name or a blank in it. Leave that out")
    here = host in ("localhost", "::1") or _of_this_machine(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ApiError(f"the API at {host} is not reached by https, so the token would be readable. Use https")
    return host, parts.scheme == "https"


def _of_this_machine(host: str) -> bool:
    from ipaddress import IPv4Address

    try:
        return IPv4Address(host).is_loopback
    except ValueError:
        return False

"""Stands for the APIs of GitHub and GitLab: it holds comments, and objects to every call that they don't document."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

TOKEN = "ghs_0123456789abcdef"
OWN = "github-actions[bot]"
LONGEST = 65_536


class Trouble(NamedTuple):
    """What the service answers instead."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    message: str = ""
    done: bool = False
    """Whether it does what was asked first."""


LOST = Trouble(0)
"""The connection ends without an answer."""
SILENT = Trouble(-1)
"""There is no answer for a second."""


class Service:
    """One service with one pull request, number 7. Use it in a `with`, which fails if a call was wrong."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.comments: list[dict[str, Any]] = []
        self.calls: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.troubles: dict[str, list[Trouble]] = {}
        """By method, the next answers."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        if error is None:
            assert self.faults == [], self.faults

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{'' if self.kind == 'github' else '/api/v4'}"

    @property
    def environment(self) -> dict[str, str]:
        """What a job of a pull request finds in its environment."""
        if self.kind == "github":
            place = {"GITHUB_API_URL": self.address, "GITHUB_REPOSITORY": "owner/name"}
            return {**place, "GITHUB_REF": "refs/pull/7/merge", "GITHUB_TOKEN": TOKEN}
        place = {"CI_API_V4_URL": self.address, "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_PROJECT_ID": "5"}
        return {**place, "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": TOKEN}

    def say(self, author: str | None, body: str) -> None:
        """A comment by somebody."""
        number = 100 + len(self.comments)
        named = {"user": {"login": author}} if self.kind == "github" else {"author": {"username": author}}
        nobody = {"user": None} if self.kind == "github" else {"author": None}
        self.comments.append({"id": number, "body": body, **(named if author else nobody)})

    def answer(self, method: str, path: str, headers: Message, body: Any) -> tuple[int, Any]:
        """What the service answers, and does."""
        self._check_headers(method, headers, body)
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        github = self.kind == "github"
        listing = "/repos/owner/name/issues/7/comments" if github else "/api/v4/projects/5/merge_requests/7/notes"
        single = "/repos/owner/name/issues/comments" if github else listing
        if (method, path) == ("POST", "/graphql") and github:
            self._expect(body == {"query": "{viewer{login}}"}, f"a query: {body}")
            return 200, {"data": {"viewer": {"login": OWN}}}
        if (method, path) == ("GET", "/api/v4/user") and not github:
            return 200, {"id": 1, "username": OWN}
        if (method, parts.path) == ("GET", listing):
            sorted_ = {} if github else {"sort": "asc", "order_by": "created_at"}
            size, page = int(query.pop("per_page")), int(query.pop("page"))
            self._expect(query == sorted_ and size <= 100, f"a list: {path}")
            return 200, self.comments[(page - 1) * size : page * size]
        if (method, path) == ("POST", listing):
            if len(body["body"]) > LONGEST:
                return 422, {"message": "Validation Failed", "errors": ["body is too long"]}
            self.say(OWN, body["body"])
            return 201, self.comments[-1]
        edited = re.fullmatch(re.escape(single) + r"/(\d+)", path)
        if edited and method == ("PATCH" if github else "PUT"):
            return self._edited(int(edited[1]), body["body"])
        self._expect(False, f"{method} {path}")
        return 404, {"message": "Not Found"}

    def _edited(self, number: int, body: str) -> tuple[int, Any]:
        for comment in self.comments:
            if comment["id"] == number:
                author = comment.get("user") or comment.get("author") or {}
                self._expect(OWN in author.values(), "somebody else's comment was edited")
                if len(body) > LONGEST:
                    return 422, {"message": "Validation Failed"}
                comment["body"] = body
                return 200, comment
        return 404, {"message": "Not Found"}

    def _check_headers(self, method: str, headers: Message, body: Any) -> None:
        wanted = {"PRIVATE-TOKEN": TOKEN}
        if self.kind == "github":
            wanted = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.github+json"}
            wanted["X-GitHub-Api-Version"] = "2022-11-28"
        for name, value in wanted.items():
            self._expect(headers.get(name) == value, f"{name}: {headers.get(name)}")
        self._expect((headers.get("User-Agent") or "").startswith("dfix/"), "no User-Agent")
        self._expect((body is None) == (method == "GET"), f"a body of {method}")
        if body is not None:
            self._expect(headers.get("Content-Type") == "application/json", "not JSON")
            self._expect(isinstance(body, dict) and len(body) == 1, f"a body: {body}")

    def _expect(self, true: bool, otherwise: str) -> None:
        if not true:
            self.faults.append(otherwise)


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            service.calls.append((self.command, self.path))
            waiting = service.troubles.get("/graphql" if self.path == "/graphql" else self.command)
            trouble = waiting.pop(0) if waiting else None
            if trouble is None or trouble.done:
                status, found = service.answer(self.command, self.path, self.headers, body)
            if trouble is not None:
                if trouble.status == SILENT.status:
                    time.sleep(1)
                if trouble.status <= 0:
                    return
                status, found = trouble.status, {"message": trouble.message}
            data = json.dumps(found).encode()
            self.send_response(status)
            for name, value in (trouble.headers if trouble else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815  # the names that it looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of what it replaces
            """Say nothing about each request."""

    return Handler

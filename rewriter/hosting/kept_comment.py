"""One comment on a pull request, written once and kept up to date.

It is found again by its first line and its author: a comment in which somebody else copies that line stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal, Protocol
from urllib.parse import quote

from dfix.rewriter.hosting.ci_job import PullRequest
from dfix.rewriter.hosting.web_api import ApiError, WebApi
from dfix.rewriter.report.version import version
from dfix.rewriter.text.named_tuple import NamedTuple

Done = Literal["written", "edited", "unchanged"]

_PAUSES = (1, 4, 16)
"""Seconds before each further attempt."""
_LONGEST_PAUSE = 120
_PAGE = 50
_MOST_PAGES = 200
_DETAILS = "\n<details>"
_SHORTENED = "\nThe details are left out: the service takes no comment of that length.\n"


class Comment(NamedTuple):
    """A comment on a pull request."""

    id: int
    author: str
    body: str


class Service(Protocol):
    """What one service offers. Raises ApiError."""

    def own_name(self) -> str:
        """The account to which the token belongs."""

    def page(self, number: int) -> Any:
        """A page of `_PAGE` comments as JSON, the oldest first."""

    def comment(self, row: dict[str, Any]) -> Comment:
        """One of them."""

    def write(self, body: str) -> None:
        """Write a new comment."""

    def edit(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""


def service(request: PullRequest) -> Service:
    """The service that hosts a pull request. Raises ApiError."""
    return _GitHub(request) if request.service == "github" else _GitLab(request)


def keep_comment(where: Service, mark: str, body: str, wait: Callable[[float], None] = time.sleep) -> Done:
    """Make `body`, whose first line is `mark`, the only comment of its kind. Raises ApiError.

    Where there are too many comments to look at all of them, none is written.

    After a failure that passes, everything is looked up again: a comment that was written, though the answer got lost,
    is found and not written twice.
    """
    for pause in _PAUSES:
        try:
            return _kept(where, mark, body)
        except ApiError as error:
            asked = pause if error.pause is None else error.pause
            if not error.passing or asked > _LONGEST_PAUSE:
                raise
            wait(asked)
    return _kept(where, mark, body)


def _kept(where: Service, mark: str, body: str) -> Done:
    own = where.own_name()
    for comment in _comments(where):
        if comment.author == own and comment.body.partition("\n")[0].rstrip() == mark:
            if comment.body.replace("\r\n", "\n").rstrip() == body.rstrip():
                return "unchanged"
            try:
                _fitting(body, partial(where.edit, comment))
            except ApiError as error:
                if error.status != 404:
                    raise
                break  # somebody has removed it since
            return "edited"
    _fitting(body, where.write)
    return "written"


def _fitting(body: str, send: Callable[[str], None]) -> None:
    """Send a text; where the service finds it too long, send it without what is folded."""
    try:
        send(body)
    except ApiError as error:
        short, details, _ = body.partition(_DETAILS)
        if error.status != 422 or not details:
            raise
        send(short + _SHORTENED)


def _comments(where: Service) -> Iterator[Comment]:
    for number in range(1, _MOST_PAGES + 1):
        rows = where.page(number)
        if not isinstance(rows, list):
            raise ApiError("the service's list of comments is none")
        for row in rows:
            try:
                yield where.comment(row)
            except (KeyError, TypeError, ValueError):  # a comment whose author is gone
                continue
        if len(rows) < _PAGE:
            return
    # dfix's own comment may be one of those that were not looked at, and there must be no second one
    raise ApiError(
        f"the pull request has {_MOST_PAGES * _PAGE:,} comments or more, and dfix's own is not among the first ones, "
        "so none is written"
    )


class _GitHub:
    """docs.github.com/rest/issues/comments; the account of a job's token is only told by docs.github.com/graphql."""

    def __init__(self, request: PullRequest) -> None:
        headers = {
            "Authorization": f"Bearer {request.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": _USER_AGENT,
        }
        self._api = WebApi(request.api, headers, request.token)
        # GitHub Enterprise Server: /api/v3 and /api/graphql
        self._graphql = WebApi(request.api.removesuffix("/v3"), headers, request.token)
        self._issues = f"/repos/{request.project}/issues"
        self._path = f"{self._issues}/{request.number}/comments"

    def own_name(self) -> str:
        answer = self._graphql.call("POST", "/graphql", {"query": "{viewer{login}}"})
        try:
            return str(answer["data"]["viewer"]["login"])
        except (KeyError, TypeError):
            raise ApiError("the service does not say to which account the token belongs") from None

    def page(self, number: int) -> Any:
        return self._api.call("GET", f"{self._path}?per_page={_PAGE}&page={number}")

    def comment(self, row: dict[str, Any]) -> Comment:
        return Comment(int(row["id"]), str(row["user"]["login"]), str(row["body"]))

    def write(self, body: str) -> None:
        self._api.call("POST", self._path, {"body": body})

    def edit(self, comment: Comment, body: str) -> None:
        self._api.call("PATCH", f"{self._issues}/comments/{comment.id}", {"body": body})


class _GitLab:
    """docs.gitlab.com/api/notes."""

    def __init__(self, request: PullRequest) -> None:
        headers = {"PRIVATE-TOKEN": request.token, "User-Agent": _USER_AGENT}
        self._api = WebApi(request.api, headers, request.token)
        self._path = f"/projects/{quote(request.project, safe='')}/merge_requests/{request.number}/notes"

    def own_name(self) -> str:
        answer = self._api.call("GET", "/user")
        try:
            return str(answer["username"])
        except (KeyError, TypeError):
            raise ApiError("the service does not say to which account the token belongs") from None

    def page(self, number: int) -> Any:
        return self._api.call("GET", f"{self._path}?sort=asc&order_by=created_at&per_page={_PAGE}&page={number}")

    def comment(self, row: dict[str, Any]) -> Comment:
        return Comment(int(row["id"]), str(row["author"]["username"]), str(row["body"]))

    def write(self, body: str) -> None:
        self._api.call("POST", self._path, {"body": body})

    def edit(self, comment: Comment, body: str) -> None:
        self._api.call("PUT", f"{self._path}/{comment.id}", {"body": body})


_USER_AGENT = f"dfix/{version() or 'development'}"

"""Carrying out `dfix comment`: one comment of a pull request says what `dfix verify` found last."""

from __future__ import annotations

import os

from dfix.rewriter.cli.comment_request import CommentRequest
from dfix.rewriter.hosting.ci_job import NoPullRequestError, PullRequest, pull_request, stranger
from dfix.rewriter.hosting.kept_comment import keep_comment, service
from dfix.rewriter.hosting.web_api import ApiError
from dfix.rewriter.report.output import outputs, valid, visible
from dfix.rewriter.text.read import Unreadable, exact_text
from dfix.rewriter.verify.proof_markdown import MARK

DONE, FAILED = 0, 2
_LARGEST = 1_000_000
_FORBIDDEN = 403
_TOKENS = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN"}
_RIGHTS = {
    "github": "Give the job `permissions: pull-requests: write`",
    "gitlab": "Give GITLAB_TOKEN the scope api, and its account the role Reporter",
}


class _NotAllowedError(Exception):
    """The job may not write comments, which is no failure; a sentence says why."""


def execute(request: CommentRequest) -> int:
    """Carry out the request and return the exit status."""
    _, err = outputs(request.color)
    try:
        said, status = _comment(request), DONE
    except _NotAllowedError as no:
        err.write(f"dfix: no comment was written, because {visible(str(no))}\n")
        return DONE
    except (NoPullRequestError, ApiError) as error:
        said, status = f"dfix: {error}", FAILED
    if status or not request.quiet:
        err.write(f"{visible(said)}\n")
    return status


def _comment(request: CommentRequest) -> str:
    """What was done."""
    body = _body(request.paths)
    to = pull_request(os.environ, request.pull_request)
    if not to.token:
        fork = stranger(os.environ)
        if fork:
            raise _NotAllowedError(f"the pull request comes from {fork}, whose jobs have no token. {_SUMMARY}")
        raise NoPullRequestError(f"there is no token. Set {_TOKENS[to.service]}")
    try:
        done = keep_comment(service(to), MARK, body)
    except ApiError as error:
        if error.status != _FORBIDDEN or error.passing:
            raise
        raise _NotAllowedError(f"the token may not: {error}. {_why_not(to)}") from None
    return f"comment on pull request {to.number} of {to.project}: {done}"


_SUMMARY = "The job's log and summary have the verdict"


def _why_not(to: PullRequest) -> str:
    fork = stranger(os.environ)
    if fork:
        return f"The pull request comes from {fork}, whose jobs get a read-only token. {_SUMMARY}"
    return f"{_RIGHTS[to.service]}. {_SUMMARY}"


def _body(paths: tuple[str, ...]) -> str:
    if len(paths) != 1:
        raise NoPullRequestError("a pull request has one comment. Name one FILE")
    text = exact_text(paths[0], _LARGEST, None)
    if isinstance(text, Unreadable):
        hint = "Name the report in it" if text.kind == "folder" else text.hint
        raise NoPullRequestError(f"{paths[0]}: {text.message}. {hint}".rstrip(". "))
    if text.partition("\n")[0] != MARK:
        raise NoPullRequestError(
            f"{paths[0]} is not a report of dfix verify. Name a file that `dfix verify --report FILE.md` wrote"
        )
    return valid(text)

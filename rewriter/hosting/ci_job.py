"""What the environment of a CI job says: which pull request it is about, and where that comes from.

The variables are those of GitHub Actions (docs.github.com, "Variables reference") and of GitLab CI (docs.gitlab.com,
"Predefined CI/CD variables reference"). The token is only ever read from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import exact_text

_LARGEST_EVENT = 50_000_000
_TOKEN = expression(r"[!-~]+")
_NAME = expression(r"[\w.-]+/[\w.-]+")


class NoPullRequestError(Exception):
    """The environment names no pull request that can be written to; a sentence says what is missing."""


class PullRequest(NamedTuple):
    """A pull request (GitLab: merge request), and how to reach it."""

    service: Literal["github", "gitlab"]
    api: str
    """The address of the service's API, without a slash at its end."""
    project: str
    number: int
    token: str
    """"" if the job has none."""


def pull_request(environment: Mapping[str, str], number: int | None) -> PullRequest:
    """The pull request of the job, or that of `number`. Raises NoPullRequestError."""
    if "CI_API_V4_URL" in environment:
        return _of_gitlab(environment, number)
    project = environment.get("GITHUB_REPOSITORY", "")
    if not _NAME.fullmatch(project):
        wanted = "GITHUB_REPOSITORY=OWNER/NAME (GitHub), or CI_API_V4_URL and CI_PROJECT_ID (GitLab)"
        raise NoPullRequestError(f"the environment names no repository. Set {wanted}")
    if number is None:
        found = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", environment.get("GITHUB_REF", ""))
        number = int(found[1]) if found else _number_of_event(environment)
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN", "")
    api = environment.get("GITHUB_API_URL") or "https://api.github.com"
    return PullRequest("github", api.rstrip("/"), project, number, _checked(token, "GITHUB_TOKEN"))


def _of_gitlab(environment: Mapping[str, str], number: int | None) -> PullRequest:
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID", "")
    if not project:
        raise NoPullRequestError("the environment names no project. Set CI_PROJECT_ID")
    if number is None:
        text = environment.get("CI_MERGE_REQUEST_IID", "")
        number = int(text) if text.isascii() and text.isdigit() else _none()
    token = _checked(environment.get("GITLAB_TOKEN", ""), "GITLAB_TOKEN")
    return PullRequest("gitlab", environment["CI_API_V4_URL"].rstrip("/"), project, number, token)


def stranger(environment: Mapping[str, str]) -> str:
    """The other repository that the job's pull request comes from, as a phrase; "" where it comes from its own."""
    if "CI_API_V4_URL" in environment:
        source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "")
        return f"the fork {source}" if source not in ("", environment.get("CI_MERGE_REQUEST_PROJECT_PATH")) else ""
    change = _event(environment).get("pull_request")
    if not isinstance(change, dict):
        return ""
    head, base = (_repository(change.get(side)) for side in ("head", "base"))
    if head == base:
        return ""
    return f"the fork {head}" if head else "a fork that is gone"


def _repository(side: Any) -> str:
    repository = side.get("repo") if isinstance(side, dict) else None
    return str(repository.get("full_name", "")) if isinstance(repository, dict) else ""


def _number_of_event(environment: Mapping[str, str]) -> int:
    change = _event(environment).get("pull_request")
    number = change.get("number") if isinstance(change, dict) else None
    return number if isinstance(number, int) else _none()


def _none() -> int:
    raise NoPullRequestError("this job belongs to no pull request. Name one with --pull-request NUMBER")


def _event(environment: Mapping[str, str]) -> dict[str, Any]:
    """What started the job; empty outside of GitHub Actions."""
    text = exact_text(environment.get("GITHUB_EVENT_PATH", ""), _LARGEST_EVENT, None)
    try:
        found = json_value(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _checked(token: str, name: str) -> str:
    token = token.strip()
    if token and not _TOKEN.fullmatch(token):
        raise NoPullRequestError(f"{name} holds characters that no token has. Set it again")
    return token

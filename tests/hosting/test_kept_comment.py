"""`dfix comment`: one comment, kept up to date, whatever the service answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dfix.rewriter.cli.main import run
from dfix.rewriter.hosting import kept_comment, web_api
from dfix.rewriter.hosting.ci_job import pull_request
from dfix.rewriter.hosting.kept_comment import keep_comment
from dfix.rewriter.hosting.web_api import ApiError
from dfix.rewriter.verify.proof_markdown import MARK
from tests.hosting.stand_in import LONGEST, LOST, OWN, SILENT, TOKEN, Service, Trouble

BODY = f"{MARK}\n### dfix verify: good\n\n| a |\n\n<details><summary>x</summary>\n\n<pre>\nlong\n</pre>\n</details>\n"
FORK = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "o/n"}}, "base": {"repo": {"full_name": "p/n"}}}}

Said = Callable[..., tuple[int, str]]


@pytest.fixture(params=["github", "gitlab"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with Service(request.param) as made:
        yield made


@pytest.fixture
def github() -> Iterator[Service]:
    with Service("github") as made:
        yield made


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Said:
    """`dfix comment` with an environment; the token is never in what it prints."""
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "CI_", "GH_", "GITLAB_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(kept_comment, "_PAUSES", (0, 0, 0))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "verify.md").write_text(BODY, encoding="utf-8")

    def comment(environment: dict[str, str], *words: str) -> tuple[int, str]:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            status = run(["comment", *(words or ("verify.md",))])
        out, err = capfd.readouterr()
        assert out == ""
        assert TOKEN not in err
        return status, err

    return comment


def keep(service: Service, body: str, waited: list[float]) -> str:
    where = kept_comment.service(pull_request(service.environment, None))
    return keep_comment(where, MARK, body, waited.append)


def bodies(service: Service) -> list[str]:
    return [comment["body"] for comment in service.comments]


def test_one_comment_is_written_edited_and_left(service: Service, said: Said, tmp_path: Path) -> None:
    service.say("somebody", f"{MARK}\nI copy your first line")
    service.say(None, f"{MARK}\nmy account is gone")
    service.say(OWN, f"another job\n{MARK}\n")
    others = bodies(service)
    where = "7 of owner/name" if service.kind == "github" else "7 of 5"
    assert said(service.environment) == (0, f"comment on pull request {where}: written\n")
    for number in range(130):
        service.say("somebody", f"{number}")
    assert said(service.environment) == (0, f"comment on pull request {where}: unchanged\n")
    worse = BODY.replace("good", "bad")
    (tmp_path / "verify.md").write_text(worse, encoding="utf-8")
    assert said(service.environment, "--quiet", "verify.md") == (0, "")
    assert bodies(service) == [*others, worse, *map(str, range(130))]


def test_it_is_found_on_a_later_page(service: Service) -> None:
    for number in range(2 * kept_comment._PAGE):
        service.say("somebody", f"{number}")
    service.say(OWN, MARK)
    assert keep(service, BODY, []) == "edited"
    assert [body for body in bodies(service) if MARK in body] == [BODY]
    lists = [path for method, path in service.calls if method == "GET" and "page=" in path]
    assert [path.rpartition("page=")[2] for path in lists] == ["1", "2", "3"]


@pytest.mark.parametrize(("pages", "done"), [(3, "edited"), (2, ""), (1, "")])
def test_no_second_one_is_written_where_there_are_too_many(
    service: Service, said: Said, monkeypatch: pytest.MonkeyPatch, pages: int, done: str
) -> None:
    for number in range(2 * kept_comment._PAGE):
        service.say("somebody", f"{number}")
    service.say(OWN, MARK)
    monkeypatch.setattr(kept_comment, "_MOST_PAGES", pages)
    before = bodies(service)
    status, told = said(service.environment)
    if done:
        assert status == 0 and bodies(service) == [*before[:-1], BODY]
        return
    assert (status, bodies(service)) == (2, before)
    assert told == (
        f"dfix: the pull request has {pages * kept_comment._PAGE} comments or more, and dfix's own is not among the "
        "first ones, so none is written\n"
    )


@pytest.mark.parametrize(
    ("troubles", "waited"),
    [
        ([Trouble(503, {"Retry-After": "7"})], [7]),
        ([Trouble(429, {"Retry-After": "0"}), Trouble(500)], [0, 4]),
        ([Trouble(403, {"Retry-After": "30"}, "You have exceeded a secondary rate limit")], [30]),
        ([LOST, Trouble(502)], [1, 4]),
        ([Trouble(502, done=True)], [1]),  # it was written, and the answer got lost: not written twice
    ],
)
def test_what_passes_is_tried_again(service: Service, troubles: list[Trouble], waited: list[float]) -> None:
    seen: list[float] = []
    service.troubles["POST"] = list(troubles)
    keep(service, BODY, seen)
    assert seen == waited
    assert bodies(service) == [BODY]


def test_a_service_that_stays_silent(github: Service, monkeypatch: pytest.MonkeyPatch, said: Said) -> None:
    monkeypatch.setattr(web_api, "_SECONDS", 0.05)
    github.troubles["GET"] = [SILENT] * 4
    assert said(github.environment) == (2, "dfix: 127.0.0.1 does not answer (timed out)\n")
    assert bodies(github) == []


def test_it_does_not_wait_for_an_hour(github: Service) -> None:
    github.troubles["POST"] = [Trouble(429, {"Retry-After": "3600"}, "slow down")]
    seen: list[float] = []
    with pytest.raises(ApiError, match=r"answered with 429 \(slow down\)"):
        keep(github, BODY, seen)
    assert seen == []


def test_a_read_only_token_is_no_failure(github: Service, said: Said, tmp_path: Path) -> None:
    """A fork's pull request: GitHub lets its jobs read comments, not write them."""
    (tmp_path / "event.json").write_text(json.dumps(FORK))
    forbidden = Trouble(403, message="Resource not accessible by integration")
    answered = "the token may not: 127.0.0.1 answered with 403 (Resource not accessible by integration). "
    for event, why in (
        ("event.json", "The pull request comes from the fork o/n, whose jobs get a read-only token. "),
        ("none.json", "Give the job `permissions: pull-requests: write`. "),
    ):
        github.troubles["POST"] = [forbidden]
        status, err = said({**github.environment, "GITHUB_EVENT_PATH": str(tmp_path / event)})
        assert status == 0
        assert err == (
            f"dfix: no comment was written, because {answered}{why}The job's log and summary have the verdict\n"
        )


def test_a_fork_has_no_token(service: Service, said: Said, tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps(FORK))
    kept = {name: value for name, value in service.environment.items() if "TOKEN" not in name}
    assert said(kept)[0] == 2
    fork = {"GITHUB_EVENT_PATH": "event.json"}
    if service.kind == "gitlab":
        fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": "o/n", "CI_MERGE_REQUEST_PROJECT_PATH": "p/n"}
    status, err = said({**kept, **fork})
    assert (status, "because the pull request comes from the fork o/n, whose jobs have no token." in err) == (0, True)
    assert service.calls == []


def test_what_is_not_there(service: Service, said: Said) -> None:
    service.troubles["GET"] = [Trouble(404, message="Not Found")]
    assert said(service.environment) == (2, "dfix: 127.0.0.1 answered with 404 (Not Found)\n")
    service.say(OWN, MARK)
    service.troubles["PATCH" if service.kind == "github" else "PUT"] = [Trouble(404)]  # removed meanwhile
    assert keep(service, BODY, []) == "written"


def test_a_comment_that_is_too_long_loses_its_details(service: Service) -> None:
    head, details, _ = BODY.partition("\n<details>")
    short = f"{head}\nThe details are left out: the service takes no comment of that length.\n"
    assert keep(service, f"{head}{details}{'x' * LONGEST}", []) == "written"
    assert bodies(service) == [short]
    assert keep(service, f"{head}{details}{'y' * LONGEST}", []) == "edited"
    assert bodies(service) == [short]
    with pytest.raises(ApiError, match="422"):
        keep(service, MARK + "x" * LONGEST, [])


def test_no_redirect_gets_the_token(github: Service, said: Said) -> None:
    with Service("github") as other:
        for status in (301, 307, 308):
            github.troubles["GET"] = [Trouble(status, {"Location": other.address + "/repos/owner/name"})]
            github.troubles["/graphql"] = [Trouble(status, {"Location": other.address + "/graphql"})]
            redirected = "dfix: 127.0.0.1 answered with a redirect, which is not followed with a token\n"
            assert said(github.environment) == (2, redirected)
        assert other.calls == []


def test_a_service_that_repeats_the_token_or_speaks_to_the_terminal(github: Service, said: Said) -> None:
    github.troubles["GET"] = [Trouble(401, message=f"bad \x1b[31m##[error] {TOKEN}\n::error::x " + "y" * 500)]
    status, err = said(github.environment)
    assert (status, err.count("\n")) == (2, 1)
    assert "401 (bad \\x1b[31m#\\x23[error] *** ::error::x yyy" in err
    assert len(err) < 300


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://api.example.org", "is not reached by https, so the token would be readable. Use https"),
        ("http://127.0.0.1.example.org", "is not reached by https"),
        ("file:///etc/passwd", "the address of the API is none"),
        ("ftp://localhost/x", "is not reached by https"),
        ("https://me:secret@api.example.org", "has a name or a blank in it"),
        ("https://api.example.org:port", "the address of the API is none"),
        ("https://api.example.org/?a=", "the address of the API is none"),
        ("https://api.example.org/\nHost: x", "the address of the API is none"),
    ],
)
def test_an_address_that_gets_no_token(said: Said, github: Service, address: str, why: str) -> None:
    status, err = said({**github.environment, "GITHUB_API_URL": address})
    assert (status, err.count("\n"), "secret" in err) == (2, 1, False)
    assert why in err
    assert github.calls == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (
            {"GITHUB_REPOSITORY": ""},
            "the environment names no repository. Set GITHUB_REPOSITORY=OWNER/NAME (GitHub), or ",
        ),
        ({"GITHUB_REPOSITORY": "a/b/../../c"}, "the environment names no repository"),
        ({"GITHUB_REF": "refs/heads/main"}, "this job belongs to no pull request. Name one with --pull-request NUMBER"),
        ({"GITHUB_TOKEN": ""}, "there is no token. Set GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": f"{TOKEN}\nHost: x"}, "GITHUB_TOKEN holds characters that no token has. Set it again"),
        ({"CI_API_V4_URL": "https://gitlab.example.org/api/v4"}, "the environment names no project. Set CI_PROJECT_ID"),
    ],
)
def test_what_is_wrong_with_the_environment(said: Said, github: Service, changed: dict[str, str], why: str) -> None:
    status, err = said({**github.environment, **changed})
    assert (status, err.count("\n"), err.startswith(f"dfix: {why}")) == (2, 1, True)
    assert github.calls == []


def test_which_pull_request_it_is(tmp_path: Path, github: Service) -> None:
    event = tmp_path / "event.json"
    own = {**github.environment, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(event)}
    event.write_text(json.dumps(FORK))  # pull_request_target
    assert pull_request(own, None).number == 7
    assert pull_request(own, 12).number == 12
    for broken in ("", "[]", '{"pull_request": 7}', "[" * 100_000, '{"pull_request": {"number": "7"}}'):
        event.write_text(broken)
        with pytest.raises(Exception, match="belongs to no pull request"):
            pull_request(own, None)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["none.md"], "none.md: "),
        (
            ["other.md"],
            "other.md is not a report of dfix verify. Name a file that `dfix verify --report FILE.md` wrote",
        ),
        (["verify.md", "other.md"], "a pull request has one comment. Name one FILE"),
        (["."], ".: a folder, not a file. Name the report in it"),
    ],
)
def test_what_is_wrong_with_a_file(said: Said, github: Service, tmp_path: Path, words: list[str], why: str) -> None:
    (tmp_path / "other.md").write_text("# Something else\n")
    status, err = said(github.environment, *words)
    assert (status, err.count("\n"), err.startswith(f"dfix: {why}")) == (2, 1, True)
    assert github.calls == []

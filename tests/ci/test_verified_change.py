"""The action with `verify: true`: a clone of a repository with a pull request, real builds, and a service that stands in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from dfix.rewriter.verify.proof_markdown import MARK
from tests.ci.test_action import ROOT, Ran, Runner
from tests.engine.fixture import Engine
from tests.hosting.stand_in import OWN, TOKEN, Service, Trouble
from tests.layers.repositories import commit, git, repository

SCHEMA = json.loads((ROOT / "docs/schema/dfix-verify-1.json").read_text(encoding="utf-8"))
BEFORE = "FROM busybox\nWORKDIR /app\nCOPY a b ./\nRUN cat a b > all\n"
WORSE = BEFORE.replace("COPY a b ./", "COPY a ./\nCOPY a ./b")
BETTER = BEFORE.replace("COPY a b ./", "COPY a b ./\nRUN true")
PROGRAM = Path(sys.executable).with_name("dfix")


class Job:
    """The job of pull request 7 in a clone of its repository."""

    def __init__(self, folder: Path, service: Service) -> None:
        self.service = service
        self.origin = repository(folder / "origin", {"Dockerfile": BEFORE, "a": "1\n", "b": "2\n", "README.md": "x"})
        git(self.origin, "checkout", "-q", "-b", "change")
        (folder / "event.json").write_text('{"pull_request": {"number": 7}}')
        self.event = folder / "event.json"
        self.runner = Runner(folder, ROOT)
        event = {"GITHUB_EVENT_PATH": str(self.event), "GITHUB_BASE_REF": "main"}
        self.runner.environment = {**service.environment, **event, "TMPDIR": str(folder)}
        del self.runner.environment["GITHUB_TOKEN"]

    def push(self, files: dict[str, str | None], **inputs: str) -> Ran:
        """Commit to the pull request; the job runs on a fresh clone of it."""
        commit(self.origin, files)
        shutil.rmtree(self.runner.checkout)
        words = ("clone", "-q", "--no-single-branch", "--depth=9", "--branch=change", f"file://{self.origin}")
        git(self.origin, *words, str(self.runner.checkout))
        given = {"verify": "true", "args": "--no-measure --network host", "token": TOKEN, **inputs}
        return self.runner.run(program=PROGRAM, **given)

    @property
    def comments(self) -> list[str]:
        return [comment["body"] for comment in self.service.comments]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    install = Runner._step
    monkeypatch.setattr(
        Runner,
        "_step",
        lambda self, step, values: (0, "") if step.get("id") == "install" else install(self, step, values),
    )
    with Service("github") as service:
        yield Job(tmp_path, service)


def test_each_push_is_built_and_one_comment_says_what_it_did(job: Job, engine: Engine) -> None:
    engine.bases("busybox")
    job.runner.environment |= engine.environment
    job.service.say("somebody", "Nice!")
    bad = job.push({"Dockerfile": WORSE})
    assert bad.status == 1, bad.log
    assert (
        "::error file=Dockerfile,line=4,title=dfix verify::not the same image, written on line 3 (COPY a b ./) before"
        in bad.log
    )
    assert "Dockerfile: not the same image\n" in bad.log
    assert (
        "| Dockerfile | Verdict | Image | Layers |\n| --- | --- | --- | --- |\n| <code>Dockerfile</code> | **not the same image** |"
        in bad.summary
    )
    assert job.comments == ["Nice!", bad.summary]
    verdict = json.loads((job.runner.folder / "dfix-verify.json").read_text())
    jsonschema.validate(verdict, SCHEMA)
    assert [file["verdict"] for file in verdict["files"]] == ["broken"]

    good = job.push({"Dockerfile": BETTER})
    assert good.status == 0, good.log
    assert "::error" not in good.log
    assert job.comments == ["Nice!", good.summary]
    assert "| <code>Dockerfile</code> | the same image |" in good.summary
    assert "comment on pull request 7 of owner/name: edited" in good.log

    failing = job.push({"Dockerfile": BETTER.replace("true", "echo '::error::x @team #1' && false")}, fail="false")
    assert failing.status == 0, failing.log
    assert (
        "::error file=Dockerfile,line=4,title=dfix verify::the file no longer builds: line 4: `RUN echo" in failing.log
    )
    assert "**no longer builds**" in job.comments[1]
    assert "The end of the build log&#58;\n" in job.comments[1]
    assert "@team" not in job.comments[1]
    assert "\n::error::x" not in failing.log


def test_a_fork_needs_no_secret(job: Job) -> None:
    """Its token may not write: the summary has the verdict, and one line says so."""
    repos = {"head": {"repo": {"full_name": "stranger/name"}}, "base": {"repo": {"full_name": "owner/name"}}}
    job.event.write_text(json.dumps({"pull_request": {"number": 7, **repos}}))
    job.service.troubles["POST"] = [Trouble(403, message="Resource not accessible by integration")]
    ran = job.push({"README.md": "y"})
    assert ran.status == 0, ran.log
    untrusted = "this pull request comes from the fork stranger/name: what is built is untrusted code"
    assert f"note: {untrusted}" in ran.log
    assert "what is built is untrusted code" in ran.summary
    assert "### dfix verify: nothing to compare" in ran.summary
    (line,) = (line for line in ran.log.splitlines() if "no comment was written" in line)
    assert "403 (Resource not accessible by integration)" in line
    assert job.comments == []


def test_an_error_replaces_an_old_verdict(job: Job) -> None:
    job.service.say(OWN, f"{MARK}\nproven")
    job.runner.environment["PATH"] = f"{job.runner.folder}:/usr/bin:/bin"
    for name in ("docker", "podman", "buildah"):
        (job.runner.folder / name).write_text("#!/bin/sh\nexit 1\n")
        (job.runner.folder / name).chmod(0o755)
    ran = job.push({"Dockerfile": BETTER})
    assert ran.status == 2, ran.log
    assert ran.summary.startswith(f"{MARK}\n### dfix verify: nothing is shown\n\n<code>")
    assert job.comments == [ran.summary]
    verdict = json.loads((job.runner.folder / "dfix-verify.json").read_text())
    jsonschema.validate(verdict, SCHEMA)
    assert verdict["error"]
    assert verdict["files"] == []


@pytest.mark.parametrize(
    ("inputs", "status", "said"),
    [
        ({"token": ""}, 0, ""),
        ({"base": "origin/none"}, 2, "dfix: --base names no commit of this repository: origin/none"),
        ({"verify": "yes"}, 2, "::error title=dfix::verify takes true or false, not yes"),
        ({"paths": "$(touch ran)\nnone"}, 2, "neither of the revisions has it"),
    ],
)
def test_inputs(job: Job, inputs: dict[str, str], status: int, said: str) -> None:
    ran = job.push({"README.md": "y"}, **inputs)
    assert (ran.status, said in ran.log) == (status, True), ran.log
    assert len(job.comments) == (inputs.get("token") != "" and "verify" not in inputs)
    assert not (job.runner.checkout / "ran").exists()


def test_a_push_to_a_branch_has_nothing_to_compare_with(job: Job) -> None:
    del job.runner.environment["GITHUB_BASE_REF"]
    ran = job.push({"README.md": "y"})
    assert (ran.status, "base must name a commit" in ran.log, job.comments) == (2, True, [])


def test_the_job_for_gitlab(tmp_path: Path) -> None:
    """The script of ci/gitlab.yml, without the lines that install dfix. The builds don't see the token."""
    template = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text(encoding="utf-8"))["dfix-verify"]
    repo = repository(tmp_path / "repo", {"Dockerfile": BEFORE, "a": "1\n", "b": "2\n"})
    base = git(repo, "rev-parse", "HEAD").strip()
    commit(repo, {"README.md": "y"})
    shim = tmp_path / "dfix"
    shim.write_text(f'#!/bin/sh\necho "$1 ${{GITLAB_TOKEN:+sees a token}}"\nexec "{PROGRAM}" "$@"\n')
    shim.chmod(0o755)
    with Service("gitlab") as service:
        kept = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
        environment = {**kept, **service.environment, "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        done = subprocess.run(
            ["sh", "-e", "-c", "\n".join(template["script"])],
            cwd=repo,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "verify \ncomment sees a token\n"), done.stderr
        (comment,) = service.comments
    assert comment["body"] == (repo / "dfix-verify.md").read_text()
    assert all((repo / name).is_file() for name in template["artifacts"]["paths"])

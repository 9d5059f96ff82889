"""Five services on a base of their own are the same images as before: the diff is applied, and all are built."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.engine.fixture import Engine

SERVICES = Path(__file__).parent / "services"
NAMES = ("api", "jobs", "mail", "web", "worker")
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.com")


def test_five_services(engine: Engine, tmp_path: Path) -> None:
    engine.bases("python")
    place = tmp_path / "services"
    shutil.copytree(SERVICES, place)

    def run(*words: str, text: str = "", expected: int = 0) -> str:
        done = subprocess.run(
            words,
            cwd=place,
            env={**engine.environment, "TMPDIR": str(tmp_path)},
            input=text,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == expected, done.stderr
        return done.stdout

    run("git", "init", "--quiet")
    run("git", "add", ".")
    run("git", *IDENTITY, "commit", "--quiet", "-m", "services")
    run("git", "apply", text=run(sys.executable, "-m", "dfix", "common-base", "--diff", ".", expected=1))

    plan = json.loads(run("docker", "buildx", "bake", "-f", "common-base/docker-bake.hcl", "--print"))["target"]
    assert set(plan) == {"common-base", *NAMES}
    assert {name: plan[name]["context"] for name in plan} == {name: name for name in plan}
    assert {json.dumps(plan[name]["contexts"]) for name in NAMES} == {'{"common-base": "target:common-base"}'}

    # bake of buildx 0.13 can't give a build the host's network, so that the base is built by itself
    run("docker", "build", "--network", "host", "--tag", "common-base", plan["common-base"]["context"])
    options = ("--network", "host", "--no-measure", "--output-format", "json")
    said = json.loads(run(sys.executable, "-m", "dfix", "verify", "--base", "HEAD", *options, "."))
    verdicts = {Path(file["path"]).parent.name: file["verdict"] for file in said["files"]}
    assert {name: verdicts[name] for name in NAMES} == dict.fromkeys(NAMES, "proven")

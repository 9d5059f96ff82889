from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from dfix.transforms.multistage.command_purpose import classified_commands
from dfix.transforms.multistage.system_packages import PackageChoice, choose_packages, install_run, is_build_package


def of(script: str, release: str = "bookworm") -> PackageChoice:
    (stage,) = build(parse(Source("Dockerfile", f"FROM a\nRUN {script}\n"))).stages
    return choose_packages(classified_commands(stage, lambda command: False), release)


@pytest.mark.parametrize(
    ("script", "kept", "left"),
    [
        ("apt-get update && apt-get install -y gcc-12 make curl", ("curl",), ("gcc-12", "make")),
        ("apt-get install -y build-essential libpq-dev", ("libpq5",), ("build-essential", "libpq-dev")),
        ("apt-get install -y default-jdk-headless maven", ("default-jre-headless",), ("default-jdk-headless", "maven")),
        ("apt-get install -y gfortran nginx=1.22.1-9", ("libgfortran5", "nginx=1.22.1-9"), ("gfortran",)),
        ("apt-get install -y git ffmpeg", ("git", "ffmpeg"), ()),
        ("apt-get install -y gcc wget && apt-get purge -y gcc wget", (), ()),
        ("apt-get install -y gcc libpq-dev && apt-get purge -y --auto-remove gcc libpq-dev", (), ()),
        ("apt-get install -y gcc libpq-dev && apt-get remove -y libpq-dev && apt-get autoremove -y", (), ("gcc",)),
        ("apt-get install -y gcc libpq-dev && apt-get purge -y gcc libpq-dev", ("libpq5",), ()),
        ("apk add --no-cache gcc musl-dev libffi-dev curl", ("libffi", "curl"), ("gcc", "musl-dev", "libffi-dev")),
        ("apk add --virtual .deps g++ && apk del .deps", (), ()),
        ("apk add -t .deps g++ && apk add curl && apk del .deps", ("curl",), ()),
        ("apk add --virtual .deps g++", ("libstdc++",), ("g++",)),
        ("echo", (), ()),
    ],
)
def test_what_the_runtime_stage_installs(script: str, kept: tuple[str, ...], left: tuple[str, ...]) -> None:
    found = of(script)
    assert (found.kept, found.left_behind) == (kept, left)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("apt-get install -y $PACKAGES", "does not name its packages literally"),
        ("apt-get install -y ./a.deb", "does not name its packages literally"),
        ("apt-get upgrade -y curl", "changes packages of the base image"),
        ("apt-get build-dep -y curl", "changes packages of the base image"),
        ("apk add frobnicate-dev", "dfix does not know which libraries of frobnicate-dev a program needs at run time"),
        ("dnf install -y gcc", "dfix does not know which dnf packages only the build needs"),
    ],
)
def test_unknown_packages(script: str, reason: str) -> None:
    with pytest.raises(LeaveAlone) as no:
        of(script)
    assert reason in no.value.reason.text


@pytest.mark.parametrize(
    ("script", "run"),
    [
        ("apk add gcc curl", "RUN apk add --no-cache curl\n"),
        ("apk upgrade && apk add gcc curl", "RUN apk upgrade --no-cache && apk add --no-cache curl\n"),
        ("apk upgrade", "RUN apk upgrade --no-cache\n"),
        ("apt-get install -y gcc", ""),
    ],
)
def test_the_run_of_the_runtime_stage(script: str, run: str) -> None:
    assert install_run(of(script)) == run


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("apt-get install -y curl git", ["apt-get install -y curl git"]),
        (
            "apt-get update && apt-get dist-upgrade -y && apt-get install -y --no-install-recommends gcc curl",
            ["apt-get dist-upgrade -y", "apt-get install -y --no-install-recommends curl"],
        ),
        ("apt update && apt upgrade -y && apt install -y make", ["apt-get upgrade -y"]),
    ],
)
def test_the_run_of_apt(script: str, lines: list[str]) -> None:
    commands = ["apt-get update", *lines, "rm -rf /var/lib/apt/lists/*"]
    assert install_run(of(script)) == "RUN " + " \\\n    && ".join(commands) + "\n"


@pytest.mark.parametrize(
    ("script", "recommends"),
    [
        ("apt-get install -y gcc git", True),
        ("apt-get install -y --no-install-recommends gcc git", False),
        ("apt-get install -y gcc libpq-dev", False),
        ("apt-get install -y git && apt-get purge -y git", False),
        ("apk add git", False),
    ],
)
def test_what_packages_recommend(script: str, recommends: bool) -> None:
    found = of(script)
    assert found.recommends is recommends


@pytest.mark.parametrize(
    "name", ["gcc", "gcc-12", "g++-12", "clang-15", "libstdc++-12-dev", "llvm-14", "make", "golang-1.19"]
)
def test_build_package(name: str) -> None:
    assert is_build_package("apt", name)


@pytest.mark.parametrize("name", ["git", "curl", "libpq5", "python3.11", "nginx"])
def test_no_build_package(name: str) -> None:
    assert not is_build_package("apt", name)


@pytest.mark.parametrize(
    ("script", "release", "hinted"),
    [
        ("apt-get install -y libicu-dev", "", True),
        ("apt-get install -y libfrobnicate-dev", "bookworm", False),
        ("apk add frobnicate-dev", "", False),
    ],
)
def test_a_release_in_the_tag_helps_where_it_decides(script: str, release: str, hinted: bool) -> None:
    with pytest.raises(LeaveAlone) as no:
        of(script, release)
    assert bool(no.value.reason.hint) is hinted

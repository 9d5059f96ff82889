"""The diff that makes a base: its files, what becomes of the Dockerfiles, and what is said."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dfix.rewriter.cli.main import run
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Source
from tests.build_context import put

FROM = "FROM python:3.12\n"
APT = "RUN apt-get update && apt-get install -y gcc\n"


class Applied:
    """What `dfix common-base --diff` prints for a repository of these files, and the files after it."""

    def __init__(self, folder: Path, files: dict[str, str], capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        put(folder, files)
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        self.status = run(["common-base", "--isolated", "--diff", "."])
        self.diff, self.said = capture.readouterr()
        if self.diff:
            subprocess.run(["git", "apply"], cwd=folder, input=self.diff.encode("utf-8", "surrogateescape"), check=True)

    def text(self, name: str) -> str:
        """A file afterwards; a Dockerfile has to be one."""
        found = (self.folder / name).read_bytes()
        if name.endswith("Dockerfile"):
            assert check(parse(Source.from_bytes(name, found))) is None
        return found.decode("utf-8", "surrogateescape")


Apply = Callable[[dict[str, str]], Applied]


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Apply:
    monkeypatch.chdir(tmp_path)
    return lambda files: Applied(tmp_path, files, capsys)


@pytest.mark.parametrize(
    ("before", "base", "after"),
    [
        (FROM + APT + "CMD a\n", FROM + APT, "FROM common-base\nCMD a\n"),
        (FROM + "\n# compilers\n" + APT + "\nCMD a\n", FROM + "# compilers\n" + APT, "FROM common-base\n\nCMD a\n"),
        (FROM + "COPY x /app/\n" + APT, FROM + APT, "FROM common-base\nCOPY x /app/\n"),
        (FROM + "ENV A=1\n" + APT, FROM + "ENV A=1\n" + APT, "FROM common-base\n"),
        (FROM + "ARG A=1\nENV B=$A\n" + APT, FROM + "ARG A=1\nENV B=$A\n" + APT, "FROM common-base\nARG A=1\n"),
        (
            FROM + 'SHELL ["/bin/bash", "-c"]\nUSER root\n' + APT + "RUN ./own.sh\n",
            FROM + 'SHELL ["/bin/bash", "-c"]\nUSER root\n' + APT + "RUN ./own.sh\n",
            'FROM common-base\nSHELL ["/bin/bash", "-c"]\n',
        ),
        (
            FROM.rstrip() + " AS common-base\n" + APT + "FROM scratch\nCOPY --from=common-base /a /b\n",
            FROM + APT,
            "FROM common-base-2 AS common-base\nFROM scratch\nCOPY --from=common-base /a /b\n",
        ),
        ("ARG V=3.12\nFROM python:$V\n" + APT, FROM + APT, "ARG V=3.12\nFROM common-base\n"),
        (
            FROM + APT.replace("\n", " \\\n    && true\n"),
            FROM + APT.replace("\n", " \\\n    && true\n"),
            "FROM common-base\n",
        ),
        (
            "# syntax=docker/dockerfile:1\n" + FROM + APT,
            "# syntax=docker/dockerfile:1\n" + FROM + APT,
            "# syntax=docker/dockerfile:1\nFROM common-base\n",
        ),
        (FROM + APT.rstrip(), FROM + APT, "FROM common-base\n"),
    ],
)
def test_what_becomes_of_a_dockerfile(applied: Apply, before: str, base: str, after: str) -> None:
    made = applied({"a/Dockerfile": before, "b/Dockerfile": before})
    assert made.status == 1
    assert made.text("common-base/Dockerfile") == base
    assert made.text("a/Dockerfile") == after
    assert made.text("b/Dockerfile") == after


BAKE = """\
# Builds the bases first, then what is built on them. Run it in the folder above:
#
#     docker buildx bake -f common-base/docker-bake.hcl
#
# Each context is the one that dfix found: check it. A target gets its image's name by `tags`.

group "default" {
  targets = ["c-d-e", "a", "b-worker"]
}

target "common-base" {
  context = "common-base"
}

target "c-d-e" {
  context = "C d$${e}"
  contexts = {
    "common-base" = "target:common-base"
  }
}

target "a" {
  context = "a"
  contexts = {
    "common-base" = "target:common-base"
  }
}

target "b-worker" {
  context = "b"
  dockerfile = "worker.Dockerfile"
  contexts = {
    "common-base" = "target:common-base"
  }
}
"""


def test_the_bake_file(applied: Apply) -> None:
    made = applied({f"{name}ockerfile": FROM + APT for name in ("a/D", "b/worker.D", "C d${e}/D")})
    assert made.text("common-base/docker-bake.hcl") == BAKE


def test_no_target_has_the_name_of_the_group(applied: Apply) -> None:
    made = applied({"default/Dockerfile": FROM + APT, "b/Dockerfile": FROM + APT})
    assert 'targets = ["b", "default-2"]' in made.text("common-base/docker-bake.hcl")


def test_comments_of_all_are_kept(applied: Apply) -> None:
    texts = [FROM + f"# {why}\n" + APT for why in ("for one", "for two", "for one")]
    made = applied({f"{name}/Dockerfile": text for name, text in zip("abc", texts, strict=True)})
    assert made.text("common-base/Dockerfile") == FROM + "# for one\n# for two\n" + APT
    assert made.text("b/Dockerfile") == "FROM common-base\n"


def test_several_bases_in_one_dockerfile(applied: Apply) -> None:
    node = "RUN npm install -g pnpm\n"
    text = "FROM node:22 AS web\n" + node + FROM + APT + "COPY --from=web /a /b\n"
    made = applied({"a/Dockerfile": text, "b/Dockerfile": text})
    left = "FROM common-base-node-22 AS web\nFROM common-base-python-3-12\nCOPY --from=web /a /b\n"
    assert made.text("a/Dockerfile") == left
    assert made.text("common-base/common-base-node-22.Dockerfile") == "FROM node:22\n" + node
    bake = made.text("common-base/docker-bake.hcl")
    assert 'dockerfile = "common-base-python-3-12.Dockerfile"' in bake
    assert bake.count('"common-base-node-22" = "target:common-base-node-22"') == 2


def test_other_line_ends_and_bytes_stay(applied: Apply) -> None:
    text = (FROM + APT + "LABEL a=b\n").replace("\n", "\r\n")
    made = applied({"a/Dockerfile": text, "b/Dockerfile": text})
    assert made.text("a/Dockerfile") == "FROM common-base\r\nLABEL a=b\r\n"
    assert made.text("common-base/Dockerfile") == FROM + APT


def test_a_heredoc_keeps_its_line_ends(applied: Apply) -> None:
    text = FROM + "RUN <<EOF\r\napt-get update\r\napt-get install -y gcc\r\nEOF\r\nCMD a\n"
    made = applied({"a/Dockerfile": text, "b/Dockerfile": text})
    assert (made.folder / "common-base/Dockerfile").read_bytes().decode() == text.replace("\r\nCMD a\n", "\n")


def test_what_else_has_to_change_is_said(applied: Apply) -> None:
    text = "ARG V=3.12\nFROM python:$V\n" + APT + "COPY . .\n"
    made = applied(
        {
            "Dockerfile": text,
            "b/Dockerfile": FROM + APT,
            "compose.yaml": "services:\n  b:\n    build: ./b\n",
        }
    )
    assert made.said.splitlines() == [
        "common-base/docker-bake.hcl: builds all of it; a plain `docker build` finds no image common-base. "
        "Run `docker buildx bake -f common-base/docker-bake.hcl` here",
        "Dockerfile:2: its build argument no longer chooses the image, which is that of common-base. "
        "Give the base the same argument if you need it",
        "Dockerfile: it copies its build context with common-base/, too, into the image. "
        "Exclude common-base in the ignore file",
        "compose.yaml: it builds b/Dockerfile, which needs the base from now on. "
        "Give that build the base as a named context",
    ]


def test_an_ignored_folder_is_not_copied(applied: Apply) -> None:
    made = applied(
        {"Dockerfile": FROM + APT + "COPY . .\n", "b/Dockerfile": FROM + APT, ".dockerignore": "common-base\n"}
    )
    assert len(made.said.splitlines()) == 1


@pytest.mark.parametrize(
    ("files", "said", "status"),
    [
        (
            {"a/Dockerfile": FROM + APT, "b/Dockerfile": FROM + "RUN make\n"},
            "No two Dockerfiles have the same slow RUN",
            0,
        ),
        (
            dict.fromkeys(("a/Dockerfile", "b/Dockerfile"), FROM.replace(" ", " --platform=linux/arm64 ") + APT),
            "a/Dockerfile:1: it gets no base: its FROM names a platform",
            2,
        ),
        (
            {"a/Dockerfile": "# syntax=docker/dockerfile:1\n" + FROM + APT, "b/Dockerfile": FROM + APT},
            "different `# syntax=` lines",
            2,
        ),
        (
            {"a/Dockerfile": FROM + APT, "b/Dockerfile": FROM + APT, "common-base/x": ""},
            "common-base: no base is shown, because this path exists already",
            2,
        ),
        (
            {"a/Dockerfile": FROM + APT, "b/Dockerfile": FROM + APT, "b/.git/HEAD": ""},
            "the Dockerfiles are in several repositories",
            2,
        ),
        ({"a/Dockerfile": "# escape=`\n" + FROM + APT, "b/Dockerfile": "# escape=`\n" + FROM + APT}, "No two", 0),
    ],
)
def test_no_base(applied: Apply, files: dict[str, str], said: str, status: int) -> None:
    made = applied(files)
    assert said in made.said
    assert (made.diff, made.status) == ("", status)


def test_json_has_no_diff(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["common-base", "--diff", "--output-format", "json", "."]) == 2
    assert capsys.readouterr().err == "dfix: --diff has its own format. Leave out --output-format\n"

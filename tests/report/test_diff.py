"""Diffs, held against `git apply`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.result import IgnoreFileChange, Result
from dfix.rewriter.report.diff import git_diff, unified
from dfix.rewriter.text.source import Source
from tests.report.results import result

TEXTS: dict[str, tuple[bytes, bytes]] = {
    "lines": (b"FROM a\nRUN b\nRUN c\n", b"FROM a\nRUN c\nRUN b\n"),
    "carriage returns": (b"FROM a\r\nRUN b\r\n", b"FROM a\r\nRUN b \\\r\n  && c\r\n"),
    "mixed line ends": (b"FROM a\nRUN b\r\nRUN c\n", b"FROM a\nRUN d\r\nRUN c\n"),
    "no last newline": (b"FROM a\nRUN b", b"FROM a\nRUN c"),
    "a last newline comes": (b"FROM a\nRUN b", b"FROM a\nRUN b\n"),
    "a last newline goes": (b"FROM a\nRUN b\n", b"FROM a\nRUN b"),
    "byte order mark": (b"\xef\xbb\xbfFROM a\nRUN b\n", b"\xef\xbb\xbfFROM b\nRUN b\n"),
    "bytes that are not UTF-8": (b"FROM a\n# \xff\xc3\nRUN b\n", b"FROM a\n# \xff\xc3\nRUN \xfe\n"),
    "odd characters": (
        b"FROM a\n# \x0c \xe2\x80\xa8 \xc2\x85\x1c\x0b\nRUN b\n",
        b"FROM b\n# \x0c \xe2\x80\xa8 \xc2\x85\x1c\x0b\n",
    ),
    "a lone carriage return": (b"FROM a\n# x\ry\nRUN b\n", b"FROM a\n# x\ry\nRUN c\n"),
    "spaces at a line's end": (b"FROM a \nRUN b\t\n", b"FROM a \nRUN c\t\n"),
    "two hunks": (b"FROM a\n" + b"RUN b\n" * 20 + b"RUN c\n", b"FROM d\n" + b"RUN b\n" * 20 + b"RUN e\n"),
    "diff's own marks": (b"FROM a\n-- b\n++ c\n@@ d\n", b"FROM a\n-- c\n++ d\n@@ e\n"),
}
NAMES = [
    "Dockerfile",
    "folder/api.Dockerfile",
    "a b",
    "a b 2020-01-01 00:00:00",
    " x ",
    "tab\tname",
    'quote"name',
    "back\\slash",
    "line\nend",
    "é",
    b"\xff".decode("utf-8", "surrogateescape"),
    "-",
]


def apply(folder: Path, name: str, before: bytes, after: bytes) -> bytes:
    """What `git apply` makes of the file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(before)
    source = Source.from_bytes(name, before)
    diff = unified(source, Source.from_bytes(name, after)).encode("utf-8", "surrogateescape")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True, env=environment)
    subprocess.run(["git", "apply", "-"], cwd=folder, check=True, input=diff, env=environment)
    return path.read_bytes()


@pytest.mark.parametrize("case", TEXTS)
def test_git_applies_it(tmp_path: Path, case: str) -> None:
    before, after = TEXTS[case]
    assert apply(tmp_path, "Dockerfile", before, after) == after


@pytest.mark.parametrize("name", NAMES)
def test_git_finds_the_file(tmp_path: Path, name: str) -> None:
    assert apply(tmp_path, name, b"FROM a\n", b"FROM b\n") == b"FROM b\n"


@pytest.mark.parametrize("case", TEXTS)
def test_equal_texts_have_no_diff(case: str) -> None:
    source = Source.from_bytes("Dockerfile", TEXTS[case][0])
    assert unified(source, source.with_text(source.text)) == ""


def test_the_text_of_a_diff() -> None:
    before = Source("x/Dockerfile", "FROM a\nRUN b")
    assert unified(before, before.with_text("FROM a\nRUN c\n")) == (
        "--- a/x/Dockerfile\n+++ b/x/Dockerfile\n@@ -1,2 +1,2 @@\n"
        " FROM a\n-RUN b\n\\ No newline at end of file\n+RUN c\n"
    )


@pytest.mark.parametrize(
    ("path", "header"),
    [
        ("./x/../Dockerfile", "a/Dockerfile"),
        ("../Dockerfile", "a/../Dockerfile"),
        ("{here}/x/Dockerfile", "a/x/Dockerfile"),
        ("/elsewhere/Dockerfile", "a/elsewhere/Dockerfile"),
        ("a b", "a/a b\t"),
        ("é", r'"a/\303\251"'),
        ("a\tb\\", r'"a/a\tb\\"'),
    ],
)
def test_the_name_in_the_header(path: str, header: str) -> None:
    source = Source(path.replace("{here}", os.getcwd()), "FROM a\n")
    assert unified(source, source.with_text("FROM b\n")).split("\n")[0] == "--- " + header


def repository(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    return folder


def written(path: Path, text: str = "FROM a\n") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def change_of(path: str) -> Result:
    return result(b"FROM a\n", b"FROM b\n", path=path)


@pytest.mark.parametrize(
    ("here", "path"), [("", "x/Dockerfile"), ("x", "Dockerfile"), ("x", "y z/Dockerfile"), ("x", "{}/x/D")]
)
def test_git_applies_it_in_the_folder_where_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, path: str
) -> None:
    """Names begin at the root of the repository, though it is called like one of its folders."""
    top = repository(tmp_path / "x")
    (top / here).mkdir(exist_ok=True)
    monkeypatch.chdir(top / here)
    path = path.replace("{}", str(top))
    file = Path(written(Path(path)))
    subprocess.run(["git", "apply", "-"], check=True, input=git_diff(change_of(path)).encode())
    assert file.read_text() == "FROM b\n"


def test_names_of_files_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, other = repository(tmp_path / "here"), repository(tmp_path / "other")
    monkeypatch.chdir(here)
    written(other / "x/Dockerfile")
    os.symlink(other / "x", here / "link")
    os.symlink("api.Dockerfile", here / "Dockerfile")
    names = {
        "../other/x/Dockerfile": "x/Dockerfile",  # of its own repository
        "link/Dockerfile": "x/Dockerfile",  # git changes no file behind a link
        "Dockerfile": "api.Dockerfile",
        str(tmp_path / "Dockerfile"): str(tmp_path / "Dockerfile").lstrip("/"),
        "not-there/Dockerfile": "not-there/Dockerfile",  # standard input, as this file
    }
    for path, name in names.items():
        assert git_diff(change_of(path)).split("\n")[0] == f"diff --git a/{name} b/{name}"
    monkeypatch.chdir(tmp_path)
    assert git_diff(change_of("other/x/Dockerfile")).startswith(
        "diff --git a/other/x/Dockerfile b/other/x/Dockerfile\n"
    )


def test_a_new_ignore_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = repository(tmp_path)
    monkeypatch.chdir(top)
    written(top / "Dockerfile")
    ignore = IgnoreFileChange(Source(".dockerignore", ""), Source(".dockerignore", ".git\n"), new=True)
    diff = git_diff(change_of("Dockerfile")._replace(ignore_file=ignore))
    subprocess.run(["git", "apply", "-"], check=True, input=diff.encode())
    assert (top / ".dockerignore").read_text() == ".git\n"

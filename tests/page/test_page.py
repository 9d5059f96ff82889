"""The page shows everything that is known, is self-contained, and runs nothing of what it shows."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dfix.rewriter.cli.command import execute
from dfix.rewriter.cli.request import Request
from dfix.rewriter.page.page import page
from dfix.rewriter.page.reported_file import ReportedFile
from dfix.rewriter.pipeline.result import Refused
from tests.build_context import put
from tests.processor import allowed
from tests.report.results import REFUSED, applied, failed, noted, result

VOID = ("meta", "br", "col")
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m \udcff'


class Reader(HTMLParser):
    """The elements of a page, with the text in each; fails if they don't close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.setdefault(tag, []).append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self.open:
            self.texts[tag][-1] += data

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, attributes in self.found for key, value in attributes.items() if key == name]


def evil() -> ReportedFile:
    before = f"FROM a\nRUN {EVIL}\n".encode("utf-8", "surrogateescape")
    change = applied(2)._replace(reason=f"`{EVIL}` is {EVIL}")
    refused = Refused("y", 1, 1, "hook", EVIL, EVIL)
    return ReportedFile(result(before, before + b"RUN b\n", change, path=f"{EVIL}/Dockerfile", refusals=(refused,)))


def test_nothing_of_a_repository_runs_or_loads() -> None:
    shown = Reader(page([evil(), ReportedFile(failed())], "two files"))
    names = [name for name, _ in shown.found]
    assert names.count("script") == 1
    assert not {"img", "link", "iframe", "object"} & set(names)
    assert all(href.startswith("#") for href in shown.attributes("href"))
    assert shown.attributes("src") == []
    assert not [key for _, attributes in shown.found for key in attributes if key.startswith("on") or key == "style"]
    assert "\x1b" not in "".join(shown.texts["body"])
    assert "<script>alert(1)</script>" in shown.texts["body"][0]


def test_the_policy_allows_only_the_page_itself() -> None:
    text = page([evil()], "one file")
    shown = Reader(text)
    policy = next(found["content"] or "" for name, found in shown.found if "http-equiv" in found)
    for name in ("style", "script"):
        content = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        assert len(content) == 1
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_a_change_leads_to_its_line() -> None:
    before, after = b"FROM a\nRUN b\nRUN c\n", b"FROM a\nRUN b\nRUN x\n"
    shown = Reader(page([ReportedFile(result(before, after, applied(3)))], "one change"))
    assert shown.attributes("href") == ["#f1-3"]
    assert "f1-3" in shown.attributes("id")
    rows = [row for row in shown.texts["tr"] if row]
    assert rows[0] == "BeforeAfter"
    assert rows[1:] == ["1 FROM a1 FROM a", "2 RUN b2 RUN b", "3-RUN c3+RUN x"]
    assert shown.texts["mark"] == ["c", "x"]


def test_lines_far_from_a_change_are_left_out() -> None:
    lines = [f"RUN {number}\n" for number in range(1, 21)]
    before = "".join(["FROM a\n", *lines])
    after = before.replace("RUN 9\n", "RUN x\nRUN y\n")
    shown = Reader(page([ReportedFile(result(before.encode(), after.encode(), applied(10)))], "one change"))
    rows = [row for row in shown.texts["tr"] if row][1:]
    assert rows[0] == rows[-1] == "⋯"
    assert rows[1:-1] == [
        *(f"{at} RUN {at - 1}{at} RUN {at - 1}" for at in (7, 8, 9)),
        "10-RUN 910+RUN x",
        "11+RUN y",
        *(f"{at} RUN {at - 1}{at + 1} RUN {at - 1}" for at in (11, 12, 13)),
    ]


def test_a_change_leads_to_the_first_line_of_its_instruction() -> None:
    before = b"FROM a\nRUN b \\\n" + b"  c \\\n" * 9 + b"  d\n"
    shown = Reader(page([ReportedFile(result(before, before + b"RUN e\n", applied(2)))], "one change"))
    rows = [row for row in shown.texts["tr"] if row][1:]
    assert rows[:3] == ["⋯", "2 RUN b \\2 RUN b \\", "⋯"]
    assert shown.attributes("href") == ["#f1-2"]
    assert "f1-2" in shown.attributes("id")


def test_what_was_left_alone_and_what_failed() -> None:
    left = result(b"FROM a\nRUN b\n", b"FROM a\nRUN b\n", refusals=(REFUSED._replace(line=2),))
    shown = Reader(page([ReportedFile(one) for one in (left, noted(), failed())], "nothing to change"))
    items = shown.texts["li"]
    assert "Line 2 RUN by (hook): a hook runsdelete it" in items
    assert "The whole file: it is for Windows" in items
    assert r"wrong \xff: no \xfe. correct it" in items


def test_an_overview_of_several_files() -> None:
    one = result(b"FROM a\n", b"FROM b\n", applied(1, "x"), refusals=(REFUSED,))
    two = result(b"FROM a\n", b"FROM b\n", applied(1, "x"), applied(1, "y"), path="b/Dockerfile")
    clean = result(b"FROM a\n", b"FROM a\n", path="c/Dockerfile")
    shown = Reader(page([ReportedFile(found) for found in (one, two, clean)], "three changes"))
    rows = shown.texts["tr"]
    assert rows[:3] == ["RuleChangesLeft alone", "x20", "y11"]
    assert rows[3:6] == ["FileChangesLeft alone", "Dockerfile11", "b/Dockerfile20"]
    assert not any("c/Dockerfile" in row for row in rows)


def test_layers_and_history_are_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, {"Dockerfile": "FROM debian\nRUN apt-get update && apt-get install -y jq\nCOPY x /x\n", "x": "x"})
    request = Request(paths=("Dockerfile",), output_format="html", history=5, isolated=True)
    assert execute(request) == 1
    shown = Reader(capfdbinary.readouterr().out.decode())
    assert shown.texts["caption"] == ["Before", "After"]
    assert shown.texts["tr"].count("3COPY x /xquick 1 of 2 files") == 2
    assert shown.texts["h3"] == ["Changes", "Layers", "History"]


def test_an_ignore_file_with_the_line_ends_of_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    modules = {"package.json": "{}", "node_modules/a/index.js": "", ".git/HEAD": "", ".dockerignore": "*.md\r\n"}
    put(tmp_path, {"Dockerfile": "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n", **modules})
    request = Request(paths=("Dockerfile",), output_format="html", select=("dockerignore",), unsafe=True, isolated=True)
    assert execute(request) == 1
    shown = Reader(capfdbinary.readouterr().out.decode())
    assert shown.texts["pre"] == [".git\nnode_modules"]
    assert shown.texts["tr"][3] == "3COPY . .quick 5 of 5 files"
    assert shown.texts["tr"][8] == "3COPY . .quick 3 of 3 files"


def test_thousands_of_files_have_an_overview_by_folder() -> None:
    def one(at: int) -> ReportedFile:
        path = f"repo{at % 3}/x{at}/Dockerfile"
        return ReportedFile(result(b"FROM a\nRUN b\n", b"FROM a\nRUN c\n", applied(2), path=path, refusals=(REFUSED,)))

    files = [one(at) for at in range(2000)]
    begin = time.process_time()
    text = page(files, "many")
    assert time.process_time() - begin < allowed(6)
    assert len(text) < 2000 * 1600
    assert text.count("<details ") == 2000
    assert ' open="open"' not in text
    shown = Reader(text)
    assert [title for title in shown.texts["h2"] if title.startswith("By ")] == ["By rule", "By folder", "By file"]
    rows = [row for row in shown.texts["tr"] if row.startswith("repo") and "/" not in row]
    assert rows == ["repo0667667667", "repo1667667667", "repo2666666666"]


def test_one_folder_needs_no_overview_by_folder() -> None:
    files = [ReportedFile(result(b"FROM a\n", b"FROM b\n", applied(1), path=f"x/{at}.Dockerfile")) for at in range(12)]
    assert "By folder" not in page(files, "twelve files")

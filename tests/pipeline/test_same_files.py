"""The fifth guard, given nothing but two texts and the build context."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model, build
from dfix.rewriter.pipeline import guards
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.source import Source
from tests.build_context import put, rewritten

TABLE = tomllib.loads((Path(__file__).parent / "results_of_splits.toml").read_text("utf-8"))
FILES = {"package.json": '{"name": "a"}', "src/a.js": "", "lib/b.js": "", "lib2/b.js": "", "x.json": "{}"}
HEAD = "FROM node:22\nWORKDIR /app\n"


def wrong(folder: Path, files: dict[str, str], before: str, after: str, *, new_image: bool = False) -> str:
    put(folder, files)
    context = Context.open(str(folder), str(folder / "Dockerfile"))
    first, second = (_model(text, context) for text in (before, after))
    return guards.same_files(first, second, new_image=new_image)


def _model(text: str, context: Context) -> Model:
    return build(parse(Source("Dockerfile", text.lstrip("\n"))), "", lambda: context)


@pytest.mark.parametrize("case", TABLE["wrong"], ids=lambda case: str(case["name"]))
def test_a_wrong_result_is_found(tmp_path: Path, case: dict[str, Any]) -> None:
    for name, target in case.get("links", {}).items():
        (tmp_path / name).symlink_to(target)
    assert case["says"] in wrong(tmp_path, case["files"], case["before"], case["after"])


@pytest.mark.parametrize("case", TABLE["right"], ids=lambda case: str(case["name"]))
def test_a_right_result_passes(tmp_path: Path, case: dict[str, Any]) -> None:
    for name, target in case.get("links", {}).items():
        (tmp_path / name).symlink_to(target)
    assert wrong(tmp_path, case["files"], case["before"], case["after"]) == ""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "COPY src ./\nCOPY lib ./src/\n",
            "COPY lib ./src/\n",
            "the COPY on line 3 is gone",
        ),
        (
            "COPY --chown=1 src ./\n",
            "COPY src ./\n",
            "the COPY on line 3 is gone, or copies something else",
        ),
        (
            "COPY lib ./\nCOPY lib2 ./\nRUN make\n",
            "COPY lib2 ./\nCOPY lib ./\nRUN make\n",
            "the COPY on line 4 no longer overwrites the COPY on line 3",
        ),
        (
            "COPY src ./\nRUN ./build.sh\n",
            "RUN ./build.sh\nCOPY src ./\n",
            "`./build.sh` on line 4 may read what the COPY on line 3 brings",
        ),
        (
            'COPY src ./\nRUN ["node", "a.js"]\n',
            'RUN ["node", "a.js"]\nCOPY src ./\n',
            "the RUN on line 4 may read what the COPY on line 3 brings",
        ),
        (
            "COPY src ./\nRUN cat a.js\n",
            "RUN cat a.js\nCOPY src ./\n",
            "`cat a.js` on line 4 reads a.js, where the COPY on line 3 puts files",
        ),
        (
            "COPY src ./\nRUN echo > new.js\n",
            "RUN echo > new.js\nCOPY src ./\n",
            "`echo` on line 4 changes new.js",
        ),
        (
            "RUN true\nCOPY . .\nRUN npm install\nRUN npm test\n",
            "RUN true && npm install\nCOPY . .\nRUN npm test\n",
            "`npm install` on line 5 finds another /app/package.json than package.json",
        ),
        (
            "COPY . .\nRUN npm install\n",
            "COPY x.json package.json\nRUN npm install\nCOPY . .\n",
            "`npm install` on line 4 finds another /app/package.json than package.json",
        ),
        (
            "COPY . .\nCOPY --from=build /out /app/src\n",
            "COPY --from=build /out /app/src\nCOPY . .\n",
            "the COPY on line 4 no longer overwrites the COPY on line 3",
        ),
        (
            "COPY . .\n",
            "COPY . .\nCOPY x.json /x.json\n",
            "the COPY on line 4 of the result puts other files into the image",
        ),
        (
            "COPY . .\nRUN npm run build\nFROM scratch\nCOPY --from=0 /app /app\n",
            "COPY . .\nRUN npm run build\n",
            "it has 1 stages instead of 2",
        ),
    ],
)
def test_what_it_finds(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert says in wrong(tmp_path, FILES, HEAD + before, HEAD + after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("COPY . .\nRUN npm install\n", "COPY package.json ./\nRUN npm install\nCOPY . .\n"),
        ("COPY . .\nRUN npm install\n", "COPY package.json /app/\nRUN npm install\nCOPY . /app/\n"),
        ("COPY . .\nRUN mkdir -p logs\n", "RUN mkdir -p logs\nCOPY . .\n"),
        ("COPY . .\nRUN apt-get install -y git\n", "RUN apt-get install -y git\nCOPY . .\n"),
        ("COPY src ./\nCOPY lib /lib/b\nRUN make\n", "COPY lib /lib/b\nCOPY src ./\nRUN make\n"),
        ("COPY . .\nRUN cat package.json\n", "COPY package.json ./\nRUN cat package.json\nCOPY . .\n"),
        ("RUN a\nRUN b\nCOPY . .\nRUN c\n", "RUN a && b\nCOPY . .\nRUN c && rm -rf /root/.npm\n"),
        ("COPY package.json ./\nCOPY . .\nRUN npm install\n", "COPY package.json ./\nRUN npm install\nCOPY . .\n"),
    ],
)
def test_what_it_accepts(tmp_path: Path, before: str, after: str) -> None:
    assert wrong(tmp_path, FILES, HEAD + before, HEAD + after) == ""


def test_a_stage_that_is_based_on_another(tmp_path: Path) -> None:
    before = "FROM node:22 AS a\nWORKDIR /app\nCOPY . .\nFROM a\nRUN npm install\n"
    after = "FROM node:22 AS a\nWORKDIR /app\nFROM a\nRUN npm install\nCOPY . .\n"
    assert "the COPY on line 3" in wrong(tmp_path, FILES, before, after)


def test_a_new_image_keeps_the_copies(tmp_path: Path) -> None:
    before = HEAD + "COPY . .\nRUN npm install\n"
    after = before.replace("node:22", "node:22 AS build") + "FROM node:22-slim\nCOPY --from=build /app /app\n"
    assert wrong(tmp_path, FILES, before, after, new_image=True) == ""
    assert "is gone" in wrong(tmp_path, FILES, before, after.replace("COPY . .\n", ""), new_image=True)


def repaired(folder: Path, before: str, after: str) -> str:
    put(folder, FILES)
    context = Context.open(str(folder), str(folder / "Dockerfile"))
    return guards.same_files(_model(before, context), _model(after, context), repairs=True)


def test_a_repair_adds_single_files_and_removes_copies_that_fail(tmp_path: Path) -> None:
    before = HEAD + "COPY package.json ./\nCOPY gone/package.json gone/\nRUN npm install\nCOPY . .\n"
    after = HEAD + "COPY package.json ./\nCOPY lib/b.js lib/\nRUN npm install\nCOPY . .\n"
    assert repaired(tmp_path, before, after) == ""
    assert "is gone" in repaired(tmp_path, before, after.replace("COPY package.json ./\n", ""))
    assert "more than one file" in repaired(tmp_path, before, after.replace("lib/b.js lib/", "lib lib"))
    assert "another file" in repaired(tmp_path, before, after.replace("lib/b.js lib/", "x.json package.json"))
    assert "other commands" in repaired(tmp_path, before, after.replace("install", "ci"))


def test_the_file_stays_and_one_line_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "same_files", lambda *_, **__: "the COPY on line 3 is gone")
    text = HEAD + "COPY . .\nRUN npm install\n"
    result = rewritten(tmp_path, FILES, text, Options(context=str(tmp_path)))
    assert result.after.text == text
    assert result.problem is not None
    assert "split-manifests: the COPY on line 3 is gone" in result.problem.message


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (
            "COPY src ./\nRUN chown -R 1:2 /app\n",
            "COPY --chown=1:2 src ./\n",
            "",
        ),
        (
            "COPY src ./\nRUN chown -R 1 .\n",
            "RUN chown -R 1 .\nCOPY --chown=1:0 src ./\n",
            "",
        ),
        (
            "COPY src ./\nRUN chown -R 1:2 /app\n",
            "RUN chown -R 1:2 /app\nCOPY src ./\n",
            "the COPY on line 3 is gone",
        ),
        (
            "COPY src ./\nRUN chown -R 1:2 /app\n",
            "COPY --chown=1:3 src ./\n",
            "the COPY on line 3 is gone",
        ),
        (
            "COPY src ./\nRUN chown 1:2 /app\n",
            "COPY --chown=1:2 src ./\n",
            "the COPY on line 3 is gone",
        ),
        (
            "COPY src /srv/\nCOPY --chown=1:2 lib ./\nRUN chown -R 1:2 /app\n",
            "COPY --chown=1:2 src /srv/\nCOPY --chown=1:2 lib ./\n",
            "the COPY on line 3 is gone",
        ),
    ],
)
def test_owners_at_the_end_are_compared(tmp_path: Path, before: str, after: str, says: str) -> None:
    found = wrong(tmp_path, FILES, HEAD + before, HEAD + after)
    assert (says in found) if says else not found


PREFIXED = "pip install --prefix=/install {}-r requirements.txt"
IN_PLACE = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {}\n"


def test_other_options_of_an_install_that_no_reader_knows(tmp_path: Path) -> None:
    before = IN_PLACE.format(PREFIXED.format("--no-cache-dir "))
    after = IN_PLACE.format("--mount=type=cache,target=/root/.cache/pip " + PREFIXED.format(""))
    assert wrong(tmp_path, {"requirements.txt": "flask\n", "a.py": ""}, before, after) == ""


def test_such_an_install_that_also_finds_other_files(tmp_path: Path) -> None:
    before = IN_PLACE.format(PREFIXED.format("--no-cache-dir "))
    after = "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nRUN {}\nCOPY . .\n".format(PREFIXED.format(""))
    said = wrong(tmp_path, {"requirements.txt": "flask\n", "a.py": ""}, before, after)
    assert "lacks what it reads (`pip install --prefix=/install -r requirements.txt` installs into" in said

"""Which steps run again. tests/engine/test_rebuilds.py holds the same module against BuildKit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model, build
from dfix.rewriter.model.reruns import Reruns, edited
from dfix.rewriter.text.source import Source
from tests.build_context import put

FILES = {"package.json": "{}", "src/a.js": "a", "src/lib/b.js": "b", "docs/x.md": "x", "README.md": "r"}


def model_of(folder: Path, dockerfile: str, files: Mapping[str, str] = FILES) -> tuple[Model, Reruns]:
    put(folder, {**files, "Dockerfile": dockerfile})
    context = Context.open(str(folder), str(folder / "Dockerfile"))
    model = build(parse(Source(str(folder / "Dockerfile"), dockerfile)), open_context=lambda: context)
    return model, Reruns(model, context)


def again(folder: Path, dockerfile: str, *paths: str, files: Mapping[str, str] = FILES) -> list[int]:
    """The lines that run again when these paths change."""
    _, reruns = model_of(folder, dockerfile, files)
    return sorted(step.instruction.line for step in reruns.again(paths))


SPLIT = """\
FROM node:22
WORKDIR /app
COPY package.json ./
RUN npm install
COPY . .
LABEL a=b
RUN npm run build
CMD ["node", "."]
"""


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("package.json", [3, 4, 5, 7]),
        ("src/a.js", [5, 7]),
        ("new.txt", [5, 7]),
        ("src/package.json", [5, 7]),
    ],
)
def test_a_copy_and_what_follows_it(tmp_path: Path, path: str, lines: list[int]) -> None:
    assert again(tmp_path, SPLIT, path) == lines


def test_nothing_runs_without_a_change(tmp_path: Path) -> None:
    assert again(tmp_path, SPLIT) == []


@pytest.mark.parametrize(
    ("copy", "path", "runs"),
    [
        ("COPY src /app/", "src/lib/b.js", True),
        ("COPY src /app/", "src2/b.js", False),
        ("COPY src /app/", "src", True),  # a submodule, or a file where there was a folder
        ("COPY ./src/ /app/", "src/a.js", True),
        ("COPY /src /app/", "src/a.js", True),
        ("COPY *.json /app/", "package.json", True),
        ("COPY *.json /app/", "tsconfig.json", True),
        ("COPY *.json /app/", "src/package.json", False),
        ("COPY */package.json /app/", "web/package.json", True),
        ("COPY */package.json /app/", "README.md", False),
        ("COPY s* /app/", "src/lib/b.js", True),
        ("COPY [a-p]*.json /app/", "tsconfig.json", False),
        ('COPY ["src", "README.md", "/app/"]', "README.md", True),
        ("COPY --exclude=*.js src /app/", "src/a.js", False),
        ("COPY --exclude=*.js src /app/", "src/a.ts", True),
        ("COPY --exclude=lib src /app/", "src/lib/b.js", False),
        ("COPY --parents src/**/b.js /app/", "src/lib/deep/b.js", True),
        ("COPY --parents src/**/b.js /app/", "src/b.js", True),
        ("COPY --parents src/**/b.js /app/", "src/a.js", False),
        ("ADD src /app/", "src/a.js", True),
        ("ADD https://example.org/src /app/", "src/a.js", False),
        ("COPY <<EOF /app/x\nsrc\nEOF", "src/a.js", False),
        ("COPY README.md <<EOF /app/\nsrc\nEOF", "README.md", True),
        ("COPY --from=busybox src /app/", "src/a.js", False),
        ("RUN --mount=type=bind,target=/src make", "src/a.js", True),
        ("RUN --mount=target=/src,source=src make", "src/a.js", True),
        ("RUN --mount=target=/src,source=docs make", "src/a.js", False),
        ("RUN --mount=type=cache,target=/src,source=src make", "src/a.js", False),
        ("RUN --mount=type=bind,from=busybox,target=/src make", "src/a.js", False),
        ("ARG DIR=src\nCOPY $DIR /app/", "src/a.js", True),
        ("ARG DIR=docs\nCOPY ${DIR} /app/", "src/a.js", False),
        ("ONBUILD COPY src /app/", "src/a.js", False),
    ],
)
def test_what_a_step_reads(tmp_path: Path, copy: str, path: str, runs: bool) -> None:
    assert bool(again(tmp_path, f"FROM debian:12\n{copy}\n", path)) is runs


def test_an_argument_before_the_first_from_gives_the_default(tmp_path: Path) -> None:
    dockerfile = "ARG DIR=src\nFROM debian:12\nARG DIR\nCOPY $DIR /app/\n"
    assert again(tmp_path, dockerfile, "src/a.js") == [4]
    assert again(tmp_path, dockerfile, "docs/x.md") == []


@pytest.mark.parametrize(
    ("ignore", "path", "runs"),
    [
        ("docs", "docs/x.md", False),
        ("docs", "docs/new/y.md", False),
        ("**/*.md", "src/new.md", False),
        ("*.md", "src/new.md", True),
        ("docs\n!docs/x.md", "docs/x.md", True),
        ("*\n!src", "README.md", False),
        ("*\n!src", "src/lib/new.js", True),
    ],
)
def test_what_the_ignore_file_leaves_out_runs_nothing(tmp_path: Path, ignore: str, path: str, runs: bool) -> None:
    files = {**FILES, ".dockerignore": ignore + "\n"}
    assert bool(again(tmp_path, "FROM debian:12\nCOPY . /app/\n", path, files=files)) is runs


def test_links_that_a_copy_names_are_followed(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("src/lib")
    dockerfile = "FROM debian:12\nCOPY current /app/\n"
    assert again(tmp_path, dockerfile, "src/lib/b.js") == [2]
    assert again(tmp_path, dockerfile, "current") == [2]
    assert again(tmp_path, dockerfile, "src/a.js") == []


def test_a_copy_with_link_has_nothing_before_it(tmp_path: Path) -> None:
    dockerfile = "FROM debian:12\nCOPY src /a/\nCOPY --link docs /b/\nRUN make\n"
    assert again(tmp_path, dockerfile, "src/a.js") == [2, 4]
    assert again(tmp_path, dockerfile, "docs/x.md") == [3, 4]
    assert again(tmp_path, dockerfile.replace("--link", "--link=false"), "src/a.js") == [2, 3, 4]


STAGES = """\
FROM node:22 AS deps
COPY package.json /app/
RUN npm install
FROM node:22 AS build
COPY --from=deps /app/node_modules /app/node_modules
COPY src /app/src
RUN npm run build
FROM build AS test
RUN npm test
FROM nginx
COPY docs /docs
COPY --from=build /app/dist /html
COPY --from=build /app/src/LICENSE /html/
"""


def test_stages_run_again_by_what_they_copy(tmp_path: Path) -> None:
    assert again(tmp_path, STAGES, "package.json") == [2, 3, 5, 6, 7, 9, 12, 13]
    assert again(tmp_path, STAGES, "src/a.js") == [6, 7, 9, 12, 13]
    assert again(tmp_path, STAGES, "docs/x.md") == [11, 12, 13]
    assert again(tmp_path, STAGES, "README.md") == []


def test_what_a_copy_from_a_stage_does_not_take_leaves_it_cached(tmp_path: Path) -> None:
    dockerfile = "FROM debian:12 AS a\nCOPY src docs /a/\nRUN mkdir -p /x\nFROM scratch\nCOPY --from=a /a/lib/b.js /\n"
    assert again(tmp_path, dockerfile, "src/lib/b.js") == [2, 3, 5]
    assert again(tmp_path, dockerfile, "src/a.js") == [2, 3]
    assert again(tmp_path, dockerfile.replace("mkdir -p /x", "make"), "src/a.js") == [2, 3, 5]


def test_it_says_what_is_not_certain(tmp_path: Path) -> None:
    _, reruns = model_of(tmp_path, STAGES)
    causes = {step.instruction.line: cause for step, cause in reruns.again(["src/a.js"]).items()}
    assert (causes[6].kind, causes[6].certain) == ("files", True)
    assert (causes[7].kind, causes[7].certain) == ("before", True)
    assert causes[7].other is not None and causes[7].other.instruction.line == 6
    assert (causes[9].kind, causes[9].certain) == ("base", True)
    assert (causes[12].kind, causes[12].certain) == ("stage", False)


def test_an_edited_instruction(tmp_path: Path) -> None:
    model, reruns = model_of(tmp_path, SPLIT)
    steps = {step.instruction.line: step for step in reruns.steps()}
    assert sorted(s.instruction.line for s in reruns.again([], [steps[4]])) == [4, 5, 7]
    assert sorted(s.instruction.line for s in reruns.again([], [model.stages[0]])) == [2, 3, 4, 5, 7]


def test_files_are_counted_by_what_they_run_again(tmp_path: Path) -> None:
    _, reruns = model_of(tmp_path, SPLIT)
    found = reruns.files()
    assert {step.instruction.line: files.number for step, files in found.items()} == {2: 0, 3: 1, 4: 1, 5: 6, 7: 6}
    readers = {step.instruction.line: [r.instruction.line for r in files.readers] for step, files in found.items()}
    assert readers == {2: [], 3: [3], 4: [3], 5: [3, 5], 7: [3, 5]}


ARGUMENTS = """\
ARG TAG=22
ARG UNUSED
FROM node:$TAG AS a
COPY src /src
ARG SHA
COPY docs /docs
ENV VERSION=$SHA
COPY docs /$VERSION/
RUN make
ARG LATE
COPY --link src /x
FROM a
ENV FIXED=1
ARG FIXED
RUN make
FROM node:22
ARG FIXED=2
ENV FIXED=3
RUN make
"""


def test_which_build_arguments_run_a_step_again(tmp_path: Path) -> None:
    _, reruns = model_of(tmp_path, ARGUMENTS)
    found = {key.instruction.line: names for key, names in reruns.arguments().items()}
    assert found == {
        3: ("TAG",),
        4: ("TAG",),
        6: ("TAG",),
        8: ("SHA", "TAG"),
        9: ("SHA", "TAG"),
        11: (),
        12: (),
        15: ("LATE", "SHA", "TAG"),
        16: (),
        19: (),
    }


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("RUN npm install", "RUN npm install --omit=dev", [4]),
        ("COPY . .", "COPY src .", [5]),
        ("LABEL a=b\n", "", []),
        ("LABEL a=b", "EXPOSE 80", []),
        ("LABEL a=b", "ENV A=b", [7]),
        ("LABEL a=b", "ARG A", [7]),
        ("LABEL a=b", "USER node", [7]),
        ("LABEL a=b", 'SHELL ["/bin/bash", "-c"]', [7]),
        ("LABEL a=b", "WORKDIR /other", [6, 7]),
        ("FROM node:22", "FROM node:24", [1]),
        ("FROM node:22", "FROM node:22 AS name", []),
        ("RUN npm run build", "RUN   npm run build", []),
        ("COPY package.json ./\n", "", [3, 4, 6]),
    ],
)
def test_which_steps_an_edit_of_the_dockerfile_changes(tmp_path: Path, old: str, new: str, lines: list[int]) -> None:
    before, _ = model_of(tmp_path, SPLIT)
    assert old in SPLIT
    after, _ = model_of(tmp_path, SPLIT.replace(old, new, 1))
    assert sorted(key.instruction.line for key in edited(before, after)) == lines


def test_stages_of_one_name_are_compared_in_their_order(tmp_path: Path) -> None:
    model, _ = model_of(tmp_path, "FROM a AS x\nRUN one\nFROM b AS x\nRUN two\n")
    assert edited(model, model) == frozenset()


def test_a_build_argument_runs_a_copy_from_a_stage_again_if_it_changes_what_is_taken(tmp_path: Path) -> None:
    dockerfile = "FROM a AS x\nARG D=src\nCOPY $D /d\nCOPY docs /e\nFROM b\nCOPY --from=x /e /e\nCOPY --from=x /d /d\n"
    _, reruns = model_of(tmp_path, dockerfile)
    found = {key.instruction.line: names for key, names in reruns.arguments().items()}
    assert found == {1: (), 3: ("D",), 4: ("D",), 5: (), 6: (), 7: ("D",)}

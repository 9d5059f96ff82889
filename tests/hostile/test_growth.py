"""The work for a Dockerfile grows with its length, not with the square of it: lines of Python are counted, not seconds."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from dfix.rewriter.dockerfile.rules import MAX_INSTRUCTIONS, MAX_STAGES
from dfix.rewriter.pipeline import job
from dfix.rewriter.pipeline.budget import MOST_SECONDS
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.read import MAX_BYTES
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.processor import allowed

SIZES = (40, 80, 160, 320)
MOST_GROWTH = 2.3
"""For each doubling; if all took the square, it would be 4."""
MOST_CPU = 12.0
"""Seconds for the longest file that is read. The slowest kinds (apt, npm) take 4.5, and up to 8.5 while memory is slow."""
TRIES = 2
LONGEST_LINE = 60_000
FROM = "FROM node:20\nWORKDIR /app\n"
KINDS: dict[str, str] = {
    "apt": "RUN apt-get update && apt-get install -y curl{0}\n",
    "apk": "RUN apk add --no-cache curl{0}\n",
    "npm": "COPY . .\nRUN npm ci\n",
    "npm, folders": "COPY a{0} a{0}/\nRUN cd a{0} && npm ci\n",
    "cache mount": "RUN --mount=type=cache,target=/x{0} npm ci\n",
    "pip": "RUN pip install flask{0}\n",
    "mkdir": "RUN mkdir -p /a{0}\n",
    "echo": "RUN echo a{0}\n",
    "rm": "ENV A{0}=1\nRUN rm -rf /opt/x{0}\n",
    "install and remove": "RUN apt-get update && apt-get install -y gcc{0}\nRUN apt-get remove -y gcc{0}\n",
    "download": "RUN curl -O http://x/y{0}.tgz && tar xf y{0}.tgz\n",
    "useradd": "RUN useradd a{0}\n",
    "user": "USER a{0}\nRUN id\n",
    "workdir": "WORKDIR /a{0}\nRUN make\n",
    "cd": "RUN cd /a{0} && make\n",
    "env": "ENV A{0}=1\n",
    "path": "ENV PATH=$PATH:/a{0}\nRUN x{0}\n",
    "env and pip": "ENV A{0}=1\nRUN pip install flask\n",
    "arg": "ARG A{0}=1\nRUN echo $A{0}\n",
    "label": "LABEL a{0}=b\n",
    "copy": "COPY a b{0} /x/\n",
    "go": "RUN go mod download\nCOPY . .\nRUN go build ./a{0}\n",
    "heredoc": "RUN <<E\necho a{0}\nE\n",
    "comments": "# a{0}\nRUN echo a\n",
    "exec form": 'RUN ["pip", "install", "a{0}"]\n',
    "onbuild": "ONBUILD RUN pip install a{0}\n",
    "scripts": "RUN ./a{0}.sh\n",
}
STAGES: dict[str, str] = {
    "stages": "FROM node:20 AS s{0}\nCOPY --from=0 /x /y\n",
    "stages of installs": "FROM node:20 AS s{0}\nCOPY . .\nRUN npm ci\n",
    "stages on stages": "FROM s{1} AS s{0}\nCOPY . .\nRUN npm ci\n",
    "unused stages": "FROM debian AS s{0}\nRUN apt-get update && apt-get install -y curl\n",
}
"""Their number is limited instead: what is in a stage may depend on all before it."""
ONE = {
    "one RUN": ("RUN true", " && apt-get install -y curl{0}"),
    "one RUN, lines": ("RUN true", " \\\n && echo a{0}"),
    "one RUN, ifs": ("RUN true", "; if a{0}; then b; fi"),
    "one RUN, pipes": ("RUN true", " | a{0}"),
    "one RUN, substitutions": ("RUN echo", " $(a{0})"),
    "one ENV": ("ENV", " A{0}=$A{1}"),
    "one COPY": ("COPY", " a{0}"),
    "one COPY, wildcards": ("COPY", " a{0}*"),
    "one LABEL": ("LABEL", " a{0}=b"),
    "one word": ("ENV A=", "${{B:-{0}}}"),
    "one comment": ("RUN a", " \\\n# c{0}"),
}


def text(kind: str, count: int) -> str:
    lines = KINDS | STAGES
    begin, each = (FROM, lines[kind]) if kind in lines else (FROM + ONE[kind][0], ONE[kind][1])
    if kind == "stages on stages":
        begin = "FROM node:20 AS s0\n"
    filled = begin + "".join(each.format(number, number - 1) for number in range(1, count + 1))
    return filled + (" /x/\n" if "COPY" in begin else "\n")


def rewritten(folder: Path, dockerfile: str) -> Result:
    path = str(folder / "Dockerfile")
    return rewrite(Source.from_bytes(path, dockerfile.encode()), Options(root=str(folder), unsafe=True)).result


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python a call runs."""
    count = 0

    def local(_frame: FrameType, _event: str, _value: Any) -> Any:
        nonlocal count
        count += 1
        return local

    before = sys.gettrace()
    sys.settrace(local)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("growth")
    put(made, {"package.json": "{}", "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}}}', "a/x": ""})
    return made


@pytest.mark.parametrize("kind", [*KINDS, *ONE])
def test_twice_the_text_takes_twice_the_steps(folder: Path, kind: str) -> None:
    for count in (10, 20):
        rewritten(folder, text(kind, count))  # tables are loaded, modules imported
    steps = [lines_run(partial(rewritten, folder, text(kind, count))) for count in SIZES]
    growth = (steps[-1] / steps[1]) ** (1 / 2)  # up to about 50 RUNs, some rules compare each with all
    assert growth < MOST_GROWTH, steps


@pytest.mark.parametrize("kind", [*KINDS, *STAGES, *ONE])
def test_the_longest_file_is_no_burden(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "MOST_SECONDS", 3 * MOST_SECONDS)  # what it takes is told below
    instructions = KINDS.get(kind, "").count("\n") or 1
    count = MAX_STAGES - 1 if kind in STAGES else MAX_INSTRUCTIONS // instructions - 2
    while len(text(kind, count)) > (LONGEST_LINE if kind in ONE else MAX_BYTES):
        count = count * 9 // 10
    took = 0.0
    for _ in range(TRIES):
        gc.collect()
        gc.freeze()  # what the tests before have left is no part of a command
        start = time.process_time()
        result = rewritten(folder, text(kind, count))
        took = time.process_time() - start
        gc.unfreeze()
        if took < allowed(MOST_CPU):
            break
    else:
        pytest.fail(f"{took:.1f} seconds, where {allowed(MOST_CPU):.1f} are allowed: {result.problem}")
    assert result.problem is None or "2,000" not in result.problem.message


def test_a_file_with_too_many_instructions_is_refused(folder: Path) -> None:
    problem = rewritten(folder, "FROM debian\n" + "RUN a\n" * MAX_INSTRUCTIONS).problem
    assert problem is not None
    assert problem.message == "more than 2,000 instructions, which dfix does not rewrite"
    assert rewritten(folder, "FROM debian\n" + "ENV A=1\n" * (MAX_INSTRUCTIONS - 1)).problem is None


def test_a_file_with_too_many_stages_is_refused(folder: Path) -> None:
    problem = rewritten(folder, "FROM debian\n" * (MAX_STAGES + 1)).problem
    assert problem is not None
    assert problem.message == "more than 200 stages, which dfix does not rewrite"

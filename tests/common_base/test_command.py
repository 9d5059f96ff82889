"""`dfix common-base`: its lines, its JSON, its exit status, and how long it takes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dfix.rewriter.cli.main import run
from dfix.rewriter.common_base.beginning import beginnings
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import Took, keep, keys
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.common_base.test_shared import found
from tests.processor import allowed

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-common-base-1.json").read_text("utf-8"))
APT = "RUN apt-get update && apt-get install -y gcc\n"
ONE = f"FROM python:3.12\nENV A=1\n{APT}"
OTHER = f"FROM python:3.12\nENV A=1\nCOPY . /app\n{APT}RUN make\n"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(made)
    return made


def test_what_people_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    third = f"FROM python:3.12\nCOPY . /usr/bin\n{APT}"
    put(tmp_path, {"a/Dockerfile": ONE, "b/Dockerfile": OTHER, "c/Dockerfile": third})
    monkeypatch.chdir(tmp_path)
    assert run(["common-base", "--isolated", "."]) == 0
    assert capsys.readouterr().out == (
        "python:3.12: 2 Dockerfiles can share a slow step\n"
        "  ENV A=1\n"
        "  RUN apt-get update && apt-get install -y gcc\n"
        "  a/Dockerfile: line 3\n"
        "  b/Dockerfile: line 4 (moved above other steps)\n"
        "  Without a common cache, a base runs 1 slow step once instead of 2 times; "
        "their layers are stored and pulled once.\n"
        "  How long they take and how large they are, only a build tells: `dfix verify` measures it.\n"
        "\n"
        "The same RUN on the same image, but not shared:\n"
        "  python:3.12: RUN apt-get update && apt-get install -y gcc (3 Dockerfiles)\n"
        "    c/Dockerfile:3: the COPY on line 2 puts files into /usr/bin, where packages and programs look or write\n"
    )


def test_json_and_measured_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(
        tmp_path,
        {"a/Dockerfile": ONE, "b/Dockerfile": OTHER, "c/Dockerfile": "FROM {{base}}\n", "d/Dockerfile": "RUN\n"},
    )
    path = tmp_path / "a" / "Dockerfile"
    model = build(parse(Source(str(path), ONE)))
    keep(str(path), {key: Took(12.5, 3_000) for step, key in keys(model) if step.keyword == "RUN"})
    assert run(["common-base", "--isolated", "--output-format", "json", str(tmp_path)]) == 2
    made = document(capsys)
    (group,) = made["groups"]
    assert group["saves"] == {"slow_steps": 1, "seconds": 12.5, "bytes": 3_000}
    assert [(member["lines"], member["moves"]) for member in group["members"]] == [([3], False), ([4], True)]
    assert (group["shared_today"], made["why"], made["files"]) == (False, None, 3)
    assert [one["path"].rpartition("/")[0][-1] for one in made["left_out"]] == ["c"]
    assert "d/Dockerfile" in made["problems"][0]["path"]


def test_nothing_to_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, {"a/Dockerfile": ONE})
    assert run(["common-base", "--isolated", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "A base of their own needs at least two Dockerfiles (1 Dockerfile).\n"
    assert run(["common-base", "--isolated", "--output-format", "json", str(tmp_path)]) == 0
    assert document(capsys)["groups"] == []


@pytest.mark.parametrize("words", [["-"], ["--config", "a.toml", "--isolated", "."], ["absent"], ["--no-such", "."]])
def test_mistakes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["common-base", *words]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_many_files(tmp_path: Path) -> None:
    """The tree of first steps grows with the files, whether they are alike or not."""
    texts = {
        f"{at}/Dockerfile": f"FROM python:3.12\n{APT}" + "".join(f"RUN ./step {at % 7} {n}\n" for n in range(6))
        for at in range(100)
    }
    names = [f"FROM image{at}\n{APT}RUN ./x\n" for at in range(20)]
    began = time.process_time()
    put(tmp_path, texts)
    assert run(["common-base", "--isolated", "--output-format", "json", str(tmp_path)]) == 0
    assert time.process_time() - began < allowed(8)
    assert found(tmp_path / "other", *names).groups == ()


def test_a_stage_with_many_steps() -> None:
    """Each step is compared with those above it: a longer stage is left alone."""
    text = "FROM python:3.12\n" + "COPY a /app/\nENV A=1\nWORKDIR /srv\n" * 40 + "RUN pip install flask\n" * 29
    began = time.process_time()
    assert len(list(beginnings(build(parse(Source("/x/Dockerfile", text)))))) == 1
    assert time.process_time() - began < allowed(5)
    text = "FROM python:3.12\n" + "RUN pip install flask\n" * 301
    assert list(beginnings(build(parse(Source("/x/Dockerfile", text))))) == []

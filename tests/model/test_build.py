"""What is in force at each instruction."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model, Stage, build
from dfix.rewriter.model.possible_bases import around_variables
from dfix.rewriter.text.source import Source


def model_of(text: str, target: str = "") -> Model:
    return build(parse(Source("Dockerfile", text)), target)


def only(text: str) -> Stage:
    stages = model_of(text).stages
    assert len(stages) == 1
    return stages[0]


WORKDIRS: dict[str, tuple[str, str | None]] = {
    "nothing is known of the base": ("", "?"),
    "absolute": ("WORKDIR /app\n", "/app"),
    "relative to the base's own": ("WORKDIR app\n", "?/app"),
    "relative to an absolute one": ("WORKDIR /app\nWORKDIR src/./main\n", "/app/src/main"),
    "twice relative": ("WORKDIR a\nWORKDIR b\n", "?/a/b"),
    "up": ("WORKDIR /app/src\nWORKDIR ..\n", "/app"),
    "up from what is not known": ("WORKDIR ..\n", None),
    "up and away from what is not known": ("WORKDIR a\nWORKDIR ../../b\n", None),
    "up and back": ("WORKDIR a\nWORKDIR ../b\n", "?/b"),
    "after what is not known": ("WORKDIR ..\nWORKDIR a\n", None),
    "absolute after what is not known": ("WORKDIR ..\nWORKDIR /a\n", "/a"),
    "above the root": ("WORKDIR /../a\n", "/a"),
    "slashes": ("WORKDIR //a//b/\n", "/a/b"),
    "a variable": ("ENV A=/app\nWORKDIR $A/src\n", "/app/src"),
    "a variable with a default": ("ENV A=\nWORKDIR ${A:-/app}\n", "/app"),
    "a build argument": ("ARG A=/app\nWORKDIR $A\n", None),
    "a variable of the base, perhaps": ("WORKDIR $HOME\n", None),
    "quotes": ('WORKDIR "/a b"\n', "/a b"),
    "ONBUILD": ("ONBUILD WORKDIR /app\n", "?"),
}


@pytest.mark.parametrize("name", WORKDIRS)
def test_workdir(name: str) -> None:
    lines, expected = WORKDIRS[name]
    assert only("FROM example/app\n" + lines).workdir == expected


def test_workdir_of_scratch_is_the_root() -> None:
    assert only("FROM scratch\nWORKDIR a\n").workdir == "/a"


def test_a_step_has_the_state_before_it() -> None:
    stage = only('FROM example/app\nWORKDIR /a\nUSER b\nENV C=d\nSHELL ["/bin/bash", "-c"]\nRUN e\n')
    assert [step.workdir for step in stage.steps] == ["?", "/a", "/a", "/a", "/a"]
    assert [step.user for step in stage.steps] == [None, None, "b", "b", "b"]
    assert [step.env for step in stage.steps] == [{}, {}, {}, {"C": "d"}, {"C": "d"}]
    assert [step.shell_name for step in stage.steps] == ["sh", "sh", "sh", "sh", "bash"]
    assert [step.index for step in stage.steps] == [0, 1, 2, 3, 4]


USERS: dict[str, tuple[str, str | None]] = {
    "the base's": ("", None),
    "a name": ("USER app\n", "app"),
    "with a group": ("USER 1000:1000\n", "1000:1000"),
    "the last counts": ("USER app\nUSER root\n", "root"),
    "a variable": ("ENV U=app\nUSER $U\n", "app"),
    "a build argument": ("ARG U\nUSER $U\n", "?"),
    "ONBUILD": ("ONBUILD USER app\n", None),
}


@pytest.mark.parametrize("name", USERS)
def test_user(name: str) -> None:
    lines, expected = USERS[name]
    assert only("FROM debian\n" + lines).user == expected


ENVS: dict[str, tuple[str, dict[str, str | None]]] = {
    "pairs": ("ENV A=b C=d\n", {"A": "b", "C": "d"}),
    "quotes": ("ENV A=\"b c\" D='e'\n", {"A": "b c", "D": "e"}),
    "an escape": ("ENV A=b\\ c\n", {"A": "b c"}),
    "empty": ("ENV A=\n", {"A": ""}),
    "a sign in the value": ("ENV A=b=c\n", {"A": "b=c"}),
    "the old form": ("ENV A b  c\n", {"A": "b  c"}),
    "the old form with a tab": ("ENV A\tb c\n", {"A": "b c"}),
    "the old form whose value holds its name": ("ENV A A b\n", {"A": "A b"}),
    "the old form over lines": ("ENV A \\\n  b\n", {"A": "b"}),
    "quotes in the old form": ('ENV A "b"\n', {"A": "b"}),
    "again": ("ENV A=b\nENV A=c\n", {"A": "c"}),
    "a variable": ("ENV A=b\nENV C=$A/d\n", {"A": "b", "C": "b/d"}),
    "of the same line it is the old one": ("ENV A=b\nENV A=c B=$A\n", {"A": "c", "B": "b"}),
    "one that the base may set": ("ENV PATH=/x:$PATH\n", {"PATH": None}),
    "an ARG": ("ARG A=b\n", {"A": None}),
    "several ARGs": ("ARG A B=c\n", {"A": None, "B": None}),
    "ENV from an ARG": ("ARG A=b\nENV C=$A\n", {"A": None, "C": None}),
    "ENV after an ARG": ("ARG A=b\nENV A=c\n", {"A": "c"}),
    "ENV wins over an ARG after it": ("ENV A=c\nARG A=b\n", {"A": "c"}),
    "what BuildKit cannot expand": ("ENV A=${b\n", {"A": None}),
    "ONBUILD": ("ONBUILD ENV A=b\nONBUILD ARG C\n", {}),
    "LABEL is no ENV": ("LABEL A=b\n", {}),
}


@pytest.mark.parametrize("name", ENVS)
def test_env(name: str) -> None:
    lines, expected = ENVS[name]
    assert only("FROM debian\n" + lines).env == expected


def test_a_global_argument_is_not_set_in_a_stage() -> None:
    assert only("ARG A=b\nFROM debian\n").env == {}


SHELLS: dict[str, tuple[str, str, bool]] = {
    "default": ("", "sh", False),
    "bash": ('SHELL ["/bin/bash", "-c"]\n', "bash", False),
    "stops": ('SHELL ["/bin/bash", "-ec"]\n', "bash", True),
    "stops, apart": ('SHELL ["/bin/bash", "-e", "-c"]\n', "bash", True),
    "stops, with pipefail": ('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]\n', "bash", True),
    "stops, last": ('SHELL ["/bin/bash", "-o", "pipefail", "-ec"]\n', "bash", True),
    "stops, in words": ('SHELL ["bash", "-o", "errexit", "-c"]\n', "bash", True),
    "pipefail alone": ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n', "bash", False),
    "a long option": ('SHELL ["/bin/bash", "--noprofile", "-c"]\n', "bash", False),
    "Windows": ('SHELL ["C:\\\\Windows\\\\PowerShell.exe", "-Command"]\n', "powershell.exe", False),
    "ONBUILD": ('ONBUILD SHELL ["/bin/bash", "-c"]\n', "sh", False),
}


@pytest.mark.parametrize("name", SHELLS)
def test_shell(name: str) -> None:
    lines, shell, stops = SHELLS[name]
    step = only(f"FROM debian\n{lines}RUN a\n").steps[-1]
    assert (step.shell_name, step.stops_on_error) == (shell, stops)


def test_onbuild_is_a_step_of_another_build() -> None:
    stage = only("FROM debian\nONBUILD RUN --network=none a\nRUN b\n")
    assert [(step.keyword, step.onbuild) for step in stage.steps] == [("RUN", True), ("RUN", False)]
    assert [flag.name for flag in stage.steps[0].instruction.flags] == ["network"]


def test_a_stage_inherits_from_a_stage() -> None:
    text = 'FROM debian:12 AS Base\nWORKDIR /a\nUSER b\nENV C=d\nSHELL ["bash", "-c"]\nFROM base\nRUN e\n'
    parent, child = model_of(text).stages
    assert child.parent is parent
    assert parent.name == "base"
    step = child.steps[0]
    assert (step.workdir, step.user, step.env, step.shell_name) == ("/a", "b", {"C": "d"}, "bash")
    assert child.family == "debian"


def test_a_stage_takes_nothing_from_a_stage_that_it_is_not_based_on() -> None:
    first, second = model_of("FROM debian AS a\nWORKDIR /a\nUSER b\nFROM alpine\n").stages
    assert second.parent is None
    assert (second.workdir, second.user, second.family) == ("/", None, "alpine")
    assert first.workdir == "/a"


def test_of_two_stages_of_a_name_the_later_is_the_base() -> None:
    stages = model_of("FROM debian AS a\nFROM alpine AS a\nFROM a\n").stages
    assert stages[2].parent is stages[1]


def test_a_stage_of_an_images_name_counts_only_after_it() -> None:
    stages = model_of("FROM debian AS debian\nFROM debian\n").stages
    assert stages[0].parent is None
    assert stages[1].parent is stages[0]


SHIPS: dict[str, tuple[str, list[bool]]] = {
    "the only one": ("FROM a\n", [True]),
    "copied from by name": ("FROM a AS b\nFROM c\nCOPY --from=b /x /y\n", [False, True]),
    "by name in other letters": ("FROM a AS Build\nFROM c\nCOPY --from=BUILD /x /y\n", [False, True]),
    "by number": ("FROM a\nFROM c\nCOPY --from=0 /x /y\n", [False, True]),
    "mounted from": ("FROM a AS b\nFROM c\nRUN --mount=from=b,target=/x y\n", [False, True]),
    "mounted from by number": ("FROM a\nFROM c\nRUN --mount=type=bind,target=/x,from=0 y\n", [False, True]),
    "the base of the last": ("FROM a AS b\nFROM b\n", [True, True]),
    "the base of the base": ("FROM a AS b\nFROM b AS c\nFROM c\n", [True, True, True]),
    "the base of one that is copied from": (
        "FROM a AS b\nFROM b AS c\nFROM d\nCOPY --from=c /x /y\n",
        [False, False, True],
    ),
    "used by nobody": ("FROM a AS b\nFROM c\n", [True, True]),
    "the base of one that nobody uses": ("FROM a AS b\nFROM b AS c\nFROM d\nCOPY --from=b /x /y\n", [True, True, True]),
    "another image": ("FROM a AS b\nFROM c\nCOPY --from=nginx /x /y\n", [True, True]),
    "copied from by a later stage only": (
        "FROM a AS b\nFROM c AS d\nCOPY --from=b /x /y\nFROM e\nCOPY --from=d /x /y\n",
        [False, False, True],
    ),
}


@pytest.mark.parametrize("name", SHIPS)
def test_which_stages_ship(name: str) -> None:
    text, expected = SHIPS[name]
    assert [stage.ships for stage in model_of(text).stages] == expected


WINDOWS = [
    "# escape=`\nFROM debian\n",
    "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n",
    "FROM mcr.microsoft.com/windows/nanoserver:1809\n",
    "FROM microsoft/windowsservercore\n",
    "FROM golang:1.22-windowsservercore-ltsc2022\n",
    "FROM mcr.microsoft.com/dotnet/framework/sdk:4.8\n",
    "FROM debian\nFROM mcr.microsoft.com/windows/nanoserver:1809\n",
    "FROM --platform=windows/amd64 golang\n",
    "ARG node=node:10-windowsservercore\nFROM $node\nRUN npm install -g x\n",
    "ARG V=1809\nARG BASE=mcr.microsoft.com/windows/nanoserver:${V}\nFROM ${BASE} AS a\nFROM a\n",
    "FROM example/windows-build-agent:4\n",
    "FROM example/dotnet:ltsc2022\n",
    "FROM example/app\nWORKDIR C:/app\n",
    'FROM example/app\nWORKDIR "C:\\\\app"\n',
    'FROM example/app\nCOPY ["a b", "c:/app/"]\n',
    "ARG B=golang:1.22\nFROM golang AS golang-windows\nFROM ${B}-windowsservercore\n",
    'FROM example/app\nSHELL ["powershell", "-Command"]\nRUN a\n',
    "FROM example/app\nRUN mkdir C:\\app\n",
]


@pytest.mark.parametrize("text", WINDOWS)
def test_windows_is_left_alone(text: str) -> None:
    assert "Windows" in model_of(text).opaque


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian\n",
        "FROM --platform=linux/amd64 debian\n",
        "# escape=\\\nFROM debian\n",
        "ARG node=node:10\nFROM $node\n",
        "FROM debian AS tool-windows-amd64\nFROM debian AS tool-linux\nARG TARGETARCH\nFROM tool-windows-${TARGETARCH} AS b\n",
        "FROM debian AS a-windows\nFROM a-windows AS b\n",
        "FROM a:3-${b:c}\n",
        "FROM debian\nRUN echo C:/app > /etc/a && sed -i s:/a:/b:g /etc/b\n",
        "FROM example/wine\nRUN wine a.exe C:/app\n",
        'FROM example/app\nSHELL ["pwsh", "-Command"]\nRUN a\n',
        "FROM example/app\nRUN curl http://c:/a\n",
    ],
)
def test_linux_is_not(text: str) -> None:
    assert model_of(text).opaque == ""


def test_the_image_of_a_stage_with_an_argument_is_not_known() -> None:
    assert only("ARG A=debian\nFROM $A\n").family == "unknown"
    assert only("ARG A=12\nFROM debian:$A\n").family == "debian"


def test_a_heredoc_as_the_whole_script() -> None:
    stage = only("FROM a\nRUN <<E\nb\nE\nRUN <<E cat\nb\nE\nRUN b\nRUN cat <<E > /x\nb\nE\n")
    assert [step.body is not None for step in stage.steps] == [True, False, False, False]


@pytest.mark.parametrize("text", ["FROM {{ base }}\n", "FROM a:%%TAG%%\n", "FROM a\nRUN b {% if c %} d {% endif %}\n"])
def test_templates_are_left_alone(text: str) -> None:
    assert "template" in model_of(text).opaque


@pytest.mark.parametrize("text", ["FROM a\n# {% b %}\nRUN c --format '{{.Id}}' ${d%%e}\n"])
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert model_of(text).opaque == ""


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        ("a", ["a"]),
        ("$A", ["", ""]),
        ("base-${A}-$B", ["base-", "-", ""]),
        ("${A:-${B:-c}}", ["", ""]),
        ("a${A:-${B}-${C%x}}b", ["a", "b"]),
        ("a${A", ["a", ""]),
        ("a}$", ["a}$"]),
    ],
)
def test_the_texts_around_variables(word: str, texts: list[str]) -> None:
    assert around_variables(word) == texts

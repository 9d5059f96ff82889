"""Which step of the Dockerfile a step of the build is, and which layer it made."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import Took, keys
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engine import BuildStep, Built
from dfix.rewriter.verify.image import Image, Layer
from dfix.rewriter.verify.step_times import line_of, step_times

MULTI = """\
FROM golang:1.22 AS Build
WORKDIR /src
RUN go build
FROM debian:12
ENV x=1
COPY --from=build /a /a
RUN apt-get update
"""
ONE = "FROM debian:12\nWORKDIR /app\nCOPY . .\nENV x=1\nRUN make\n"


def image(*made: str, base: int = 1) -> Image:
    """An image with layers of 10, 11, 12 … bytes, after those of its base."""
    entries = [{"created_by": "base"}] * base + [{"created_by": text} for text in made]
    history = [*entries, {"created_by": "CMD x", "empty_layer": True}]
    return Image({"history": history}, tuple(Layer(f"{n}", 10 + n - base) for n in range(len(entries))), {})


def took(text: str, steps: list[BuildStep], built: Image, target: str = "") -> dict[str, Took]:
    """What is found, by the keyword and the first word of each step."""
    source = Source("Dockerfile", text)
    found = dict(step_times(source, target, Built(tuple(steps), 9.0), built))
    texts = {key: " ".join(step.instruction.logical.split()[:2]) for step, key in keys(build(parse(source)))}
    return {texts[key]: what for key, what in found.items()}


BUILT = [
    BuildStep("[2/4] WORKDIR /app", False, 0.1),
    BuildStep("[3/4] COPY . .", False, 0.2),
    BuildStep("[4/4] RUN make", False, 3.25),
]
MADE = image("WORKDIR /app", "COPY . . # buildkit", "RUN /bin/sh -c make # buildkit")


def test_steps_and_layers_of_one_stage() -> None:
    expected = {"WORKDIR /app": Took(0.1, 10), "COPY .": Took(0.2, 11), "RUN make": Took(3.25, 12)}
    assert took(ONE, BUILT, MADE) == expected
    platform = [step._replace(name=step.name.replace("[", "[linux/arm64 ")) for step in BUILT]
    assert took(ONE, platform, MADE) == expected


def test_stages_by_name_and_by_number() -> None:
    steps = [
        BuildStep("[build 2/3] WORKDIR /src", False, 0.1),
        BuildStep("[build  3/3] RUN go build", False, 20.0),
        BuildStep("[stage-1 2/3] COPY --from=build /a /a", False, 0.2),
        BuildStep("[stage-1 3/3] RUN apt-get update", False, 7.0),
    ]
    built = image("COPY /a /a # buildkit", "RUN /bin/sh -c apt-get update # buildkit")
    assert took(MULTI, steps, built) == {
        "WORKDIR /src": Took(0.1, None),
        "RUN go": Took(20.0, None),
        "COPY --from=build": Took(0.2, 10),
        "RUN apt-get": Took(7.0, 11),
    }


def test_a_stage_on_another_stage_has_its_layers_too() -> None:
    text = "FROM scratch AS a\nCOPY x /x\nFROM a\nCOPY y /y\n"
    steps = [BuildStep("[a 1/1] COPY x /x", False, 0.1), BuildStep("[stage-1 1/1] COPY y /y", False, 0.2)]
    assert list(took(text, steps, image("COPY x /x", "COPY y /y", base=0)).values()) == [Took(0.1, 10), Took(0.2, 11)]


def test_the_stage_that_was_asked_for() -> None:
    steps = [BuildStep("[build 3/3] RUN go build", False, 20.0)]
    assert took(MULTI, steps, image("WORKDIR /src", "RUN go build"), "build") == {"RUN go": Took(20.0, 11)}


@pytest.mark.parametrize(
    "step",
    [
        BuildStep("[4/4] RUN make", True, 0.0),
        BuildStep("[4/4] RUN make", False, None),
        BuildStep("[4/4] COPY . .", False, 1.0),
        BuildStep("[5/5] RUN make", False, 1.0),
        BuildStep("[4/6] RUN make", False, 1.0),
        BuildStep("[other 4/4] RUN make", False, 1.0),
        BuildStep("STEP 4/4: RUN make", False, 1.0),
        BuildStep("RUN make", False, 1.0),
    ],
)
def test_a_step_that_is_not_known_for_sure_has_no_time(step: BuildStep) -> None:
    assert took(ONE, [step], MADE) == {}


@pytest.mark.parametrize(
    "built",
    [
        Image({}, (), {}),
        Image({"history": "x"}, (), {}),
        Image({"history": [{"created_by": "RUN make"}]}, (Layer("a", 1),), {}),
        image("COPY . .", "WORKDIR /app", "RUN make"),
        MADE._replace(layers=MADE.layers[1:]),
        Image({"history": [None, 1, []]}, (), {}),
    ],
)
def test_layers_that_do_not_match_have_no_size(built: Image) -> None:
    assert took(ONE, BUILT, built)["RUN make"] == Took(3.25, None)


def test_a_file_that_dfix_does_not_read() -> None:
    assert step_times(Source("Dockerfile", ""), "", Built((), 0.0), MADE) == ()


def test_the_line_of_a_step_that_an_engine_names() -> None:
    source = Source("Dockerfile", MULTI + "COPY $A \\\n  /b\nRUN true\nRUN true\n")
    names = {
        "[build 3/3] RUN go build": 3,
        "[stage-1 3/6] RUN apt-get update": 7,
        "[stage-1 4/6] COPY a   /b": 8,  # with the variable's value
        "[2/2 4] RUN apt-get update": 7,  # buildah
        "[2/2 6] RUN true": 0,
        "[stage-1 4/9] RUN other": 0,
        "[internal] load metadata for docker.io/library/debian:12": 0,
        "": 0,
    }
    assert {name: line_of(source, name) for name in names} == names
    assert line_of(Source("Dockerfile", "RUN nothing\n"), "[1/1] RUN nothing") == 0

"""Which first steps several Dockerfiles share, and which they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.common_base.survey import Survey, survey
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.pipeline.options import Options
from tests.build_context import put

APT = "RUN apt-get update && apt-get install -y gcc\n"
PIP = "RUN pip install flask\n"


def found(folder: Path, *texts: str, **files: str) -> Survey:
    """What the Dockerfiles of the folders a, b, c … share."""
    names = [f"{chr(ord('a') + at)}/Dockerfile" for at in range(len(texts))]
    put(folder, {**dict(zip(names, texts, strict=True)), **files, ".git/HEAD": ""})
    return survey(Job(str(folder / name), Options(root=str(folder)), write=False) for name in names)


def steps(survey_: Survey) -> list[list[str]]:
    """For each group, its settings and steps."""
    return [[line for step in group.steps for line in (*step.along, step.shown)] for group in survey_.groups]


APT_LINE = APT.rstrip()
FROM = "FROM python:3.12\n"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (FROM + APT + "CMD a\n", FROM + APT + "CMD b\n", [APT_LINE]),
        ("ARG V=3.12\nFROM python:$V\n" + APT, FROM + APT, [APT_LINE]),
        (FROM + "COPY . /app\n" + APT, FROM + APT, [APT_LINE]),
        (FROM + "WORKDIR /one\n" + APT, FROM + "WORKDIR /two\n" + APT, [APT_LINE]),
        (FROM + "ENV APP_DIR=/one\n" + APT, FROM + "ENV APP_DIR=/two\n" + APT, [APT_LINE]),
        (FROM + "ARG GIT_COMMIT\n" + APT, FROM + APT, [APT_LINE]),
        (FROM + "RUN mkdir /one\n" + APT, FROM + "RUN mkdir /two\n" + APT, [APT_LINE]),
        (FROM + "LABEL a=b\n" + APT, FROM + "EXPOSE 80\n" + APT, [APT_LINE]),
        (FROM + "RUN ./known.sh\n" + APT, FROM + "RUN ./known.sh\n" + APT, ["RUN ./known.sh", APT_LINE]),
        (FROM + "ENV A=1\n" + PIP, FROM + "ENV A=1\n" + PIP, ["ENV A=1", PIP.rstrip()]),
        (FROM + "ARG A=1\nENV B=$A\n" + PIP, FROM + "ARG A=1\nENV B=$A\n" + PIP, ["ARG A=1", "ENV B=$A", PIP.rstrip()]),
        (FROM + "ARG TARGETARCH\n" + APT, FROM + "ARG TARGETARCH\n" + APT, ["ARG TARGETARCH", APT_LINE]),
        (FROM + "USER root\n" + APT, FROM + "USER root\n" + APT, ["USER root", APT_LINE]),
        (FROM.rstrip() + " AS b\n" + APT + "FROM scratch\nCOPY --from=b /a /b\n", FROM + APT, [APT_LINE]),
        (FROM + APT.replace("&& ", "&& \\\n    "), FROM + APT, [APT_LINE]),
        (
            FROM + "RUN --mount=type=cache,target=/c apt-get install -y gcc\n",
            FROM + "RUN --mount=type=cache,target=/c apt-get install -y gcc\n",
            ["RUN --mount=type=cache,target=/c apt-get install -y gcc"],
        ),
        (
            FROM + "COPY --from=tool:1 /uv /bin/uv\nRUN uv pip install a\n",
            FROM + "COPY --from=tool:1 /uv /bin/uv\nRUN uv pip install a\n",
            ["COPY --from=tool:1 /uv /bin/uv", "RUN uv pip install a"],
        ),
    ],
)
def test_shared(tmp_path: Path, one: str, other: str, shared: list[str]) -> None:
    assert steps(found(tmp_path, one, other)) == [shared]


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (FROM + APT, "FROM python:3.11\n" + APT, None),
        (FROM + APT, "FROM --platform=linux/arm64 python:3.12\n" + APT, "are others"),
        ("FROM $BASE\n" + APT, "FROM $BASE\n" + APT, "only known in a build"),
        ("FROM --platform=$BUILDPLATFORM a\n" + APT, "FROM --platform=$BUILDPLATFORM a\n" + APT, "platform on line 1"),
        ("FROM node:4-onbuild\n" + APT, "FROM node:4-onbuild\n" + APT, "ONBUILD"),
        (FROM + "RUN mkdir /a\n", FROM + "RUN mkdir /a\n", None),
        (FROM + "COPY . /usr/local/bin/\n" + APT, FROM + APT, "puts files into /usr/local/bin"),
        (FROM + "COPY . /app\nRUN make\n", FROM + "COPY . /app\nRUN make\n", "`make` may read the copied files"),
        (FROM + "RUN make\n" + APT, FROM + APT, "are others"),
        (FROM + "ENV A=1\n" + APT, FROM + APT, "are others"),
        (FROM + "ENV APP_DIR=/a\n" + PIP, FROM + "ENV APP_DIR=/b\n" + PIP, "are others"),
        (
            FROM + "ENV APP_DIR=/a\nRUN curl http://a/$APP_DIR -o /b\n",
            FROM + "RUN curl http://a/$APP_DIR -o /b\n",
            "others",
        ),
        (FROM + 'SHELL ["/bin/bash", "-c"]\n' + APT, FROM + APT, "are others"),
        (FROM + "USER app\n" + APT, FROM + "USER web\n" + APT, "are others"),
        (FROM + "ARG TOKEN\n" + PIP, FROM + "ARG TOKEN\n" + PIP, "TOKEN on line 2, whose value comes from outside"),
        (FROM + "WORKDIR /a\nRUN ./x\n", FROM + "WORKDIR /b\nRUN ./x\n", "are others"),
        (FROM + "WORKDIR /root\n" + APT, FROM + APT, "are others"),
        (FROM + "RUN --network=none ./x\n", FROM + "RUN --network=none ./x\n", "it has --network"),
        (
            FROM + "RUN --mount=type=secret,id=a pip install b\n",
            FROM + "RUN --mount=type=secret,id=a pip install b\n",
            "it mounts a secret",
        ),
        (
            FROM + "RUN --mount=target=/s ./x\n",
            FROM + "RUN --mount=target=/s ./x\n",
            "it mounts files of the build context",
        ),
        (FROM + "RUN mkdir /etc/x\n" + APT, FROM + APT, "are others"),
        (FROM + "VOLUME /data\n" + APT, FROM + APT, "the VOLUME on line 2 is above it"),
        (
            FROM + "COPY --from=tool:1 /uv /bin/uv\n" + APT,
            FROM + "COPY --from=tool:2 /uv /bin/uv\n" + APT,
            "are others",
        ),
        (
            FROM + "COPY a$A /b/\nENV A=1\n" + PIP,
            FROM + "ENV A=1\n" + PIP,
            "it needs the ENV on line 3, which can't go above the COPY on line 2",
        ),
        (FROM + "RUN echo 'a  b' | sh\n", FROM + "RUN echo 'a b' | sh\n", None),
        ("FROM scratch\nADD a.tar /\nRUN ./x\n", "FROM scratch\nADD a.tar /\nRUN ./x\n", None),
        (FROM.rstrip() + " AS a\nRUN true\nFROM a\n" + APT, FROM.rstrip() + " AS a\nRUN true\nFROM a\n" + APT, None),
    ],
)
def test_not_shared(tmp_path: Path, one: str, other: str, reason: str | None) -> None:
    survey_ = found(tmp_path, one, other)
    assert steps(survey_) == []
    assert survey_.why
    reasons = [place.reason for near in survey_.near for place in near.places]
    if reason is None:
        assert reasons == []
    else:
        assert any(reason in text for text in reasons), reasons


def test_an_argument_with_a_value_from_a_compose_file(tmp_path: Path) -> None:
    text = FROM + "ARG A=1\n" + PIP
    compose = "services:\n  a:\n    build:\n      context: a\n      args: {A: 2}\n"
    survey_ = found(tmp_path, text, text, **{"compose.yaml": compose})
    assert steps(survey_) == []
    assert "to which compose.yaml gives a value" in survey_.near[0].places[0].reason


def test_the_stages_of_one_file_need_no_base(tmp_path: Path) -> None:
    """BuildKit runs equal steps of one build once."""
    assert steps(found(tmp_path, FROM + APT + FROM + APT)) == []


def test_what_saves_most(tmp_path: Path) -> None:
    """Three share one step, and two of them two more: a base of their own for those saves two."""
    more = APT + "RUN ./b\nRUN ./c\n"
    survey_ = found(tmp_path, FROM + APT, FROM + more, FROM + more)
    (group,) = survey_.groups
    assert [(len(group.members), len(group.steps), group.saved_runs)] == [(2, 3, 3)]
    survey_ = found(tmp_path, FROM + APT, FROM + APT, FROM + more, FROM + more)
    assert [(len(group.members), group.saved_runs) for group in survey_.groups] == [(2, 3), (2, 1)]
    survey_ = found(tmp_path, FROM + APT, FROM + APT, FROM + APT + "RUN ./b\n", FROM + APT + "RUN ./b\n")
    assert [(len(group.members), group.saved_runs) for group in survey_.groups] == [(4, 3)]


def test_what_a_builder_with_a_cache_shares_already(tmp_path: Path) -> None:
    assert found(tmp_path, FROM + APT + "CMD a\n", FROM + "LABEL a=b\n" + APT).groups[0].shared_today
    assert not found(tmp_path, FROM + "COPY . /app\n" + APT, FROM + "COPY . /app\n" + APT).groups[0].shared_today
    assert not found(tmp_path, FROM + "WORKDIR /a\n" + APT, FROM + "WORKDIR /b\n" + APT).groups[0].shared_today

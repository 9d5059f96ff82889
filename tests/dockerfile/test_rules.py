"""BuildKit's rules for instructions: what it refuses, and what looks odd but builds."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import Fault, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Source


def fault_of(text: str) -> Fault | None:
    return check(parse(Source("Dockerfile", text)))


GOOD = [
    "ADD a b",
    "ADD --keep-git-dir=true --checksum=sha256:0 --unpack=false https://x/y.git /z",
    "ADD --chown=1 --chmod=644 --link --exclude=*.a --exclude=*.b a b",
    "ARG a",
    "ARG a=",
    'ARG a b="c"',
    "CMD",
    "CMD []",
    "CMD [ a",
    'CMD ["a"] # b',
    "COPY a b c/",
    'COPY ["a b", "c"]',
    "COPY --from=x --parents --exclude=y a b",
    "COPY --link=FALSE a b",
    "COPY <<a.txt /b",
    "ENTRYPOINT",
    "ENV a b",
    "ENV a b=c",
    "ENV a=b c=d",
    "ENV a=",
    'ENV "a b"',
    "EXPOSE 80 81/udp",
    "EXPOSE 80-90",
    "EXPOSE $P",
    "FROM a AS b",
    "from a as B.c-d_1",
    "FROM --platform=$BUILDPLATFORM a",
    "HEALTHCHECK NONE",
    "HEALTHCHECK --whatever NONE",
    "HEALTHCHECK CMD a",
    'HEALTHCHECK --interval=5s --retries=3 CMD ["a"]',
    "HEALTHCHECK cmd a",
    "LABEL a=b c=d",
    "LABEL a b c",
    "MAINTAINER a <b>",
    "ONBUILD RUN a",
    "ONBUILD COPY --from=x a b",
    "ONBUILD UNKNOWN a",
    "ONBUILD RUN --unknown a",
    "ONBUILD COPY a",
    "RUN",
    "RUN a",
    "RUN []",
    "RUN --mount=type=cache,target=/x --mount=type=secret,id=y --network=none --security=insecure a",
    "RUN --mount=whatever a",
    "RUN [ -f x ] || y",
    "RUN [[ a ]]",
    'SHELL ["/bin/bash", "-c"]',
    "STOPSIGNAL 9",
    "USER a:b",
    "VOLUME /a /b",
    'VOLUME ["/a"]',
    "VOLUME [ /a",
    "WORKDIR a b",
]


@pytest.mark.parametrize("line", GOOD)
def test_builds(line: str) -> None:
    heredoc = "a\na.txt\n" if "<<a.txt" in line else ""
    assert fault_of(f"FROM scratch\n{line}\n{heredoc}") is None


BAD = {
    "ADD a": "at least one source",
    "ADD --from=x a b": "no flag --from",
    "ARG": "needs a name",
    "ARG =a": "without a name",
    "CMD [1]": "that are not strings",
    'CMD ["a", null]': "that are not strings",
    'CMD [ "echo", [ "nested json" ] ]': "that are not strings",
    "CMD --x a": "no flag --x",
    "COPY": "at least one source",
    "COPY a": "at least one source",
    'COPY ["a"]': "at least one source",
    "COPY --keep-git-dir a b": "no flag --keep-git-dir",
    "COPY --from=x --from=y a b": "twice",
    "COPY --from a b": "needs a value",
    "COPY --link=yes a b": "only true or false",
    "COPY --link= a b": "only true or false",
    "COPY a <<b": "heredoc as its destination",
    "ENTRYPOINT [1]": "that are not strings",
    "ENV": "needs a name and a value",
    "ENV a": "needs a name and a value",
    "ENV a=b c": "`c`",
    "ENV =b": "`=b`",
    "EXPOSE": "needs a value",
    "FROM": "takes an image",
    "FROM a b": "takes an image",
    "FROM a AS": "takes an image",
    "FROM a IS b": "takes an image",
    "FROM a AS 1b": "not a legal stage name",
    "FROM a AS b/c": "not a legal stage name",
    "FROM --from=x a": "no flag --from",
    "HEALTHCHECK": "CMD and a command",
    "HEALTHCHECK CMD": "needs a command",
    "HEALTHCHECK CMD []": "needs a command",
    "HEALTHCHECK NONE a": "nothing more",
    "HEALTHCHECK --interval CMD a": "needs a value",
    "HEALTHCHECK a": "CMD and a command",
    "LABEL a": "needs a name and a value",
    "LABEL a=b c": "`c`",
    "MAINTAINER": "needs a value",
    "ONBUILD": "needs an instruction",
    "ONBUILD FROM a": "must not contain FROM",
    "ONBUILD ONBUILD RUN a": "must not contain ONBUILD",
    "ONBUILD MAINTAINER a": "must not contain MAINTAINER",
    "ONBUILD ENV a": "needs a name and a value",
    "ONBUILD CMD [1]": "that are not strings",
    "ONBUILD --x RUN a": "no flag --x",
    "RUN [[ 1 ]]": "that are not strings",
    "RUN --user=a b": "no flag --user",
    "RUN --network=none --network=host a": "twice",
    "RUN --mount a": "needs a value",
    "SHELL": "JSON array",
    "SHELL /bin/sh -c": "JSON array",
    "SHELL []": "JSON array",
    "STOPSIGNAL": "needs a value",
    "USER": "needs a value",
    "VOLUME": "needs a value",
    "VOLUME []": "needs a value",
    'VOLUME [""]': "empty path",
    "WORKDIR": "needs a value",
    "WORKDIR --x a": "no flag --x",
    "apt-get install a": "unknown instruction `apt-get`",
    "&& make": "unknown instruction `&&`",
    "{{ if x }}": "template",
    "<% x %>": "template",
    "{% if x %}": "template",
}


@pytest.mark.parametrize("line", BAD)
def test_is_refused(line: str) -> None:
    heredoc = "b\nb\n" if "<<b" in line else ""
    fault = fault_of(f"FROM scratch\n\n{line}\n{heredoc}")
    assert fault is not None
    assert fault.line == 3
    assert BAD[line] in fault.message
    assert fault.hint


def test_order() -> None:
    assert fault_of("ARG a\nFROM b\n") is None
    before = fault_of("ARG a\nRUN b\nFROM c\n")
    assert before is not None
    assert (before.line, before.message) == (2, "RUN comes before the first FROM")
    missing = fault_of("ARG a\n")
    assert missing is not None
    assert (missing.line, missing.message) == (0, "no FROM in the file")


def test_the_first_fault_is_told() -> None:
    fault = fault_of("FROM a\nRUN --x b\nCOPY c\n")
    assert fault is not None
    assert fault.line == 2


def test_the_parsers_fault_comes_first() -> None:
    """BuildKit parses the whole file before it looks at any instruction."""
    fault = fault_of("FROM a\nCOPY b\nRUN <<EOF\n")
    assert fault is not None
    assert fault.line == 3


NAMED_WELL = [
    "FROM a AS x\nFROM b\nCOPY --from=x /a /b\nCOPY --from=0 /a /b\nCOPY --from=+0 /a /b\nCOPY --from=00 /a /b\n",
    "FROM a AS x\nFROM b\nCOPY --from=X /a /b\nRUN --mount=from=x,target=/x c\n",
    "FROM a\nCOPY --from=image:1 /a /b\nCOPY --from=$S /a /b\n",
    "FROM a\nCOPY --from= /a /b\nCOPY 9 /b\n",
    "FROM a\nONBUILD COPY --from=9 /a /b\n",  # in another file
    "FROM a\nRUN --mount=from=9,target=/x b\n",  # a number is an image there
    "FROM a\nRUN --mount=type=tmpfs,from=later,target=/x b\nFROM c AS later\n",
    "FROM a\nRUN <<E\nCOPY --from=9 /a /b\nE\n",
    "FROM a AS x\nFROM x AS x\nFROM b\nCOPY --from=x /a /b\n",
    "FROM a AS one\nCOPY --from=two /a /b\nFROM b AS two\n",  # whoever builds `two` does not need `one`
    "FROM a AS one\nCOPY --from=2 /a /b\nFROM one AS two\nRUN c\nFROM b\n",
]
OUTSIDE = "names a stage that the file doesn't have: its"
LATER = "names a stage that only begins on line"
NAMED_BADLY = {
    "FROM a\nCOPY --from=1 /a /b\n": (2, f"COPY --from=1 {OUTSIDE} only stage is 0"),
    "FROM a\nFROM b\nCOPY --link --from=99 /a /b\n": (3, f"COPY --from=99 {OUTSIDE} stages are 0 to 1"),
    "FROM a\nCOPY --from=-1 /a /b\n": (2, f"COPY --from=-1 {OUTSIDE} only stage is 0"),
    "FROM a\nCOPY --from=9 /a /b\nFROM b\n": (2, f"COPY --from=9 {OUTSIDE} stages are 0 to 1"),
    "FROM a\nCOPY --from=0 /a /b\n": (2, "COPY --from=0 names the stage that it is in"),
    "FROM a AS x\nCOPY --from=X /a /b\nFROM b\n": (2, "COPY --from=X names the stage that it is in"),
    "FROM a AS x\nRUN --mount=target=/y,from=x c\n": (2, "RUN --mount=from=x names the stage that it is in"),
    "FROM a\nCOPY --from=x /a /b\nFROM b AS x\nFROM c\nCOPY --from=0 /b /c\n": (2, f"COPY --from=x {LATER} 3"),
    "FROM a AS y\nCOPY --from=1 /a /b\nFROM b\nFROM y\n": (2, f"COPY --from=1 {LATER} 3"),
    "FROM a AS y\nCOPY --from=x /a /b\nFROM y AS x\n": (2, f"COPY --from=x {LATER} 3"),
    "FROM a AS y\nRUN --mount=type=cache,from=x,target=/c d\nFROM y AS x\n": (2, f"RUN --mount=from=x {LATER} 3"),
    "FROM a AS x\nFROM b\nCOPY --from=x /a /b\nFROM c AS x\nCOPY --from=1 /b /c\n": (3, f"COPY --from=x {LATER} 4"),
    f"FROM a AS y{'y' * 999}\nCOPY --from=y{'y' * 999} /a /b\n": (2, f"COPY --from={'y' * 59}… names the stage"),
}


@pytest.mark.parametrize("text", NAMED_WELL)
def test_stages_that_can_be_copied_from(text: str) -> None:
    assert fault_of(text) is None


@pytest.mark.parametrize("text", NAMED_BADLY)
def test_stages_that_cannot_be_copied_from(text: str) -> None:
    fault = fault_of(text)
    line, message = NAMED_BADLY[text]
    assert fault is not None
    assert fault.line == line
    assert fault.message.startswith(message)
    assert fault.hint

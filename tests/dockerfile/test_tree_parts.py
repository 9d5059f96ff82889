"""Flags, words, exec form and the script's mask, each with its place in the file."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import Instruction, parse
from dfix.rewriter.text.source import Source, Span


def read(text: str) -> Instruction:
    return parse(Source("Dockerfile", text)).instructions[-1]


def shown(instruction: Instruction, spans: list[Span]) -> list[str]:
    return [instruction.text[span.start : span.end] for span in spans]


FLAGS: dict[str, tuple[str, list[tuple[str, str | None]], str]] = {
    "none": ("COPY a b\n", [], "a b"),
    "one": ("COPY --from=x a b\n", [("from", "x")], "a b"),
    "several": ("COPY --from=x  --link --chown=a:b a b\n", [("from", "x"), ("link", None), ("chown", "a:b")], "a b"),
    "an empty value": ("COPY --from= a b\n", [("from", "")], "a b"),
    "a value with a sign": ("RUN --mount=type=cache,target=/x a\n", [("mount", "type=cache,target=/x")], "a"),
    "quotes": ('RUN --mount="type=cache,target=/a b" c\n', [("mount", "type=cache,target=/a b")], "c"),
    "an escaped blank": ("COPY --chown=a\\ b c d\n", [("chown", "a b")], "c d"),
    "two dashes end them": ("COPY --link -- --from=x a\n", [("link", None)], "--from=x a"),
    "one dash is none": ("RUN -x a\n", [], "-x a"),
    "after a word there are none": ("RUN a --b\n", [], "a --b"),
    "flags and nothing else": ("RUN --network=none\n", [("network", "none")], ""),
    "a flag in the value": ("ONBUILD COPY --from=x a b\n", [], "COPY --from=x a b"),
    "over lines": (
        "RUN --mount=type=cache,target=/x \\\n  --network=none \\\n a\n",
        [("mount", "type=cache,target=/x"), ("network", "none")],
        "a",
    ),
    "within a flag": ("RUN --mount=type=cache,\\\ntarget=/x a\n", [("mount", "type=cache,target=/x")], "a"),
    "a no-break space before it": ("RUN \xa0--mount=x a\n", [], "--mount=x a"),
}


@pytest.mark.parametrize("name", FLAGS)
def test_flags(name: str) -> None:
    text, expected, value = FLAGS[name]
    instruction = read(text)
    assert [(flag.name, flag.value) for flag in instruction.flags] == expected
    assert instruction.value == value


def test_where_flags_stand() -> None:
    instruction = read("RUN --mount=type=cache,\\\ntarget=/x \\\n  --network='none' a\n")
    assert shown(instruction, [flag.span for flag in instruction.flags]) == [
        "--mount=type=cache,\\\ntarget=/x",
        "--network='none'",
    ]


def test_the_last_flag_of_a_name_counts() -> None:
    instruction = read("RUN --mount=a --mount=b c\n")
    found = instruction.flag("mount")
    assert found is not None
    assert found.value == "b"
    assert instruction.flag("network") is None


WORDS: dict[str, tuple[str, list[str]]] = {
    "plain": ("COPY a  b\tc\n", ["a", "b", "c"]),
    "quotes part nothing in COPY": ('COPY "a b" c\n', ['"a', 'b"', "c"]),
    "nothing": ("EXPOSE\n", []),
    "ENV": ('ENV a=b c="d e" f=g\\ h\n', ["a=b", 'c="d e"', "f=g\\ h"]),
    "ENV in its old form": ("ENV a b  c\n", ["a", "b", "c"]),
    "single quotes take escapes as they are": ("ENV a='b\\' c=d\n", ["a='b\\'", "c=d"]),
    "an escaped quote": ('ENV a="b\\" c" d=e\n', ['a="b\\" c"', "d=e"]),
    "an empty word in quotes": ('ENV a="" b=c\n', ['a=""', "b=c"]),
    "a quote that is never closed": ('ENV a="b c\n', ['a="b c']),
    "LABEL": ("LABEL a=b 'c d'=e\n", ["a=b", "'c d'=e"]),
    "ARG": ('ARG a b="c d"\n', ["a", 'b="c d"']),
    "unicode blanks part ENV": ("ENV a=b\xa0c=d\n", ["a=b", "c=d"]),
    "but not COPY": ("COPY a\xa0b c\n", ["a\xa0b", "c"]),
    "over lines": ("ENV a=b \\\n # c\n    d=e\n", ["a=b", "d=e"]),
    "a word over lines": ("ENV a=\\\nb c=d\n", ["a=b", "c=d"]),
    "backticks": ("# escape=`\nENV a=b` c d=e\\\n", ["a=b` c", "d=e\\"]),
    "exec form": ('COPY ["a b", "c\\"d", "\\u00e9"]\n', ["a b", 'c"d', "é"]),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    text, expected = WORDS[name]
    assert [word.text for word in read(text).words] == expected


def test_where_words_stand() -> None:
    instruction = read("ENV a=b \\\n# c\n  d=\\\ne\n")
    assert shown(instruction, [word.span for word in instruction.words]) == ["a=b", "d=\\\ne"]
    instruction = read('CMD ["a", \\\n  "b\\"c" ]\n')
    assert shown(instruction, [word.span for word in instruction.words]) == ['"a"', '"b\\"c"']
    assert shown(instruction, [instruction.value_span]) == ['["a", \\\n  "b\\"c" ]']


JSON: dict[str, tuple[str, list[str] | None]] = {
    "words": ('CMD ["a", "b"]\n', ["a", "b"]),
    "no word": ("CMD []\n", []),
    "blanks": ('CMD [ "a"\t,"b" ]  \n', ["a", "b"]),
    "after a flag": ('RUN --network=none ["a"]\n', ["a"]),
    "over lines": ('CMD ["a", \\\n# c\n "b"]\n', ["a", "b"]),
    "HEALTHCHECK is none itself": ('HEALTHCHECK CMD ["a"]\n', None),
    "ENV has none": ('ENV ["a"]\n', None),
    "text after it": ('CMD ["a"] # b\n', None),
    "single quotes": ("CMD ['a']\n", None),
    "a last comma": ('CMD ["a",]\n', None),
    "a number": ("CMD [1]\n", None),
    "nested": ('CMD ["a", ["b"]]\n', None),
    "NaN": ("CMD [NaN]\n", None),
    "a tab within a string": ('CMD ["a\tb"]\n', None),
    "a shell's test": ("RUN [ -f x ] && y\n", None),
    "a bracket alone": ("RUN [\n", None),
    "an unknown escape": ('CMD ["\\d"]\n', None),
    "deeply nested": ("CMD " + "[" * 100_000 + "\n", None),
}


@pytest.mark.parametrize("name", JSON)
def test_json(name: str) -> None:
    text, expected = JSON[name]
    found = read(text).json
    assert (None if found is None else [word.text for word in found]) == expected


def test_onbuild_holds_an_instruction() -> None:
    outer = read("ONBUILD \\\n COPY --from=x a \\\n  b\n")
    inner = outer.inner
    assert inner is not None
    assert (inner.keyword, inner.line, inner.end_line, inner.value) == ("COPY", 1, 3, "a   b")
    assert shown(inner, [inner.keyword_span, inner.value_span]) == ["COPY", "a \\\n  b"]
    assert inner.span == outer.span
    assert read("ONBUILD\n").inner is None


def test_a_value_has_neither_blanks_nor_bodies() -> None:
    instruction = read("  RUN a <<E  \nb\nE\n")
    assert shown(instruction, [instruction.value_span]) == ["a <<E"]


MASKS: dict[str, tuple[str, str | None]] = {
    "one line": ("RUN a b\n", "a b"),
    "a continuation is blanks": ("RUN a \\\n  b\n", "a     b"),
    "a blank on either side will do": ("RUN a\\\n b\n", "a   b"),
    "so will the one before": ("RUN a \\\nb\n", "a   b"),
    "CRLF": ("RUN a \\\r\n b\r\n", "a     b"),
    "a comment and an empty line": ("RUN a \\\n# c\n\n b\n", "a " + " " * 7 + " b"),
    "blanks after the backslash": ("RUN a \\  \n b\n", "a      b"),
    "a word over lines is left to the shell": ("RUN a\\\nb\n", "a\\\nb"),
    "a word over lines with a comment is not": ("RUN a\\\n# c\nb\n", None),
    "nor with CRLF": ("RUN a\\\r\nb\r\n", None),
    "nor with a no-break space": ("RUN a\xa0\\\r\nb\r\n", None),
    "a shell comment goes on": ("RUN a # c \\\n b\n", "a # c    b"),
    "flags are no script": ("RUN --network=none \\\n  a \\\n  b\n", "a     b"),
    "nothing": ("RUN\n", ""),
    "a backtick": ("# escape=`\nRUN a `\n b\n", "a    b"),
    "a word over lines with a backtick": ("# escape=`\nRUN a`\nb\n", None),
}


@pytest.mark.parametrize("name", MASKS)
def test_script_mask(name: str) -> None:
    """The mask's length is the value's in the file, so that an offset in one is an offset in the other."""
    text, expected = MASKS[name]
    instruction = read(text)
    found = instruction.script_mask()
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert found[0] == expected
    span = instruction.value_span
    assert found[1] == span.start
    assert len(found[0]) == span.end - span.start
    for offset, char in enumerate(found[0]):
        if char not in " \t\\\n":
            assert text[span.start + offset] == char


def test_place_of_a_logical_offset() -> None:
    instruction = read("RU\\\nN a \\\n# c\n b\n")
    assert instruction.logical == "RUN a  b"
    assert [instruction.text[instruction.place(at)] for at in range(8)] == list("RUN a  b")

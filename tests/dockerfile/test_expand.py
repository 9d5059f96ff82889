from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dfix.rewriter.dockerfile.expand import expand, expand_known, names, words
from dfix.rewriter.dockerfile.expansion import LONGEST, ExpansionError
from tests.processor import allowed

SHARED = Path(os.environ.get("DFIX_SHARED", Path(__file__).parents[3] / "shared"))
ENV = {"PWD": "/home", "SHELL": "bash", "KOREAN": "한국어", "NULL": ""}


def buildkit_lines(name: str) -> list[str]:
    file = SHARED / "buildkit" / "shell" / name
    if not file.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{file} is missing")
        pytest.skip(f"{file} is not here")
    return file.read_text(encoding="utf-8").split("\n")


def test_every_unix_word_of_buildkit() -> None:
    wrong = []
    seen = 0
    for number, line in enumerate(buildkit_lines("envVarTest"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        platform, word, expected = (part.strip() for part in line.split("|"))
        if platform == "W":
            continue
        seen += 1
        try:
            result = expand(word, ENV)
        except ExpansionError:
            result = "error"
        if result != expected:
            wrong.append((number, word, expected, result))
    assert wrong == []
    assert seen > 200


def test_every_words_line_of_buildkit() -> None:
    env: dict[str, str] = {}
    wrong = []
    seen = 0
    for number, line in enumerate(buildkit_lines("wordsTest"), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("ENV "):
            name, _, value = line[4:].partition("=")
            env[name] = value
            continue
        word, _, expected = line.partition("|")
        seen += 1
        try:
            result = words(word.strip(), env)
        except ExpansionError:
            result = ["error"]
        if result != expected.lstrip(" ").split(","):
            wrong.append((number, word, expected, result))
    assert wrong == []
    assert seen > 20


@pytest.mark.parametrize("word", ["", "plain", "a/b-c.d:e", "two words", "안녕", "a`b", "a}b{c", "# no comment"])
def test_a_word_without_quote_dollar_or_escape_is_itself(word: str) -> None:
    assert expand(word, ENV) is word
    assert expand_known(word, {}) is word


PATTERNS = {
    # value, expression, result; the value is in $V
    "shortest-prefix": ("/usr/local/bin", "${V#*/}", "usr/local/bin"),
    "longest-prefix": ("/usr/local/bin", "${V##*/}", "bin"),
    "shortest-suffix": ("a.tar.gz", "${V%.*}", "a.tar"),
    "longest-suffix": ("a.tar.gz", "${V%%.*}", "a"),
    "shortest-prefix-is-nothing": ("xxyy", "${V#*}", "xxyy"),
    "longest-prefix-is-all": ("xxyy", "${V##*}", ""),
    "prefix-is-anchored": ("abab", "${V#b}", "abab"),
    "suffix-is-anchored": ("abab", "${V%a}", "abab"),
    "one-char": ("v1.2", "${V#?}", "1.2"),
    "one-char-of-none": ("", "${V#?}", ""),
    "escaped-star": ("*a*", "${V#\\*}", "a*"),
    "escaped-star-is-no-wildcard": ("aa*", "${V#\\*}", "aa*"),
    "escaped-question": ("?y", "${V#\\?}", "y"),
    "escaped-brace": ("}x", "${V#\\}}", "x"),
    "escaped-backslash": ("\\x", "${V#\\\\}", "x"),
    "brackets-are-literal": ("b[ab]", "${V%[ab]}", "b"),
    "brackets-are-no-class": ("ba", "${V%[ab]}", "ba"),
    "dot-is-literal": ("axb", "${V#a.}", "axb"),
    "colon-changes-nothing": ("abc", "${V:#a}", "bc"),
    "quoted-hash-doubles": ("aab", '${V#"#"*a}', "b"),
    "empty-pattern": ("abc", "${V#}", "abc"),
    "doubled-empty-pattern": ("abc", "${V%%}", "abc"),
    "two-stars-shortest": ("xxyy", "${V#*x*y}", "y"),
    "star-stops-at-line-break": ("a\nb", "${V##*}", "\nb"),
    "suffix-with-escape": ("a***yy*", "${V%%\\**\\*}", "a"),
    "wide-characters": ("한국어", "${V%어}", "한국"),
    "first-only": ("a-b-c", "${V/-/_}", "a_b-c"),
    "all": ("a-b-c", "${V//-/_}", "a_b_c"),
    "none": ("abc", "${V//-/_}", "abc"),
    "delete": ("a-b-c", "${V//-/}", "abc"),
    "leftmost": ("xaxa", "${V/a*/.}", "x."),
    "wildcard-takes-most": ("/a/b/c", "${V//\\/?/+}", "+++"),
    "escaped-slash": ("/a/b", "${V/\\//+}", "+a/b"),
    "replacement-keeps-backslash": ("/a", "${V//\\//\\/}", "\\/a"),
    "slash-in-replacement": ("a", "${V/a/b/c}", "b/c"),
    "empty-pattern-first": ("ab", "${V/$NULL/w}", "wab"),
    "empty-pattern-everywhere": ("ab", "${V//$NULL/-}", "-a-b-"),
    "empty-after-match": ("baac", "${V//*/-}", "-"),
    "quoted-replacement": ("a", "${V/a/'b}'}", "b}"),
    "dollar-group-in-all": ("ab", "${V//a/'<$0>'}", "<a>b"),
    "missing-group-in-all": ("ab", "${V//a/'<$1>'}", "<>b"),
    "doubled-dollar-in-all": ("ab", "${V//a/'$$'}", "$b"),
    "no-template-in-first": ("ab", "${V/a/'<$0>'}", "<$0>b"),
}


@pytest.mark.parametrize(("value", "word", "expected"), PATTERNS.values(), ids=PATTERNS.keys())
def test_patterns(value: str, word: str, expected: str) -> None:
    assert expand(word, {"V": value, "NULL": ""}) == expected


def test_a_pattern_may_come_from_a_variable() -> None:
    env = {"FOO": "/foo*/*/*.txt", "NEEDLE": "\\*/", "HTTP": "http://"}
    assert expand("${FOO/$NEEDLE/.} ${FOO//$NEEDLE/.}", env) == "/foo.*/*.txt /foo..*.txt"
    assert expand("${URL/$HTTP/https://}", {**env, "URL": "http://x.de"}) == "https://x.de"


ERRORS = {
    "bad-substitution": ("${}", "syntax error: bad substitution"),
    "two-braces": ("${{a}", "syntax error: bad substitution"),
    "open": ("${", "syntax error: missing '}'"),
    "open-name": ("${a", "syntax error: missing '}'"),
    "open-default": ("${a:-b", "syntax error: missing '}'"),
    "open-colon": ("${a:", "syntax error: missing '}'"),
    "open-quote-in-default": ('${a:-"b}', "syntax error: missing '}'"),
    "assignment": ("${PWD:=x}", "unsupported modifier (:=) in substitution"),
    "substring": ("${PWD:1:2}", "unsupported modifier (:1) in substitution"),
    "case": ("${PWD^}", "unsupported modifier (^) in substitution"),
    "no-name": ("${.}", "unsupported modifier (.) in substitution"),
    "unset": ("${X?}", "X: is not allowed to be unset"),
    "unset-with-colon": ("${X:?}", "X: is not allowed to be unset"),
    "empty": ("${NULL:?}", "NULL: is not allowed to be empty"),
    "own-message": ("${NULL:?give a $SHELL}", "NULL: give a bash"),
    "error-in-unused-default": ("${PWD:-${X?no}}", "X: no"),
    "invalid-escape": ("${PWD#\\x}", "invalid pattern (\\x) in substitution: invalid escape '\\x'"),
    "no-second-slash": ("${PWD//x}", "syntax error: missing '/' in ${}"),
    "single": ("a'b", "unexpected end of statement while looking for matching single-quote"),
    "double": ('a"b', "unexpected end of statement while looking for matching double-quote"),
    "double-escaped": ('"b\\"', "unexpected end of statement while looking for matching double-quote"),
}


@pytest.mark.parametrize(("word", "reason"), ERRORS.values(), ids=ERRORS.keys())
def test_errors(word: str, reason: str) -> None:
    for action in (expand, words, expand_known):
        with pytest.raises(ExpansionError) as raised:
            action(word, ENV)
        assert str(raised.value).startswith("failed to process ")
        assert str(raised.value).endswith(f": {reason}")


def test_an_error_names_the_whole_word_in_quotes() -> None:
    with pytest.raises(ExpansionError, match=r'^failed to process "a\\"\$\{x": '):
        expand('a"${x', {})


def test_a_demand_that_is_met_and_its_message() -> None:
    assert expand("${PWD:?no}", ENV) == "/home"
    assert expand("${NULL?no}", ENV) == ""


def test_another_escape_character() -> None:
    assert expand("C:\\dir\\$PWD", ENV, "`") == "C:\\dir\\/home"
    assert expand("`$PWD", ENV, "`") == "$PWD"
    assert expand('"`"q`""', ENV, "`") == '"q"'
    assert expand("a`b", ENV, "`") == "ab"
    # A pattern knows the backslash alone as its escape.
    assert expand("${V#`*}", {"V": "`ab"}, "`") == "ab"


def test_default_and_alternative_with_and_without_colon() -> None:
    env = {"FULL": "f", "EMPTY": ""}
    assert expand("${FULL-d}${EMPTY-d}${NONE-d}", env) == "fd"
    assert expand("${FULL:-d}${EMPTY:-d}${NONE:-d}", env) == "fdd"
    assert expand("${FULL+a}${EMPTY+a}${NONE+a}", env) == "aa"
    assert expand("${FULL:+a}${EMPTY:+a}${NONE:+a}", env) == "a"


def test_escapes_are_kept_in_patterns_but_not_in_defaults_within_them() -> None:
    assert expand("${V#${NONE:-\\a}}", {"V": "ab"}) == "b"


def test_words_drop_what_is_empty_and_split_values() -> None:
    assert words("", {}) == []
    assert words('"" a', {}) == ["a"]
    assert words("$NONE", {}) == []
    assert words("a\tb\nc", {}) == ["a", "b", "c"]
    assert words('${NONE:-"a b"}', {}) == ["a", "b"]
    assert words("'a b' c", {}) == ["a b", "c"]


def test_words_split_where_go_finds_a_space() -> None:
    assert words("a\u00a0b\u2003c", {}) == ["a", "b", "c"]
    assert words("a\x1cb", {}) == ["a\x1cb"]


KNOWN = {"SET": "s", "EMPTY": "", "LATER": None}


@pytest.mark.parametrize(
    "word",
    [
        "$LATER",
        "a${LATER}b",
        '"$LATER"',
        "${LATER:-d}",
        "${LATER-d}",
        "${LATER:+a}",
        "${LATER+a}",
        "${LATER?}",
        "${LATER:?}",
        "${LATER#x}",
        "${LATER%%x}",
        "${LATER/a/b}",
        "${SET#$LATER}",
        "${SET/$LATER/b}",
        "${SET//s/$LATER}",
        "${NONE:-$LATER}",
        "${EMPTY:-${LATER}}",
        "${SET:+$LATER}",
        "${SET:-${LATER:?}}",
        "$SET$LATER$SET",
    ],
)
def test_what_depends_on_an_unknown_value_is_unknown(word: str) -> None:
    assert expand_known(word, KNOWN) is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$SET", "s"),
        ("${NONE}", ""),
        ("'$LATER'", "$LATER"),
        ("\\$LATER", "$LATER"),
        ("${SET:-$LATER}", "s"),
        ("${EMPTY-$LATER}", ""),
        ("${NONE:+$LATER}", ""),
        ("${EMPTY:+$LATER}", ""),
        ("$LATERAL", ""),
        ("${SET%s}x", "x"),
    ],
)
def test_what_does_not_depend_on_an_unknown_value_is_known(word: str, expected: str) -> None:
    assert expand_known(word, KNOWN) == expected


@pytest.mark.parametrize("word", ["${LATER", "${LATER:=x}", "$LATER'", "$LATER${NONE?}"])
def test_what_every_build_refuses_is_an_error_even_beside_an_unknown_value(word: str) -> None:
    with pytest.raises(ExpansionError):
        expand_known(word, KNOWN)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain 'a' \\b", set()),
        ("'$A' \\$B $.", set()),
        ("$A/${B}", {"A", "B"}),
        ("${A:-${B:-$C}}", {"A", "B", "C"}),
        ("${A#$B}${C/$D/$E}", {"A", "B", "C", "D", "E"}),
        ('"$A"', {"A"}),
        ("$Ab${A}b", {"Ab", "A"}),
        ("$1x", {"1"}),
        ("${A:?$B}", {"A", "B"}),
    ],
)
def test_names(word: str, expected: set[str]) -> None:
    assert names(word) == expected


def test_names_with_another_escape_and_with_an_error() -> None:
    assert names("`$A$B", "`") == {"B"}
    with pytest.raises(ExpansionError):
        names("${A")


def test_doubling_ends_at_what_a_process_takes() -> None:
    value = "x" * LONGEST
    assert expand("$A", {"A": value}) == value
    for word in ("$A$A", "${B//b/$A}", '"$A$A"'):
        with pytest.raises(ExpansionError, match="longer than"):
            expand(word, {"A": value, "B": "bb"})


def test_a_hostile_pattern_takes_bounded_time() -> None:
    start = time.process_time()
    assert expand("${V##" + "*a" * 25 + "*b}", {"V": "a" * 200}) == "a" * 200
    with pytest.raises(ExpansionError, match="too long"):
        expand("${V#" + "*a" * 1000 + "}", {"V": "a" * 10_000})
    assert time.process_time() - start < allowed(2)


def test_deep_nesting_is_refused() -> None:
    assert expand("${N:-" * 90 + "x" + "}" * 90, {}) == "x"
    with pytest.raises(ExpansionError, match="nested"):
        expand("${N:-" * 5000 + "x" + "}" * 5000, {})

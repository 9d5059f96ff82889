"""Scripts within a Dockerfile: spans are the file's, words are what the shell gets."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse as parse_file
from dfix.rewriter.shell.nodes import Command, Script
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands
from dfix.rewriter.text.source import Source


def _script(text: str) -> Script:
    """The script of the file's last instruction."""
    instruction = parse_file(Source("Dockerfile", text)).instructions[-1]
    if instruction.heredocs:
        body = instruction.heredocs[0].body
        return parse(text[body.start : body.end], body.start, text)
    mask = instruction.script_mask()
    assert mask is not None
    return parse(*mask, text)


def _words(text: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in commands(_script(text))]


def _written(text: str) -> list[str]:
    """The file's text at each word of the last command."""
    *_, last = commands(_script(text))
    assert isinstance(last, Command)
    return [text[word.span.start : word.span.end] for word in last.words]


def test_spans_are_the_files() -> None:
    text = "FROM a\nRUN  b c \\\n # comment\n\n  && d 'e f' \\\n  g\nUSER h\n"
    instruction = parse_file(Source("Dockerfile", text)).instructions[1]
    mask = instruction.script_mask()
    assert mask is not None
    script = parse(*mask, text)
    assert text[script.span.start : script.span.end] == "b c \\\n # comment\n\n  && d 'e f' \\\n  g"
    found = list(commands(script))
    assert [text[c.span.start : c.span.end] for c in found] == ["b c", "d 'e f' \\\n  g"]
    assert [[text[w.span.start : w.span.end] for w in c.words] for c in found] == [["b", "c"], ["d", "'e f'", "g"]]
    assert script.comments == ()


def test_a_continuation_within_quotes_is_taken_out() -> None:
    text = "FROM a\nRUN echo 'b \\\n  c' \"d\\\ne\" \\\n  f\n"
    (command,) = commands(_script(text))
    assert [(word.text, word.value) for word in command.words] == [
        ("echo", "echo"),
        ("'b   c'", "b   c"),
        ('"de"', "de"),
        ("f", "f"),
    ]
    assert _written(text) == ["echo", "'b \\\n  c'", '"d\\\ne"', "f"]


def test_comment_and_empty_lines_within_quotes_are_taken_out() -> None:
    text = "FROM a\nRUN echo 'b \\\n# don't\n\n   # nor \" this\n  c'\n"
    (command,) = commands(_script(text))
    assert (command.words[1].text, command.words[1].value) == ("'b   c'", "b   c")


def test_a_continuation_within_a_word() -> None:
    text = "FROM a\nRUN ec\\\nho b\\\nc && d\\\n&& e\n"
    assert _words(text) == [["echo", "bc"], ["d"], ["e"]]
    assert [command.name for command in commands(_script(text))] == ["echo", "d", "e"]
    first, second, _ = commands(_script(text))
    assert [text[w.span.start : w.span.end] for w in first.words] == ["ec\\\nho", "b\\\nc"]
    assert [text[w.span.start : w.span.end] for w in second.words] == ["d"]


def test_a_continued_single_quote_has_no_backslash() -> None:
    text = "FROM a\nRUN printf 'b\\\nc'\n"
    (command,) = commands(_script(text))
    assert (command.words[1].text, command.words[1].value) == ("'bc'", "bc")


def test_a_shell_comment_reaches_to_the_end_of_the_instruction() -> None:
    text = "FROM a\nRUN b # c \\\n && d\n"
    script = _script(text)
    assert _words(text) == [["b"]]
    (comment,) = script.comments
    assert text[comment.start : comment.end] == "# c \\\n && d"


def test_a_number_sign_on_a_line_of_its_own_is_the_dockerfiles() -> None:
    assert _words("FROM a\nRUN b \\\n  # c\n  d # e\n") == [["b", "d"]]


@pytest.mark.parametrize("word", ["é", "'日本 語'", "\udce9", "😀"])
def test_characters_beyond_ascii(word: str) -> None:
    text = f"FROM a\nRUN (x {word} $(y)) && z {word}\n"
    inner, last = commands(_script(text))
    assert [w.text for w in inner.words] == ["x", word, "$(y)"]
    assert [w.text for w in last.words] == ["z", word]
    assert last.words[1].value == word.strip("'")
    assert _written(text) == ["z", word]


def test_a_heredocs_lines_are_the_shells() -> None:
    text = "FROM a\nRUN <<E\nb \\\n  c 'd\\\ne' \"f\\\ng\" h\\\ni\n# j \\\nk\nE\n"
    script = _script(text)
    first, second = commands(script)
    assert [(word.text, word.value) for word in first.words] == [
        ("b", "b"),
        ("c", "c"),
        ("'d\\\ne'", "d\\\ne"),
        ('"fg"', "fg"),
        ("hi", "hi"),
    ]
    assert [text[w.span.start : w.span.end] for w in first.words][2:] == ["'d\\\ne'", '"f\\\ng"', "h\\\ni"]
    assert [word.text for word in second.words] == ["k"]
    assert [text[span.start : span.end] for span in script.comments] == ["# j \\"]


def test_operators_over_a_continuation_are_left_alone() -> None:
    assert _script("FROM a\nRUN b &\\\n& c\n").opaque
    assert _script("FROM a\nRUN b $\\\n(c)\n").opaque


def test_carriage_returns() -> None:
    assert _words("FROM a\r\nRUN b \\\r\n  && c\r\n") == [["b"], ["c"]]
    assert _script("FROM a\r\nRUN <<E\r\nb\r\nE\r\n").opaque == "its script contains a control character"

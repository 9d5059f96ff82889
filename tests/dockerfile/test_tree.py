"""The tree of hand-made files, one for each odd form that BuildKit's parser knows."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import Instruction, Tree, Trivia, parse
from dfix.rewriter.text.source import Source


def tree_of(text: str) -> Tree:
    tree = parse(Source("Dockerfile", text))
    assert "".join(text[node.span.start : node.span.end] for node in tree.nodes) == text
    return tree


def first(text: str) -> Instruction:
    return tree_of(text).instructions[0]


def kinds(text: str) -> list[str]:
    return [node.kind if isinstance(node, Trivia) else node.keyword for node in tree_of(text).nodes]


LINES: dict[str, tuple[str, list[tuple[str, int, int, str]]]] = {
    "one line": ("FROM a\n", [("FROM", 1, 1, "a")]),
    "no last newline": ("FROM a\nRUN b", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "lower case": ("from a\nrun b\n", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "indented": ("  FROM a\n\tRUN b\n", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "blanks at the end": ("FROM a \t\n", [("FROM", 1, 1, "a")]),
    "CRLF": ("FROM a\r\nRUN b\r\n", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "b")]),
    "several carriage returns": ("FROM a\r\r\n", [("FROM", 1, 1, "a")]),
    "tab after the keyword": ("FROM\ta\n", [("FROM", 1, 1, "a")]),
    "nothing after the keyword": ("RUN\nRUN \n", [("RUN", 1, 1, ""), ("RUN", 2, 2, "")]),
    "continued": ("RUN a \\\n  b\n", [("RUN", 1, 2, "a   b")]),
    "continued over CRLF": ("RUN a \\\r\n  b\r\n", [("RUN", 1, 2, "a   b")]),
    "blanks after the backslash": ("RUN a \\ \t\n b\n", [("RUN", 1, 2, "a  b")]),
    "a carriage return within the blanks": ("RUN a \\\r \nFROM b\n", [("RUN", 1, 1, "a \\"), ("FROM", 2, 2, "b")]),
    "a comment within": ("RUN a \\\n# c\n  # d\n b\n", [("RUN", 1, 4, "a  b")]),
    "a comment that ends in a backslash": ("RUN a \\\n# c \\\n b\n", [("RUN", 1, 3, "a  b")]),
    "an empty line within": ("RUN a \\\n\n \t\n b\n", [("RUN", 1, 4, "a  b")]),
    "an instruction after an empty line": ("RUN a \\\n\nFROM b\n", [("RUN", 1, 3, "a FROM b")]),
    "a comment after the last": ("RUN a\n# c\n", [("RUN", 1, 1, "a")]),
    "goes on to the file's end": ("RUN a \\", [("RUN", 1, 1, "a")]),
    "goes on into nothing but comments": ("RUN a \\\n# c\n\n", [("RUN", 1, 3, "a")]),
    "two backslashes": ("ENV a=b\\\\\nRUN c\n", [("ENV", 1, 1, "a=b\\\\"), ("RUN", 2, 2, "c")]),
    "three backslashes": ("ENV a=b\\\\\\\nRUN c\n", [("ENV", 1, 1, "a=b\\\\\\"), ("RUN", 2, 2, "c")]),
    "blanks and two backslashes": ("RUN a \\\\ \nRUN c\n", [("RUN", 1, 1, "a \\\\"), ("RUN", 2, 2, "c")]),
    "keyword and backslash": ("RUN\\\n a\n", [("RUN", 1, 2, "a")]),
    "keyword in two parts": ("RU\\\nN a\n", [("RUN", 1, 2, "a")]),
    "word in two parts": ("RUN ec\\\nho a\n", [("RUN", 1, 2, "echo a")]),
    "a lone backslash first": ("\\\nFROM a\n", [("FROM", 1, 2, "a")]),
    "lone backslashes within": ("RUN a\\\n\\\n \\\nb\n", [("RUN", 1, 4, "a b")]),
    "backslash in a backtick file": ("# escape=`\nRUN a\\\nRUN b\n", [("RUN", 2, 2, "a\\"), ("RUN", 3, 3, "b")]),
    "backtick": ("# escape=`\nRUN a `\n b\n", [("RUN", 2, 3, "a  b")]),
    "backtick without the directive": ("RUN a `\nFROM b\n", [("RUN", 1, 1, "a `"), ("FROM", 2, 2, "b")]),
    "two backticks": ("# escape=`\nRUN a``\nRUN b\n", [("RUN", 2, 2, "a``"), ("RUN", 3, 3, "b")]),
    "hash in a value": ("RUN a # b\n", [("RUN", 1, 1, "a # b")]),
    "no-break space before the keyword": ("\xa0FROM a\n", [("FROM", 1, 1, "a")]),
    "a keyword is parted at ASCII blanks only": ("RUN\xa0a b\n", [("RUN\xa0a", 1, 1, "b")]),
    "no-break space in a value": ("RUN a\xa0b\n", [("RUN", 1, 1, "a\xa0b")]),
    "NUL": ("RUN a\0b\n", [("RUN", 1, 1, "a\0b")]),
    "a vertical tab is a blank": ("FROM\va\n", [("FROM", 1, 1, "a")]),
    "a line separator is no line end": ("RUN a\u2028b\n", [("RUN", 1, 1, "a\u2028b")]),
    "a file separator is no blank": ("RUN a\x1c\n", [("RUN", 1, 1, "a\x1c")]),
    "a dotless i is no I": ("WORKD\u0131R a\n", [("WORKD\u0131R", 1, 1, "a")]),
}


@pytest.mark.parametrize("name", LINES)
def test_lines(name: str) -> None:
    text, expected = LINES[name]
    assert [(i.keyword, i.line, i.end_line, i.value) for i in tree_of(text).instructions] == expected


DIRECTIVES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "none": ("FROM a\n", []),
    "syntax": ("# syntax=docker/dockerfile:1\nFROM a\n", [("syntax", "docker/dockerfile:1")]),
    "all three": (
        "#syntax=x\n# escape = `\n# check=skip=all;error=true\nFROM a\n",
        [("syntax", "x"), ("escape", "`"), ("check", "skip=all;error=true")],
    ),
    "any case, any blanks": ("  #\tESCAPE =\t` \nFROM a\n", [("escape", "`")]),
    "after a comment": ("# c\n# escape=`\nFROM a\n", []),
    "after an empty line": ("\n# escape=`\nFROM a\n", []),
    "after an instruction": ("FROM a\n# escape=`\n", []),
    "after an unknown one": ("# other=1\n# escape=`\nFROM a\n", []),
    "before an unknown one": ("# escape=`\n# other=1\n# syntax=x\nFROM a\n", [("escape", "`")]),
    "without a value": ("# escape=\nFROM a\n", []),
    "BOM": ("# escape=`\nFROM a\n", [("escape", "`")]),
}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_directives(name: str) -> None:
    text, expected = DIRECTIVES[name]
    bom = b"\xef\xbb\xbf" if name == "BOM" else b""
    tree = parse(Source.from_bytes("Dockerfile", bom + text.encode()))
    assert [(directive.name, directive.value) for directive in tree.directives] == expected
    assert tree.escape == dict(expected).get("escape", "\\")
    assert tree.directive("syntax") == dict(expected).get("syntax")
    assert kinds(text).count("directive") == len(expected)


def test_nodes_between_instructions() -> None:
    text = "# syntax=x\n\n# c\nFROM a\n  \t\n#d\nRUN b \\\n# e\n c\n"
    assert kinds(text) == ["directive", "blank", "comment", "FROM", "blank", "comment", "RUN"]
    run = tree_of(text).instructions[1]
    assert [text[span.start : span.end] for span in run.comments] == ["# e\n"]
    assert text[run.span.start : run.span.end] == "RUN b \\\n# e\n c\n"


def test_a_comment_in_a_continuation_keeps_its_place() -> None:
    text = "RUN a \\\n  # one\n\n b \\\r\n# two\r\n c"
    run = first(text)
    assert [text[span.start : span.end] for span in run.comments] == ["  # one\n", "# two\r\n"]
    assert [text[span.start : span.end] for span in run.blanks] == ["\n"]
    assert [text[span.start : span.end] for span in run.pieces] == ["RUN a ", " b ", " c"]


HEREDOCS: dict[str, tuple[str, list[tuple[str, str, bool, bool]], int]] = {
    "plain": ("RUN <<EOF\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "empty": ("RUN <<EOF\nEOF\n", [("EOF", "", True, False)], 2),
    "no last newline": ("RUN <<EOF\na\nEOF", [("EOF", "a\n", True, False)], 3),
    "CRLF": ("RUN <<EOF\r\na\r\nEOF\r\n", [("EOF", "a\r\n", True, False)], 3),
    "with a command": ("RUN <<EOF bash -e\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "after a command": ("RUN cat <<EOF > /x\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "tabs stripped": ("RUN <<-EOF\n\ta\n\t\tEOF\n", [("EOF", "\ta\n", True, True)], 3),
    "blanks do not end one": ("RUN <<-EOF\n EOF\n\tEOF\n", [("EOF", " EOF\n", True, True)], 3),
    "single quotes": ("RUN <<'EOF'\n$a\nEOF\n", [("EOF", "$a\n", False, False)], 3),
    "double quotes": ('RUN <<"EOF"\n$a\nEOF\n', [("EOF", "$a\n", False, False)], 3),
    "quotes in part": ("RUN <<E'O'F\na\nEOF\n", [("EOF", "a\n", False, False)], 3),
    "quoted blanks": ("RUN <<'E F'\na\nE F\n", [("E F", "a\n", False, False)], 3),
    "an escaped blank": ("RUN <<E\\ F\na\nE F\n", [("E F", "a\n", True, False)], 3),
    "an escaped quote": ("RUN <<E\\'F\na\nE'F\n", [("E'F", "a\n", True, False)], 3),
    "descriptor": ("RUN cat 3<<EOF\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "two": ("RUN <<A cat - <<B\na\nA\nb\nB\n", [("A", "a\n", True, False), ("B", "b\n", True, False)], 5),
    "two in COPY": (
        "COPY <<a.txt <<'b.txt' /x/\nRUN no\na.txt\n# no comment\nb.txt\n",
        [("a.txt", "RUN no\n", True, False), ("b.txt", "# no comment\n", False, False)],
        5,
    ),
    "the same twice": ("COPY <<E <<E /\na\nE\nb\nE\n", [("E", "a\n", True, False), ("E", "b\n", True, False)], 5),
    "ONBUILD": ("ONBUILD RUN <<EOF\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "flags": ("RUN --mount=type=cache,target=/x <<EOF\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "after a continuation": ("RUN a \\\n <<EOF\nb\nEOF\n", [("EOF", "b\n", True, False)], 4),
    "a backslash in the body": ("RUN <<EOF\na \\\nEOF\n", [("EOF", "a \\\n", True, False)], 3),
    "a variable in the name": ("RUN <<$X\na\n$X\n", [("$X", "a\n", True, False)], 3),
    "a bracket first": ("RUN [ <<EOF\na\nEOF\n", [("EOF", "a\n", True, False)], 3),
    "in substitution": ("RUN x=$(cat <<E)\na\nE)\n", [("E)", "a\n", True, False)], 3),
    "a blank before the name": ("RUN << EOF\nRUN b\n", [], 1),
    "within a word": ("RUN a<<EOF\nRUN b\n", [], 1),
    "here string": ("RUN cat <<<EOF\nRUN b\n", [], 1),
    "two in a word": ("RUN cat <<A<<B\nRUN b\n", [], 1),
    "no name": ("RUN cat <<\nRUN b\n", [], 1),
    "an empty name": ("RUN cat <<''\n\nRUN b\n", [], 1),
    "in quotes": ("RUN echo '<<EOF'\nRUN b\n", [], 1),
    "in double quotes within braces": ('RUN echo "${x:-"a <<E b"}"\nRUN b\n', [], 1),
    "a shift": ("RUN echo $((1<<2))\nRUN b\n", [], 1),
    "a quote that is never closed": ("RUN echo it's <<EOF\nRUN b\n", [], 1),
    "an expansion that BuildKit cannot read": ("RUN echo ${#x} <<EOF\nRUN b\n", [], 1),
    "exec form": ('RUN ["cat", "<<EOF"]\nRUN b\n', [], 1),
    "no place for one": ("CMD cat <<EOF\nRUN b\n", [], 1),
    "ENV": ("ENV a=<<EOF\nRUN b\n", [], 1),
    "ONBUILD CMD": ("ONBUILD CMD <<EOF\nRUN b\n", [], 1),
}


@pytest.mark.parametrize("name", HEREDOCS)
def test_heredocs(name: str) -> None:
    text, expected, end = HEREDOCS[name]
    tree = tree_of(text)
    assert tree.fault is None
    instruction = tree.instructions[0]
    found = [(h.name, text[h.body.start : h.body.end], h.expands, h.strips_tabs) for h in instruction.heredocs]
    assert found == expected
    assert instruction.end_line == end
    if instruction.inner is not None:
        assert instruction.inner.heredocs == instruction.heredocs


FAULTS: dict[str, tuple[str, int, str]] = {
    "empty": ("", 0, "no instructions"),
    "only comments": ("# a\n\n", 0, "no instructions"),
    "a heredoc without an end": ("FROM a\nRUN <<EOF\nb\n", 2, "heredoc EOF"),
    "the second heredoc without an end": ("FROM a\nRUN <<A <<B\nA\n", 2, "heredoc B"),
    "a heredoc whose name cannot be read": ("FROM a\nRUN <<a${x:- }\nb\na\n", 2, "name of a heredoc"),
    "a directive twice": ("# escape=`\n# escape=`\nFROM a\n", 2, "escape"),
    "an escape that is none": ("# escape=x\nFROM a\n", 1, "escape=x"),
    "a backslash that joins nothing": ("FROM a\n\\\n", 2, "lone"),
    "backslashes that join nothing": ("FROM a\n\\\n # c\n \\\n", 2, "lone"),
    "a long line": ("FROM a\nRUN " + "é" * 32766 + "\n", 2, "65535"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name: str) -> None:
    text, line, words = FAULTS[name]
    fault = tree_of(text).fault
    assert fault is not None
    assert fault.line == line
    assert words in fault.message


def test_the_longest_line_is_no_fault() -> None:
    assert tree_of("FROM a\nRUN " + "é" * 32765 + "x\n").fault is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfFROM a\r\nRUN b\r\n",
        b"FROM a\nRUN \xff\xfe\x80\n",
        b"FROM a\nRUN \0 \\\n\n",
        b"\r\n\r\rFROM a",
        b"FROM a\n\xef\xbb\xbfRUN b\n",
        b"\xc2\xa0\n\xe2\x80\x83FROM a",
    ],
)
def test_bytes_come_back(data: bytes) -> None:
    tree = parse(Source.from_bytes("Dockerfile", data))
    joined = "".join(tree.source.text[node.span.start : node.span.end] for node in tree.nodes)
    assert tree.source.with_text(joined).to_bytes() == data


def test_a_bom_is_read_over_once() -> None:
    """Only the one at the file's start: a second makes the keyword unknown."""
    once = parse(Source.from_bytes("Dockerfile", b"\xef\xbb\xbfFROM a\n"))
    twice = parse(Source.from_bytes("Dockerfile", b"\xef\xbb\xbf\xef\xbb\xbfFROM a\n"))
    assert once.instructions[0].keyword == "FROM"
    assert twice.instructions[0].keyword == "\ufeffFROM"


def test_invalid_utf8_is_a_character_for_each_byte() -> None:
    tree = parse(Source.from_bytes("Dockerfile", b"RUN \xff\xfe b\n"))
    assert [word.text for word in tree.instructions[0].words] == ["\udcff\udcfe", "b"]

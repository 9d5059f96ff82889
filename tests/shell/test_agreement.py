"""The second reader: when it is asked, and that it can object."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from dfix.rewriter.shell.agreement import disagreement
from tests.processor import allowed
from tests.shell.written import read


@pytest.mark.parametrize(
    "text",
    [
        "a && (b; c) | d",
        "if a; then B=c d; fi",
        "for i in $(a; b); do [ -f c ] && unset d; done",
        "case a in b) export C=d;; esac; E=f",
        "(>&2 a b; c)",
        "a `# comment` `` && (b)",
        "(é ß) && ü",
        "f() { [[ a ]]; }; b",
    ],
)
def test_agrees(text: str) -> None:
    assert disagreement(text, read(text)) == ""


@pytest.mark.parametrize("text", ["$(a)" * 20_000, '"`' * 60_000], ids=["substitutions", "a deep tree of errors"])
def test_takes_no_quadratic_time(text: str) -> None:
    begin = time.process_time()
    read(text)
    assert time.process_time() - begin < allowed(4)


def test_objects_to_commands_that_it_does_not_find() -> None:
    assert disagreement("(a b; c)", read("(a; b c)")) == "its script can be read in two ways near `; c)`"


def test_objects_to_commands_that_were_not_found() -> None:
    assert disagreement("(a; b)", read("(a  b)")) == "its script can be read in two ways near `b)`"


def test_objects_to_errors() -> None:
    assert disagreement("a; b )", read("a; b")) == "its script is not understood near `)`"


def test_names_the_first_of_several_errors() -> None:
    assert disagreement("a; b ) ) c ) (d", read("a; b")) == "its script is not understood near `) ) c ) (d`"


def test_commands_after_and_between_substitutions_count() -> None:
    text = "(a $(b $(c) d) e) && f $(g) | h"
    assert disagreement(text, read(text)) == ""
    assert disagreement("(a $(b)); d", read("(a $(b))   ")) == "its script can be read in two ways near `d`"
    assert disagreement("if a; then b;", read("if a; then b; fi")) == "its script is not understood at its end"


def test_plain_lists_do_not_load_it() -> None:
    program = (
        "import sys; from dfix.rewriter.shell.parse import parse; text = sys.argv[1]; "
        "assert not parse(text, 0, text).opaque; print('tree_sitter' in sys.modules)"
    )
    for text, loaded in (("a 'b c' \"$d\" && e | f > g || h; i &", "False"), ("(a)", "True"), ("a $(b)", "True")):
        done = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == loaded

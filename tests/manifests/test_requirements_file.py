"""The lines of a requirements file; what pip makes of each is documented in "Requirements file format"."""

from __future__ import annotations

import codecs
import time

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.manifests.python.requirements_file import Line, lines
from tests.build_context import MakeContext
from tests.processor import allowed


def of(text: str) -> list[Line]:
    return list(lines("r.txt", text))


@pytest.mark.parametrize(
    ("text", "requirement", "options"),
    [
        ("flask==3.0\n", "flask==3.0", ()),
        ("  flask[async]>=2,<3 ; python_version > '3' # why\n", "flask[async]>=2,<3", ()),
        ("flask==3 \\\n    --hash=sha256:00 \\\n  --hash sha256:11\n", "flask==3", (("--hash", "sha256:00"), ("--hash", "sha256:11"))),
        ("fl\\\nask\n", "flask", ()),
        ("./lib ; python_version > '3'", "./lib", ()),
        ("./lib[a,b]", "./lib[a,b]", ()),
        ("a@b.txt", "a@b.txt", ()),
        ("a @ file:./b", "file:./b", ()),
        ("a@file:./b#sha1=0", "file:./b#sha1=0", ()),
        ("a[x] @ https://e.org/a.whl ; os_name == 'x'", "https://e.org/a.whl", ()),
        ("https://e.org/a;b.whl; os_name == 'x'", "https://e.org/a;b.whl", ()),
        ("git+https://e.org/a.git@v1#egg=a", "git+https://e.org/a.git@v1#egg=a", ()),
        ("a/b#c.whl # d", "a/b#c.whl", ()),
        ("-r b.txt", "", (("-r", "b.txt"),)),
        ("-rb.txt", "", (("-r", "b.txt"),)),
        ("--requirement=b.txt", "", (("--requirement", "b.txt"),)),
        ("--req b.txt", "", (("--requirement", "b.txt"),)),
        ("-r 'a b.txt' -c \"c.txt\"", "", (("-r", "a b.txt"), ("-c", "c.txt"))),
        ("-e ./lib[x]", "", (("-e", "./lib[x]"),)),
        ("-i https://e.org --extra-index-url file:///x", "", (("-i", "https://e.org"), ("--extra-index-url", "file:///x"))),
        ("--no-binary :all: --pre --use-feature=x", "", (("--no-binary", ":all:"), ("--use-feature", "x"))),
        ("-f wheels", "", (("-f", "wheels"),)),
        ("\ufeff".encode().decode("utf-8").removeprefix("\ufeff") + "a", "a", ()),
    ],
)  # fmt: skip
def test_a_line(text: str, requirement: str, options: tuple[tuple[str, str], ...]) -> None:
    assert of(text) == [Line(requirement, options)]


@pytest.mark.parametrize("text", ["", "\n\n", "# -r a.txt\n", "  # x\\\n", "\\\n", "\\"])
def test_no_line(text: str) -> None:
    assert of(text) == []


def test_lines_are_joined_as_pip_joins_them() -> None:
    assert of("a \\\n# b\nc\nd#e\n") == [Line("a", ()), Line("c", ()), Line("d#e", ())]
    assert of("a # b \\\nc\n") == [Line("a", ())]
    assert of("a\\") == [Line("a", ())]


def read(data: bytes) -> list[Line]:
    return of(data.decode("utf-8", "surrogateescape").removeprefix("\ufeff"))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_marks_of_an_encoding(mark: bytes, encoding: str) -> None:
    assert read(mark + "a\r\n-r ü.txt\r\n".encode(encoding)) == [Line("a", ()), Line("", (("-r", "ü.txt"),))]


@pytest.mark.parametrize("first", ["# -*- coding: latin-1 -*-\n", "# a\n# vim: set fileencoding=cp1252 :\n"])
def test_a_declared_encoding(first: str) -> None:
    assert read(first.encode() + "-r ü.txt".encode("latin-1")) == [Line("", (("-r", "ü.txt"),))]


@pytest.mark.parametrize(
    "encoding",
    ["punycode", "idna", "rot13", "zip", "hex", "nonsense", "utf-7", "unicode_escape", "undefined", "a" * 9999],
)
def test_an_encoding_that_is_not_read(encoding: str) -> None:
    found = attempt(lambda: of(f"# coding: {encoding}\n-r a.txt\n"))
    assert isinstance(found, Reason)
    assert found == Reason("broken-manifest", "r.txt declares an encoding that dfix does not read", "")


def test_bytes_that_are_not_of_the_encoding() -> None:
    found = attempt(read, b"# coding: utf-8\n\xff\n")
    assert isinstance(found, Reason)
    assert found.text == "r.txt is not valid UTF-8"
    assert read(b"-r \xff.txt\n") == [Line("", (("-r", "\udcff.txt"),))]  # the name of a file may have any bytes


@pytest.mark.parametrize("text", ["-r 'a.txt", '--find-links "x\\"', "-c a\\\n \\"])
def test_quotes_that_are_not_closed(text: str) -> None:
    found = attempt(lambda: of(text + ("" if "c a" in text else "\n")))
    if "c a" in text:
        assert found == [Line("", (("-c", "a"),))]
    else:
        assert isinstance(found, Reason)
        assert found.text == "r.txt has a line whose quotes are not closed"


@pytest.mark.parametrize(
    "text",
    [
        "a==1\n" * 190_000,
        "a\\\n" * 190_000,
        "-r " + "\\\n".join(["x" * 20_000] * 200),
        "-r '" + "\\\n".join(["x" * 20_000] * 200) + "'",
        "--hash=sha256:00 " * 250_000,
        " " * 4_000_000 + "x",
        "a @" + " " * 4_000_000,
        "a[" * 2_000_000,
        "#coding=" + " coding=" * 500_000,
        "# " * 2_000_000,
        "a;" * 2_000_000,
        "-" * 4_000_000,
        "a -" * 1_000_000,
        "\n" * 5_000_000,
        "https:" * 800_000,
    ],
    ids=range(15),
)
def test_time_grows_with_the_text(text: str) -> None:
    start = time.process_time()
    attempt(lambda: of(text))
    assert time.process_time() - start < allowed(3)


@pytest.mark.parametrize("text", ["-r requirements.txt\n" * 190_000, "./lib\n" * 190_000, "-e lib\n" * 190_000])
def test_what_is_named_again_and_again_is_looked_at_once(make_context: MakeContext, text: str) -> None:
    context = make_context({"requirements.txt": text, "lib/setup.py": "", "a": ""})
    start = time.process_time()
    found = attempt(inputs, context, Install("pip", ("install", "-r", "requirements.txt"), "", "python.pip"))
    assert time.process_time() - start < allowed(3)
    assert isinstance(found, Inputs)


@pytest.mark.parametrize(
    ("line", "files", "folders"),
    [
        ("-e lib", (), ("lib",)),
        ("lib/", (), ("lib",)),
        ("a @ file:lib", (), ("lib",)),
        ("a @ file:./lib", (), ("lib",)),
        ("b.tar.xz", ("b.tar.xz",), ()),
        ("B.ZIP", ("B.ZIP",), ()),
        ("b.tar.xz ; python_version > '3'", ("b.tar.xz",), ()),
    ],
)
def test_what_a_line_reads(
    make_context: MakeContext, line: str, files: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    context = make_context({"requirements.txt": f"{line}\n", "lib/setup.py": "", "b.tar.xz": "", "B.ZIP": ""})
    found = attempt(inputs, context, Install("pip", ("install", "-r", "requirements.txt"), "", "python.pip"))
    assert found == Inputs(("requirements.txt", *files), folders)

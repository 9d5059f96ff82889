"""Proofs as Markdown; nothing of a file's name or of a build's output is Markdown or HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from dfix.rewriter.verify.compare import Comparison, Difference, Origin
from dfix.rewriter.verify.proof import Blame, Compared, Proof, Sources
from dfix.rewriter.verify.proof_markdown import MARK, MOST, inert, markdown
from dfix.rewriter.verify.vulnerabilities import Scan, Vulnerability
from tests.report.results import result
from tests.verify import proofs

HOSTILE = (
    "</pre></code></details><img src=x onerror=alert(1)>",
    "x | y | z",
    "`code` *bold* _it_ ~~no~~ [a](javascript:alert(1)) ![b](http://example.org/c.png)",
    "@someone #1 !2 owner/repo#3 http://example.org www.example.org a@example.org",
    "\x1b[31mred\u202e\x00\udcff",
    "# heading\n- list\n\n---\n<!-- comment -->\n```\nfence\n::error::x\n##[error]x",
    "&lt;b&gt; &#60;b&#62; \\<b\\> $x$ :smile:",
)


def parts(text: str) -> tuple[list[str], str]:
    """The kinds of everything in a Markdown text but its plain text, and the HTML that it contains."""
    kinds, html = [], []

    def look(tokens: list[Any]) -> None:
        for token in tokens:
            if token.type in ("html_block", "html_inline"):
                html.append(token.content)
            elif token.type not in ("text", "inline", "softbreak", "text_special"):
                kinds.append(token.type)
            look(token.children or [])

    look(MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").enable("strikethrough").parse(text))
    return kinds, "".join(html)


def named(path: str, text: str) -> Proof:
    """A proof in which everything that others write is this text."""
    found = result(b"FROM a\n", b"FROM b\n", path=path)
    row = Difference(f"/{text}", text, 5, "content", was=Origin(1, text), now=Origin(2, text))
    seen = Comparison((row,), (), (), 0)
    blame = Blame(None, (row,), text, text)
    scan = Scan("trivy", new=(Vulnerability(text, text, text, "high"),))
    sources = Sources((text,), seen, text, text, scan)
    return Proof("broken", found, found, seen, (blame,), message=text, log=text, sources=sources, scan=scan)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_others_wrote_is_markdown_or_html(text: str) -> None:
    compared = Compared("0" * 40, "", ("plain",))
    plain = parts(markdown([named("plain", "plain")], compared))
    kinds, html = parts(markdown([named(text.split("\n", maxsplit=1)[0], text)], compared._replace(notes=(text,))))
    assert kinds == plain[0]
    tags = ["<code>", "</code>", "<details>", "<summary>", "</summary>", "<pre>", "</pre>", "</details>", MARK]
    for tag in tags:
        assert html.count(tag) == plain[1].count(tag)
        html = html.replace(tag, "")
    assert "<" not in html
    assert ">" not in html


def test_an_inert_text_is_read_as_it_was() -> None:
    shown = MarkdownIt("commonmark").renderInline(inert("a*b_c|d`e <f> [g](h) &amp; @i #1"))
    assert shown == "a*b_c|d`e &lt;f&gt; [g](h) &amp;amp; @i #1"


def test_a_comment_has_a_table_and_folded_details() -> None:
    same = proofs.proven()._replace(sources=Sources(("a", "b"), Comparison((), (), (), 0)))
    untouched = Proof("unchanged", proofs.REWRITE, proofs.REWRITE, sources=Sources(()))
    text = markdown([same, proofs.broken_build(), untouched], Compared("a" * 40, "b" * 40, ()))
    assert text.startswith(
        f"{MARK}\n"
        "### dfix verify: 1 Dockerfile no longer builds\n"
        "\n"
        "Commit <code>aaaaaaaaaaaa</code> compared with commit <code>bbbbbbbbbbbb</code>.\n"
        "\n"
        "| Dockerfile | Verdict | Sources | Image | Layers |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| <code>app&#47;Dockerfile</code> | the same image, except caches | 2 files changed, the image did not "
        "| 231.0 MB → 229.0 MB | 4 → 5 |\n"
        "| <code>app&#47;Dockerfile</code> | **no longer builds** |  |  |  |\n"
        "\n"
        "<details><summary><code>app&#47;Dockerfile</code></summary>\n"
        "\n"
        "<pre>\n"
        "app&#47;Dockerfile&#58; proven&#44; the same image&#44; except caches\n"
    )
    assert text.count("<details>") == text.count("</details>") == 2
    assert markdown([], None) == f"{MARK}\n### dfix verify: nothing to compare\n\n"


def test_findings_of_a_scan_are_shown_where_nothing_else_is() -> None:
    found = Scan("trivy", new=(Vulnerability("CVE-1", "libexample", "2", "high"),))
    untouched = Proof("unchanged", proofs.REWRITE, proofs.REWRITE, sources=Sources(()))
    for proof in (untouched, untouched._replace(sources=None), untouched._replace(verdict="new")):
        text = markdown([proof._replace(scan=found)], None)
        assert "| Dockerfile | Verdict | Vulnerabilities |" in text and "| 0 gone, **1 new** |" in text
        assert "high CVE&#45;1 in libexample 2" in text
    assert "Vulnerabilities" not in markdown([untouched._replace(verdict="new")], None)


def test_findings_of_both_scans_are_in_the_table() -> None:
    found = Scan("trivy", new=(Vulnerability("CVE-1", "libexample", "2", "high"),))
    both = proofs.proven()._replace(scan=Scan("trivy"), sources=Sources(("a",), Comparison((), (), (), 0), scan=found))
    assert "| 0 gone, none new; with the new sources: 0 gone, **1 new** |" in markdown([both], None)
    assert "| with the new sources: 0 gone, **1 new** |" in markdown([both._replace(scan=None)], None)


def test_a_comment_is_never_too_long() -> None:
    long = [named("x" * 300, "|" * 3_000)] * 500
    text = markdown(long, None)
    assert len(text) <= MOST
    assert re.search(r"^\| \d+ Dockerfiles more \|(  \|)+$", text, re.MULTILINE)
    assert "more are left out" in text
    assert text.count("<pre>") == text.count("</pre>")


def test_columns_that_would_be_empty_are_left_out() -> None:
    text = markdown([proofs.unbuilt()], None)
    assert (
        "\n| Dockerfile | Verdict |\n| --- | --- |\n| <code>app&#47;Dockerfile</code> | **does not build** |\n" in text
    )
    assert "### dfix verify: nothing is shown for 1 Dockerfile\n" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_the_end_of_a_log_is_inert(text: str, tmp_path: Path) -> None:
    """The log itself stays on the machine of the build, so its last lines are shown, not its name."""
    log = tmp_path / "build.log"
    seen = []
    for said in ("plain", text):
        log.write_text("early\n" * 30 + f"{said}\n{'w' * 10_000}\n", "utf-8", "surrogateescape")
        shown = markdown([proofs.unbuilt()._replace(log=str(log))], None)
        kinds, html = parts(shown)
        seen.append((kinds, html.count("<"), html.count(">")))
        assert shown.count("early") < 20
        assert "w" * 2_000 in shown
        assert "w" * 2_001 not in shown
        assert str(tmp_path) not in shown
    assert seen[0] == seen[1]


def test_a_long_line_is_broken() -> None:
    """A comment is not as wide as a terminal; where a line is broken, it goes on further to the right."""
    text = markdown([proofs.broken_build()._replace(message="word " * 100)], None)
    lines = text.partition("<pre>")[2].replace("&#96;", "`").split("\n")
    assert max(map(len, lines)) < 160
    assert any(line.startswith("  word") for line in lines)

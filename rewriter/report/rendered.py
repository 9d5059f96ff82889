"""A page of Markdown on a terminal: rendered, and in a pager if it is longer than the screen."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess

from dfix.rewriter.report.output import Output
from dfix.rewriter.text.expression import expression

_MOST_COLUMNS = 100
_LESS = "FRX"
"""As git starts less: end at once if all fits, pass colours on, leave the text on the screen."""
_LINK_TO_FILE = expression(r"\[([^\]]+)\]\((?!https?:)[^)\s]*\)")


def write_page(out: Output, markdown: str) -> None:
    """Write a page as it is, or rendered if people read it on a terminal."""
    if not out.columns:
        out.write(markdown)
        return
    text = rendered(markdown, min(out.columns, _MOST_COLUMNS), colour=out.colour)
    if text.count("\n") < shutil.get_terminal_size().lines or not _paged(text):
        out.write(text)


def rendered(markdown: str, columns: int, *, colour: bool) -> str:
    """Markdown as text for a terminal of that width; links to files of the repository lose their address."""
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    made = StringIO()
    console = Console(
        file=made,
        width=columns,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        theme=Theme({"markdown.code": "cyan"}),
        _environ={},
    )
    page = Markdown(_LINK_TO_FILE.sub(r"\1", markdown), code_theme="ansi_dark", hyperlinks=False)
    console.print(page)
    return "\n".join(line.rstrip() for line in made.getvalue().split("\n"))


def _paged(text: str) -> bool:
    """Whether a pager showed the text. PAGER names it; `cat`, an empty one and a dumb terminal mean none."""
    words = shlex.split(os.environ.get("PAGER", "less"))
    if not words or words == ["cat"] or os.environ.get("TERM") == "dumb":
        return False
    try:
        pager = subprocess.Popen(words, stdin=subprocess.PIPE, env={"LESS": _LESS, **os.environ})
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pager's own key
    try:
        pager.communicate(text.encode("utf-8", "surrogateescape"))
    finally:
        signal.signal(signal.SIGINT, before)
    return True

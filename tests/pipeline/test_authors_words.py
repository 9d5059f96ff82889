"""Reasons quote the author's own lines, not what an earlier rule wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.authors_words import AuthorsWords
from dfix.rewriter.pipeline.history import History
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Edit, Source, Span

BEFORE = "FROM a\nCOPY . .\nRUN pip install -r b\nRUN make\n"


def words() -> AuthorsWords:
    """A COPY and a RUN are written before line 2, which moves below line 3, and an option is added to line 3."""
    history = History(Source("Dockerfile", BEFORE))
    install = BEFORE.index("RUN pip")
    option = BEFORE.index(" -r b")
    history.apply(
        [
            Edit(Span(7, install), "COPY b ./\nRUN fetch it\n"),
            Edit(Span(option, option), " --no-cache-dir"),
            Edit(Span(BEFORE.index("RUN make"), BEFORE.index("RUN make")), "COPY . .\n"),
        ]
    )
    assert history.texts[-1].text == (
        "FROM a\nCOPY b ./\nRUN fetch it\nRUN pip install --no-cache-dir -r b\nCOPY . .\nRUN make\n"
    )
    return AuthorsWords(history.texts[0], history.texts[-1], history.regions())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("`pip install --no-cache-dir -r b` is slow", "`pip install -r b` is slow"),
        ("`pip install --no-cache…` is slow", "`pip install…` is slow"),
        ("`make` on line 6 is slow", "`make` on line 4 is slow"),
        ("the COPY on line 5 and line 4", "the COPY on line 2 and line 3"),
        ("a is left out by line 1 of .dockerignore", "a is left out by line 1 of .dockerignore"),
        ("`dependencies` differs from b", "`dependencies` differs from b"),
        ("`fetch it` is slow", None),
        ("the RUN on line 3 has flags", None),
    ],
)
def test_what_a_reason_says(said: str, told: str | None) -> None:
    assert words().of(said) == told


def test_a_file_that_is_not_changed() -> None:
    source = Source("Dockerfile", BEFORE)
    assert AuthorsWords(source, source, ()).of("`anything` on line 90") == "`anything` on line 90"


def test_a_reason_after_two_changes(tmp_path: Path) -> None:
    for name in ("requirements.txt", "setup.py", "main.py"):
        (tmp_path / name).write_text("")
    path = tmp_path / "Dockerfile"
    text = "FROM python:3.11\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements.txt && pip install .\n"
    result = run(Source(str(path), text), Options(context=str(tmp_path)))
    assert "pip install --no-cache-dir ." in result.after.text
    assert [refusal.reason.partition(" installs")[0] for refusal in result.refusals] == ["`pip install .`"]

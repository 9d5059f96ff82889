"""Ten thousand edits of an open document: what the server has is what the editor has, whatever is typed."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from bench_editor import family  # the folder of scripts is no package
from lsprotocol import types

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.server.editor import Editor, capabilities
from tests.server.test_protocol import APP, NODE

pytestmark = pytest.mark.asyncio

EDITS = 10_000
LONGEST = 3_000
TYPED = (
    *(
        "R",
        "U",
        "N",
        " ",
        "\n",
        "\r\n",
        "\\\n",
        "\\\r\n",
        "#",
        "&&",
        " && ",
        "'",
        '"',
        "$",
        "(",
        ")",
        "{",
        "<<EOF",
        "EOF",
        "\nEOF\n",
    ),
    *(
        "RUN apt-get update\n",
        "RUN apt-get install -y curl\n",
        "RUN <<-'X'\necho 1\nX\n",
        "COPY <<A <<B /x/\na\nA\nb\nB\n",
    ),
    *(
        "FROM debian:12\n",
        "FROM node:22-slim AS b\n",
        "WORKDIR /app\n",
        "COPY . .\n",
        "RUN npm ci\n",
        "RUN mkdir /a\nRUN mkdir /b\n",
    ),
    *(
        "é",
        "😀",
        "𝄞",
        "\u2028",
        "\f",
        "\t",
        "\xa0",
        "\ufeff",
        "e\u0301",
        "👩‍👩‍👧",
        "\r",
        "# dfix: ignore\n",
        "RUN echo 😀 && rm -rf /tmp/é\n",
    ),
    *(
        "COPY package.json package-lock.json ./\n",
        "SHELL [",
        '"]',
        "--mount=type=cache ",
        "ONBUILD ",
        "HEALTHCHECK ",
        "# syntax=x\n",
    ),
)
SOUND = ("RUN a", "RUN m", "RUN e", "RUN <", "COPY", "FROM", "# d", "WORK")
"""How lines begin that leave a file sound."""
SAVE = Options(ignore_file=False)
STEADY_KB = 5_000
"""What allocation may add to a process that does the same thing again and again."""


def not_within_a_line_end(text: str, at: int) -> int:
    return at + 1 if text[at - 1 : at + 1] == "\r\n" and at else at


def edit(text: str, chosen: random.Random, undo: list[str]) -> tuple[int, int, str]:
    """The start, end and new text of an edit: typing, mostly; deleting, pasting over, going back."""
    kind = chosen.random()
    if kind > 0.96:
        sound = NODE + "".join(line for line in chosen.choices(TYPED, k=12) if line.startswith(SOUND))
        return 0, len(text), sound.replace("\n", chosen.choice(("\n", "\r\n")))
    if undo and kind < 0.1:
        return 0, len(text), undo[chosen.randrange(max(0, len(undo) - 20), len(undo))]
    start = not_within_a_line_end(text, chosen.randrange(len(text) + 1))
    if kind < 0.75 and len(text) < LONGEST:
        return start, start, chosen.choice(TYPED)
    end = not_within_a_line_end(text, min(len(text), start + chosen.choice((1, 1, 2, 8, 40, 400))))
    return start, end, chosen.choice(("", "", chosen.choice(TYPED)))


def saved(path: Path, text: str) -> str:
    """What dfix makes of a text by itself."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    result = run(Source(str(path), text.removeprefix("\ufeff"), bom=bool(mark)), SAVE)
    return mark + result.after.text


def half_written(text: str) -> bool:
    return check(parse(Source("", text.removeprefix("\ufeff")))) is not None


def memory(process: asyncio.subprocess.Process) -> int:
    """Kilobytes of the process, and of those that it has started, that are in memory."""
    used = 0
    for pid in family(process.pid):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        used += next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return used


async def test_ten_thousand_edits(editor: Editor, tmp_path: Path) -> None:
    chosen = random.Random(6)
    path = tmp_path / "app" / "Dockerfile"
    put(path.parent, {**APP, "Dockerfile": NODE, ".git/HEAD": ""})
    await editor.start(path.parent, can=capabilities(encodings=["utf-16"]))
    server = editor.client._server
    assert server is not None
    uri = editor.open(path)
    undo: list[str] = []
    kept = changed = 0
    used: list[int] = []
    texts = {1: editor.texts[uri]}
    for number in range(1, EDITS + 1):
        text = editor.texts[uri]
        undo = [*undo[-30:], text]
        editor.type(uri, *edit(text, chosen, undo))
        text = texts[editor.versions[uri]] = editor.texts[uri]
        if number % 10 == 0:
            made = await editor.formatted(uri)
            assert made == saved(path, text)
            kept += half_written(text)
            changed += made != text
            assert not half_written(text) or made == text
        if number % 50 == 0:
            await one_of_everything(editor, uri, chosen)
        if number % 1000 == 0:
            await asyncio.sleep(0.3)
            used.append(memory(server))
        assert server.returncode is None
    assert kept > 100
    assert changed > 100
    assert used[-1] - used[2] < STEADY_KB, used
    await last_diagnostics(editor, uri, texts)
    assert editor.messages == []
    assert path.read_text() == NODE


async def one_of_everything(editor: Editor, uri: str, chosen: random.Random) -> None:
    """Requests whose answers must fit the text that they are about."""
    text = editor.texts[uri]
    lines = text.count("\n") + 1
    line = chosen.randrange(lines)
    for action in await editor.actions(uri, line):
        assert action.edit is not None
        for change in action.edit.document_changes or ():
            if isinstance(change, types.TextDocumentEdit) and change.text_document.uri == uri:
                assert change.text_document.version == editor.versions[uri]
                assert not half_written(text)
                assert not half_written(editor.with_edits(uri, change.edits))
    await editor.lenses(uri)
    await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, 0))
    )
    found = await editor.pulled(uri)
    assert any(one.severity == types.DiagnosticSeverity.Error for one in found) == half_written(text)


async def last_diagnostics(editor: Editor, uri: str, texts: dict[int, str]) -> None:
    """What was pushed came in the order of the versions, each about the text of its own, and the last about the last."""
    await editor.until(lambda: bool(editor.pushed) and editor.pushed[-1].version == editor.versions[uri])
    versions = [one.version for one in editor.pushed]
    assert versions == sorted(versions, key=lambda version: version or 0)
    assert len(versions) > 5
    for one in editor.pushed:
        errors = [found for found in one.diagnostics if found.severity == types.DiagnosticSeverity.Error]
        assert bool(errors) == half_written(texts[one.version or 0])
    assert list(editor.pushed[-1].diagnostics) == await editor.pulled(uri)

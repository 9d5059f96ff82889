"""The protocol, against the real server over its standard input and output."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from tests.build_context import put
from tests.server.editor import FORMAT, Editor, applied, capabilities

pytestmark = pytest.mark.asyncio

NODE = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node server.js\n"
SPLIT = (
    "FROM node:22-slim\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
    "RUN npm ci && npm cache clean --force\nCOPY . .\nCMD node server.js\n"
)
APP = {
    "package.json": '{"name": "app", "version": "1.0.0"}\n',
    "package-lock.json": (
        '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, '
        '"packages": {"": {}, "node_modules/x": {"version": "1.0.0"}}}\n'
    ),
    "server.js": "\n",
    ".dockerignore": "node_modules\nDockerfile\n.dockerignore\n",
}
APT = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n"
APT_MERGED = (
    "FROM debian:12\nRUN apt-get update \\\n    && apt-get install -y curl \\\n    && rm -rf /var/lib/apt/lists/*\n"
)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A context with a Dockerfile that can be split, and lies in a repository of its own."""
    put(tmp_path / "app", {**APP, "Dockerfile": NODE, ".git/HEAD": ""})
    return tmp_path / "app"


async def test_what_it_says_that_it_can_do(editor: Editor, tmp_path: Path) -> None:
    can = (await editor.start(tmp_path)).capabilities
    assert can.position_encoding == types.PositionEncodingKind.Utf16
    assert can.document_formatting_provider
    assert can.document_range_formatting_provider
    assert can.hover_provider
    assert can.code_lens_provider
    assert isinstance(can.code_action_provider, types.CodeActionOptions)
    assert can.code_action_provider.code_action_kinds == ("quickfix", "source.fixAll", "source.fixAll.dfix")
    assert can.diagnostic_provider is not None
    assert can.diagnostic_provider.inter_file_dependencies
    assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
    assert can.text_document_sync.change == types.TextDocumentSyncKind.Incremental


async def test_formatting_makes_what_the_command_would(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == SPLIT
    assert (app / "Dockerfile").read_text() == NODE


async def test_edits_touch_only_lines_that_differ(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    params = types.DocumentFormattingParams(types.TextDocumentIdentifier(uri), FORMAT)
    edits = await editor.client.text_document_formatting_async(params)
    lines = [line for edit in edits or [] for line in range(edit.range.start.line, edit.range.end.line)]
    assert lines == [3]


async def test_the_text_in_the_window_counts_not_the_one_on_disk(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    editor.change(uri, APT)
    assert await editor.formatted(uri) == APT_MERGED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_in_every_encoding(editor: Editor, tmp_path: Path, encoding: str) -> None:
    await editor.start(tmp_path, can=capabilities(encodings=[encoding]))
    assert editor.encoding == encoding
    text = 'FROM debian:12\nLABEL a="é𝄞😀" b="\u2028\f\udcff"\n' + APT.partition("\n")[2]
    uri = editor.open(tmp_path / "Dockerfile", text)
    at = text.index("😀")
    editor.type(uri, at, at + 1, "🎉𝄞x")
    editor.type(uri, text.index('" b='), text.index('" b='), "é")
    assert await editor.formatted(uri) == editor.texts[uri].replace(
        APT.partition("\n")[2], APT_MERGED.partition("\n")[2]
    )


async def test_line_ends_are_kept(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "Dockerfile", APT.replace("\n", "\r\n"))
    assert await editor.formatted(uri) == APT_MERGED.replace("\n", "\r\n")
    editor.type(uri, 0, 0, "\ufeff")
    assert await editor.formatted(uri) == "\ufeff" + APT_MERGED.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text", [APT + "RU\n", APT + "RUN <<EOF\necho\n", "RUN x\n" + APT, "", APT + "COPY a\n", APT + "RUN --mout=x y\n"]
)
async def test_a_half_written_file_is_left_alone(editor: Editor, tmp_path: Path, text: str) -> None:
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "Dockerfile", text)
    assert await editor.formatted(uri) == text
    assert await editor.actions(uri, 1) == []
    assert [one.severity for one in await editor.pulled(uri)] == [types.DiagnosticSeverity.Error]


async def test_a_range_gets_only_what_lies_in_it(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    text = APT + APT
    uri = editor.open(tmp_path / "Dockerfile", text)

    async def formatted(first: int, last: int) -> str:
        lines = types.Range(types.Position(first, 0), types.Position(last, 3))
        params = types.DocumentRangeFormattingParams(types.TextDocumentIdentifier(uri), lines, FORMAT)
        return editor.with_edits(uri, await editor.client.text_document_range_formatting_async(params) or [])

    assert await formatted(0, 2) == APT_MERGED + APT
    assert await formatted(3, 5) == APT + APT_MERGED
    assert await formatted(0, 5) == APT_MERGED + APT_MERGED
    assert await formatted(0, 1) == text
    assert await formatted(3, 3) == text


async def test_fix_all(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    for kind in ("source.fixAll", "source.fixAll.dfix", "source"):
        (action,) = await editor.actions(uri, 0, kind)
        assert action.kind == "source.fixAll.dfix"
        assert changed(editor, action) == {uri: SPLIT}
    assert await editor.actions(uri, 0, "source.organizeImports", "refactor") == []


def changed(editor: Editor, action: types.CodeAction) -> dict[str, str]:
    """What the action makes of each file; the texts of those that are not open are read from disk."""
    assert action.edit is not None
    found: dict[str, str] = {}
    for change in action.edit.document_changes or ():
        if isinstance(change, types.CreateFile):
            found[change.uri] = ""
            continue
        assert isinstance(change, types.TextDocumentEdit)
        uri = change.text_document.uri
        text = found.get(uri) if uri in found else editor.texts.get(uri)
        if text is None:
            text = Path(uri.removeprefix("file://")).read_text()
        if uri in editor.versions:
            assert change.text_document.version == editor.versions[uri]
        found[uri] = applied(text, change.edits, editor.encoding)
    return found


async def test_each_change_by_itself(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    fixes = [one for one in await editor.actions(uri, 3, "quickfix") if one.is_preferred]
    (only,) = fixes
    assert only.title.startswith("clean-up: `npm ci` leaves its cache")
    assert changed(editor, only) == {uri: NODE.replace("npm ci", "npm ci && npm cache clean --force")}
    assert [one.code for one in only.diagnostics or ()] == ["clean-up"]


async def test_ignore_this_here(editor: Editor, app: Path) -> None:
    await editor.start(app)
    text = "# syntax=docker/dockerfile:1\n" + NODE
    uri = editor.open(app / "Dockerfile", text)
    found = await editor.actions(uri, 3, "quickfix")
    (ignore,) = [one for one in found if one.title == "split-manifests: ignore this here"]
    assert not ignore.is_preferred
    after = text.replace("COPY . .", "# dfix: ignore[split-manifests]\nCOPY . .")
    assert changed(editor, ignore) == {uri: after}
    editor.change(uri, after)
    assert await editor.formatted(uri) == after.replace("npm ci", "npm ci && npm cache clean --force")


async def test_an_editor_without_document_changes_gets_plain_ones(editor: Editor, app: Path) -> None:
    await editor.start(app, can=capabilities(workspace_edit=types.WorkspaceEditClientCapabilities()))
    uri = editor.open(app / "Dockerfile")
    (action,) = await editor.actions(uri, 0, "source.fixAll")
    assert action.edit is not None
    assert action.edit.document_changes is None
    assert applied(NODE, (action.edit.changes or {})[uri], editor.encoding) == SPLIT


@pytest.mark.parametrize("old", ["*.log\n.dockerignore\n", None])
async def test_lines_for_the_ignore_file_come_with_a_quick_fix_alone(
    editor: Editor, app: Path, old: str | None
) -> None:
    ignore = app / ".dockerignore"
    ignore.unlink()
    if old is not None:
        ignore.write_text(old)
    put(app, {"node_modules/x/package.json": "{}"})
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == NODE.replace("npm ci", "npm ci && npm cache clean --force")
    found = await editor.actions(uri, 2, "quickfix")
    (fix,) = [one for one in found if one.title.startswith("split-manifests") and one.is_preferred]
    assert fix.title.endswith("… (and .dockerignore)")
    made = changed(editor, fix)
    assert made[ignore.as_uri()] == ("node_modules\n.dockerignore\n" if old is None else old + "node_modules\n")
    assert "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n" in made[uri]
    assert fix.edit is not None
    kinds = [type(one) for one in fix.edit.document_changes or ()]
    assert kinds == [types.CreateFile] * (old is None) + [types.TextDocumentEdit] * 2


async def test_lines_for_the_ignore_file_as_plain_changes(editor: Editor, app: Path) -> None:
    put(app, {"node_modules/x/package.json": "{}", ".dockerignore": ".dockerignore"})
    await editor.start(app, can=capabilities(workspace_edit=types.WorkspaceEditClientCapabilities()))
    uri = editor.open(app / "Dockerfile")
    (fix,) = [one for one in await editor.actions(uri, 2, "quickfix") if one.is_preferred]
    assert fix.edit is not None
    assert fix.edit.changes is not None
    assert set(fix.edit.changes) == {uri, (app / ".dockerignore").as_uri()}
    edits = fix.edit.changes[(app / ".dockerignore").as_uri()]
    assert applied(".dockerignore", edits, editor.encoding) == ".dockerignore\nnode_modules\n"
    (app / ".dockerignore").unlink()
    assert [one for one in await editor.actions(uri, 2, "quickfix") if one.is_preferred] == []


async def test_the_ignore_file_in_another_window_is_not_written_over(editor: Editor, app: Path) -> None:
    (app / ".dockerignore").write_text("*.log\n")
    put(app, {"node_modules/x/package.json": "{}"})
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    editor.open(app / ".dockerignore", "*.log\n*.tmp\n", "ignore")
    found = await editor.actions(uri, 2, "quickfix")
    assert [one.title for one in found if one.is_preferred] == []


async def test_hover_says_the_rule_and_the_reason(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile", NODE.replace("npm ci", "npm ci \\\n    --no-audit"))
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(4, 5))
    found = await editor.client.text_document_hover_async(params)
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    assert "[clean-up](file://" in found.contents.value
    assert "`npm ci` leaves its cache in this layer" in found.contents.value
    nothing = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    assert await editor.client.text_document_hover_async(nothing) is None


async def test_hover_says_why_a_place_is_left_alone(editor: Editor, app: Path) -> None:
    (app / "package-lock.json").unlink()
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(3, 0))
    found = await editor.client.text_document_hover_async(params)
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    assert "split-manifests" in found.contents.value
    assert "Left alone: " in found.contents.value


async def test_lenses(editor: Editor, app: Path) -> None:
    await editor.start(app)
    text = (
        "FROM node:22-slim AS build\nWORKDIR /app\nCOPY package.json ./\nRUN npm i\nCOPY . .\nRUN npm run build\n"
        "FROM nginx\nCOPY --from=build /app/dist /srv\nADD server.js /x/\nCOPY missing /x/\n"
    )
    uri = editor.open(app / "Dockerfile", text)
    assert await editor.lenses(uri) == [
        (0, "not in the final image, 4 steps: 2 re-run when a source changes"),
        (2, "re-runs when 1 file changes"),
        (4, "re-runs when any of 4 files changes"),  # package.json, package-lock.json, server.js and .git/HEAD
        (6, "in the final image, 3 steps"),
        (8, "re-runs when 1 file changes"),
    ]


@pytest.mark.parametrize("name", ["visual_studio_code", "neovim", "emacs"])
async def test_what_real_editors_say_that_they_can_do(editor: Editor, app: Path, name: str) -> None:
    await editor.start(app, can=client_capabilities(name))
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == SPLIT
    (action,) = await editor.actions(uri, 0, "source.fixAll")
    assert action.edit is not None
    assert bool(action.edit.document_changes) == (name != "neovim")  # which says nothing of them
    assert action.edit.document_changes or action.edit.changes
    assert len(await editor.pulled(uri)) == 2
    assert editor.messages == []

"""A session as it goes on: edits, files on disk, settings, folders, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from bench_editor import processor_time  # the folder of scripts is no package
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.build_context import put
from tests.server.editor import WAIT, Editor, capabilities
from tests.server.test_protocol import APP, APT, APT_MERGED, NODE, SPLIT

pytestmark = pytest.mark.asyncio

MOST = 100
"""How often the slow rule of BROKEN yields when nothing ends it. It counts in the file that the first argument names."""
BROKEN = (
    f"MOST = {MOST}\n"
    "import sys, time; from types import SimpleNamespace as N; from dfix.rewriter.cli import main; from dfix.rewriter.pipeline import registry, run as pipeline\n"
    "from dfix.rewriter.answers.change import Refusal\n"
    "from dfix.rewriter.server import analyses, features\n"
    "def propose(model):\n"
    "    if 'explode' in model.source.text: raise RuntimeError('a rule is broken')\n"
    "    for _ in range(MOST if 'slow' in model.source.text else 0):\n"
    "        open(sys.argv[1], 'a').write('.'); time.sleep(0.05); yield Refusal('x', 0, 'y', 'z')\n"
    "def hover(analysis, position): raise KeyError('odd')\n"
    "features.hover = hover\n"
    "rules = (N(NAME='x', CODES=(), ORDER=1, SUMMARY='', CONTRACT='same-image', EXAMPLES=(), __doc__='', propose=propose),)\n"
    "pipeline.transforms = registry.transforms = lambda: rules\n"
    "analyses.PATIENCE = 1\n"
    "if len(sys.argv) > 2: analyses.LONGEST_SECONDS = float(sys.argv[2])\n"
    "sys.exit(main.run(['lsp']))\n"
)
BROKEN_COMMAND = (sys.executable, "-c", BROKEN, os.devnull)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    put(tmp_path / "app", {**APP, "Dockerfile": NODE, ".git/HEAD": ""})
    return tmp_path / "app"


def event(path: Path, kind: types.FileChangeType) -> types.FileEvent:
    return types.FileEvent(path.as_uri(), kind)


def tell(editor: Editor, *events: types.FileEvent) -> None:
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(list(events)))


async def begun(counted: Path) -> None:
    """Wait until the slow rule of BROKEN is at work."""
    while not counted.exists() or not counted.read_text():
        await asyncio.sleep(0.01)


def last(editor: Editor, uri: str) -> types.PublishDiagnosticsParams | None:
    return next((one for one in reversed(editor.pushed) if one.uri == uri), None)


def codes(found: types.PublishDiagnosticsParams | None) -> list[Any]:
    return [] if found is None else [one.code for one in found.diagnostics]


async def test_pushed_diagnostics_bear_the_version_that_they_are_about(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    await editor.until(lambda: codes(last(editor, uri)) == ["split-manifests", "clean-up"])
    first = last(editor, uri)
    assert first is not None
    assert first.version == 1
    one = first.diagnostics[0]
    assert one.range == types.Range(types.Position(2, 0), types.Position(2, 8))
    assert one.severity == types.DiagnosticSeverity.Warning
    assert one.source == "dfix"
    assert one.message.endswith("(same image)")
    assert one.code_description is not None
    page = Path(one.code_description.href.removeprefix("file://"))
    assert page.read_text().startswith("# split-manifests")
    for char in "# x":
        editor.type(uri, 0, 0, char)
    editor.change(uri, "FROM debian:12\nRU")
    await editor.until(lambda: (last(editor, uri) or first).version == editor.versions[uri])
    assert [d.message for d in editor.pushed[-1].diagnostics] == [
        "unknown instruction `RU`. Did you mean `RUN`? Or continue the line above it"
    ]
    editor.close(uri)
    await editor.until(lambda: not editor.pushed[-1].diagnostics)


async def test_an_editor_that_pulls_is_pushed_nothing(editor: Editor, app: Path) -> None:
    await editor.start(app, can=capabilities(pulls=True))
    uri = editor.open(app / "Dockerfile")
    assert [one.code for one in await editor.pulled(uri)] == ["split-manifests", "clean-up"]
    await asyncio.sleep(0.5)
    assert editor.pushed == []


async def test_what_was_left_alone_is_a_hint_for_those_who_ask(editor: Editor, app: Path) -> None:
    (app / "package-lock.json").unlink()
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    assert [one.code for one in await editor.pulled(uri)] == ["clean-up"]
    editor.settings["explain"] = True
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    await editor.until(lambda: len(codes(last(editor, uri))) == 2)
    hint = editor.pushed[-1].diagnostics[1]
    assert (hint.code, hint.severity) == ("split-manifests", types.DiagnosticSeverity.Hint)
    assert hint.message.startswith("left alone: ")


async def test_files_of_the_context_are_watched(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    assert (2, "re-runs when any of 4 files changes") in await editor.lenses(uri)

    def watched() -> list[Any]:
        registered = [one for one in editor.registered.values() if one.method == "workspace/didChangeWatchedFiles"]
        return [json.dumps(one.register_options, default=repr) for one in registered]

    await editor.until(lambda: len(watched()) == 1 and app.as_uri() in watched()[0])
    assert "**/dfix.toml" in watched()[0]
    # a file deep in the context: nothing but the editor's word tells of it
    put(app, {".git/objects/pack": ""})
    names = set(editor.registered)
    tell(editor, event(app / ".git/objects/pack", types.FileChangeType.Created))
    assert (2, "re-runs when any of 5 files changes") in await editor.lenses(uri)
    assert set(editor.registered) == names
    await editor.until(lambda: "lenses" in editor.refreshed)


async def test_a_change_on_disk_makes_diagnostics_fresh(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    await editor.until(lambda: codes(last(editor, uri)) == ["split-manifests", "clean-up"])
    put(app, {"package.json": '{"name": "app", "version": "1.0.0", "scripts": {"postinstall": "./install.bin"}}'})
    tell(editor, event(app / "package.json", types.FileChangeType.Changed))
    await editor.until(lambda: codes(last(editor, uri)) == ["clean-up"])
    (app / ".dockerignore").write_text("package-lock.json\n")
    put(app, {"package.json": APP["package.json"]})
    tell(editor, event(app / ".dockerignore", types.FileChangeType.Changed))
    assert await editor.formatted(uri) != SPLIT
    (app / ".dockerignore").write_text(APP[".dockerignore"])
    tell(editor, event(app / ".dockerignore", types.FileChangeType.Changed))
    assert await editor.formatted(uri) == SPLIT


async def test_an_editor_that_watches_nothing_gets_fresh_answers_too(editor: Editor, app: Path) -> None:
    await editor.start(app, can=capabilities(did_change_watched_files=None))
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == SPLIT
    put(app, {"package.json": '{"name": "app", "version": "1.0.0", "scripts": {"postinstall": "./install.bin"}}'})
    await asyncio.sleep(1.1)
    assert await editor.formatted(uri) == NODE.replace("npm ci", "npm ci && npm cache clean --force")


async def test_settings_files_count_by_folder(editor: Editor, tmp_path: Path) -> None:
    put(tmp_path / "one", {"Dockerfile": APT, "dfix.toml": 'ignore = ["clean-up"]\n'})
    put(tmp_path / "two", {"Dockerfile": APT, "pyproject.toml": '[tool.dfix]\nselect = ["clean-up"]\n'})
    put(tmp_path / "two" / "old", {"Dockerfile": APT, ".dfix.toml": 'exclude = ["Dockerfile"]\n'})
    await editor.start(tmp_path / "one", tmp_path / "two")
    one, two = editor.open(tmp_path / "one" / "Dockerfile"), editor.open(tmp_path / "two" / "Dockerfile")
    assert await editor.formatted(one) == APT_MERGED.replace(" \\\n    && rm -rf /var/lib/apt/lists/*", "")
    assert "&&" not in (await editor.formatted(two)).splitlines()[1]
    old = editor.open(tmp_path / "two" / "old" / "Dockerfile")
    assert await editor.formatted(old) == APT
    (tmp_path / "one" / "dfix.toml").write_text("")
    tell(editor, event(tmp_path / "one" / "dfix.toml", types.FileChangeType.Changed))
    assert await editor.formatted(one) == APT_MERGED


async def test_the_editors_settings_overrule_those_of_files(editor: Editor, app: Path) -> None:
    put(app, {"dfix.toml": 'select = ["merge-runs"]\n'})
    await editor.start(app, options={"select": ["split-manifests", "clean-up"], "ignore": ["clean-up"]})
    uri = editor.open(app / "Dockerfile")
    editor.settings.update({"path": "whatever is the editor's own", "context": "", "ignore": [], "target": ""})
    editor.settings.update({"select": ["split-manifests"]})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    assert await editor.formatted(uri) == SPLIT.replace(" && npm cache clean --force", "")


async def test_a_wrong_setting_is_a_message_and_the_others_count(editor: Editor, app: Path) -> None:
    editor.settings.update({"select": "clean-up", "ignore": ["clean-up"], "unsafe": "yes", "explain": 1})
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    await editor.until(lambda: bool(editor.messages))
    (message,) = editor.messages
    assert "`select` is not a list of strings" in message
    assert "`unsafe` is not true or false" in message
    assert "`explain` is not true or false" in message
    assert await editor.formatted(uri) == SPLIT.replace(" && npm cache clean --force", "")


async def test_a_wrong_settings_file_is_a_message_until_it_is_right(editor: Editor, app: Path) -> None:
    put(app, {"dfix.toml": "\nselect = 1\n"})
    await editor.start(app)
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == NODE
    (one,) = await editor.pulled(uri)
    assert "dfix.toml: `select` is not a list of strings" in one.message
    assert editor.messages == [
        f"dfix: {app}/dfix.toml:2: `select` is not a list of strings. "
        'For example: select = ["split-manifests", "clean-up"]'
    ]
    put(app, {"dfix.toml": ""})
    assert await editor.formatted(uri) == SPLIT
    put(app, {"dfix.toml": 'select = ["no-such-rule"]'})
    assert await editor.formatted(uri) == NODE
    await editor.until(lambda: len(editor.messages) == 2)


async def test_folders_come_and_go(editor: Editor, tmp_path: Path) -> None:
    put(tmp_path, {"one/Dockerfile": NODE, "two/sub/Dockerfile": NODE})
    for name in ("one", "two/sub"):
        put(tmp_path / name / "docker", APP)
    editor.settings["context"] = "docker"
    await editor.start(tmp_path / "one")
    one, two = editor.open(tmp_path / "one" / "Dockerfile"), editor.open(tmp_path / "two" / "sub" / "Dockerfile")
    assert await editor.formatted(one) == SPLIT
    assert await editor.formatted(two) == SPLIT  # no folder of the workspace: its own counts
    folder = types.WorkspaceFolder((tmp_path / "two").as_uri(), "two")
    moved = types.WorkspaceFoldersChangeEvent(added=[folder], removed=[])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(moved))
    assert await editor.formatted(two) == NODE.replace("npm ci", "npm ci && npm cache clean --force")
    await editor.until(
        lambda: any(f"the build context {tmp_path}/two/docker does not exist" in m for m in editor.messages)
    )
    moved = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(moved))
    assert await editor.formatted(two) == SPLIT


async def test_a_context_that_is_deleted_is_a_message(editor: Editor, app: Path) -> None:
    await editor.start(app.parent)
    uri = editor.open(app / "Dockerfile")
    assert await editor.formatted(uri) == SPLIT
    shutil.rmtree(app)
    assert await editor.formatted(uri) == NODE.replace("npm ci", "npm ci && npm cache clean --force")
    await editor.until(lambda: bool(editor.messages))
    assert editor.messages == [f"dfix: the build context {app} does not exist"]
    put(app, {**APP, ".git/HEAD": ""})
    assert await editor.formatted(uri) == SPLIT


async def test_a_document_of_5_mb(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path)
    small = editor.open(tmp_path / "small.Dockerfile", APT)
    large = editor.open(
        tmp_path / "Dockerfile", "FROM debian:12\n" + "RUN apt-get update && apt-get install curl\n" * 120_000
    )
    assert len(editor.texts[large]) > 5_000_000
    (one,) = await editor.pulled(large)
    assert one.message.startswith("larger than 500 kB, so it is skipped in the editor")
    assert await editor.formatted(large) == editor.texts[large]
    editor.type(large, 4_000_000, 4_000_001, "x")
    assert await editor.formatted(large) == editor.texts[large]
    assert await editor.formatted(small) == APT_MERGED
    assert editor.client._server is not None
    assert processor_time(editor.client._server.pid) < 10
    editor.change(large, APT)
    assert await editor.formatted(large) == APT_MERGED


async def test_a_document_that_takes_too_long_is_left_alone(editor: Editor, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    await editor.start(tmp_path, command=(*BROKEN_COMMAND[:3], str(counted)))
    uri = editor.open(tmp_path / "Dockerfile", "FROM slow\n")
    (one,) = await editor.pulled(uri)
    assert "takes too long" in one.message
    assert len(counted.read_text()) < MOST


async def test_a_request_can_be_cancelled(editor: Editor, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    command = (*BROKEN_COMMAND[:3], str(counted), "120")
    await editor.start(tmp_path, can=capabilities(pulls=True), command=command)
    slow = editor.open(tmp_path / "Dockerfile", "FROM slow\n")
    quick = editor.open(tmp_path / "quick.Dockerfile", "FROM debian:12\n")
    params = types.CodeLensParams(types.TextDocumentIdentifier(slow))
    request = asyncio.ensure_future(
        editor.client.protocol.send_request_async(  # type: ignore[no-untyped-call]
            types.TEXT_DOCUMENT_CODE_LENS, params, msg_id="slow-one"
        )
    )
    await begun(counted)
    editor.client.cancel_request(types.CancelParams("slow-one"))
    with pytest.raises(JsonRpcException) as error:
        await request
    assert error.value.code == types.LSPErrorCodes.RequestCancelled.value
    assert await editor.lenses(quick) == [(0, "in the final image, 0 steps")]
    assert len(counted.read_text()) < MOST
    assert editor.messages == []


async def test_typing_ends_what_is_out_of_date(editor: Editor, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    await editor.start(tmp_path, command=(*BROKEN_COMMAND[:3], str(counted), "120"))
    uri = editor.open(tmp_path / "Dockerfile", "FROM slow\n")
    request = asyncio.ensure_future(editor.lenses(uri))
    await begun(counted)
    editor.change(uri, "FROM debian:12 AS a\nFROM a\n")
    assert [title for _, title in await request] == ["in the final image, 0 steps", "in the final image, 0 steps"]
    assert len(counted.read_text()) < MOST


async def test_an_error_in_one_request_is_a_message(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path, command=BROKEN_COMMAND)
    uri = editor.open(tmp_path / "Dockerfile", "FROM debian:12\n")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    with pytest.raises(JsonRpcException):
        await editor.client.text_document_hover_async(params)
    assert await editor.lenses(uri) == [(0, "in the final image, 0 steps")]
    assert editor.messages == ["dfix: internal error (KeyError: 'odd'). Please report it"]
    assert "in hover" in editor.logged[0]


async def test_an_error_in_a_rule_is_a_diagnostic_and_a_message(editor: Editor, tmp_path: Path) -> None:
    await editor.start(tmp_path, command=BROKEN_COMMAND)
    uri = editor.open(tmp_path / "Dockerfile", "FROM explode\n")
    (one,) = await editor.pulled(uri)
    assert "internal error (RuntimeError: a rule is broken)" in one.message
    await editor.until(lambda: bool(editor.messages))
    assert "in propose" in editor.logged[0]
    editor.change(uri, "FROM debian:12\n")
    assert await editor.pulled(uri) == []


async def test_a_server_that_is_killed_is_started_again_by_its_editor(tmp_path: Path) -> None:
    first = Editor()
    await first.start(tmp_path)
    uri = first.open(tmp_path / "Dockerfile", APT)
    first.change(uri, "FROM debian:12\n")
    assert first.client._server is not None
    os.kill(first.client._server.pid, signal.SIGKILL)
    await first.client._server.wait()
    second = Editor()
    await second.start(tmp_path)
    second.open(uri, APT)
    assert await second.formatted(uri) == APT_MERGED
    assert list(tmp_path.iterdir()) == []
    assert await second.stop() == 0


async def test_a_server_without_an_editor_ends(tmp_path: Path) -> None:
    editor = Editor()
    await editor.start(tmp_path)
    server = editor.client._server
    assert server is not None
    assert server.stdin is not None
    server.stdin.close()
    assert await asyncio.wait_for(server.wait(), WAIT) == 0


async def test_documents_that_are_no_files_have_no_context(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open("untitled:Untitled-1", NODE)
    assert await editor.formatted(uri) == NODE.replace("npm ci", "npm ci && npm cache clean --force")
    assert await editor.lenses(uri) == [(0, "in the final image, 2 steps")]


async def test_other_documents_are_left_alone(editor: Editor, app: Path) -> None:
    await editor.start(app)
    uri = editor.open(app / "server.js", APT, "javascript")
    assert await editor.formatted(uri) == APT
    assert await editor.pulled(uri) == []
    named = editor.open(app / "Containerfile", APT, "plaintext")
    assert await editor.formatted(named) == APT_MERGED
    unknown = types.CodeLensParams(types.TextDocumentIdentifier("file:///never/opened/Dockerfile"))
    assert await editor.client.text_document_code_lens_async(unknown) is None

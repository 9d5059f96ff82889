"""What is found in one version of a document, with rules made for the purpose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from lsprotocol import types

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.server.actions import actions
from dfix.rewriter.server.analysis import Analysis, Terms
from dfix.rewriter.server.contexts import Contexts
from dfix.rewriter.server.diagnostics import diagnostics
from dfix.rewriter.server.documents import Document, Documents, path_of, uri_of
from dfix.rewriter.server.hover import hover
from dfix.rewriter.server.preferences import Preferences
from dfix.rewriter.server.workspace_edits import Abilities, formatting, range_formatting
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.source import Edit, Source, Span
from tests.build_context import put

TEXT = "FROM debian:12\nRUN one\nRUN two\n"


def analysis(text: str, options: Options = Options()) -> Analysis:  # noqa: B008  # a tuple
    terms = Terms(options, Saving().narrow(options, frozenset()))
    return Analysis(Document("untitled:x", None, "dockerfile", 3, text), terms, pipeline.Hooks(), "utf-16")


def replacing(old: str, new: str, contract: str = "changed-image") -> SimpleNamespace:
    """A rule that puts one word in place of another."""
    name = f"{old}-{new}"

    def propose(model: Model) -> Iterator[Change | Refusal]:
        at = model.source.text.find(old)
        if at >= 0:
            edit = Edit(Span(at, at + len(old)), new)
            yield Change(name, at, (edit,), f"`{old}` is [not] <b>new</b>", contract)  # type: ignore[arg-type]

    return SimpleNamespace(
        NAME=name, CODES=(), ORDER=1, SUMMARY="new words", CONTRACT=contract, EXAMPLES=(), __doc__="", propose=propose
    )


def offered(found: Analysis, line: int) -> list[types.CodeAction]:
    where = types.Range(types.Position(line, 0), types.Position(line, 0))
    asked = types.CodeActionParams(types.TextDocumentIdentifier("untitled:x"), where, types.CodeActionContext([]))
    return actions(found, asked, Abilities(versioned=True), Documents())


def test_unsafe_changes_are_labelled_and_never_part_of_a_save(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (replacing("one", "uno"), replacing("two", "due", "same-image"))
    monkeypatch.setattr(pipeline, "transforms", lambda: rules)
    found = analysis(TEXT)
    assert [edit.new_text for edit in formatting(found)] == ["RUN due\n"]
    assert [one.code for one in diagnostics(found, explain=False)] == ["two-due"]
    titles = {one.title: one.is_preferred for one in offered(found, 1)}
    assert titles == {
        "one-uno: `one` is [not] <b>new</b> (unsafe)": False,
        "one-uno: ignore this here": False,
        "dfix: apply all safe changes": None,
    }
    (fix,) = [one for one in offered(found, 1) if one.title.endswith("(unsafe)")]
    assert fix.edit is not None
    (change,) = fix.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert [edit.new_text for edit in change.edits if isinstance(edit, types.TextEdit)] == ["RUN uno\n"]


def test_unsafe_settings_show_more_and_save_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (replacing("one", "uno"), replacing("two", "due", "same-image"))
    monkeypatch.setattr(pipeline, "transforms", lambda: rules)
    found = analysis(TEXT, Options(unsafe=True))
    assert [edit.new_text for edit in formatting(found)] == ["RUN due\n"]
    assert [one.code for one in diagnostics(found, explain=False)] == ["one-uno", "two-due"]
    assert [one.title for one in offered(found, 1) if one.is_preferred] == []


def test_a_change_that_rests_on_another_comes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (replacing("one", "uno", "same-image"), replacing("uno", "eins", "same-image"))
    monkeypatch.setattr(pipeline, "transforms", lambda: rules)
    found = analysis(TEXT)
    first, second = found.found.changes
    fix = found.fix(first)
    assert fix is not None
    assert "RUN uno\n" in fix.after.text
    both = found.fix(second)
    assert both is not None
    assert "RUN eins\n" in both.after.text


def test_lines_that_only_the_protocol_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lone carriage return ends a line for editors, and none for BuildKit."""
    monkeypatch.setattr(pipeline, "transforms", lambda: (replacing("two", "due", "same-image"),))
    found = analysis("FROM debian:12\n# a\rb\rc\nRUN one\nRUN two\n")
    (one,) = diagnostics(found, explain=False)
    assert one.range == types.Range(types.Position(5, 0), types.Position(5, 7))
    assert [action.diagnostics for action in offered(found, 5)[:2]] == [[one], [one]]
    assert [action.title for action in offered(found, 4)] == ["dfix: apply all safe changes"]
    assert hover(found, types.Position(5, 0)) is not None
    assert hover(found, types.Position(4, 0)) is None
    lines = types.Range(types.Position(5, 0), types.Position(5, 7))
    assert [edit.new_text for edit in range_formatting(found, lines)] == ["RUN due\n"]


def test_words_of_a_file_are_no_markup_in_a_hover(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "transforms", lambda: (replacing("one", "uno", "same-image"),))
    shown = hover(analysis(TEXT), types.Position(1, 2))
    assert shown is not None
    assert isinstance(shown.contents, types.MarkupContent)
    assert r"`one` is \[not\] \<b\>new\</b\>" in shown.contents.value


def test_a_comment_that_ignores_stands_below_directives_and_a_bom() -> None:
    text = "\ufeff# syntax=docker/dockerfile:1\n# escape=\\\nFROM debian:12\n  RUN apt-get update\nRUN apt-get install -y curl\n"
    found = analysis(text)
    (one,) = [action for action in offered(found, 3) if action.title == "merge-runs: ignore this here"]
    assert one.edit is not None
    (change,) = one.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    (edit,) = change.edits
    assert isinstance(edit, types.TextEdit)
    assert (edit.range.start, edit.range.end) == (types.Position(3, 0), types.Position(3, 0))
    assert edit.new_text == "  # dfix: ignore[merge-runs]\n"


def test_bytes_that_are_no_utf_8_stay_in_a_path_and_leave_diagnostics_valid(tmp_path: Path) -> None:
    path = f"{tmp_path}/a b\udcff%25"
    assert path_of(uri_of(path)) == path
    assert path_of("untitled:Untitled-1") is None
    assert path_of("git:/x/Dockerfile?ref") is None
    found = diagnostics(analysis("FROM debian:12\nX\udcff\n"), explain=False)
    found[0].message.encode()


def test_a_context_is_kept_until_something_tells_of_a_change(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / ".git").mkdir()
    tree = parse(Source(str(tmp_path / "Dockerfile"), "FROM a\nCOPY src /src\n"))
    contexts = Contexts()
    first = contexts.opened(tree, Options()).context
    assert first is not None
    contexts.watch([first.root])
    assert first.below("src") == ()
    (tmp_path / "src" / "new").touch()
    contexts.refresh(tree.source.path)
    assert contexts.opened(tree, Options()).context is first
    before = contexts.generation
    contexts.moved([str(tmp_path.parent / "elsewhere")])
    assert contexts.generation == before
    contexts.moved([str(tmp_path / "src" / "new")])
    assert contexts.generation > before
    second = contexts.opened(tree, Options()).context
    assert second is not None
    assert second.below("src") == ("src/new",)
    (tmp_path / ".dockerignore").write_text("src\n")  # seen without anybody's word
    contexts.refresh(tree.source.path)
    assert contexts.opened(tree, Options()).context is not second


def test_a_context_of_the_editor_is_inside_of_the_root(tmp_path: Path) -> None:
    """The settings of an editor may come with a repository."""
    put(tmp_path, {"repo/.git/HEAD": "", "repo/app/x": ""})
    root = str(tmp_path / "repo")
    for context in ("", "app", ".", "app/.."):
        Preferences(context=context).check_context(root, root)
    for context in ("..", "/", "/etc", "app/../..", str(tmp_path)):
        with pytest.raises(SettingsError) as found:
            Preferences(context=context).check_context(root, root)
        assert found.value.problem.message == f"`context` is outside of {root}"

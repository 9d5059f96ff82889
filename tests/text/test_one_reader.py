"""Only dfix.rewriter.text.read opens files of a project. The source is searched for whatever else opens one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READERS = frozenset(("rewriter/text/read.py", "rewriter/text/own_data.py"))
OTHERS = {
    "rewriter/text/write.py": "new files that it makes itself, exclusively, to rename them",
    "rewriter/text/temporary.py": "those files, to lock or remove them",
    "rewriter/cli/main.py": "os.devnull in place of a closed stream",
    "rewriter/cli/workers.py": "a pipe to its own process",
    "rewriter/cli/verify_printer.py": "the reports that the user names, which are no links",
    "rewriter/cli/carried_files.py": "copies of what a build sends, links as links, in verify's own folder",
    "rewriter/revisions/checkout.py": "the files of a commit, in verify's own folder, before any link is there",
    "rewriter/revisions/git.py": "temporary files without a name",
    "rewriter/bases/registry_tools.py": "a temporary file without a name, for what a tool says",
    "rewriter/revisions/lfs_pointers.py": "a copy of what has just been read, in verify's own folder",
    "rewriter/verify/two_revisions.py": "files of two build contexts, no links, to compare them",
    "rewriter/server/launcher.py": "os.devnull in place of the editor's pipes",
    "rewriter/server/start.py": "standard output",
    "rewriter/measured/records.py": "its own records, in the user's folder for the state of programs",
    "rewriter/agents/builds.py": "its own folder: the proposed Dockerfile",
    "rewriter/verify/trial.py": "its own folder: the Dockerfiles and ignore files of the builds",
    "rewriter/verify/usual_edits.py": "files of the copied context, no links",
    "rewriter/verify/workspace.py": "the lock of its own folder",
    "rewriter/verify/snapshot.py": "the copy of the context, links as links",
    "rewriter/verify/layers.py": "an archive that the engine streams",
    "rewriter/verify/saved.py": "an archive that the engine streams",
    "rewriter/verify/build_log.py": "the log of a build, in verify's own folder",
    "rewriter/verify/engines/docker.py": "the archives of builds",
    "rewriter/verify/engines/buildah.py": "the archives of builds",
    "rewriter/verify/watching/throwaway.py": "its own folder: what a watched build reads",
}
"""What these open is not a file of the project as it lies there."""
OPENERS = frozenset(
    "open fdopen open_code read_text read_bytes write_text write_bytes copy2 copyfile copytree copymode file_digest "
    "FileIO mmap fromfile from_file from_path mkstemp TemporaryFile NamedTemporaryFile is_tarfile ZipFile".split()
)
NO_FILES = frozenset(("self._server.documents.open", "self.heredocs.open", "Context.open", "self._opener.open"))
"""Methods of our own that have such a name."""


def opening(path: Path) -> Iterator[str]:
    """The calls of a module that may open a file; also a function that is passed on (`map(open, paths)`)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        named = isinstance(node, ast.Name) and node.id in ("open", "FileIO", "mmap")
        if named or (isinstance(node, ast.Attribute) and node.attr in OPENERS):
            yield ast.unparse(node)


@pytest.mark.parametrize("folder", ["rewriter", "transforms", "dfix"])
def test_nothing_else_opens_files(folder: str) -> None:
    found = {}
    for path in sorted((ROOT / folder).glob("*.py" if folder == "dfix" else "**/*.py")):
        name = str(path.relative_to(ROOT))
        calls = [call for call in opening(path) if call not in NO_FILES]
        if calls and name not in READERS and name not in OTHERS:
            found[name] = calls
    assert found == {}


def test_the_exceptions_are_needed() -> None:
    assert [name for name in (*READERS, *OTHERS) if not any(opening(ROOT / name))] == []


def test_the_search_sees_what_opens(tmp_path: Path) -> None:
    module = tmp_path / "a.py"
    for text in ("open(x)", "os.open(x, 0)", "Path(x).read_text()", "map(open, x)", "io.open(x)", "shutil.copy2(a, b)"):
        module.write_text(text)
        assert list(opening(module)), text
    module.write_text("class A:\n    def open(self): ...\nreopen(x)\n")
    assert not list(opening(module))


def test_json_of_a_project_is_parsed_at_one_place() -> None:
    """json.loads raises RecursionError for what is nested deeply, which callers forget."""
    own = {
        "rewriter/text/json_text.py",
        "rewriter/dockerfile/json_form.py",  # tells Infinity from a number
        "rewriter/manifests/node/package_json.py",  # tells the line of a fault
        "rewriter/server/protocol.py",  # of the editor
        "rewriter/measured/records.py",  # of dfix itself
    }
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("rewriter", "transforms")
        for path in (ROOT / folder).rglob("*.py")
        if "json.loads(" in path.read_text(encoding="utf-8")
    }
    assert {path for path in found if not path.startswith("rewriter/verify/")} == own

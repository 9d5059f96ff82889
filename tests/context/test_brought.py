from __future__ import annotations

import pytest

from dfix.rewriter.context.brought import Brought, Missing, brings
from tests.build_context import MakeContext

FILES = {
    "package.json": "",
    "package-lock.json": "",
    "src/a.js": "",
    "src/lib/b.js": "",
    "conf/x.conf": "",
    "[id].js": "",
}


def landed(context_files: MakeContext, sources: list[str], target: str, workdir: str = "/app") -> dict[str, str] | str:
    brought = brings(context_files(FILES), sources, target, workdir)
    if isinstance(brought, Missing):
        return brought.reason
    return {path: str(brought.image_path_of(path)) for path in brought.paths()}


ALL = {
    "package.json": "/app/package.json",
    "package-lock.json": "/app/package-lock.json",
    "src/a.js": "/app/src/a.js",
    "src/lib/b.js": "/app/src/lib/b.js",
    "conf/x.conf": "/app/conf/x.conf",
    "[id].js": "/app/[id].js",
}


@pytest.mark.parametrize(
    ("sources", "target", "expected"),
    [
        (["."], ".", ALL),
        (["./"], "/app", ALL),
        (["/"], "/app/", ALL),
        (["src"], ".", {"src/a.js": "/app/a.js", "src/lib/b.js": "/app/lib/b.js"}),
        (["src/"], "./src", {"src/a.js": "/app/src/a.js", "src/lib/b.js": "/app/src/lib/b.js"}),
        (["src", "conf"], "/x/", {"src/a.js": "/x/a.js", "src/lib/b.js": "/x/lib/b.js", "conf/x.conf": "/x/x.conf"}),
        (["package.json"], ".", {"package.json": "/app/package.json"}),
        (["package.json"], "/app", {"package.json": "/app/package.json"}),  # the working folder is there already
        (["package.json"], "/other/p.json", {"package.json": "/other/p.json"}),
        (["package.json"], "/other/", {"package.json": "/other/package.json"}),
        (["package*.json"], "./", {"package-lock.json": "/app/package-lock.json", "package.json": "/app/package.json"}),
        (["src/*"], "/d/", {"src/a.js": "/d/a.js", "src/lib/b.js": "/d/b.js"}),
        (["yarn.loc*", "package.json"], "./", {"package.json": "/app/package.json"}),
        (["nothing*"], "./", {}),
        (["../../package.json"], "./", {"package.json": "/app/package.json"}),
        (["missing.txt"], ".", "its source missing.txt is not in the build context"),
        (["package.json"], "/other", "its destination /other may be a file or a folder: it has no `/` at its end"),
    ],
)
def test_where_files_land(make_context: MakeContext, sources: list[str], target: str, expected: object) -> None:
    assert landed(make_context, sources, target) == expected


def test_an_ignored_source_is_missing(make_context: MakeContext) -> None:
    context = make_context({"a.txt": "", ".dockerignore": "a.txt\n"})
    assert brings(context, ["a.txt"], ".", "/") == Missing("its source a.txt is excluded by .dockerignore")


def test_add_may_unpack(make_context: MakeContext) -> None:
    context = make_context({"root.tar.xz": ""})
    assert isinstance(brings(context, ["root.tar.xz"], "/", "/", unpacks=True), Missing)
    assert isinstance(brings(context, ["root.tar.xz"], "/", "/"), Brought)


def test_from_the_image_back_to_the_context(make_context: MakeContext) -> None:
    brought = brings(make_context(FILES), ["src", "package.json"], "/srv/", "/")
    assert isinstance(brought, Brought)
    assert brought.context_path_of("/srv/lib/b.js") == "src/lib/b.js"
    assert brought.context_path_of("/srv/package.json") == "package.json"
    assert brought.context_path_of("/srv/missing") is None
    assert brought.context_path_of("/other/a.js") is None
    assert brought.context_folder_at("/srv/lib") == "src/lib"
    assert brought.context_folder_at("/srv") == "src"
    assert brought.context_folder_at("/") is None
    assert brought.brings_anything_below("/srv/lib")
    assert not brought.brings_anything_below("/srv/logs")
    assert brought.files_in("/srv") == ["package.json"]


def test_an_unknown_working_folder_keeps_its_mark(make_context: MakeContext) -> None:
    brought = brings(make_context(FILES), ["."], ".", "?")
    assert isinstance(brought, Brought)
    assert brought.image_path_of("src/a.js") == "?/src/a.js"
    assert brought.context_path_of("?/package.json") == "package.json"

"""What the build context tells about a program: files that it may read at run time, and what its sources call."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied

MOST_READ = 2_000
MOST_PLACES = 25
LARGEST = 400_000
_NEVER = re.compile(
    r"(?:^|/)(?:readme|license|licence|copying|changelog|changes|contributing|authors|notice|todo|dockerfile|containerfile"
    r"|docker-compose|compose|makefile|justfile|taskfile|jenkinsfile|procfile|renovate|codecov|sonar-project)[^/]*$"
    r"|(?:^|/)\.(?!well-known|env)[^/]+(?:/|$)"
    r"|^[^/]+\.(?:md|rst|adoc)$|(?:^|/)(?:tests?|testdata|__tests__|node_modules|vendor)/",
    re.IGNORECASE,
)
"""Files that no program reads at run time: documentation, build and editor files, tests, hidden files except .env."""
ENDINGS = {
    "node": (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx"),
    "python": (".py",),
    "ruby": (".rb", "config.ru"),
}
"""The suffixes of a language's source files."""
_STARTS_PROGRAMS = {
    "node": re.compile(
        r"""['"](?:node:)?child_process['"]|['"](?:execa|shelljs|zx|cross-spawn|simple-git|nodegit|gm|imagemagick)['"]"""
    ),
    "python": re.compile(
        r"\bsubprocess\b|\bos\.(?:system|popen|exec\w+|spawn\w+)\(|\bfind_library\(|\bCDLL\(|\bshutil\.which\("
    ),
    "ruby": re.compile(r"\bsystem\(|\bsystem [\"']|\bOpen3\b|\bIO\.popen|%x[({\[]|(?<=[=(\s])`[a-z./]"),
}
"""What starts other programs in a language's source files."""
_COMMENTS = ("#", "//", "*")


def data(copies: Iterable[Copied], is_source: Callable[[str], bool]) -> tuple[str, ...]:
    """The image paths of the files that a program may read at run time and that are not its sources.

    A folder without sources is one path. Raises LeaveAlone for more than MOST_PLACES of them.
    """
    wanted: dict[str, str] = {}
    mixed: set[str] = set()
    for copy in copies:
        for path in copy.brought.paths():
            image_path = copy.brought.image_path_of(path)
            if image_path is None:
                continue
            if is_source(path):
                mixed.update(_above(image_path))
            elif not _NEVER.search(path):
                wanted[image_path] = copy.destination
    places: dict[str, None] = {}
    for image_path, top in wanted.items():
        folders = [folder for folder in _above(image_path) if folder not in mixed and len(folder) > len(top)]
        places[folders[-1] if folders else image_path] = None
    if len(places) <= MOST_PLACES:
        return tuple(places)
    raise LeaveAlone(
        "too-many-files", f"files that the program may read at run time are in {len(places)} places among the sources"
    )


def _above(path: str) -> Iterator[str]:
    """The folders above an image path, nearest first."""
    while (path := posixpath.dirname(path)) not in ("/", "", "?"):
        yield path


def sources(context: Context, endings: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Path and text of the context's files with these suffixes, without tests; at most MOST_READ of them."""
    left = MOST_READ
    for path in context.below(""):
        if left and path.endswith(endings) and not _is_test(path):
            left -= 1
            text = context.read(path, LARGEST)
            if text is not None:
                yield path, text


def calls(context: Context, endings: tuple[str, ...], pattern: re.Pattern[str]) -> str:
    """The first match of a pattern in the sources, as "main.go:12 (`os/exec`)"; "" for none."""
    for path, text in sources(context, endings):
        for match in pattern.finditer(text):
            if not _commented(text, match.start()):
                line = text.count("\n", 0, match.start()) + 1
                return f"{path}:{line} (`{match.group().strip()[:40]}`)"
    return ""


def starts_programs(context: Context, language: str) -> str:
    """The first place in a language's sources that starts another program; "" for none."""
    return calls(context, ENDINGS[language], _STARTS_PROGRAMS[language])


def runs_programs(
    context: Context, endings: tuple[str, ...], starts: re.Pattern[str], named: re.Pattern[str], there: Iterable[str]
) -> str:
    """The first place in the sources that runs a program which the image may lack; "" for none.

    `starts` matches whatever starts a program, `named` the starts whose program is literal (its group). A file with
    more matches of `starts` runs programs that dfix cannot name. `there` are programs that the image certainly has.
    """
    available = of_kind("everywhere").union(there)
    for path, text in sources(context, endings):
        started = [match for match in starts.finditer(text) if not _commented(text, match.start())]
        names = [match for match in named.finditer(text) if not _commented(text, match.start())]
        missing = next((match for match in names if posixpath.basename(match[1]) not in available), None)
        first = missing or (started[0] if len(started) > len(names) else None)
        if first is not None:
            line = text.count("\n", 0, first.start()) + 1
            return f"{path}:{line} (`{first.group().strip()[:40]}`)"
    return ""


def _commented(text: str, offset: int) -> bool:
    begins = text.rfind("\n", 0, offset) + 1
    return text[begins:offset].lstrip().startswith(_COMMENTS)


def _is_test(path: str) -> bool:
    name = posixpath.basename(path)
    parts = path.split("/")[:-1]
    return (
        bool({"test", "tests", "__tests__", "spec", "node_modules"}.intersection(parts))
        or name.endswith(("_test.go", ".test.js", ".test.ts", ".spec.js", ".spec.ts", "_spec.rb", "_test.py"))
        or name.startswith("test_")
    )

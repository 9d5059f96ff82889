"""Which modules a `go build` needs: those that the files which it compiles import.

Build constraints count, and so does a file's name (`x_windows.go`). Where the answer depends on the machine, a file
counts as not compiled. Sources: pkg.go.dev/cmd/go ("Package lists and patterns", "Build constraints"), go.dev/ref/mod.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.comments import without_comments
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_SYSTEMS = frozenset(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows "
    "zos".split()
)
_MACHINES = frozenset(
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 "
    "ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split()
)
_COMMENT = expression(r"(?P<block>/\*)|//[^\n]*")
_IMPORT = expression(
    r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?(?:"(?P<path>[^"\n]+)"|`(?P<raw>[^`\n]+)`)', re.MULTILINE
)
_IMPORTS = expression(r'\bimport\s*(?:\((?P<block>[^()]*)\)|(?P<one>(?:[\w.]+\s+)?["`][^"`\n]+["`]))')
_TERM = expression(r"&&|\|\||!|\(|\)|[\w.]+")
MOST_FILES = 5_000


class GoBuild(NamedTuple):
    """What a command builds."""

    folder: str
    """The context folder in which it runs."""
    packages: tuple[str, ...]
    """Its operands."""
    tags: frozenset[str]
    tests: bool
    """Whether it compiles tests too."""


def imported_modules(
    context: Context, build: GoBuild, modules: dict[str, str], names: Iterable[str]
) -> set[str] | None:
    """Those of the modules `names` of which the compiled files import a package; None where that is unknown.

    `modules` are the modules of the project with their context folders.
    """
    pending = _folders(context, build, modules)
    if pending is None:
        return None
    by_length = sorted(names, key=len, reverse=True)
    found: set[str] = set()
    seen: set[str] = set()
    while pending:
        folder = pending.pop()
        if folder in seen:
            continue
        seen.add(folder)
        if len(seen) > MOST_FILES:
            return None
        for path in _imports(context, folder, build):
            local = _local(path, modules)
            if local is not None:
                pending.append(local)
            module = next((name for name in by_length if path == name or path.startswith(name + "/")), None)
            if module is not None and local is None:
                found.add(module)
    return found


def _folders(context: Context, build: GoBuild, modules: dict[str, str]) -> list[str] | None:
    """The context folders of the packages that the operands name; None for an operand that dfix does not follow."""
    folders: list[str] = []
    for operand in build.packages or (".",):
        head, dots, _ = operand.partition("...")
        if operand.endswith(".go"):
            head = posixpath.dirname(operand) or "."
        elif not operand.startswith("."):
            local = _local(head.rstrip("/"), modules)
            if local is None:
                return None
            head = posixpath.relpath(local or ".", build.folder or ".")
        folder = posixpath.normpath(posixpath.join(build.folder, head))
        if "$" in operand or folder.startswith(".."):
            return None
        folder = "" if folder == "." else folder
        folders += _below(context, folder) if dots else [folder]
    return folders


def _below(context: Context, folder: str) -> list[str]:
    """The folders of the packages below a folder: not those of other modules, of test data, or hidden ones."""
    found = [folder]
    for name in context.folders_in(folder):
        path = posixpath.join(folder, name)
        if (
            name not in ("testdata", "vendor")
            and name[0] not in "._"
            and not context.ships(posixpath.join(path, "go.mod"))
        ):
            found += _below(context, path)
    return found


def _local(path: str, modules: dict[str, str]) -> str | None:
    """The context folder of a package of the project; None for other packages."""
    for module in sorted(modules, key=len, reverse=True):
        if path == module or path.startswith(module + "/"):
            return posixpath.join(modules[module], path[len(module) + 1 :]).rstrip("/")
    return None


def _imports(context: Context, folder: str, build: GoBuild) -> set[str]:
    paths: set[str] = set()
    for name in context.names_in(folder):
        if not name.endswith(".go") or name[0] in "._" or (name.endswith("_test.go") and not build.tests):
            continue
        text = context.read(posixpath.join(folder, name))
        if text is None or not _is_compiled(name, text, build.tags):
            continue
        for match in _IMPORTS.finditer(without_comments(text, _COMMENT, "*/")):
            for one in _IMPORT.finditer(match["block"] or match["one"]):
                paths.add(one["path"] or one["raw"])
    return paths


def _is_compiled(name: str, text: str, tags: frozenset[str]) -> bool:
    parts = name.removesuffix(".go").removesuffix("_test").split("_")[1:]
    known = [part for part in parts[-2:] if part in _SYSTEMS | _MACHINES]
    if any(part not in tags for part in known):  # also a file for one kind of machine, where GOARCH is not set
        return False
    head = text.partition("\npackage ")[0]
    for line in head.splitlines():
        if line.startswith("//go:build "):
            return _holds(line.removeprefix("//go:build "), tags)
    return not re.search(r"^//\s*\+build\b", head, re.MULTILINE)


def _holds(expression: str, tags: frozenset[str]) -> bool:
    """Whether a build constraint holds on every machine; False where dfix does not understand it."""
    terms = _TERM.findall(expression)
    words = {"&&": "and", "||": "or", "!": "not", "(": "(", ")": ")"}
    values = {term for term in terms if term not in words}
    unsure = {"cgo", *(_MACHINES & values)} - tags
    if unsure & values and "!" in terms:
        return False
    code = " ".join(words.get(term) or str(_is_set(term, tags)) for term in terms)
    return _value(code.split())


def _is_set(term: str, tags: frozenset[str]) -> bool:
    return term in tags or term in ("gc", "unix") or bool(re.fullmatch(r"go1\.\d+", term))


def _value(words: list[str]) -> bool:
    """The value of a Boolean expression of `True`, `False`, `and`, `or`, `not` and brackets; False if it is not one."""
    at = 0

    def one() -> bool:
        nonlocal at
        word = words[at] if at < len(words) else "False"
        at += 1
        if word == "not":
            return not one()
        if word == "(":
            value = either()
            at += 1
            return value
        return word == "True"

    def both() -> bool:
        nonlocal at
        value = one()
        while at < len(words) and words[at] == "and":
            at += 1
            value = one() and value
        return value

    def either() -> bool:
        nonlocal at
        value = both()
        while at < len(words) and words[at] == "or":
            at += 1
            value = both() or value
        return value

    return either()

"""What the build context tells about a program: files that it may read at run time, and what its sources call."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_READ = 2_000
MOST_PLACES = 25
LARGEST = 400_000
_NEVER = expression(
    r"(?:^|/)(?:readme|license|licence|copying|changelog|changes|contributing|authors|notice|todo|dockerfile|containerfile"
    r"|docker-compose|compose|makefile|justfile|taskfile|jenkinsfile|procfile|renovate|codecov|sonar-project)[^/]*$"
    r"|(?:^|/)\.(?!well-known|env)[^/]+(?:/|$)"
    r"|^[^/]+\.(?:md|rst|adoc)$|\.(?:iml|bat|cmd|ps1)$|(?:^|/)(?:tests?|testdata|__tests__|node_modules|vendor)/",
    re.IGNORECASE,
)
"""Files that no program on Linux reads: documentation, build and editor files, tests, hidden files except .env."""
ENDINGS = {
    "node": (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx"),
    "python": (".py",),
    "ruby": (".rb", "config.ru"),
    "java": (".java", ".kt", ".scala", ".groovy"),
}
"""The suffixes of a language's source files."""
_NAMES_A_PROGRAM = (
    r"""["'`|]\s*(?:/usr(?:/local)?/bin/)?(?:curl|wget|git|svn|ssh|scp|gpg|gcc|g\+\+|unzip|pgrep|pkill)"""
    r"""(?=\s+-|\s+https?:|["'`]|\s(?:clone|describe|diff|fetch|log|pull|rev-parse|show|status)\b)"""
    r"""|["'`]/usr/(?:share/(?!zoneinfo|ca-certificates)|include/)"""
)
"""A program or a folder of the full images, in quotes."""
_STARTS_IN_OS = r"(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*)\b"
"""Functions of Python's module os."""
_USES_THE_SYSTEM = {
    "node": expression(
        r"""\bchild_process\b|\bspawn_sync\b|\bprocess\.(?:binding|dlopen)\(|\b(?:Bun\.(?:spawn|\$)|Deno\.Command)"""
        r"""|['"](?:@npmcli/promise-spawn|execa|shelljs|zx|cross-spawn|spawn-\w+|nano-spawn|tinyexec|foreground-child|node-pty|which"""
        r"""|simple-git|isomorphic-git|nodegit|gm|imagemagick|koffi|ffi-napi|ffi-rs)(?:/[\w./-]+)?['"]|"""
        + _NAMES_A_PROGRAM
    ),
    "python": expression(
        r"(?<![/\w-])subprocess|(?<=create_)subprocess"
        rf"|\bos\.{_STARTS_IN_OS}(?!\(\s*sys\.executable\b)\(?|\bfrom os import .*\b{_STARTS_IN_OS}"
        r"|\bfind_library\(|\b(?:CDLL|PyDLL|LoadLibrary|dlopen)\(|\bcdll\.\w"
        r"|\bshutil\.which\(|\bfrom shutil import .*\bwhich\b"
        r"|^\s*(?:import|from) (?:pty|pexpect|sh|plumbum|fabric|invoke|git)\b"
        r"|^\s*(?:import|from) (?:tkinter|turtle|idlelib|distutils|pyximport|cffi)\b"
        r"|\bccompiler\b|" + _NAMES_A_PROGRAM,
        re.MULTILINE,
    ),
    "ruby": expression(
        r"(?<![\w.:])(?:Kernel\.|Process\.)?(?:system|exec|spawn)(?:\(| +[\"'%])"
        r"|\bProcess\.(?:spawn|exec)\b|\bOpen3\b|\bPTY\b|popen"
        r"|[\"']\|\s*[a-z./]|%x[({\[]|(?<=[=(\s])`[a-z./]|\bffi_lib\b|\bdlload\b|\bdlopen\(|" + _NAMES_A_PROGRAM
    ),
}
"""What starts other programs, or loads libraries of the system, in a language's source files."""
_RUNS_ITSELF = expression(r"\bsubprocess\.(?:run|Popen|call|check_call|check_output)\(\s*+[\[(]?\s*+sys\.executable\b")
_IMPORTS_SUBPROCESS = expression(
    r"^[^\S\n]*import subprocess$|\bsubprocess\.(?:PIPE|DEVNULL|STDOUT|\w*Error|TimeoutExpired)\b", re.MULTILINE
)
"""What a file that only starts the interpreter has of the module besides."""
_IN_BACKTICKS = expression(r"`([\w./-]++)(?: [^`;|&()<>\n]*+)?`")
_JDK = expression(r"\bjavax\.tools\b|\bcom\.sun\.tools\b|\bjdk\.jshell\b|\bcom\.sun\.source\b")
_COMPILES = expression(
    r"\btorch\.compile\b|^[^\S\n]*(?:import|from) (?:triton|pyximport|distutils)\b"
    r"|\bcpp_extension\b|\bccompiler\b|ffi\w{0,40}\.verify\(|\bfrom torch import [^\n]{0,200}\bcompile\b",
    re.MULTILINE,
)
"""What calls a C compiler when a Python program runs."""
_CFFI = expression(r"\bcffi\b")
_CFFI_COMPILES = expression(r"(?<!\bre)\.(?:verify|compile)\(")
"""The same in a file that imports cffi, which may have any name there."""
_COMMENTS = ("#", "//", "*")


def data(
    copies: Iterable[Copied], is_source: Callable[[str], bool], is_needless: Callable[[str], bool] = lambda _: False
) -> tuple[str, ...]:
    """The image paths of the files that a program may read at run time and that are not its sources.

    A folder without sources is one path. `is_needless` says which further files nothing reads. Raises LeaveAlone for
    more than MOST_PLACES.
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
            elif not _NEVER.search(path) and not is_needless(path):
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


def calls(
    texts: Iterable[tuple[str, str]],
    pattern: re.Pattern[str],
    is_harmless: Callable[[str, re.Match[str]], bool] | None = None,
) -> str:
    """The first match of a pattern in sources (path and text), as "main.go:12 (`os/exec`)"; "" for none.

    `is_harmless` says of a text and a match in it that the match doesn't count.
    """
    for path, text in texts:
        for match in pattern.finditer(text):
            if not _commented(text, match.start()) and not (is_harmless and is_harmless(text, match)):
                return _place(path, text, match)
    return ""


def compiles_later(texts: Iterable[tuple[str, str]]) -> str:
    """The first place in Python sources (path and text) that compiles when the program runs; "" for none."""
    kept = list(texts)
    return calls(kept, _COMPILES) or calls((one for one in kept if _CFFI.search(one[1])), _CFFI_COMPILES)


def uses_the_system(texts: Iterable[tuple[str, str]], language: str) -> str:
    """The first place in sources (path and text) that starts another program or loads a library; "" for none."""
    others = (one for one in texts if language != "python" or not _starts_only_itself(one[1]))
    return calls(others, _USES_THE_SYSTEM[language], _harmless if language == "ruby" else None)


def _starts_only_itself(text: str) -> bool:
    """Whether all that Python sources start is the running interpreter (`subprocess.run([sys.executable, …])`)."""
    rest = _RUNS_ITSELF.sub("", text)
    return rest != text and not _USES_THE_SYSTEM["python"].search(_IMPORTS_SUBPROCESS.sub("", rest))


def _harmless(text: str, match: re.Match[str]) -> bool:
    """Whether a match is a command in backticks whose program every image has."""
    command = _IN_BACKTICKS.match(text, match.start())
    return command is not None and posixpath.basename(command[1]) in of_kind("everywhere")


def needs_jdk(texts: Iterable[tuple[str, str]]) -> str:
    """The first place in sources for the JVM that needs a compiler or another tool of the JDK; "" for none."""
    return calls(texts, _JDK)


class Starts(NamedTuple):
    """How the sources of a language start programs."""

    starts: re.Pattern[str]
    """Whatever starts a program, up to the parenthesis of the call."""
    named: re.Pattern[str]
    """The starts whose program is literal: its group."""
    itself: re.Pattern[str]
    """An expression for the path of the running program."""


def runs_programs(texts: Iterable[tuple[str, str]], language: Starts, there: Iterable[str]) -> str:
    """The first place in sources (path and text) that runs a program which the image may lack; "" for none.

    A start whose program is neither literal nor the running program itself may run any. `there` are programs that the
    image certainly has.
    """
    available = of_kind("everywhere").union(there)
    for path, text in texts:
        names = {match.start(): match[1] for match in language.named.finditer(text)}
        for match in language.starts.finditer(text):
            name = names.get(match.start())
            if _commented(text, match.start()) or (name and posixpath.basename(name) in available):
                continue
            if name or not _starts_itself(text, match.end(), language.itself):
                return _place(path, text, language.named.match(text, match.start()) or match)
    return ""


def _starts_itself(text: str, after: int, itself: re.Pattern[str]) -> bool:
    """Whether the first or second argument of a call, whose parenthesis ends at `after`, is the running program."""
    variables = re.findall(rf"\b(\w+)(?:\s*,\s*\w+)?\s*(?::\s*\w+\s*)?:?=\s*(?:{itself.pattern})", text)
    own = "|".join((itself.pattern, *(rf"{name}\b(?!\s*[.(\[])" for name in variables)))
    return re.compile(rf"\s*(?:[\w.]+(?:\(\))?,\s*)?&?(?:{own})").match(text, after) is not None


def _place(path: str, text: str, match: re.Match[str]) -> str:
    line = text.count("\n", 0, match.start()) + 1
    return f"{path}:{line} (`{match.group().strip()[:40]}`)"


def _commented(text: str, offset: int) -> bool:
    begins = text.rfind("\n", 0, offset) + 1
    return text[begins:offset].lstrip().startswith(_COMMENTS)


def _is_test(path: str) -> bool:
    name = posixpath.basename(path)
    parts = path.split("/")[:-1]
    return (
        bool({"test", "tests", "__tests__", "spec", "node_modules"}.intersection(parts))
        or name.endswith(("_test.go", "_spec.rb", "_test.py"))
        or (name.endswith(ENDINGS["node"]) and not {"test", "spec"}.isdisjoint(name.split(".")[1:-1]))
        or name.startswith("test_")
    )

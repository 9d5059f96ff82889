"""C and C++ with make, CMake, autotools or the compiler itself: the program, or all that `make install` puts down."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import data, runs_programs, sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "C's tools"
PROGRAMS = frozenset(("make", "cmake", "gcc", "g++", "cc", "c++", "clang", "clang++", "ninja", "meson", "configure"))
DEFAULT_COMMAND = ()
_BUILDS = PROGRAMS | frozenset(
    "ctest autoreconf autogen.sh autoconf automake aclocal libtoolize ld ar strip ranlib ldconfig bootstrap.sh".split()
)
_FILES = (
    "Makefile",
    "makefile",
    "GNUmakefile",
    ".mk",
    "CMakeLists.txt",
    ".cmake",
    "configure.ac",
    "Makefile.am",
    "meson.build",
)
_SOURCES = (
    ".c",
    ".h",
    ".cc",
    ".cpp",
    ".cxx",
    ".hpp",
    ".hh",
    ".S",
    ".s",
    ".o",
    ".a",
    ".in",
    ".am",
    ".ac",
    ".m4",
    *_FILES,
)
_CODE = (".c", ".cc", ".cpp", ".cxx", ".h")
_STARTS = re.compile(r"\b(?:system|popen|execl|execlp|execle|execv|execvp|execve|posix_spawnp?)\s*\(")
_STARTS_NAMED = re.compile(r"\b(?:system|popen|execl|execlp)\s*\(\s*\"([\w./-]+)[ \"]")
_SHARED = re.compile(r"-shared\b|\.so\b|\bSHARED\b|\bMODULE\b|shared_library|LT_INIT|libtool", re.IGNORECASE)
_LINKED = re.compile(
    r"(?<![\w-])-l([\w+.-]+)|\b(?:find_package|pkg_check_modules|PKG_CHECK_MODULES|AC_CHECK_LIB|dependency)\s*\("
)
_OF_THE_LIBC = frozenset(("c", "m", "pthread", "dl", "rt", "util", "gcc", "gcc_s"))
_INSTALLS = re.compile(r"(?:^|\s)install(?:\s|/|$)|--install")
_LARGER = 1250
"""Megabytes by which gcc:13 is larger than debian:bookworm-slim (amd64, unpacked)."""


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to a build of C."""
    program = program_name(command.words[0])
    return program in _BUILDS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The program, what lies beside it, and the libraries that the base image lacks."""
    own = [command for command in build.build_commands if command.program in PROGRAMS]
    if not own:
        return None
    of_gcc = build.base.language == "c"
    if build.base.language not in ("", "c"):
        raise LeaveAlone("base-image", f"what programs of {build.base.reference} need of it is not known")
    libraries = _libraries(build, of_gcc)
    others = runs_programs(build.context, _CODE, _STARTS, _STARTS_NAMED, build.installed_packages) if of_gcc else ""
    if others:
        raise LeaveAlone("needs-programs", f"{others} may run a program that GCC's image has and a smaller one lacks")
    brought = _brought(build, own, of_gcc)
    beside = data(build.context_copies, lambda path: path.endswith(_SOURCES))
    if of_gcc and not build.base.release:
        reason = f"{build.base.reference} does not tell its release, and the program is linked to its C library"
        raise LeaveAlone("unknown-release", reason, f"name the release: {build.base.name}:13-bookworm")
    last = (
        ("RUN ldconfig\n",)
        if any(command.program == "ldconfig" for command in build.commands) and not build.base.alpine
        else ()
    )
    return RuntimeStage(
        f"debian:{build.base.release}-slim" if of_gcc else build.base.smaller or build.base.reference,
        brought,
        tuple(place for place in beside if not any(within(place, one.target) for one in brought)),
        sources_only=True,
        extra_packages=libraries,
        setup_runs=last,
        left_behind="GCC and the sources" if of_gcc else "the sources",
        megabytes_saved=_LARGER if of_gcc else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS if of_gcc else frozenset(),
    )


def _brought(build: BuildStage, own: list[ClassifiedCommand], of_gcc: bool) -> tuple[StageCopy, ...]:
    """What was installed, or the program, or the whole folder where the build makes more than that."""
    word = build.start.words[0]
    prefixes = _prefixes(own)
    if prefixes is None:
        raise LeaveAlone("unknown-program", "where `make install` puts its files is not known")
    if prefixes:
        if of_gcc and "/usr/local" in prefixes:
            raise LeaveAlone(
                "unknown-program", "`make install` writes to /usr/local, where the compiler lies too", "name a --prefix"
            )
        if "/usr" in prefixes:
            raise LeaveAlone("unknown-program", "`make install` writes to /usr, among the files of the distribution")
        return tuple(StageCopy(prefix, prefix) for prefix in prefixes)
    path = build.start.image_path(word) if "/" in word else posixpath.join("/usr/local/bin", word)
    origin = build.built_at(path)
    if "/" not in word and origin == path and not _written(own, path):
        raise LeaveAlone("unknown-program", f"the command runs {word}, which the file is not seen to build")
    if any(copy.brought.origin(path) for copy in build.context_copies):
        raise LeaveAlone("unknown-program", f"the command runs {word}, which the build context brings")
    folders = [copy.destination for copy in build.context_copies if copy.brings_a_folder]
    if not any(origin.startswith(f"{folder}/") for folder in folders) and not _written(own, origin):
        raise LeaveAlone("unknown-program", f"the command runs {word}, which the file is not seen to build")
    if any(_SHARED.search(text) for _, text in sources(build.context, _FILES)):
        top = next((folder for folder in folders if origin.startswith(f"{folder}/")), "")
        if not top or origin != path:
            raise LeaveAlone(
                "unknown-program", "the build makes shared libraries, and where they have to lie is not known"
            )
        return (StageCopy(top, top),)
    return (StageCopy(path, path),)


def _written(own: list[ClassifiedCommand], path: str) -> bool:
    """Whether a compiler is told to write a file there."""
    return any(
        name == "-o" and command.image_path(value) == path
        for command in own
        for name, value in zip(command.arguments, command.arguments[1:], strict=False)
    )


def _prefixes(own: list[ClassifiedCommand]) -> list[str] | None:
    """The folders that `make install` and the like fill; None where that is not known."""
    installs = [command for command in own if _INSTALLS.search(" ".join(command.arguments))]
    if not installs:
        return []
    found = []
    for command in own:
        for word in command.arguments:
            name, _, value = word.partition("=")
            if name in (
                "--prefix",
                "-DCMAKE_INSTALL_PREFIX",
                "PREFIX",
                "prefix",
                "-Dprefix",
                "-DCMAKE_INSTALL_PREFIX:PATH",
            ):
                if not value.startswith("/") or "$" in value:
                    return None
                found.append(value.rstrip("/"))
            if name == "DESTDIR":
                return None
    return list(dict.fromkeys(found)) or ["/usr/local"]


def _libraries(build: BuildStage, of_gcc: bool) -> tuple[str, ...]:
    """Packages of the compiler's own libraries; with the gcc image, why others may be linked besides."""
    texts = [text for _, text in sources(build.context, _FILES)]
    texts += [" ".join((command.program, *command.arguments)) for command in build.build_commands]
    every = "\n".join(texts)
    plus = (
        "g++" in every
        or "c++" in every
        or "CXX" in every
        or any(True for _ in sources(build.context, (".cpp", ".cc", ".cxx")))
    )
    found = []
    if of_gcc:
        match = next((m for m in _LINKED.finditer(every) if m[1] is None or m[1] not in _OF_THE_LIBC), None)
        if match is not None:
            raise LeaveAlone(
                "libraries", f"`{match.group().strip('( ')}` links a library that {build.base.reference} brings"
            )
        if plus and "-static-libstdc++" not in every and "-static" not in every.split():
            reason = (
                f"C++ programs of {build.base.reference} need its libstdc++, which is newer than the distribution's"
            )
            raise LeaveAlone("libraries", reason, "link with -static-libstdc++")
    if "openmp" in every.lower():
        found.append("libgomp" if build.base.alpine else "libgomp1")
    if plus and build.base.alpine:
        found += ["libstdc++", "libgcc"]
    return tuple(found)

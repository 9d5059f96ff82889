"""C and C++ with make, CMake, autotools or the compiler itself: ship the program, or all that `make install` writes."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import Starts, runs_programs, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.data_files import data_files
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "C tools"
PROGRAMS = frozenset(("make", "cmake", "gcc", "g++", "cc", "c++", "clang", "clang++", "ninja", "meson", "configure"))
DEFAULT_COMMAND = ()
_BUILD_PROGRAMS = PROGRAMS | frozenset(
    "ctest autoreconf autogen.sh autoconf automake aclocal libtoolize ld ar strip ranlib ldconfig bootstrap.sh".split()
)
_BUILD_FILES = (
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
    *_BUILD_FILES,
)
_CODE = (".c", ".cc", ".cpp", ".cxx", ".h")
_STARTS = Starts(
    expression(r"\b(?:system|popen|execl|execlp|execle|execv|execvp|execve|posix_spawnp?)\s*\("),
    expression(r"\b(?:system|popen|execl|execlp)\s*\(\s*\"([\w./-]+)[ \"]"),
    expression(r'argv\[0\]|"/proc/self/exe"'),
)
_SHARED = expression(r"-shared\b|\.so\b|\bSHARED\b|\bMODULE\b|shared_library|LT_INIT|libtool", re.IGNORECASE)
_LINKED = expression(
    r"(?<![\w-])-l([\w+.-]+)|\b(?:find_package|pkg_check_modules|PKG_CHECK_MODULES|AC_CHECK_LIB|dependency)\s*\("
)
_OF_THE_LIBC = frozenset(("c", "m", "pthread", "dl", "rt", "util", "gcc", "gcc_s"))
_INSTALLS = expression(r"(?:^|\s)install(?:\s|/|$)|--install")
_MEGABYTES_SAVED = 1250
"""Megabytes by which gcc:13 is larger than debian:bookworm-slim (amd64, unpacked)."""


def is_build_command(command: Located) -> bool:
    """Whether a command compiles or links, or moves what was built."""
    program = program_name(command.words[0])
    return program in _BUILD_PROGRAMS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The program or the installed folders, data files among the sources, and libraries that the base image lacks."""
    compiling = [command for command in build.build_commands if command.program in PROGRAMS]
    if not compiling:
        return None
    on_gcc_image = build.base.language == "c"
    if build.base.language not in ("", "c"):
        raise LeaveAlone("base-image", f"dfix does not know what a compiled program needs of {build.base.reference}")
    libraries = _libraries(build, on_gcc_image)
    others = runs_programs(build.sources(*_CODE), _STARTS, build.installed_packages) if on_gcc_image else ""
    if others:
        raise LeaveAlone(
            "needs-programs", f"{others} may run a program that {build.base.reference} has and a smaller image lacks"
        )
    copies = _copies(build, compiling, on_gcc_image)
    data_paths = data_files(build, lambda path: path.endswith(_SOURCES))
    if on_gcc_image and not build.base.release:
        reason = f"{build.base.without_release}, whose C library the program is linked to"
        raise LeaveAlone(
            "unknown-release", reason, f"name the release in the tag, for example {build.base.name}:13-bookworm"
        )
    last = (
        ("RUN ldconfig\n",)
        if any(command.program == "ldconfig" for command in build.commands) and not build.base.alpine
        else ()
    )
    return RuntimeStage(
        f"debian:{build.base.release}-slim" if on_gcc_image else build.base.smaller or build.base.reference,
        copies,
        tuple(path for path in data_paths if not any(within(path, copy.target) for copy in copies)),
        sources_only=True,
        extra_packages=libraries,
        setup_runs=last,
        left_behind="GCC and the sources" if on_gcc_image else "the sources",
        megabytes_saved=_MEGABYTES_SAVED if on_gcc_image else 0,
        missing_programs=FULL_IMAGE_PROGRAMS if on_gcc_image else frozenset(),
    )


def _copies(build: BuildStage, compiling: list[ClassifiedCommand], on_gcc_image: bool) -> tuple[StageCopy, ...]:
    """The installed folders; else the program, with its whole folder where the build makes shared libraries too."""
    word = build.start.words[0]
    prefixes = _prefixes(compiling)
    if prefixes is None:
        raise LeaveAlone("unknown-program", "dfix cannot tell where `make install` puts its files")
    if prefixes:
        if on_gcc_image and "/usr/local" in prefixes:
            raise LeaveAlone(
                "unknown-program",
                "`make install` writes to /usr/local, where the image's compiler is too",
                "install under a prefix of its own, such as /opt/app",
            )
        if "/usr" in prefixes:
            raise LeaveAlone("unknown-program", "`make install` writes to /usr, among the files of the distribution")
        return tuple(StageCopy(prefix, prefix) for prefix in prefixes)
    path = build.start.image_path(word) if "/" in word else posixpath.join("/usr/local/bin", word)
    origin = build.built_at(path)
    if "/" not in word and origin == path and not _compiles_to(compiling, path):
        raise LeaveAlone("unknown-program", f"the container runs `{word}`, but dfix finds no command that builds it")
    if any(copy.brought.context_path_of(path) for copy in build.context_copies):
        raise LeaveAlone("unknown-program", f"the container runs `{word}`, which is a file of the build context")
    folders = [copy.destination for copy in build.context_copies if copy.brings_a_folder]
    if not any(origin.startswith(f"{folder}/") for folder in folders) and not _compiles_to(compiling, origin):
        raise LeaveAlone("unknown-program", f"the container runs `{word}`, but dfix finds no command that builds it")
    if any(_SHARED.search(text) for _, text in sources(build.context, _BUILD_FILES)):
        top = next((folder for folder in folders if origin.startswith(f"{folder}/")), "")
        if not top or origin != path:
            raise LeaveAlone(
                "unknown-program", "the build makes shared libraries, and dfix cannot tell which paths they must have"
            )
        return (StageCopy(top, top),)
    return (StageCopy(path, path),)


def _compiles_to(compiling: list[ClassifiedCommand], path: str) -> bool:
    """Whether a compiler writes a file to an image path (`-o`)."""
    return any(
        name == "-o" and command.image_path(value) == path
        for command in compiling
        for name, value in zip(command.arguments, command.arguments[1:], strict=False)
    )


def _prefixes(compiling: list[ClassifiedCommand]) -> list[str] | None:
    """The folders that `make install` and the like fill; [] without an install, None where they are unknown."""
    installs = [command for command in compiling if _INSTALLS.search(" ".join(command.arguments))]
    if not installs:
        return []
    prefixes = []
    for command in compiling:
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
                prefixes.append(value.rstrip("/"))
            if name == "DESTDIR":
                return None
    return list(dict.fromkeys(prefixes)) or ["/usr/local"]


def _libraries(build: BuildStage, on_gcc_image: bool) -> tuple[str, ...]:
    """System packages of the libraries that the compiler itself links (C++, OpenMP).

    Raises LeaveAlone where a program built on the gcc image may need another library of that image.
    """
    texts = [text for _, text in sources(build.context, _BUILD_FILES)]
    texts += [" ".join((command.program, *command.arguments)) for command in build.build_commands]
    text = "\n".join(texts)
    plus = (
        "g++" in text
        or "c++" in text
        or "CXX" in text
        or any(True for _ in sources(build.context, (".cpp", ".cc", ".cxx")))
    )
    packages = []
    if on_gcc_image:
        match = next((m for m in _LINKED.finditer(text) if m[1] not in _OF_THE_LIBC), None)
        if match is not None:
            option = match.group().strip("( ")
            reason = f"`{option}` links a library of {build.base.reference}, which a smaller image may lack"
            raise LeaveAlone("libraries", reason)
        if plus and "-static-libstdc++" not in text and "-static" not in text.split():
            reason = f"C++ programs built with {build.base.reference} need its libstdc++, which is newer than Debian's"
            raise LeaveAlone("libraries", reason, "link with -static-libstdc++")
    if "openmp" in text.lower():
        packages.append("libgomp" if build.base.alpine else "libgomp1")
    if plus and build.base.alpine:
        packages += ["libstdc++", "libgcc"]
    return tuple(packages)

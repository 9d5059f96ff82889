"""Rust: ship one binary, the libraries that its `-sys` crates link, and the files that it may read."""

from __future__ import annotations

import itertools
import posixpath
import re
import tomllib
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.knowledge.runtime import runtime_packages
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import Starts, runs_programs, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.data_files import data_files
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Cargo"
PROGRAMS = frozenset(("cargo",))
DEFAULT_COMMAND = ()
_BUILD_SUBCOMMANDS = frozenset(
    ("build", "b", "install", "fetch", "test", "check", "clippy", "fmt", "chef", "update", "vendor", "clean", "rustc")
)
_SOURCES = (".rs", ".lock", ".toml", ".c", ".h", ".cc", ".cpp", ".proto")
_STARTS = Starts(
    expression(r"\bCommand::new\("),
    expression(r"\bCommand::new\(\s*\"([\w./-]+)\""),
    expression(r'(?:std::)?env::current_exe\(|"/proc/self/exe"'),
)
_CRATE_NAME = expression(r'^name = "([\w-]+)"', re.MULTILINE)
_MEGABYTES_SAVED = 1400
"""Megabytes by which rust:1.82 is larger than debian:bookworm-slim (amd64, unpacked)."""


def is_build_command(command: Located) -> bool:
    """Whether a command runs Rust's build tools, or moves what was built."""
    program = program_name(command.words[0])
    if program == "cargo":
        return any(word.literal_or_text in _BUILD_SUBCOMMANDS for word in command.words[1:3])
    return program in COPY_COMMANDS or program in ("strip", "rustup", "rustc")


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The binary that the container runs, on the same release of the distribution."""
    program = _program(build)
    others = runs_programs(build.sources(".rs"), _STARTS, build.installed_packages)
    if others and build.base.language:
        raise LeaveAlone(
            "needs-programs", f"{others} may run a program that {build.base.reference} has and a smaller image lacks"
        )
    libraries = _libraries(build)
    data_paths = data_files(build, _is_source)
    if build.base.alpine:
        version = build.base.release.removeprefix("alpine")
        if not version:
            reason = (
                f"{build.base.reference} does not name its Alpine version, and another version may have other libraries"
            )
            raise LeaveAlone(
                "unknown-release", reason, f"name it in the tag, for example {build.base.name}:1-alpine3.20"
            )
        image, needed = f"alpine:{version}", ["ca-certificates", "libgcc"]
    elif build.base.release:
        image, needed = f"debian:{build.base.release}-slim", ["ca-certificates"]
    else:
        reason = f"{build.base.without_release}, whose C library the binary is linked to"
        raise LeaveAlone(
            "unknown-release",
            reason,
            f"name the release in the tag, for example {build.base.name}:{build.base.version or '1'}-bookworm",
        )
    if build.base.language == "":
        image, needed = build.base.reference, []
    return RuntimeStage(
        image,
        (program,),
        data_paths,
        sources_only=True,
        extra_packages=(*needed, *libraries),
        left_behind="Rust and the sources",
        megabytes_saved=_MEGABYTES_SAVED if build.base.language else 0,
        missing_programs=FULL_IMAGE_PROGRAMS if build.base.language else frozenset(),
    )


def _program(build: BuildStage) -> StageCopy:
    """The copy of the binary, from a target folder or from where `cargo install` puts it."""
    word = build.start.words[0]
    folder = r"(?:/[\w.-]+)?/(?:release|debug)/"
    if "/" in word:
        wanted = build.start.image_path(word)
        if re.search(rf"/target{folder}[\w-]+$", build.built_at(wanted)) or _is_installed(build, wanted):
            return StageCopy(wanted, wanted)
    else:
        for place in ("/usr/local/bin", "/usr/bin", "/bin"):
            path = posixpath.join(place, word)
            if re.search(rf"/target{folder}[\w-]+$", build.built_at(path)) or _is_installed(build, path):
                return StageCopy(path, path)
        if _is_installed(build, f"/usr/local/cargo/bin/{word}"):
            return StageCopy(f"/usr/local/cargo/bin/{word}", f"/usr/local/bin/{word}")
    raise LeaveAlone("unknown-program", f"the container runs `{word}`, but dfix finds no `cargo build` that writes it")


def _is_installed(build: BuildStage, path: str) -> bool:
    """Whether `cargo install --path` writes the binary at an image path."""
    for command in build.build_commands:
        if (
            command.program != "cargo"
            or "install" not in command.arguments
            or "--path" not in " ".join(command.arguments)
        ):
            continue
        root = next((b for a, b in itertools.pairwise(command.arguments) if a == "--root"), "")
        folder = f"{root}/bin" if root else "/usr/local/cargo/bin"
        name = posixpath.basename(path)
        if posixpath.dirname(path) == folder and name in {
            crate.replace("_", "-") for crate in _own_crates(build)
        } | _own_crates(build):
            return True
    return False


def _own_crates(build: BuildStage) -> set[str]:
    """The names of the crates in the build context."""
    return {name for path, text in sources(build.context, ("Cargo.toml",)) for name in _CRATE_NAME.findall(text)}


def _libraries(build: BuildStage) -> tuple[str, ...]:
    """System packages of the libraries that the crates in Cargo.lock link."""
    locks = [text for path, text in sources(build.context, ("Cargo.lock",))]
    if not locks:
        if any(_has_dependencies(text) for _, text in sources(build.context, ("Cargo.toml",))):
            raise LeaveAlone(
                "no-lock", "without a Cargo.lock dfix cannot tell which libraries the crates link", "commit Cargo.lock"
            )
        return ()
    names = {name for text in locks for name in _CRATE_NAME.findall(text)}
    facts = language_facts("rust")
    packages: list[str] = []
    for name in sorted(names):
        if not name.endswith("-sys") or name.removesuffix("-sys").startswith(facts.self_contained):
            continue
        if name == "openssl-sys" and "openssl-src" in names:  # OpenSSL is compiled in
            continue
        package = facts.dev_packages.get(name)
        if package is None:
            raise LeaveAlone("libraries", f"Cargo.lock has {name}, and dfix does not know which library it links")
        libraries = () if build.base.alpine else runtime_packages(package, build.base.release)
        if libraries is None or (build.base.alpine and package):
            raise LeaveAlone(
                "libraries",
                f"dfix does not know the package of the library that {name} links on {build.base.reference}",
            )
        packages += libraries
    return tuple(dict.fromkeys(packages))


def _has_dependencies(manifest: str) -> bool:
    """Whether a Cargo.toml names a crate on which its own depends; a file that dfix cannot read may."""
    try:
        pending: list[Any] = [tomllib.loads(manifest)]
    except (tomllib.TOMLDecodeError, RecursionError):
        return True
    while pending:
        table = pending.pop()
        if isinstance(table, dict):
            if any(name.endswith("dependencies") and value for name, value in table.items()):
                return True
            pending += table.values()
    return False


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES) or path == "target" or path.startswith("target/")

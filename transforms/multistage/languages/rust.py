"""Rust: one binary, the libraries that its `-sys` crates link, and the files that it may read."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.runtime import runtime_packages
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import data, runs_programs, sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Cargo"
PROGRAMS = frozenset(("cargo",))
DEFAULT_COMMAND = ()
_BUILDS = frozenset(
    ("build", "b", "install", "fetch", "test", "check", "clippy", "fmt", "chef", "update", "vendor", "clean", "rustc")
)
_SOURCES = (".rs", ".lock", ".toml", ".c", ".h", ".cc", ".cpp", ".proto")
_STARTS = re.compile(r"\bCommand::new\(")
_STARTS_NAMED = re.compile(r"\bCommand::new\(\s*\"([\w./-]+)\"")
_CRATE = re.compile(r'^name = "([\w-]+)"', re.MULTILINE)
_LINKS = {
    "openssl-sys": "libssl-dev",
    "pq-sys": "libpq-dev",
    "libsqlite3-sys": "libsqlite3-dev",
    "mysqlclient-sys": "default-libmysqlclient-dev",
    "curl-sys": "libcurl4-openssl-dev",
    "bzip2-sys": "libbz2-dev",
    "lzma-sys": "liblzma-dev",
    "liblzma-sys": "liblzma-dev",
    "libz-sys": "zlib1g-dev",
    "libssh2-sys": "libssh2-1-dev",
    "libdbus-sys": "libdbus-1-dev",
    "libudev-sys": "libudev-dev",
    "alsa-sys": "libasound2-dev",
    "freetype-sys": "libfreetype-dev",
}
"""Crates that link a library of the system, and the package that it is built with."""
_ALONE = re.compile(
    r"(?:windows|winapi|core-foundation|core-graphics|security-framework|system-configuration|js|web|wasi|wasm|linux-raw|dirs"
    r"|inotify|fsevent|redox|jemalloc|tikv-jemalloc|libmimalloc|zstd|lz4|brotli|secp256k1|blst|librocksdb|rdkafka|ring|aws-lc"
    r"|aws-lc-fips|onig|libgit2|openssl-src|psm|snappy|lmdb|libffi|mio|kqueue|iana-time-zone-haiku|objc|cocoa|metal|ntapi"
    r"|libnghttp2|minimad|prettier|tree-sitter|duckdb|libduckdb|rav1e|sdl)[\w-]*-sys"
)
"""Crates that link nothing of the system, bring their library along, or are not for Linux."""
_LARGER = 1400
"""Megabytes by which rust:1.82 is larger than debian:bookworm-slim (amd64, unpacked)."""


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to a build with Cargo."""
    program = program_name(command.words[0])
    if program == "cargo":
        return any(word.literal_or_text in _BUILDS for word in command.words[1:3])
    return program in COPY_COMMANDS or program in ("strip", "rustup", "rustc")


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The binary that the command runs, on the same release of the distribution."""
    target = _program(build)
    others = runs_programs(build.context, (".rs",), _STARTS, _STARTS_NAMED, build.installed_packages)
    if others and build.base.language:
        raise LeaveAlone("needs-programs", f"{others} may run a program that Rust's image has and a smaller one lacks")
    libraries = _libraries(build)
    beside = data(build.context_copies, _is_source)
    if build.base.alpine:
        version = build.base.release.removeprefix("alpine")
        if not version:
            reason = (
                f"{build.base.reference} does not tell its version of Alpine, and another one may have other libraries"
            )
            raise LeaveAlone("unknown-release", reason, f"name it: {build.base.name}:1-alpine3.20")
        image, needed = f"alpine:{version}", ["ca-certificates", "libgcc"]
    elif build.base.release:
        image, needed = f"debian:{build.base.release}-slim", ["ca-certificates"]
    else:
        reason = f"{build.base.reference} does not tell its release, and the binary is linked to its C library"
        raise LeaveAlone(
            "unknown-release", reason, f"name the release: {build.base.name}:{build.base.version or '1'}-bookworm"
        )
    if build.base.language == "":
        image, needed = build.base.reference, []
    return RuntimeStage(
        image,
        (target,),
        beside,
        sources_only=True,
        extra_packages=(*needed, *libraries),
        left_behind="Rust and the sources",
        megabytes_saved=_LARGER if build.base.language else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS if build.base.language else frozenset(),
    )


def _program(build: BuildStage) -> StageCopy:
    """The binary: below a target folder, or where `cargo install` puts it."""
    word = build.start.words[0]
    folder = r"(?:/[\w.-]+)?/(?:release|debug)/"
    if "/" in word:
        wanted = build.start.image_path(word)
        if re.search(rf"/target{folder}[\w-]+$", build.built_at(wanted)) or _installed(build, wanted):
            return StageCopy(wanted, wanted)
    else:
        for place in ("/usr/local/bin", "/usr/bin", "/bin"):
            path = posixpath.join(place, word)
            if re.search(rf"/target{folder}[\w-]+$", build.built_at(path)) or _installed(build, path):
                return StageCopy(path, path)
        if _installed(build, f"/usr/local/cargo/bin/{word}"):
            return StageCopy(f"/usr/local/cargo/bin/{word}", f"/usr/local/bin/{word}")
    raise LeaveAlone("unknown-program", f"the command runs {word}, which no `cargo build` of the file is seen to write")


def _installed(build: BuildStage, path: str) -> bool:
    """Whether `cargo install --path` puts a binary there."""
    for command in build.build_commands:
        if (
            command.program != "cargo"
            or "install" not in command.arguments
            or "--path" not in " ".join(command.arguments)
        ):
            continue
        root = next((b for a, b in zip(command.arguments, command.arguments[1:], strict=False) if a == "--root"), "")
        folder = f"{root}/bin" if root else "/usr/local/cargo/bin"
        name = posixpath.basename(path)
        if posixpath.dirname(path) == folder and name in {crate.replace("_", "-") for crate in _own(build)} | _own(
            build
        ):
            return True
    return False


def _own(build: BuildStage) -> set[str]:
    return {name for path, text in sources(build.context, ("Cargo.toml",)) for name in _CRATE.findall(text)}


def _libraries(build: BuildStage) -> tuple[str, ...]:
    """The packages of libraries that crates link, by Cargo.lock."""
    locks = [text for path, text in sources(build.context, ("Cargo.lock",))]
    manifests = [text for path, text in sources(build.context, ("Cargo.toml",)) if "dependencies]" in text]
    if not locks:
        if manifests:
            raise LeaveAlone("no-lock", "without a Cargo.lock it is not known which libraries the crates link")
        return ()
    names = {name for text in locks for name in _CRATE.findall(text)}
    found: list[str] = []
    for name in sorted(names):
        if not name.endswith("-sys") or _ALONE.fullmatch(name) or (name == "openssl-sys" and "openssl-src" in names):
            continue
        package = _LINKS.get(name)
        if package is None:
            raise LeaveAlone("libraries", f"Cargo.lock has {name}, and which library it links is not known")
        libraries = () if build.base.alpine else runtime_packages(package, build.base.release)
        if libraries is None or (build.base.alpine and package):
            raise LeaveAlone(
                "libraries", f"the package of the library that {name} links is not known for {build.base.reference}"
            )
        found += libraries
    return tuple(dict.fromkeys(found))


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES) or path == "target" or path.startswith("target/")

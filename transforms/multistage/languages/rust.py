"""Rust: one binary, the libraries that its `-sys` crates link, and the files that it may read."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.runtime import runtime_packages
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import data, runs_programs, sources
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import LACKS, MOVERS, Brought, Parts, Work

NAME = "Cargo"
MAIN = frozenset(("cargo",))
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


def builds(command: Located) -> bool:
    """Whether a command belongs to a build with Cargo."""
    program = program_name(command.words[0])
    if program == "cargo":
        return any(word.literal_or_text in _BUILDS for word in command.words[1:3])
    return program in MOVERS or program in ("strip", "rustup", "rustc")


def parts(work: Work) -> Parts:
    """The binary that the command runs, on the same release of the distribution."""
    target = _program(work)
    others = runs_programs(work.context, (".rs",), _STARTS, _STARTS_NAMED, work.installed)
    if others and work.base.language:
        raise LeaveAlone("needs-programs", f"{others} may run a program that Rust's image has and a smaller one lacks")
    libraries = _libraries(work)
    beside = data(work.copies, _is_source)
    if work.base.alpine:
        version = work.base.release.removeprefix("alpine")
        if not version:
            reason = (
                f"{work.base.reference} does not tell its version of Alpine, and another one may have other libraries"
            )
            raise LeaveAlone("unknown-release", reason, f"name it: {work.base.name}:1-alpine3.20")
        image, needed = f"alpine:{version}", ["ca-certificates", "libgcc"]
    elif work.base.release:
        image, needed = f"debian:{work.base.release}-slim", ["ca-certificates"]
    else:
        reason = f"{work.base.reference} does not tell its release, and the binary is linked to its C library"
        raise LeaveAlone(
            "unknown-release", reason, f"name the release: {work.base.name}:{work.base.version or '1'}-bookworm"
        )
    if work.base.language == "":
        image, needed = work.base.reference, []
    return Parts(
        image,
        (target,),
        beside,
        sources_only=True,
        packages=(*needed, *libraries),
        left="Rust and the sources",
        megabytes=_LARGER if work.base.language else 0,
        lacks=LACKS if work.base.language else frozenset(),
    )


def _program(work: Work) -> Brought:
    """The binary: below a target folder, or where `cargo install` puts it."""
    word = work.start.words[0]
    folder = r"(?:/[\w.-]+)?/(?:release|debug)/"
    if "/" in word:
        wanted = work.start.path(word)
        if re.search(rf"/target{folder}[\w-]+$", work.origin(wanted)) or _installed(work, wanted):
            return Brought(wanted, wanted)
    else:
        for place in ("/usr/local/bin", "/usr/bin", "/bin"):
            path = posixpath.join(place, word)
            if re.search(rf"/target{folder}[\w-]+$", work.origin(path)) or _installed(work, path):
                return Brought(path, path)
        if _installed(work, f"/usr/local/cargo/bin/{word}"):
            return Brought(f"/usr/local/cargo/bin/{word}", f"/usr/local/bin/{word}")
    raise LeaveAlone("unknown-program", f"the command runs {word}, which no `cargo build` of the file is seen to write")


def _installed(work: Work, path: str) -> bool:
    """Whether `cargo install --path` puts a binary there."""
    for act in work.builds:
        if act.program != "cargo" or "install" not in act.arguments or "--path" not in " ".join(act.arguments):
            continue
        root = next((b for a, b in zip(act.arguments, act.arguments[1:], strict=False) if a == "--root"), "")
        folder = f"{root}/bin" if root else "/usr/local/cargo/bin"
        name = posixpath.basename(path)
        if posixpath.dirname(path) == folder and name in {crate.replace("_", "-") for crate in _own(work)} | _own(work):
            return True
    return False


def _own(work: Work) -> set[str]:
    return {name for path, text in sources(work.context, ("Cargo.toml",)) for name in _CRATE.findall(text)}


def _libraries(work: Work) -> tuple[str, ...]:
    """The packages of libraries that crates link, by Cargo.lock."""
    locks = [text for path, text in sources(work.context, ("Cargo.lock",))]
    manifests = [text for path, text in sources(work.context, ("Cargo.toml",)) if "dependencies]" in text]
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
        libraries = () if work.base.alpine else runtime_packages(package, work.base.release)
        if libraries is None or (work.base.alpine and package):
            raise LeaveAlone(
                "libraries", f"the package of the library that {name} links is not known for {work.base.reference}"
            )
        found += libraries
    return tuple(dict.fromkeys(found))


def _is_source(path: str) -> bool:
    return path.endswith(_SOURCES) or path == "target" or path.startswith("target/")

"""Write rewriter/knowledge/packages/runtime.tsv: which packages a program needs if it was built with a -dev package.

    python scripts/runtime_packages.py

Uses the package lists of Debian's and Ubuntu's releases: the libraries that a -dev package and its -dev dependencies
depend on, without the dependencies of these libraries themselves.
"""

from __future__ import annotations

import lzma
import re
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OUT = Path(__file__).resolve().parents[1] / "rewriter" / "knowledge" / "packages" / "runtime.tsv"
_DEBIAN, _UBUNTU = "http://deb.debian.org/debian", "http://archive.ubuntu.com/ubuntu"
RELEASES = {
    "bullseye": (_DEBIAN, ("main",)),
    "bookworm": (_DEBIAN, ("main",)),
    "trixie": (_DEBIAN, ("main",)),
    "focal": (_UBUNTU, ("main", "universe")),
    "jammy": (_UBUNTU, ("main", "universe")),
    "noble": (_UBUNTU, ("main", "universe")),
}
_IN_EVERY_IMAGE = frozenset(("libc6", "libgcc-s1", "libcrypt1", "zlib1g"))
"""Essential packages and their dependencies."""
_COMPILER = re.compile(r"libc6-dev|libc-dev|linux-libc-dev|lib(?:stdc\+\+|gcc)-[\d.]+-dev")
_NO_LIBRARY = frozenset(("libglvnd0",))
"""Dispatches to the libraries that the other packages of its -dev package name."""
_OTHER_LANGUAGES = frozenset(("golang", "haskell", "javascript", "ocaml", "ruby", "rust"))


class Package(NamedTuple):
    """A package's section without the archive's area, its source and the names that it depends on."""

    section: str
    source: str
    depends: tuple[str, ...]


def fetch(url: str) -> bytes:
    """The content of a file of an archive."""
    with urllib.request.urlopen(url) as answer:
        data: bytes = answer.read()
    return data


def packages(archive: str, release: str, areas: tuple[str, ...]) -> dict[str, Package]:
    """The packages of a release for amd64."""
    found = {}
    for area in areas:
        text = lzma.decompress(fetch(f"{archive}/dists/{release}/{area}/binary-amd64/Packages.xz")).decode()
        for stanza in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line and line[0] != " ")
            if "Package" in fields:
                section = fields.get("Section", "").rpartition("/")[2]
                source = fields.get("Source", fields["Package"]).partition(" ")[0]
                found[fields["Package"]] = Package(section, source, tuple(_names(fields.get("Depends", ""))))
    return found


def _names(depends: str) -> Iterator[str]:
    for entry in depends.split(","):
        if name := re.split(r"[ (:|]", entry.strip())[0]:
            yield name


def _closure(name: str, known: dict[str, Package]) -> set[str]:
    """What a package pulls in."""
    seen: set[str] = set()
    pending = [name]
    while pending:
        for other in known[pending.pop()].depends:
            if other in known and other not in seen:
                seen.add(other)
                pending.append(other)
    return seen


def _linked(name: str, known: dict[str, Package], seen: set[str]) -> set[str]:
    """The libraries of a -dev package: its own, those of the same source; where it has none, of what it names."""
    if name in seen or name not in known or _COMPILER.fullmatch(name):
        return set()
    seen.add(name)
    package = known[name]
    own = {other for other in package.depends if other in known and _is_library(other, known[other])}
    for other in package.depends:
        if other in known and _for_building(other, known[other]) and known[other].source == package.source:
            own |= _linked(other, known, seen)
    if not own:
        for other in package.depends:
            if other in known and _for_building(other, known[other]):
                own |= _linked(other, known, seen)
    return own


def _for_building(name: str, package: Package) -> bool:
    return name.endswith("-dev") or package.section == "libdevel"


def _is_library(name: str, package: Package) -> bool:
    if name in _NO_LIBRARY:
        return False
    return package.section in ("libs", "oldlibs") and not name.endswith(("-dev", "-base", "-data", "-common"))


def libraries(name: str, known: dict[str, Package]) -> tuple[str, ...]:
    """The libraries that a program built with `name` may be linked to, as the fewest packages that install them all."""
    every = _linked(name, known, set()) - _IN_EVERY_IMAGE
    brought = {other for library in every for other in _closure(library, known) if other != library}
    return tuple(sorted(every - brought)) or tuple(sorted(every))


def stamp(archive: str, release: str) -> str:
    """A comment line with the version and date of a release's package lists."""
    head = fetch(f"{archive}/dists/{release}/Release").decode()
    fields = dict(line.split(": ", 1) for line in head.split("\n") if line.startswith(("Date: ", "Version: ")))
    return f"# {release} {fields['Version']}, {fields['Date']}"


def main() -> None:
    """Fetch the lists and write the table."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    stamps = []
    for release, (archive, areas) in RELEASES.items():
        stamps.append(stamp(archive, release))
        known = packages(archive, release, areas)
        for name, package in known.items():
            if name.endswith("-dev") and package.section not in _OTHER_LANGUAGES:
                linked = libraries(name, known)
                if linked or package.section == "libdevel":
                    found[name][linked].append(release)
    lines = [f"# written by scripts/{Path(__file__).name} from the package lists of {_DEBIAN} and {_UBUNTU}", *stamps]
    for name in sorted(found):
        groups = found[name].items()
        lines.append("\t".join([name, *(f"{' '.join(libs)}\t{' '.join(releases)}" for libs, releases in groups)]))
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

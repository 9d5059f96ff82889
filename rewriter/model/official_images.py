"""What the reference of a base image tells: language, version, release of its distribution, slim variant.

The tables are in `knowledge/images`, one file per image, each with its source and date. A tag is written into a
Dockerfile only if a table says that it exists.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

from dfix.rewriter.model.images import repository
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "knowledge", "images")
_NUMBERS = expression(r"\d+(?:\.\d+)*")
_NAMED = {
    "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie",
    "20.04": "focal", "22.04": "jammy", "24.04": "noble",
}  # fmt: skip
_RELEASES = frozenset((*_NAMED.values(), "jessie", "wheezy", "bionic", "xenial", "trusty"))
_DISTRIBUTIONS = frozenset(("debian", "ubuntu", "alpine", "buildpack-deps"))


class BaseImage(NamedTuple):
    """A base image that a table describes."""

    reference: str
    """As the FROM names it."""
    name: str
    """The repository: "python"."""
    tag: str
    language: str
    """"" for a plain distribution."""
    version: str
    """The language's, as the tag has it: "3.12"; "" if it has none."""
    release: str
    """The distribution's: "bookworm", "alpine3.20", "alpine"; "" if the tag does not tell."""
    parts: tuple[str, ...]
    """The words of the tag that are neither version nor release: "slim"."""
    smaller: str
    """The reference of its slim variant; "" if there is none, or it is one."""
    table: dict[str, Any]
    """The image's file in `knowledge/images`."""

    @property
    def slim(self) -> bool:
        """Whether it is a slim variant, without compilers."""
        return "slim" in self.parts

    @property
    def full(self) -> bool:
        """Whether it contains compilers and -dev packages, which its slim variant does not."""
        return bool(self.table.get("compilers")) and not self.slim and not self.alpine

    @property
    def saves(self) -> int:
        """About how many MB smaller the slim variant is; 0 if unknown."""
        return int(self.table.get("slim-saves", 0))

    @property
    def without_release(self) -> str:
        """Why the release is unknown, as the beginning of a sentence that goes on with ", whose C library …"."""
        if self.version.count(".") > 1:
            return f"dfix does not know the Debian release of {self.reference}"
        return f"{self.reference} does not name its Debian release"

    @property
    def alpine(self) -> bool:
        """Whether it is based on Alpine, whose C library is musl."""
        return self.release.startswith("alpine")


def base_image(reference: str) -> BaseImage | None:
    """The image that a reference names; None if there is no table for it, or it contains a variable."""
    if "$" in reference:
        return None
    name, tag = repository(reference.lower())
    table = _tables().get(name)
    if table is None:
        return None
    version, release, parts = _read(name, tag)
    language = table.get("language", "")
    if not release and set(parts) <= {"slim"}:
        release = _unnamed_release(table, version)
    digest = "@" in reference
    smaller = "" if digest or "slim" in parts or release.startswith("alpine") else _smaller(name, tag, table)
    return BaseImage(reference, name, tag, language, version, release, parts, smaller, table)


def jre_variant(image: BaseImage) -> str:
    """The reference of the same image with a JRE in place of the JDK: 17-jre-jammy for 17-jdk-jammy; "" for none."""
    vendor, major, release, _ = _jdk(image)
    known = image.name == vendor and major in image.table["jre"].get("alpine" if "alpine" in release else release, ())
    if not known or "@" in image.reference:
        return ""
    words = [word for word in image.tag.split("-") if word != "jdk"]
    return f"{image.name}:{'-'.join([words[0], 'jre', *words[1:]])}"


def successor_jre(image: BaseImage) -> str:
    """The JRE of the image that takes the place of a deprecated one, of the same major; "" for none.

    It has another distribution; Alpine stays Alpine.
    """
    _, major, release, _ = _jdk(image)
    vendor = image.table.get("successor", "")
    kind = "alpine" if release.startswith("alpine") else ""
    majors = _tables()[vendor]["jre"].get(kind, ()) if vendor else ()
    return f"{vendor}:{major}-jre{'-alpine' if kind else ''}" if major in majors else ""


def jre(image: BaseImage) -> str:
    """The reference of the JRE with the vendor, major version and release of an image with a JDK; "" for none."""
    vendor, major, release, slim = _jdk(image)
    table = _tables().get(vendor)
    if table is None or major not in table["jre"].get("alpine" if release.startswith("alpine") else release, ()):
        return ""
    tail = f"-{release}" if release else ""
    return f"{vendor}:{major}-jre{'-slim' if slim else ''}{tail}"


def _jdk(image: BaseImage) -> tuple[str, str, str, bool]:
    """The vendor, major version, release (as in the tag) of an image with a JDK, and whether it is slim."""
    words = image.tag.split("-")
    release = next((word for word in words if word in _RELEASES or word.startswith("alpine")), "")
    if image.name in ("eclipse-temurin", "openjdk"):
        major = image.version.split(".")[0].partition("u")[0]
        return ("", "", "", False) if "jre" in words else (image.name, major, release, "slim" in words)
    if image.name == "gradle":
        major = next((word[3:] for word in words if re.fullmatch(r"jdk\d+", word)), "")
        return "eclipse-temurin", major, release, False
    match = re.search(r"(eclipse-temurin|openjdk|jdk)-(\d+)", image.tag)
    if image.name != "maven" or match is None:
        return "", "", "", False
    vendor = "eclipse-temurin" if match[1] == "eclipse-temurin" else "openjdk"
    return vendor, match[2], release, "slim" in words


def _unnamed_release(table: dict[str, Any], version: str) -> str:
    """The release of a tag that names none: of a minor as on the table's date, of a full version for ever."""
    if version in ("", ".".join(version.split(".")[:2])):
        return next((release for release, minors in table.get("default", {}).items() if version in minors), "")
    number = _numbers(version)
    for release, ranges in table.get("full-versions", {}).items():
        for first, _, last in (found.partition("..") for found in ranges):
            if len(number) == len(_numbers(first)) and _numbers(first) <= number <= _numbers(last):
                return str(release)
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")) if _NUMBERS.fullmatch(version) else ()


def _smaller(name: str, tag: str, table: dict[str, Any]) -> str:
    version, release, parts = _read(name, tag)
    pattern = table.get("slim", "")
    if not pattern or parts:
        return ""
    if "{tag}" in pattern:
        return f"{name}:{pattern.format(tag=tag)}" if tag in table["versions"] else ""
    versions = table.get("releases", {}).get(release, ()) if release else table["versions"]
    numbers = version.split(".")
    listed = bool({numbers[0], ".".join(numbers[:2])} & set(versions))
    if version and not listed and not any(entry.split(".")[0] == version for entry in versions):
        return ""
    if not version and release:
        return ""
    tail = f"-{release}" if release else ""
    return f"{name}:{pattern.replace('{-release}', tail).replace('{version}', version).strip('-')}"


def _read(name: str, tag: str) -> tuple[str, str, tuple[str, ...]]:
    """The version, the release and the other words of a tag: "3.12-slim-bookworm" is "3.12", "bookworm", ("slim",)."""
    version = release = ""
    parts: list[str] = []
    for word in tag.split("-") if tag else ():
        if not version and not parts and not release and (_NUMBERS.match(word) and name not in _DISTRIBUTIONS):
            version = word
        elif word in _RELEASES or (word.startswith("alpine") and name != "alpine"):
            release = word
        elif name in _DISTRIBUTIONS and word in _NAMED:
            release = _NAMED[word]
        elif word != "latest":
            parts.append(word)
    if name == "alpine":
        return "", f"alpine{tag if _NUMBERS.fullmatch(tag) else ''}", ()
    return version, release, tuple(parts)


@cache
def _tables() -> dict[str, dict[str, Any]]:
    by_name = {}
    for file in sorted(os.listdir(_FOLDER)):
        table = own_table(_FOLDER, file)
        for name in table.get("names", (file.removesuffix(".toml"),)):
            by_name[name] = table
    return by_name

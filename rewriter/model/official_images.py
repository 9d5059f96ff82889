"""What the reference of a base image tells: language, version, release of its distribution, smaller variants.

The tables lie in `knowledge/images`, one file for each image, with where and when they were read. What is not in them
is not known: a tag is written into a Dockerfile only where a table says that it exists.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any, NamedTuple

from dfix.rewriter.model.images import repository

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "knowledge", "images")
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
_NAMED = {
    "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie",
    "20.04": "focal", "22.04": "jammy", "24.04": "noble",
}  # fmt: skip
_RELEASES = frozenset((*_NAMED.values(), "jessie", "wheezy", "bionic", "xenial", "trusty"))
_DISTRIBUTIONS = frozenset(("debian", "ubuntu", "alpine", "buildpack-deps"))


class BaseImage(NamedTuple):
    """A base image that a table describes.

    `language` is "" for a plain distribution. `version` is that of the language as the tag writes it, `parts` are the
    words of the tag that are neither that nor a release. `release` is the distribution's ("bookworm", "alpine3.20",
    "alpine"), "" where the tag does not tell. `smaller` is the reference of its slim variant, "" where there is none or
    it is one. `workdir` is the working folder that the image sets.
    """

    reference: str
    name: str
    tag: str
    language: str
    version: str
    release: str
    parts: tuple[str, ...]
    smaller: str
    workdir: str
    table: dict[str, Any]

    @property
    def slim(self) -> bool:
        """Whether it is a slim variant."""
        return "slim" in self.parts

    @property
    def full(self) -> bool:
        """Whether it brings compilers and -dev packages of its own, which its slim variant lacks."""
        return bool(self.table.get("compilers")) and not self.slim and not self.alpine

    @property
    def saves(self) -> int:
        """About how many megabytes smaller the slim variant is; 0 where that is not known."""
        return int(self.table.get("slim-saves", 0))

    @property
    def alpine(self) -> bool:
        """Whether it is Alpine, whose C library is musl."""
        return self.release.startswith("alpine")


def base_image(reference: str) -> BaseImage | None:
    """The image that a reference names; None for one without a table, with a variable or without a readable tag."""
    if "$" in reference:
        return None
    name, tag = repository(reference.lower())
    table = _tables().get(name)
    if table is None:
        return None
    version, release, parts = _read(name, tag)
    language = table.get("language", "")
    if not release:
        minor = ".".join(version.split(".")[:2])
        found = [
            of for of, versions in table.get("default", {}).items() if version in (minor, "") and minor in versions
        ]
        release = found[0] if found else ""
    digest = "@" in reference
    smaller = "" if digest or "slim" in parts or release.startswith("alpine") else _smaller(name, tag, table)
    return BaseImage(reference, name, tag, language, version, release, parts, smaller, table.get("workdir", ""), table)


def jre(image: BaseImage) -> str:
    """The reference of the JRE of the same major, vendor and release as an image with a JDK; "" for none."""
    vendor, major, release, slim = _jdk(image)
    table = _tables().get(vendor)
    if table is None or major not in table["jre"].get("alpine" if release.startswith("alpine") else release, ()):
        return ""
    tail = f"-{release}" if release else ""
    return f"{vendor}:{major}-jre{'-slim' if slim else ''}{tail}"


def _jdk(image: BaseImage) -> tuple[str, str, str, bool]:
    """Vendor, major version, release as written and whether it is slim."""
    words = image.tag.split("-")
    written = next((word for word in words if word in _RELEASES or word.startswith("alpine")), "")
    if image.name in ("eclipse-temurin", "openjdk"):
        major = image.version.split(".")[0].partition("u")[0]
        return ("", "", "", False) if "jre" in words else (image.name, major, written, "slim" in words)
    if image.name == "gradle":
        major = next((word[3:] for word in words if re.fullmatch(r"jdk\d+", word)), "")
        return "eclipse-temurin", major, written, False
    match = re.search(r"(eclipse-temurin|openjdk|jdk)-(\d+)", image.tag)
    if image.name != "maven" or match is None:
        return "", "", "", False
    vendor = "eclipse-temurin" if match[1] == "eclipse-temurin" else "openjdk"
    return vendor, match[2], written, "slim" in words


def _smaller(name: str, tag: str, table: dict[str, Any]) -> str:
    version, release, parts = _read(name, tag)
    pattern = table.get("slim", "")
    if not pattern or parts:
        return ""
    if "{tag}" in pattern:
        return f"{name}:{pattern.format(tag=tag)}" if tag in table["versions"] else ""
    known = table["releases"].get(release, ()) if release else table["versions"]
    numbers = version.split(".")
    listed = bool({numbers[0], ".".join(numbers[:2])} & set(known))
    if version and not listed and (len(numbers) > 1 or not any(one.split(".")[0] == version for one in known)):
        return ""
    if not version and release:
        return ""
    tail = f"-{release}" if release else ""
    return f"{name}:{pattern.replace('{-release}', tail).replace('{version}', version).strip('-')}"


def _read(name: str, tag: str) -> tuple[str, str, tuple[str, ...]]:
    """Version, release and the other words of a tag."""
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
    import tomllib

    found = {}
    for file in sorted(os.listdir(_FOLDER)):
        with open(os.path.join(_FOLDER, file), "rb") as opened:
            table = tomllib.load(opened)
        for name in table.get("names", (file.removesuffix(".toml"),)):
            found[name] = table
    return found

"""What the name of a base image tells: its distribution, and whether it is a Windows image.

A name is evidence only for images whose documented tags tell the distribution (Docker's official images and the
distributions' own). Any other is "unknown", and transforms must not guess.
"""

from __future__ import annotations

from typing import Literal

from dfix.rewriter.text.expression import expression

Family = Literal["debian", "alpine", "fedora", "suse", "arch", "windows", "scratch", "unknown"]

_BY_NAME: dict[str, Family] = {
    "debian": "debian",
    "ubuntu": "debian",
    "buildpack-deps": "debian",
    "alpine": "alpine",
    "fedora": "fedora",
    "centos": "fedora",
    "rockylinux": "fedora",
    "almalinux": "fedora",
    "amazonlinux": "fedora",
    "oraclelinux": "fedora",
    "archlinux": "arch",
    "scratch": "scratch",
}
_LANGUAGES = frozenset(
    "node python golang ruby php rust perl eclipse-temurin gradle elixir erlang nginx httpd postgres redis "
    "mariadb".split()
)
"""Images that are based on Debian or Ubuntu unless the tag names another distribution."""

_MIXED = frozenset(("openjdk", "mysql", "maven"))
"""Images whose plain tags have meant several distributions, so that only a tag that names one tells."""

_DEBIAN = expression(r"\b(?:debian|slim|jessie|stretch|buster|bullseye|bookworm|trixie|focal|jammy|noble)\b")
_OTHER = expression(
    r"\b(?:ubi\d*|centos\d*|oracle(?:linux\d*)?|corretto|amazoncorretto|al2023|microsoft|windows\w*|nanoserver)\b"
)
_WINDOWS = ("windowsservercore", "nanoserver", "mcr.microsoft.com/windows", "microsoft/windows", "dotnet/framework")


def repository(image: str) -> tuple[str, str]:
    """The repository and tag of an image reference, without the official images' `docker.io/library/`.

    >>> repository("docker.io/library/node:22-slim@sha256:00")
    ('node', '22-slim')
    """
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    name = head + slash + last
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        name = name.removeprefix(prefix)
    return name, tag


def family(image: str) -> Family:
    """The distribution that an image reference tells; "unknown" if its name is not evidence."""
    lowered = image.lower()
    if any(mark in lowered for mark in _WINDOWS):
        return "windows"
    name, tag = repository(lowered)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _LANGUAGES or name in _MIXED:
        return _by_tag(tag, plain="debian" if name in _LANGUAGES else "unknown")
    return "unknown"


def _by_tag(tag: str, plain: Family) -> Family:
    if "alpine" in tag:
        return "alpine"
    if _OTHER.search(tag):
        return "unknown"
    if _DEBIAN.search(tag):
        return "debian"
    # a variable may be `22-alpine` as well as `22`
    return "unknown" if "$" in tag else plain

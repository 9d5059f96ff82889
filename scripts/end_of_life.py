"""Write rewriter/knowledge/end_of_life.toml: until when the releases of base images get security updates.

    git clone https://github.com/endoflife-date/endoflife.date
    apt-get install distro-info-data
    .venv/bin/python scripts/end_of_life.py endoflife.date

Debian and Ubuntu come from Debian's distro-info-data (/usr/share/distro-info), all others from the clone, which names
the page of each project. The date of a row is the day of its source: that of the clone's last commit, or of the
reading for what the machine's own Debian package says.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

PLACE = Path(__file__).resolve().parents[1] / "rewriter" / "knowledge" / "end_of_life.toml"
DISTRIBUTIONS = Path("/usr/share/distro-info")
_WIDTH = 120
_OLDEST = "2009"
"""Releases of distributions before that have no images."""
_HEADER = """\
# Until when the releases of base images get security updates without a contract: Debian until the end of its long-term
# support, Ubuntu until the end of its standard support. Written by scripts/end_of_life.py, which says from what.
# `names` are code names in tags, `supported` are releases without a date.
"""
_DOTNET = ("sdk", "aspnet", "runtime", "runtime-deps", "monitor", "core/sdk", "core/aspnet", "core/runtime")
_NODE = "argon boron carbon dubnium erbium fermium gallium hydrogen iron jod krypton".split()


class Product(NamedTuple):
    """What to read: the file in the clone, the name for people, the images whose tags begin with its release."""

    file: str
    name: str
    images: tuple[str, ...]
    names: dict[str, str] = {}  # noqa: RUF012 - a named tuple's default


PRODUCTS = (
    Product("almalinux", "AlmaLinux", ("almalinux",)),
    Product("alpine-linux", "Alpine", ("alpine",)),
    Product("amazon-linux", "Amazon Linux", ("amazonlinux",), {"1": "2018.03"}),
    Product("centos", "CentOS", ("centos",), {f"centos{major}": str(major) for major in (6, 7, 8)}),
    Product(
        "dotnet",
        ".NET",
        (*(f"mcr.microsoft.com/dotnet/{image}" for image in _DOTNET), "microsoft/dotnet", "microsoft/aspnetcore"),
    ),
    Product("eclipse-temurin", "Java", ("eclipse-temurin",)),
    Product("erlang", "Erlang/OTP", ("erlang",)),
    Product("fedora", "Fedora", ("fedora",)),
    Product("go", "Go", ("golang",)),
    Product("mariadb", "MariaDB", ("mariadb",)),
    Product("mongodb", "MongoDB", ("mongo",)),
    Product("mysql", "MySQL", ("mysql",)),
    Product("nginx", "nginx", ("nginx", "nginxinc/nginx-unprivileged")),
    Product("nodejs", "Node.js", ("node",), {name: str(4 + 2 * at) for at, name in enumerate(_NODE)}),
    Product("opensuse", "openSUSE Leap", ("opensuse/leap",)),
    Product("oracle-linux", "Oracle Linux", ("oraclelinux",)),
    Product("perl", "Perl", ("perl",)),
    Product("php", "PHP", ("php",)),
    Product("postgresql", "PostgreSQL", ("postgres",)),
    Product("python", "Python", ("python",)),
    Product("redis", "Redis", ("redis",)),
    Product("rocky-linux", "Rocky Linux", ("rockylinux", "rockylinux/rockylinux")),
    Product("ruby", "Ruby", ("ruby",)),
    Product("tomcat", "Tomcat", ("tomcat",)),
)


class Row(NamedTuple):
    """One product with all of its releases: the last day of each, or None while there is none."""

    name: str
    images: tuple[str, ...]
    names: dict[str, str]
    source: str
    read: date
    ends: dict[str, date | None]


def from_clone(clone: str, product: Product, day: date) -> Row:
    """What the clone says of a product. A release that has ended on an unknown day is left out."""
    text = _git(clone, "show", f"HEAD:products/{product.file}.md")
    page: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    ends = {str(release["releaseCycle"]): release["eol"] for release in page["releases"]}
    known = {name: end or None for name, end in ends.items() if end is not True}
    return Row(product.name, product.images, product.names, page["releasePolicyLink"], day, known)


def from_debian(file: str, name: str, images: tuple[str, ...], columns: tuple[str, ...], day: date) -> Row:
    """What Debian's package says: the last day is in the first of the columns that has one. Only what was released."""
    ends: dict[str, date | None] = {}
    names: dict[str, str] = {}
    with (DISTRIBUTIONS / file).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            released = row["release"] or ""
            if not row["version"] or not _OLDEST <= released <= day.isoformat():
                continue
            version = row["version"].split()[0].removesuffix(".0")
            told = next((row[column] for column in columns if row[column]), "")
            ends[version] = date.fromisoformat(told) if told else None
            names[row["series"]] = version
    package = _version("distro-info-data")
    return Row(name, images, names, f"Debian's distro-info-data {package}, {file}", day, dict(reversed(ends.items())))


def _version(package: str) -> str:
    asked = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def _git(clone: str, *words: str) -> str:
    return subprocess.run(["git", "-C", clone, *words], capture_output=True, text=True, check=True).stdout


def written(row: Row) -> Iterator[str]:
    """The lines of one row."""
    yield "[[product]]"
    yield f'name = "{row.name}"'
    yield from _table("images", [f'"{image}"' for image in row.images], "[]")
    yield f'source = "{row.source}"'
    yield f"date = {row.read}"
    if row.names:
        yield from _table("names", [f'{name} = "{release}"' for name, release in row.names.items()], "{}")
    supported = [f'"{release}"' for release, end in row.ends.items() if end is None]
    if supported:
        yield from _table("supported", supported, "[]")
    yield "[product.ends]"
    for release, end in row.ends.items():
        if end is not None:
            yield f'"{release}" = {end}'


def _table(key: str, cells: list[str], around: str) -> Iterator[str]:
    line = f"{key} = {around[0]} {', '.join(cells)} {around[1]}" if around == "{}" else f"{key} = [{', '.join(cells)}]"
    if len(line) <= _WIDTH or around == "{}":
        yield line
        return
    yield f"{key} = ["
    yield from (f"  {cell}," for cell in cells)
    yield "]"


def main(clone: str) -> None:
    """Write the table."""
    day = date.fromisoformat(_git(clone, "log", "-1", "--format=%cs").strip())
    today = datetime.now(UTC).date()
    rows = [from_clone(clone, product, day) for product in PRODUCTS]
    rows.append(from_debian("debian.csv", "Debian", ("debian",), ("eol-lts", "eol"), today))
    rows.append(from_debian("ubuntu.csv", "Ubuntu", ("ubuntu",), ("eol",), today))
    text = _HEADER
    for row in sorted(rows, key=lambda row: row.name.lower()):
        text += "\n" + "\n".join(written(row)) + "\n"
    PLACE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])

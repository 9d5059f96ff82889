"""Write rewriter/knowledge/packages/recommended.tsv: what apt also installs because packages recommend it.

    python scripts/recommended_packages.py [NAME …]

Uses the package lists of Debian's and Ubuntu's releases. A row has a package, and what it or a package that it depends
on recommends, if that is neither among its dependencies nor in every image; what the releases say is put together. The
rows are those of the packages in the table, and of the names that are given.
"""

from __future__ import annotations

import lzma
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from runtime_packages import RELEASES, fetch, stamp

OUT = Path(__file__).resolve().parents[1] / "rewriter" / "knowledge" / "packages" / "recommended.tsv"


class Listed(NamedTuple):
    """A package of a release; each dependency is a choice of names."""

    needed: bool
    """Whether it is in every image."""
    depends: list[list[str]]
    recommends: list[list[str]]


class Release(NamedTuple):
    """The packages of a release, and who provides a name."""

    packages: dict[str, Listed]
    providers: dict[str, list[str]]

    def met(self, choice: list[str], have: set[str]) -> bool:
        """Whether one of the names is there."""
        return any(name in have or have.intersection(self.providers.get(name, ())) for name in choice)

    def chosen(self, choice: list[str]) -> str | None:
        """The package that apt installs for a choice of names."""
        for name in choice:
            if name in self.packages:
                return name
        return next((self.providers[name][0] for name in choice if self.providers.get(name)), None)

    def with_dependencies(self, names: list[str], have: set[str]) -> set[str]:
        """The packages that are there after an install without recommended ones."""
        found, pending = {*have, *names}, list(names)
        while pending:
            for choice in self.packages[pending.pop(0)].depends:
                other = None if self.met(choice, found) else self.chosen(choice)
                if other is not None:
                    found.add(other)
                    pending.append(other)
        return found

    def in_every_image(self) -> set[str]:
        """The essential packages, apt and what they depend on."""
        return self.with_dependencies([name for name, one in self.packages.items() if one.needed], set())


def release(archive: str, name: str, areas: tuple[str, ...]) -> Release:
    """The packages of a release for amd64."""
    packages: dict[str, Listed] = {}
    providers: dict[str, list[str]] = defaultdict(list)
    for area in areas:
        text = lzma.decompress(fetch(f"{archive}/dists/{name}/{area}/binary-amd64/Packages.xz")).decode()
        for stanza in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.split("\n") if ": " in line and line[0] != " ")
            package = fields.get("Package")
            if package is None:
                continue
            needed = fields.get("Essential") == "yes" or fields.get("Priority") == "required" or package == "apt"
            depends = [*_choices(fields.get("Pre-Depends", "")), *_choices(fields.get("Depends", ""))]
            packages[package] = Listed(needed, depends, list(_choices(fields.get("Recommends", ""))))
            for choice in _choices(fields.get("Provides", "")):
                providers[choice[0]].append(package)
    return Release(packages, providers)


def _choices(field: str) -> Iterator[list[str]]:
    for entry in field.split(","):
        if entry.strip():
            yield [re.split(r"[ (:]", name.strip())[0] for name in entry.split("|")]


def recommended(package: str, of: Release, base: set[str]) -> set[str]:
    """What is recommended by a package and its dependencies, and is not there without that."""
    have = of.with_dependencies([package], base)
    found = set()
    for name in (have - base) | {package}:
        for choice in of.packages[name].recommends:
            other = None if of.met(choice, have) else of.chosen(choice)
            if other is not None:
                found.add(other)
    return found


def main() -> None:
    """Fetch the lists and write the table."""
    rows = OUT.read_text().splitlines() if OUT.exists() else []
    names = {*sys.argv[1:], *(row.partition("\t")[0] for row in rows if not row.startswith("#"))}
    found: dict[str, set[str]] = {}
    stamps = []
    for name, (archive, areas) in RELEASES.items():
        stamps.append(stamp(archive, name))
        of = release(archive, name, areas)
        base = of.in_every_image()
        for package in names & set(of.packages):
            found.setdefault(package, set()).update(recommended(package, of, base))
    lines = [f"# written by scripts/{Path(__file__).name} from the package lists of Debian and Ubuntu", *stamps]
    lines += [f"{package}\t{' '.join(sorted(found[package]))}" for package in sorted(found)]
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

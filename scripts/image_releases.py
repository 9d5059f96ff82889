"""Read from the history of the official images' repository which release each full version's tag means.

    git clone https://github.com/docker-library/official-images
    .venv/bin/python scripts/image_releases.py official-images golang rust gcc

It prints the table `[full-versions]` of `rewriter/knowledge/images/NAME.toml`. A tag such as golang:1.24.2 is built
anew for as long as 1.24.2 is the newest of 1.24, and then stays as it is: so the last commit that lists it decides.
Versions that the newest commit lists may still move, and are left out.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from operator import itemgetter

_TAGS = re.compile(r"^(?:Shared)?Tags: (.*)$", re.MULTILINE)
_FULL = re.compile(r"\d+\.\d+\.\d+")
_RELEASE = re.compile(r"(?:jessie|stretch|buster|bullseye|bookworm|trixie|forky)")
_OLDEST = "2016-01-01"


def full_versions(repository: str, image: str) -> dict[str, str]:
    """Full version → the release that its tag has meant since it was last built."""
    path = f"library/{image}"
    log = _git(repository, "log", f"--since={_OLDEST}", "--format=%H", "--reverse", "--", path).split()
    listed: dict[str, str] = {}
    for commit in log:
        listed.update(_listed(_git(repository, "show", f"{commit}:{path}")))
    for version in _listed(_git(repository, "show", f"HEAD:{path}")):
        listed.pop(version, None)
    return {version: release for version, release in listed.items() if release}


def _listed(text: str) -> dict[str, str]:
    """The full versions of one list of tags, with "" where a list does not tell the release."""
    found: dict[str, str] = {}
    for block in text.split("\n\n"):
        tags = [tag.strip() for line in _TAGS.findall(block) for tag in line.split(",")]
        versions = [tag for tag in tags if _FULL.fullmatch(tag)]
        releases = {word for tag in tags for word in tag.split("-") if _RELEASE.fullmatch(word)}
        if versions and not any("windows" in tag for tag in tags):
            found.update(dict.fromkeys(versions, releases.pop() if len(releases) == 1 else ""))
    return found


def ranges(versions: dict[str, str]) -> dict[str, list[str]]:
    """Release → ranges "1.24.0..1.24.5" of versions that follow each other in one minor."""
    rows = sorted(
        (tuple(int(number) for number in version.split(".")), release) for version, release in versions.items()
    )
    table: dict[str, list[str]] = {}
    for (_, release), group in itertools.groupby(rows, key=lambda row: (row[0][:2], row[1])):
        numbers = list(map(itemgetter(0), group))
        first, last = (".".join(map(str, numbers[at])) for at in (0, -1))
        table.setdefault(release, []).append(f"{first}..{last}")
    return table


def lines(table: dict[str, list[str]]) -> Iterator[str]:
    """The table as TOML."""
    for release, found in sorted(table.items()):
        yield f"{release} = [{', '.join(map(repr, found))}]".replace("'", '"')


def _git(repository: str, *words: str) -> str:
    return subprocess.run(["git", "-C", repository, *words], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for name in sys.argv[2:]:
        print(f"{name}\n[full-versions]", *lines(ranges(full_versions(sys.argv[1], name))), sep="\n")

"""Finding plug-ins: the entry points `dfix.transforms` of the distributions on Python's path.

`importlib.metadata` does the same, but importing it takes half as long as a whole run on one file. This module only
reads folders, which is what installers and editable installs create; distributions in zip files are not found.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import Unreadable, loose_text

GROUP = "dfix.transforms"
_LARGEST_METADATA = 10_000_000


class Plugin(NamedTuple):
    """An entry point and the distribution that declares it."""

    name: str
    module: str
    distribution: str
    """Its name and version."""


def find(path: Iterable[str]) -> tuple[Plugin, ...]:
    """The plug-ins on a Python path, by distribution; of two with the same name, the first on the path counts."""
    found: list[Plugin] = []
    seen: set[str] = set()
    for folder in dict.fromkeys(path):
        names = []
        for name in _distributions(folder or "."):
            key = name.partition("-")[0].removesuffix(".egg").lower().replace("-", "_").replace(".", "_")
            if key not in seen:
                names.append(key)
                found += _plugins(os.path.join(folder, name))
        seen.update(names)
    return tuple(sorted(found, key=lambda plugin: (plugin.distribution, plugin.name)))


def _distributions(folder: str) -> list[str]:
    """The metadata folders; older versions of setuptools put an `.egg-info` next to the sources."""
    try:
        return [name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info"))]
    except OSError:  # a zip file, or missing
        return []


def _plugins(metadata: str) -> Iterator[Plugin]:
    text = _text(metadata, "entry_points.txt")
    if GROUP not in text:
        return
    distribution = ""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[] ")
        elif group == GROUP and line[:1] not in ("", "#", ";"):
            distribution = distribution or _distribution(metadata)
            name, _, value = line.partition("=")
            yield Plugin(name.strip(), value.partition("[")[0].strip(), distribution)


def _distribution(metadata: str) -> str:
    """The distribution's name and version as its metadata spells them."""
    text = _text(metadata, "METADATA") or _text(metadata, "PKG-INFO")
    fields = dict(line.split(": ", 1) for line in text.partition("\n\n")[0].splitlines() if ": " in line)
    own = os.path.basename(metadata).rpartition(".")[0]
    return f"{fields.get('Name', own)} {fields.get('Version', '')}".strip()


def _text(folder: str, name: str) -> str:
    text = loose_text(f"{folder}{os.sep}{name}", _LARGEST_METADATA, None)
    return "" if isinstance(text, Unreadable) else text

"""What the campaign tries: a build context with a Dockerfile, made at random, and how it is put on disk and kept."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class Link(NamedTuple):
    """A symbolic link."""

    target: str


class Data(NamedTuple):
    """A file whose mode is not 0644, or that is not text."""

    content: bytes
    mode: int = 0o644


Item = str | Data | Link
Files = dict[str, Item]


class OtherBuild(NamedTuple):
    """Another build of the same context: of a compose file, or by a builder that reads another ignore file."""

    dockerfile: str
    """Its text; "" for the probe's own Dockerfile."""
    ignore_file: str = ""
    """The ignore file that this builder reads; "" for `.dockerignore`."""


class Probe(NamedTuple):
    """One context and its Dockerfile. dfix rewrites it, then both versions are built."""

    kind: str
    what: str
    """Which variant of the kind, in a few words."""
    files: Files
    dockerfile: str
    others: tuple[OtherBuild, ...] = ()
    later: Mapping[str, Item] = MappingProxyType({})
    """Files that the author adds after dfix has rewritten the Dockerfile."""
    runs: bool = False
    """Whether the images are run too; both must exit alike."""
    rules_first: tuple[str, ...] = ()
    """Rules that run alone before all run; the end must be the same as that of all at once."""
    rules: tuple[str, ...] = ()
    """Rules that are selected by name; () for those that run by default."""
    target: str = ""
    """The builder that the settings name."""
    whole: str = ""
    """For a list of manifests that is not complete: the Dockerfile whose image a repair must give, in place of the old one."""


def put(folder: Path, files: Mapping[str, Item]) -> None:
    """Write files below a folder."""
    for name, item in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match item:
            case Link(target):
                path.symlink_to(target)
            case Data(content, mode):
                path.write_bytes(content)
                path.chmod(mode)
            case _:
                path.write_text(item, encoding="utf-8", newline="")
                path.chmod(0o644)


def script(text: str, mode: int = 0o755) -> Data:
    """A program of the context."""
    return Data(text.encode(), mode)


def to_json(probe: Probe) -> str:
    """A probe as text from which `from_json` makes it again."""
    fields = probe._asdict()
    fields["files"], fields["later"] = _items(probe.files), _items(probe.later)
    return json.dumps(fields, indent=1)


def from_json(text: str) -> Probe:
    """The probe that `to_json` wrote."""
    fields = json.loads(text)
    fields["files"], fields["later"] = _from_items(fields["files"]), _from_items(fields["later"])
    fields["others"] = tuple(OtherBuild(*other) for other in fields["others"])
    fields |= {name: tuple(fields.get(name, ())) for name in ("rules_first", "rules")}
    return Probe(**fields)


def _items(files: Mapping[str, Item]) -> dict[str, dict[str, str | int]]:
    return {name: _item(item) for name, item in files.items()}


def _item(item: Item) -> dict[str, str | int]:
    match item:
        case Link(target):
            return {"link": target}
        case Data(content, mode):
            return {"base64": base64.b64encode(content).decode(), "mode": mode}
        case _:
            return {"text": item}


def _from_items(found: dict[str, dict[str, str]]) -> Files:
    return {name: _from_item(fields) for name, fields in found.items()}


def _from_item(fields: dict[str, str]) -> Item:
    if "link" in fields:
        return Link(fields["link"])
    if "text" in fields:
        return fields["text"]
    return Data(base64.b64decode(fields["base64"]), int(fields["mode"]))


def shown(files: Mapping[str, Item]) -> str:
    """The files as a report prints them."""
    lines = []
    for name, item in sorted(files.items()):
        match item:
            case Link(target):
                lines.append(f"{name} -> {target}")
            case Data(content, mode):
                text = content.decode("utf-8", "replace") if b"\0" not in content else f"{len(content)} bytes"
                lines.append(f"{name} ({mode:04o}): {text.rstrip()}")
            case _:
                lines.append(f"{name}: {item.rstrip()}")
    return "\n".join(line.replace("\n", os.linesep + "    ") for line in lines)

"""TOML, YAML and XML files of the context, read within bounds; nothing that they hold is ever run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.missing import missing

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LARGEST = 5_000_000
_LARGEST_YAML = 1_000_000
_DEEPEST = 100
_BRACKET = re.compile(r"[\[\]{}]")


def read_toml(context: Context, path: str) -> dict[str, Any]:
    """A TOML file that ships."""
    import tomllib

    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise LeaveAlone("broken-manifest", f"{path} is not valid TOML") from None


def read_yaml(context: Context, path: str) -> dict[str, Any]:
    """A YAML file's mapping; empty when the file does not ship. Anchors are refused: they can grow without bound."""
    text = context.read(path, _LARGEST_YAML)
    if text is None:
        if not context.ships(path):
            return {}
        raise LeaveAlone("broken-manifest", f"{path} is too large to be read")
    if _is_deep(text):
        raise LeaveAlone("broken-manifest", f"{path} nests more than {_DEEPEST} lists and mappings")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=loader)):
            raise LeaveAlone("broken-manifest", f"{path} uses YAML aliases, which dfix does not follow")
        data = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise LeaveAlone("broken-manifest", f"{path}:{mark.line + 1 if mark else 1} is not valid YAML") from None
    return data if isinstance(data, dict) else {}


def table(value: Any, *keys: str) -> dict[str, Any]:
    """The table at a path of keys, empty when there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The list that a manifest has at some place; empty for anything else."""
    return value if isinstance(value, list) else []


def _is_deep(text: str) -> bool:
    depth = deepest = 0
    for mark in _BRACKET.findall(text):
        depth = depth + 1 if mark in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def read_xml(context: Context, path: str) -> Element:
    """The root of an XML file that ships. Declared entities are refused: they can grow without bound."""
    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text.encode("utf-8", "replace"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise LeaveAlone("broken-manifest", f"{path} is not valid XML, or declares entities") from None
    return root

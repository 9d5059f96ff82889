"""TOML, YAML and XML files of the context, read within bounds; nothing that they hold is ever run."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from rewriter.context.folder import Context
from rewriter.context.readers.answer import Blocked
from rewriter.context.readers.missing import missing

_LARGEST = 5_000_000


def read_toml(context: Context, path: str) -> dict[str, Any] | Blocked:
    """A TOML file that ships."""
    import tomllib

    text = context.read(path, _LARGEST)
    if text is None:
        return missing(context, path)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return Blocked("broken-manifest", f"{path} is not valid TOML")


def read_yaml(context: Context, path: str) -> dict[str, Any] | Blocked:
    """A YAML file's mapping; empty when the file does not ship. Anchors are refused: they can grow without bound."""
    text = context.read(path, _LARGEST)
    if text is None:
        return {}
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            return Blocked("broken-manifest", f"{path} uses YAML aliases, which dfix does not follow")
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return Blocked("broken-manifest", f"{path}:{mark.line + 1 if mark else 1} is not valid YAML")
    return data if isinstance(data, dict) else {}


def read_xml(context: Context, path: str) -> Element | Blocked:
    """The root of an XML file that ships. Declared entities are refused: they can grow without bound."""
    text = context.read(path, _LARGEST)
    if text is None:
        return missing(context, path)
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text.encode("utf-8", "replace"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        return Blocked("broken-manifest", f"{path} is not valid XML, or declares entities")
    return root

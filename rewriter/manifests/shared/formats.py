"""Read TOML, YAML and XML files of the build context within bounds of size and depth; never run what they contain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.text.toml import TomlError, toml_of
from dfix.rewriter.text.yaml_text import DEEPEST, has_alias, is_deep, load

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LARGEST = 5_000_000
"""Bytes of a TOML or XML file."""
_LARGEST_YAML = 400_000
"""Bytes of a YAML file; its parser is the slowest."""


def read_toml(context: Context, path: str) -> dict[str, Any]:
    """The top-level table of a TOML file. Raises LeaveAlone when the file does not ship or is not valid."""
    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    try:
        return toml_of(text)
    except TomlError:
        raise LeaveAlone("broken-manifest", f"{path} is not valid TOML") from None


def read_yaml(context: Context, path: str) -> dict[str, Any]:
    """The top-level mapping of a YAML file; empty when the file does not ship or holds something else.

    Raises LeaveAlone for a file that is not valid, or that uses aliases: those can expand without bound.
    """
    text = context.read(path, _LARGEST_YAML)
    if text is None:
        if not context.ships(path):
            return {}
        raise LeaveAlone("broken-manifest", f"dfix cannot read {path} (unreadable, or larger than 400 kB)")
    if is_deep(text):
        raise LeaveAlone("broken-manifest", f"{path} nests lists and mappings more than {DEEPEST} levels deep")
    import yaml

    try:
        if has_alias(text):
            raise LeaveAlone("broken-manifest", f"{path} uses YAML aliases, which dfix does not follow")
        data = load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise LeaveAlone("broken-manifest", f"{path}:{mark.line + 1 if mark else 1} is not valid YAML") from None
    return data if isinstance(data, dict) else {}


def table(value: Any, *keys: str) -> dict[str, Any]:
    """The table at a path of keys: `table(data, "tool", "uv")` is `[tool.uv]`. Empty for anything but a table."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """`value` when it is a list; an empty list for anything else."""
    return value if isinstance(value, list) else []


def read_xml(context: Context, path: str) -> Element:
    """The root of an XML file. Raises LeaveAlone when it does not ship, is not valid, or has a document type.

    A document type can declare entities, which can expand without bound.
    """
    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(text.encode("utf-8", "replace"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise LeaveAlone("broken-manifest", f"{path} is not valid XML, or has a document type") from None
    return root

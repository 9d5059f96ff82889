"""Elements of the page. Text and attributes are escaped when the page is written, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from dfix.rewriter.report.output import visible

Child = Element | str | None
"""A part of an element; None is left out."""


def element(name: str, /, *children: Child, **attributes: str) -> Element:
    """An element with its parts. An attribute's `_` is written as `-`, and one at its end is left out (`class_`)."""
    made = Element(name, {_attribute(key): visible(value) for key, value in attributes.items()})
    for child in children:
        add(made, child)
    return made


def elements(name: str, parts: Iterable[Child]) -> Element:
    """An element with as many parts as there are."""
    return element(name, *parts)


def add(parent: Element, child: Child) -> None:
    """Put a part at the end of an element."""
    if child is None:
        return
    if not isinstance(child, str):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + _shown(child)
    else:
        parent.text = (parent.text or "") + _shown(child)


def script(content: str) -> Element:
    """A script of the page itself; never of what is reported."""
    made = Element("script")
    made.text = content
    return made


def style(content: str) -> Element:
    """The style sheet of the page."""
    made = Element("style")
    made.text = content
    return made


def code(text: str) -> Element:
    """Something that is written in a file or a shell."""
    return element("code", text)


def prose(text: str) -> list[Child]:
    """A sentence in which `…` marks code."""
    return [code(part) if at % 2 else part for at, part in enumerate(text.split("`"))]


def written(page: Element) -> str:
    """The page as HTML."""
    return "<!DOCTYPE html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def _shown(text: str) -> str:
    """A text without control characters and without bytes that are not UTF-8."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")

"""Asking registries about many images at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dfix.rewriter.bases.fresh_name import FreshName, ImageQuestion, fresh_name
from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.bases.registry_tools import SKOPEO, RegistryError, RegistryTool, tags_of
from dfix.rewriter.bases.tag_scheme import Level, tag_scheme

Answers = Mapping[ImageQuestion, FreshName | RegistryError]
"""The new name of each image, or why there is none."""
AT_ONCE = 4
"""Images that are asked about at the same time."""
_Answer = TypeVar("_Answer")
_Key = TypeVar("_Key")


class RegistryAnswers:
    """What registries answer. One that gives no answer at all is not asked again."""

    def __init__(self, tool: RegistryTool, level: Level | None) -> None:
        self._tool = tool
        self._level = level
        self._silent: dict[str, RegistryError] = {}
        self._tags: Mapping[str, frozenset[str] | RegistryError] = {}

    def names(self, questions: Sequence[ImageQuestion]) -> Answers:
        """The new name of each image, or why there is none."""
        if self._level is not None and self._tool.name == SKOPEO:
            versions = {one.image.location: one.image for one in questions if tag_scheme(one.image.tag) is not None}
            self._tags = _each(list(versions), lambda location: self._list(versions[location]))
        return _each(questions, self._name)

    def _list(self, image: ImageReference) -> frozenset[str] | RegistryError:
        return self._safely(image, lambda: tags_of(self._tool, image))

    def _name(self, question: ImageQuestion) -> FreshName | RegistryError:
        image = question.image
        tags = self._tags.get(image.location, frozenset()) if tag_scheme(image.tag) is not None else frozenset()
        if isinstance(tags, RegistryError):
            return tags
        return self._safely(image, lambda: fresh_name(self._tool, question, tags, self._level))

    def _safely(self, image: ImageReference, ask: Callable[[], _Answer]) -> _Answer | RegistryError:
        known = self._silent.get(image.registry)
        if known is not None:
            return known
        try:
            return ask()
        except RegistryError as error:
            return self._silent.setdefault(error.whole, error) if error.whole else error


def _each(keys: Sequence[_Key], ask: Callable[[_Key], _Answer]) -> dict[_Key, _Answer]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(keys, threads.map(ask, keys), strict=True))

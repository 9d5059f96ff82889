"""Records behave as those of `typing`, except that their annotations are not looked at."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from dfix.rewriter.text.named_tuple import NamedTuple


class Place(NamedTuple):
    """Where something is."""

    path: str
    line: int = 1
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Path and line."""
        return f"{self.path}:{self.line}"

    def below(self) -> Place:
        """The place after it."""
        return self._replace(line=self.line + 1)

    @classmethod
    def first(cls, path: str) -> Place:
        """The first line of a file."""
        return cls(path)


class Empty(NamedTuple):
    """A record of nothing."""


def test_fields_and_defaults() -> None:
    assert Place("a") == Place(path="a", line=1, notes=()) == ("a", 1, ())
    assert Place._fields == ("path", "line", "notes")
    assert Place._field_defaults == {"line": 1, "notes": ()}
    assert repr(Place("a", 2)) == "Place(path='a', line=2, notes=())"
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        Place("a").line = 2  # type: ignore[misc]


def test_methods() -> None:
    assert Place.first("a").below().shown == "a:2"


def test_it_is_a_plain_tuple_in_its_module() -> None:
    assert Place.__mro__ == (Place, tuple, object)
    assert (Place.__doc__, Place.__module__, Place.__qualname__) == ("Where something is.", __name__, "Place")
    assert not hasattr(Place("a"), "__dict__")
    assert pickle.loads(pickle.dumps(Place("a", 3))) == copy.deepcopy(Place("a", 3)) == Place("a", 3)
    assert typing.get_type_hints(Place) == {"path": str, "line": int, "notes": tuple[str, ...]}


def test_no_fields() -> None:
    assert Empty() == ()

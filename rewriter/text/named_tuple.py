"""Records: `typing.NamedTuple` without its check of each annotation, which is most of the time a class of it takes.

The annotations are strings in every module (`from __future__ import annotations`), and `typing` compiles each of them.
A start makes 160 records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - type checkers know the class by its name only
else:
    from collections import namedtuple

    class _Records(type):
        """Makes a named tuple of each class that names `NamedTuple` as its base."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            record = namedtuple(name, fields, defaults=defaults, module=body.pop("__module__"))
            for attribute, value in body.items():
                setattr(record, attribute, value)
            return record

    class NamedTuple(metaclass=_Records):
        """The base of a record. The class made of it is a plain subclass of `tuple`."""

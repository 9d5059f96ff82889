"""Parsing TOML of a project: a parser takes the square of a key's length, and recurses into nested values."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.text.expression import expression

_RUN = expression(r"[\w\-\"' \t.]+")
"""All characters of a dotted key."""
_MOST_DOTS = 200


class TomlError(ValueError):
    """Why a text is not parsed; `line` is 0 if it is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def toml_of(text: str) -> dict[str, Any]:
    """The top-level table of a TOML text. Raises TomlError."""
    import tomli

    for run in _RUN.finditer(text) if text.count(".") > _MOST_DOTS else ():
        if run[0].count(".") > _MOST_DOTS:
            raise TomlError(f"a key has more than {_MOST_DOTS} parts", text.count("\n", 0, run.start()) + 1)
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")  # "line 3, column 5)" or "end of document)"
        number = place.removeprefix("line ").partition(",")[0]
        raise TomlError(message, int(number) if number.isdigit() else text.rstrip().count("\n") + 1) from None
    except RecursionError:
        raise TomlError("its values are nested too deeply") from None
    except ValueError:  # an integer of more digits than Python converts
        raise TomlError("a number is too large") from None

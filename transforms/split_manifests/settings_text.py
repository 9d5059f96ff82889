"""The paths that a text names which a step writes to where programs look: settings, lists, scripts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import reads
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.mentioned_paths import Mention, bare_mentions, mentioned_in, parts_of

_LINE = expression(r"\\n|\n")
"""The end of a line, also as `printf` takes it."""

_WORKING = expression(r"\$\{(?:user\.dir|project\.basedir|basedir|PWD)\}|\$PWD\b")
"""How settings name the current folder."""


class _Line(NamedTuple):
    key: str
    value: str
    is_value: bool
    """Whether it is certain that this is the value of a setting."""
    text: str


def install_folders(run: Step) -> tuple[str | None, ...]:
    """The folders in which the package managers of a RUN run: relative paths in settings begin there."""
    commands = located(run)
    return tuple(dict.fromkeys((run.workdir, *(c.folder for c in commands if usage(c.words) is not None))))


def mentioned_in_settings(text: str, path: str | None, folders: Iterable[str | None]) -> Iterator[Mention]:
    """The paths in a text that comes to an image path, apart from the values of harmless settings.

    Relative ones begin in the folder of that path, or in one of `folders`: programs differ. A name without a slash
    counts as the value of a setting, or if it has a dot.
    """
    name = posixpath.basename(path or "")
    own = posixpath.dirname(path) if path else None
    starts = tuple(dict.fromkeys((own, *folders)))
    for line in _lines(_WORKING.sub(".", text)):
        if reads("setting", name, line.key) == "nothing" and "file:" not in line.value:
            continue
        for folder in starts:
            yield from mentioned_in(line.text, folder)
        for part in parts_of(line.value):
            if "/" not in part and (line.is_value or "." in part):
                yield from bare_mentions(part, starts)


def _lines(text: str) -> Iterator[_Line]:
    """The lines of a text that are no comments; one without a sign continues the setting above it if it is indented."""
    key = ""
    for line in _LINE.split(text):
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        head, sign, value = line.partition("=")
        continues = not sign and line[:1].isspace() and key
        if not continues:
            words = head.replace('"', " ").replace(":", " ").split() if not sign else head.split()
            key = (words[-1] if sign else words[0]) if words else ""
        yield _Line(key, value if sign else line, bool(sign or continues), line)

"""The paths that the words, redirects and variables of an install name."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import Kind, Reads, reads
from dfix.rewriter.model import Step
from dfix.rewriter.model.facts import FACT
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.values_in_force import filled, values_in_force
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_BETWEEN = expression(r"[\s=,:;\"'\[\]{}()]+")
_URL = expression(r"(?<![\w+.-])(?P<kept>(?:(?!\b[A-Za-z])[\w+.-])*+)(?!file:)[A-Za-z][\w+.-]*+://[^\s,;\"']*")
"""An address, and what belongs to no scheme at its beginning: the hyphen of `-http://a`."""
_ATTACHED = expression(r"(?:@|-[IL]|-[A-Za-z](?=[./]))([^$`]+)")
"""A path after the letter of its option (`-I/include`, `-r./a.rb`) or the sign of a file of options (`@jvm.args`)."""


class GivenPath(NamedTuple):
    """A path that is given to an install."""

    kind: Kind
    name: str
    """The variable or option; "" for an operand."""
    written: str
    """The part of its value that names the path."""
    path: str | None
    """The image path, `~/…` in an unknown home; None if it is not known before the build."""
    reads: Reads | None
    """What is known of what the install reads there; None: nothing is known."""

    @property
    def is_unknown(self) -> bool:
        """Whether only the running build knows the value."""
        return "$" in self.written or "`" in self.written


def path_parts(value: str) -> list[str]:
    """The texts in a value that may be paths: `--require ./a.js,/b` has three, `-I/c` and `@d` two. URLs are none."""
    parts = _BETWEEN.split(_URL.sub(r"\g<kept> ", value).replace("file://", " ").replace("file:", " "))
    parts += [attached[1] for part in parts if (attached := _ATTACHED.fullmatch(part)) is not None]
    parts += [part[:-1] for part in parts if part.endswith("?")]  # a file that need not be there (.yarnrc.yml)
    return [part for part in parts if part not in ("", "-", "--")]


def given_paths(step: Step, install: ProjectInstall) -> Iterator[GivenPath]:
    """Every path that the variables in force, the options and the operands of an install may name."""
    folder = install.located.folder
    values = values_in_force(step, install.located)
    for name, value in values.items():
        yield from _given("variable", install.manager, name, value, (folder, values.get("HOME")))
    for name, text in _options(install):
        kind: Kind = "option" if name else "operand"
        yield from _given(kind, install.manager, name, filled(text, values), (folder, values.get("HOME")))


def _given(
    kind: Kind, manager: str, name: str, value: str, folders: tuple[str | None, str | None]
) -> Iterator[GivenPath]:
    """The paths in a value; `folders` are the current one and the home."""
    folder, home = folders
    for part in path_parts(value):
        known = reads(kind, manager, name or part)
        if kind == "option" and known == "nothing" and "file:" in value:  # that is a path, whatever the option
            known = None
        path = None if "$" in part or "`" in part else resolve(folder, part)
        if part.startswith("~/"):
            path = part if not home or "$" in home else resolve(home, part[2:])
        if FACT in part:  # it is in the folder before the fact, wherever there
            above = part.partition(FACT)[0].rpartition("/")[0]
            path = resolve(folder, above) if above and "$" not in above else None
        yield GivenPath(kind, name, part, path, known)


def _options(install: ProjectInstall) -> Iterator[tuple[str, str]]:
    """Options with their values, and operands after an empty name; the sub-command is neither."""
    used = usage(install.located.words) if install.arguments else None
    if used is not None:
        for option in used.options:
            if option.value is not None:
                yield option.name, option.value
        for operand in used.operands:
            yield "", operand.literal_or_text
    for word in install.added:
        name, sign, value = word.partition("=")
        if word.startswith("-") and sign:
            yield name, value

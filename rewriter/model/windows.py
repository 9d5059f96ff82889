"""How a Dockerfile shows that it is one for Windows, which dfix reads but does not rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile.expand import expand_known
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.model.images import family
from dfix.rewriter.model.possible_bases import around_variables, with_any_values
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from dfix.rewriter.dockerfile import Instruction, Tree
    from dfix.rewriter.model.stage import Stage

_NAME = expression(r"windows|nanoserver|servercore|ltsc20\d\d")
_PATH = expression(r"""(?<![\w./])['"]?[CDcd]:[\\/]""")
_VARIABLE_NAME = expression(r"\$\{?(\w+)")
_NAMES_PATHS = frozenset(("WORKDIR", "COPY", "ADD", "VOLUME"))
_MENTIONS_PATHS = frozenset(("RUN", "ENV", "CMD", "ENTRYPOINT"))
"""In these a Linux image may name such a path too, for Wine or in a text."""
_SHELLS = frozenset(("cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh.exe"))
_READ_ONLY = "which dfix reads but does not rewrite"


def windows(tree: Tree, stages: list[Stage]) -> str:
    """Why a file is one for Windows, as a sentence about it; "" if nothing shows that."""
    if tree.escape == "`":
        return f"escape=` marks a Windows Dockerfile, {_READ_ONLY}"
    defaults = _defaults(tree)
    for stage in stages:
        platform = stage.instruction.flag("platform")
        if platform is not None and (platform.value or "").lower().startswith("windows"):
            return f"{stage.image} is a Windows image, {_READ_ONLY}"
        if stage.parent is not None or _names_a_stage(stage.image, stages, defaults):
            continue
        for image in (stage.image, _image(stage, defaults, tree.escape)):
            if family(image) == "windows" or _NAME.search(image.lower()):
                return f"{image} is a Windows image, {_READ_ONLY}"
    certain = any(stage.base.family not in ("unknown", "scratch") for stage in stages) or "wine" in tree.source.text
    keywords = _NAMES_PATHS if certain else _NAMES_PATHS | _MENTIONS_PATHS
    for instruction in tree.instructions:
        told = _told(instruction, keywords)
        if told:
            return f"`{told}` is a path or shell of Windows, whose Dockerfiles dfix reads but does not rewrite"
    return ""


def _defaults(tree: Tree) -> dict[str, str | None]:
    """The values of the build arguments before the first FROM, as far as the file gives them."""
    values: dict[str, str | None] = {}
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            break
        for word in instruction.words if instruction.keyword == "ARG" else ():
            name, _, value = word.text.partition("=")
            values[name] = _expanded(value, values, tree.escape)
    return values


def _image(stage: Stage, defaults: dict[str, str | None], escape: str) -> str:
    """The image that a stage is built from unless the build is given other arguments."""
    words = stage.instruction.words
    return (_expanded(words[0].text, defaults, escape) if words else None) or stage.image


def _names_a_stage(image: str, stages: list[Stage], defaults: dict[str, str | None]) -> bool:
    """Whether a name may be that of a stage: `tool-windows-${TARGETARCH}`, where the file has `AS tool-windows-amd64`.

    A name whose variables have defaults is the one that these make.
    """
    names = [(stage.name or "").lower() for stage in stages]
    if "$" not in image:
        return bool(image) and image.lower() in names
    if any(defaults.get(name) for name in _VARIABLE_NAME.findall(image)):
        return False
    return any(around_variables(image)) and any(map(with_any_values(image.lower()).matches, names))


def _expanded(text: str, values: dict[str, str | None], escape: str) -> str | None:
    try:
        return expand_known(text, values, escape)
    except ExpansionError:
        return None


def _told(instruction: Instruction, keywords: Set[str]) -> str:
    """A word of an instruction with one of the keywords that only Windows understands; "" for none."""
    instruction = instruction.inner or instruction
    if instruction.keyword == "SHELL":
        words: Iterable[str] = [word.text for word in instruction.json or ()]
        shell = next(iter(words), "").replace("\\", "/").rpartition("/")[2].lower()
        return shell if shell in _SHELLS else ""
    if instruction.keyword in keywords:
        found = _PATH.search(instruction.value)
        return instruction.value[found.start() :].split()[0].strip("\"',[]") if found is not None else ""
    return ""

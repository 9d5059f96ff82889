"""Stages and steps: each instruction together with the settings that apply to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile import Heredoc, Instruction
from dfix.rewriter.dockerfile.expand import expand_known, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.mounts import Mount, mounts
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.shell.nodes import Script
from dfix.rewriter.text.source import Span

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import Effects
    from dfix.rewriter.model.images import Family

DEFAULT_SHELL = ("/bin/sh", "-c")
METADATA = frozenset(("LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER"))
"""Instructions that change only the image's configuration: no RUN sees them, and they run no RUN again."""


class Step:
    """An instruction of a stage and the settings that apply to it (those of the instructions before it).

    `user` is None for the base image's own user. `workdir` is None if unknown; a folder below the base image's own
    working directory starts with `?/`. In `env`, None means set to a value that is not known before the build; the base
    image may set further names. `onbuild` steps run in another build.
    """

    __slots__ = (
        "_script",
        "commands",
        "effects",
        "effects_by_command",
        "env",
        "index",
        "instruction",
        "onbuild",
        "shell",
        "stage",
        "user",
        "workdir",
    )

    def __init__(self, instruction: Instruction, stage: Stage, index: int, onbuild: bool) -> None:
        self.instruction = instruction
        self.stage = stage
        self.index = index
        self.onbuild = onbuild
        self.shell: tuple[str, ...] = stage.shell
        self.user: str | None = stage.user
        self.workdir: str | None = stage.workdir
        self.env: Mapping[str, str | None] = stage.env
        self._script: Script | None = None
        self.commands: dict[bool, tuple[Located, ...]] = {}  # what model/commands.py has found in the script
        self.effects: tuple[Effects, ...] | None = None  # what model/file_map has found of these commands
        self.effects_by_command: dict[int, tuple[Located, Effects]] = {}  # of those that a rule asked about, by id

    @property
    def keyword(self) -> str:
        """The instruction's keyword; for ONBUILD the keyword of the instruction that it contains."""
        return self.instruction.keyword

    def expand(self, word: str) -> str | None:
        """The word with its variables replaced; None if that is not known before the build."""
        return known(word, self.env, self.instruction.escape)

    @property
    def sources(self) -> tuple[str | None, ...]:
        """What a COPY or ADD copies; None for a source that is not known before the build."""
        return tuple(self.expand(word.text) for word in self.instruction.words[:-1])

    @property
    def destination(self) -> str | None:
        """The image path to which a COPY or ADD copies; None if that is not known before the build."""
        target = self.expand(self.instruction.words[-1].text) if self.instruction.words else None
        return None if target is None else resolve(self.workdir, target)

    @property
    def source_text(self) -> str:
        """Everything that the instruction says: its line with continuations joined, and the text of its heredocs."""
        instruction = self.instruction
        bodies = (instruction.text[heredoc.body.start : heredoc.body.end] for heredoc in instruction.heredocs)
        return "\n".join([instruction.logical, *bodies])

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """Each `--mount` of a RUN, with targets resolved against the working directory."""
        return mounts(self.instruction, self.workdir)

    @property
    def shell_name(self) -> str:
        """The program that SHELL runs the script with: "sh", "bash", "powershell" …"""
        return self.shell[0].replace("\\", "/").rpartition("/")[2].lower() if self.shell else "sh"

    @property
    def stops_on_error(self) -> bool:
        """Whether SHELL makes every failing command end the script (`-e`, `-o errexit`)."""
        return any(o == "errexit" or (o[:1] == "-" and o[:2] != "--" and "e" in o) for o in self.shell[1:])

    @property
    def body(self) -> Heredoc | None:
        """The heredoc that is the RUN's whole script (`RUN <<EOF` and nothing else on the line)."""
        if len(self.instruction.heredocs) != 1 or len(self.instruction.value.split()) != 1:
            return None
        (heredoc,) = self.instruction.heredocs
        return heredoc if self.instruction.value.startswith("<<") else None

    @property
    def script(self) -> Script:
        """The RUN's parsed script; its `opaque` says why dfix does not read it, "" if it does."""
        if self._script is None:
            self._script = self._read_script()
        return self._script

    def _read_script(self) -> Script:
        from dfix.rewriter.shell.parse import parse

        instruction = self.instruction
        span = instruction.value_span
        if instruction.keyword != "RUN":
            return _opaque(span, "it is not a RUN")
        if instruction.json is not None:
            return _opaque(span, "it is in exec form")
        if self.shell_name not in of_kind("shell"):
            return _opaque(span, f"its shell is {self.shell[0]}")
        text = instruction.text
        if instruction.heredocs:
            body = self.body
            if body is None:
                return _opaque(span, "it mixes a command with a heredoc")
            content = text[body.body.start : body.body.end]
            if content.startswith("#!"):
                return _opaque(span, "its heredoc names its own interpreter")
            return parse(content, body.body.start, text)
        mask = instruction.script_mask()
        if mask is None:
            return _opaque(span, "one of its words continues on the next line in an unusual way")
        return parse(mask[0], mask[1], text)


def known(word: str, env: Mapping[str, str | None], escape: str) -> str | None:
    """A word as BuildKit expands it; None if it depends on a build argument or on the base image."""
    try:
        if any(name not in env for name in names(word, escape)):
            return None
        return expand_known(word, env, escape)
    except ExpansionError:
        return None


def _opaque(span: Span, why: str) -> Script:
    return Script(span, (), (), why)


class Stage:
    """One `FROM` and the instructions after it. `env`, `shell`, `user` and `workdir` are those at its end."""

    __slots__ = (
        "defaults",
        "env",
        "family",
        "image",
        "index",
        "instruction",
        "latest_values",
        "name",
        "parent",
        "shell",
        "ships",
        "steps",
        "user",
        "values",
        "workdir",
    )

    def __init__(self, index: int, instruction: Instruction, name: str | None, image: str) -> None:
        self.index = index
        self.instruction = instruction
        self.name = name
        self.image = image
        self.family: Family = "unknown"
        self.parent: Stage | None = None
        self.steps: list[Step] = []
        self.ships = False
        self.shell: tuple[str, ...] = DEFAULT_SHELL
        self.user: str | None = None
        self.workdir: str | None = "?"
        self.env: Mapping[str, str | None] = {}
        self.defaults: Mapping[str, str] = {}  # of the build arguments before the first FROM, as written
        self.values: tuple[tuple[int, bool, dict[str, str]], ...] | None = None  # what values_in_force.py has found
        self.latest_values: tuple[int, dict[str, str]] | None = None  # and what it has last made of how many of them

    def ancestry(self) -> Iterator[Stage]:
        """The stage itself, the stage that it builds on, and so on to the one that builds on an image."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent

    @property
    def base(self) -> Stage:
        """The stage at the end of its ancestry, whose FROM names an image."""
        *_, last = self.ancestry()
        return last

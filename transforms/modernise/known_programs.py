"""Whether the program that a RUN calls by name is the usual one, and not the author's own."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile, map_before, steps_before
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.shell.errexit import function_names
from dfix.rewriter.shell.walk import commands, invoked, program_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.commands import Located

_WITHOUT_PROGRAMS = ("/etc/", "/var/", "/usr/share/", "/usr/lib/")
"""Folders such as /etc/apt, which are called like the program that they belong to."""
_PUT = ("cp", "install", "ln", "mv", "tee")
_USUAL_FOLDERS = ("/usr/bin", "/bin", "/usr/sbin", "/sbin")


class KnownPrograms:
    """Tells which programs of a Dockerfile are the usual ones. What each step names is found once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._named: dict[Step, frozenset[str]] = {}
        self._files: tuple[Step, FileMap] | None = None

    def check(self, step: Step, command: Located, *further: str) -> None:
        """Raise LeaveAlone where the program of a command, or one that `further` names, may be the author's own.

        That is a function, an alias, or a file that a COPY or a RUN puts into the image.
        """
        word = command.words[0]
        folder = posixpath.dirname(word.literal_or_text)
        if folder and folder not in _USUAL_FOLDERS:
            raise LeaveAlone("program-changes", f"`{word.text}` is a program in a folder of its own")
        search_path = values_in_force(step, command)["PATH"].split(":")
        for name in (program_name(word), *further):
            if name in function_names(step.script) or name in _aliases(step):
                raise LeaveAlone("program-changes", f"`{name}` is a function or an alias here")
            if name in self._names_of(step):
                raise LeaveAlone("program-changes", f"this RUN may put a program of its own in place of `{name}`")
            for earlier in steps_before(step):
                if self._may_bring(earlier, name, search_path):
                    where = f"the {earlier.keyword} on line {earlier.instruction.line}"
                    raise LeaveAlone("program-changes", f"{where} may put a program of its own in place of `{name}`")
            self._check_copies(step, name, search_path)

    def _names_of(self, step: Step) -> frozenset[str]:
        """The names of the files that a RUN may write."""
        found = self._named.get(step)
        if found is None:
            paths = (path for path in _paths_of(step) if not path.startswith(_WITHOUT_PROGRAMS))
            found = self._named[step] = frozenset(posixpath.basename(path) for path in paths)
        return found

    def _may_bring(self, step: Step, name: str, search_path: list[str]) -> bool:
        """Whether a step before may write a program of this name.

        Without the build context, a folder may have one, and what has no dot in its name is taken for a folder.
        """
        if step.keyword == "RUN":
            return name in self._names_of(step)
        if step.keyword not in ("COPY", "ADD") or not step.instruction.words:
            return False
        target = step.destination
        if target is not None and f"{target}/".startswith(_WITHOUT_PROGRAMS):
            return False
        words = [word.text for word in step.instruction.words]
        if any(fnmatchcase(name, posixpath.basename(word.rstrip("/"))) for word in words):
            return True
        if self._model.context is not None or step.instruction.flag("from") is not None or target not in search_path:
            return False
        return any("." not in posixpath.basename(source).lstrip(".") for source in words[:-1])

    def _check_copies(self, step: Step, name: str, search_path: list[str]) -> None:
        """Raise LeaveAlone where a file of the build context is found under a program's name."""
        if self._model.context is None:
            return
        if self._files is None or self._files[0] is not step:
            self._files = step, map_before(step, self._model.context)
        found = self._files[1]
        if any(isinstance(found.at(posixpath.join(place, name)), ImageFile) for place in search_path):
            raise LeaveAlone("program-changes", f"a COPY brings a program of its own that is called `{name}`")


def _aliases(step: Step) -> Iterator[str]:
    for command in commands(step.script):
        if command.name == "alias":
            yield from (word.literal_or_text.partition("=")[0] for word in command.words[1:])


def _paths_of(step: Step) -> list[str]:
    """The words of a RUN that may be a file that it writes; all of a script that dfix does not read."""
    if step.script.opaque:
        return [text.strip("\"'") for text in step.source_text.split() if "/" in text]
    found = []
    for command in commands(step.script):
        words = [word.literal_or_text.strip("\"'") for word in invoked(command)]
        found += words[1:] if words[:1] and words[0] in _PUT else [word for word in words[1:] if "/" in word]
        found += [target.literal_or_text for redirect in command.redirects if (target := redirect.target) is not None]
    return found

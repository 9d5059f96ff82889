"""The files that a command may run, of the build context or written by the Dockerfile, and those that they run."""

from __future__ import annotations

import posixpath
import re
from fnmatch import translate
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.text.expression import expression
from dfix.transforms.clean_up.mentions import without_comments
from dfix.transforms.clean_up.placed_files import PlacedFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import RunIndex
    from dfix.rewriter.model.commands import Located

LARGEST_SCRIPT = 200_000
"""Bytes of a script that are read."""
MOST_FILES = 20_000
"""Files of a context among which one is looked up by its name alone."""
MOST_SCRIPTS = 500
"""Scripts that are read for one command."""
MOST_SOURCES = 2_000
"""Source files of one kind that are read."""

_EXPANSION = expression(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|\$[@*]|`[^`]*`")
_GLOB = expression(r"[*?\[]")
_SCRIPT = r"(?:sh|bash|zsh|ksh|py|pl|rb|js|cjs|mjs|ts|mk|php|lua)"
_NAMES_FILE = expression(rf"(?<![\w.@+*-])(?:[\w.@+*-]*(?:/[\w.@+*-]+)+|[\w.@+*-]+\.{_SCRIPT}\b)")
_PART = expression(r"[\w.@+*/-]+")
_GIVEN_TO_SHELL = expression(r"(?<![\w./-])(?:ba|da|z|k)?sh[ \t]+(?:-[a-z]+[ \t]+)*(?![\w.@+-]*/)([\w@+][\w.@+-]*)")
"""A script in the current folder that a shell runs, whatever its name: `sh deps`."""
_IMPORTS = expression(r"(?:^|;)[^\S\n]*(?:from|import)\s+([\w.]+)(?:[ \t]+import[ \t]+([^\n;#]+))?", re.MULTILINE)
"""A module, and what is imported from it: names, some of which may be modules."""
_IS_SCRIPT = expression(rf"(?:^|/)(?:[^/.]+|[^/]*\.(?:{_SCRIPT}|mk))$")
_MAKES = expression(r"(?:^|[\s;&|({\"'])(?:make|\$[({]MAKE[)}])(?=[\s\"']|$)", re.MULTILINE)
_MAKEFILE = expression(r"(?:^|/)(?:GNUm|m|M)akefile$|\.mk$")
_RUNS_VARIABLE = expression(
    r"(?:^|[;&|({`]|\b(?:then|do|else|exec|sudo|bash|sh|source|eval|xargs)\s|(?<!\S)\.\s)"
    r"[ \t]*[\"']?(?:[\w./-]*/)?\$[{(\w@*]",
    re.MULTILINE,
)
_STARTS_PROGRAMS = expression(
    r"\b(?:subprocess|os\.system|os\.popen|child_process|execSync|spawnSync|shell_exec|proc_open|IO\.popen)\b|%x\W|\bqx\W"
)
_LIBRARIES = frozenset(("node_modules", ".git", ".github"))
_GEMS = "vendor/bundle/"
_ENTRY_POINTS = ("__main__.py", "index.js", "index.mjs", "index.cjs", "index.ts")
_MAIN = expression(r'"main"\s*:\s*"([^"]+)"')
_SUFFIXES = ("", ".js", ".mjs", ".cjs", ".ts", ".rb", "/index.js", "/__main__.py")


@lru_cache(maxsize=128)
def _names_of_files(text: str) -> tuple[str, ...]:
    """What looks like names of files in a text, each once; the latest texts are remembered for the next round."""
    parts = (part for part in dict.fromkeys(_PART.findall(text)) if "/" in part or "." in part)
    return tuple(dict.fromkeys((*chain.from_iterable(map(_NAMES_FILE.findall, parts)), *_GIVEN_TO_SHELL.findall(text))))


class TooManyScriptsError(Exception):
    """A command may run more scripts than are read."""


class ContextScripts:
    """The files of one build context, found by the image path or the name by which a command calls them.

    What the Dockerfile itself writes counts as well: such a file's path is its image path.
    """

    def __init__(self, model: Model, runs: RunIndex) -> None:
        self._model = model
        self.placed = PlacedFiles(model, runs)
        self._reached: dict[str, tuple[tuple[str, ...], bool]] = {}
        self._texts: dict[str, str | None] = {}
        self._globbed: dict[str, list[str]] = {}
        self._sources: dict[tuple[tuple[str, ...], str], list[tuple[str, str]]] = {}
        self._searched: dict[tuple[str, str, str], list[tuple[str, str]]] = {}

    @property
    def known(self) -> bool:
        """Whether there is a build context to look at."""
        return self._model.context is not None

    def named(self, word: str, folder: str | None) -> list[str]:
        """The files that a word of a command may name, which runs in `folder`."""
        word = word.replace('"', "").replace("'", "")
        if not word or "://" in word:
            return []
        pattern = _EXPANSION.sub("*", word)
        if _GLOB.search(pattern):
            name = posixpath.basename(pattern)
            return [] if not name.strip("*") else self._called(name)
        return self._found_at([posixpath.normpath(posixpath.join(folder or "?", word))], word, folder)

    def program(self, command: Located, step: Step) -> list[str]:
        """The files that a command may run as its program; a name without a folder is looked up in PATH."""
        word = command.words[0].literal_or_text.replace('"', "").replace("'", "")
        if "/" in word or "$" in word or not word:
            return self.named(word, command.folder)
        found = [path for _, path in self.in_search_path(word, command, step)]
        return found or self._found_at([], word, command.folder)

    def in_search_path(self, name: str, command: Located, step: Step) -> list[tuple[str, str]]:
        """Each file of a name in a folder of the PATH in force, with that folder as PATH has it."""
        question = (name, command.folder or "?", values_in_force(step, command)["PATH"])
        if question not in self._searched:
            self._searched[question] = list(self._search(*question))
        return self._searched[question]

    def _search(self, name: str, working: str, search_path: str) -> Iterator[tuple[str, str]]:
        for folder in dict.fromkeys(search_path.split(":")):
            if "$" in folder:
                yield from ((folder, path) for path in self._called(name))
            else:
                place = posixpath.normpath(posixpath.join(working, folder, name))
                yield from ((folder, path) for path in self.placed.at(place))

    def _found_at(self, image_paths: list[str], word: str, folder: str | None) -> list[str]:
        found = [path for image_path in image_paths for path in self.placed.at(image_path)]
        if not found and (folder is None or self.placed.partial) and ("/" in word or _NAMES_FILE.fullmatch(word)):
            found = self._called(posixpath.basename(word))
        return list(dict.fromkeys(found))

    def below(self, word: str, folder: str | None) -> list[str]:
        """The files below an image folder that a word names."""
        return self.placed.below(posixpath.normpath(posixpath.join(folder or "?", word)), MOST_SCRIPTS)

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files whose names match one of the patterns. Raises TooManyScriptsError."""
        found = [path for pattern in patterns for path in self._called(pattern)]
        if len(found) > MOST_SCRIPTS:
            raise TooManyScriptsError
        return found

    def sources(self, patterns: tuple[str, ...], manager: Manager) -> list[tuple[str, str]]:
        """The files of these names that contain the name of one of a manager's programs, with their texts.

        Of many, only the first MOST_SOURCES are read.
        """
        found = self._sources.get((patterns, manager.name))
        if found is None:
            paths = [path for pattern in patterns for path in self._called(pattern) if "/vendor/" not in f"/{path}"]
            named = (path for path in paths[:MOST_SOURCES] if self._names_one(path, manager.commands))
            found = self._sources[patterns, manager.name] = [(path, self.text(path) or "") for path in named]
        return found

    def _names_one(self, path: str, programs: frozenset[str]) -> bool:
        text = self.whole_text(path) or ""
        return any(program in text for program in programs)

    def only_scripts(self, paths: Iterable[str]) -> list[str]:
        """Those of the paths whose names are those of scripts."""
        return [path for path in paths if _IS_SCRIPT.search(path, max(path.rfind("/"), 0))]

    def entry_points(self, word: str, folder: str | None) -> list[str]:
        """The files that an interpreter runs of a folder that a word names: `python3 tools`, `node .`."""
        found = [path for name in _ENTRY_POINTS for path in self.named(posixpath.join(word, name), folder)]
        for manifest in self.named(posixpath.join(word, "package.json"), folder):
            main = _MAIN.search(self.whole_text(manifest) or "")
            found += self._near(main[1], posixpath.dirname(manifest)) if main is not None else []
        return found

    def ending(self, pattern: str) -> list[str]:
        """The files whose paths end with a folder and a name, perhaps with wildcards."""
        folder, name = posixpath.split(pattern)
        return [path for path in self._called(name) if f"/{posixpath.dirname(path)}".endswith(f"/{folder}")]

    def text(self, path: str) -> str | None:
        """The text of a file without its comments; None if it cannot be read."""
        if path not in self._texts:
            text = self.whole_text(path)
            binary = text is None or "\0" in text
            self._texts[path] = None if text is None or binary else without_comments(text, path)
        return self._texts[path]

    def whole_text(self, path: str) -> str | None:
        """The text of a file; None if it cannot be read."""
        context = self._model.context
        text = self.placed.made.text(path)
        return context.read(path, LARGEST_SCRIPT) if text is None and context is not None else text

    def reached(self, paths: Iterable[str], *, anything: bool) -> Iterator[str]:
        """The files themselves, then those that their texts name, at any depth.

        With `anything`, a script that runs another one whose name it calculates may run every script of the context.
        Raises TooManyScriptsError.
        """
        pending = list(dict.fromkeys(paths))
        seen = set(pending)
        for path in pending:
            if len(seen) > MOST_SCRIPTS:
                raise TooManyScriptsError
            yield path
            named, unknown = self._named_in(path)
            pending += [other for other in named if other not in seen]
            seen.update(named)
            if unknown and anything:
                others = [other for other in self.every_script if other not in seen]
                if len(others) > MOST_SCRIPTS:
                    raise TooManyScriptsError
                yield from others
                anything = False

    def named_by(self, text: str, folder: str) -> list[str]:
        """The files that a text names; `folder` is that of its file in the context, "" for the root."""
        context = self._model.context
        found: list[str] = []
        for word in _names_of_files(text):
            if _GLOB.search(word):
                name = posixpath.basename(word)
                if name.strip("*"):
                    found += self._called(name)
                elif context is not None:
                    found += context.some_below(posixpath.dirname(word), 500)
                continue
            found += self._near(word, folder) or self.placed.at(word) or self._called(posixpath.basename(word))
        if _MAKES.search(text):
            found += self._makefiles
        return found

    def _near(self, word: str, folder: str) -> list[str]:
        """The context files that a path names in a folder of the context, or in its root."""
        context = self._model.context
        near = dict.fromkeys(posixpath.normpath(posixpath.join(base, word.lstrip("/"))) for base in (folder, ""))
        paths = (path + suffix for path in near for suffix in _SUFFIXES)
        return [path for path in paths if context is not None and context.ships(path)]

    def _named_in(self, path: str) -> tuple[tuple[str, ...], bool]:
        """The files that a file's text names, and whether it runs others whose names it calculates."""
        known = self._reached.get(path)
        if known is None:
            text = self.text(path)
            if text is None:
                return (), False
            folder = posixpath.dirname(path)
            named = self.named_by(text, folder)
            is_python = path.endswith(".py")
            if is_python:
                named += self.imported(text, folder)
            in_shell = path.endswith((".sh", ".bash")) or "." not in posixpath.basename(path)
            is_makefile = _MAKEFILE.search(path) is not None
            unknown = (_RUNS_VARIABLE if in_shell else _STARTS_PROGRAMS).search(text) is not None and not is_makefile
            known = self._reached[path] = (tuple(dict.fromkeys(named)), unknown)
        return known

    def imported(self, text: str, folder: str) -> list[str]:
        """The files that a Python text in a folder of the context imports."""
        context = self._model.context
        names = [
            posixpath.join(module.strip(".").replace(".", "/"), name)
            for module, listed in _IMPORTS.findall(text)
            for name in ("", *re.findall(r"\w+", listed))
        ]
        files = (
            posixpath.join(base, name).rstrip("/") + end
            for name in dict.fromkeys(names)
            for base in {folder, ""}
            for end in (".py", "/__init__.py")
        )
        return [path for path in files if context is not None and context.ships(path)]

    def _called(self, pattern: str) -> list[str]:
        """The files with a name, perhaps with wildcards."""
        if not _GLOB.search(pattern):
            return self._by_name.get(pattern, []) + self.placed.made.called(pattern)
        found = self._globbed.get(pattern)
        if found is None:
            matches = re.compile(translate(pattern)).match
            found = [path for name, paths in self._by_name.items() if matches(name) for path in paths]
            found = self._globbed[pattern] = found + self.placed.made.called(pattern)
        return found

    @cached_property
    def _every(self) -> tuple[str, ...]:
        """The context files that are not those of libraries. Raises TooManyScriptsError."""
        context = self._model.context
        files = () if context is None else context.some_without(_LIBRARIES, MOST_FILES)
        if len(files) > MOST_FILES:
            raise TooManyScriptsError
        return tuple(path for path in files if f"/{_GEMS}" not in f"/{path}")

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        by_name: dict[str, list[str]] = {}
        for path in self._every:
            by_name.setdefault(path[path.rfind("/") + 1 :], []).append(path)
        return by_name

    @cached_property
    def _makefiles(self) -> tuple[str, ...]:
        named = (path for path in self._every if path.endswith(("akefile", ".mk")))
        return tuple(path for path in named if _MAKEFILE.search(path))

    @cached_property
    def every_script(self) -> tuple[str, ...]:
        """The files of the context whose names are those of scripts. Raises TooManyScriptsError."""
        return tuple(path for path in self._every if _IS_SCRIPT.search(path, max(path.rfind("/"), 0)))

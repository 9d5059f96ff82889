"""The effects of a command, from its words, the table of programs and the folder in which it runs."""

from __future__ import annotations

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.image_variables import is_of_image
from dfix.rewriter.knowledge.program_table import ProgramRow
from dfix.rewriter.knowledge.version_managers import version_files
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.command_row import asks_about_itself, described
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.cost import command_cost
from dfix.rewriter.model.effects.effect_record import CURRENT_FOLDER, Effects, Place
from dfix.rewriter.model.effects.given_words import Arguments, GivenOption
from dfix.rewriter.model.effects.piped_script import piped_script
from dfix.rewriter.model.effects.places import all_named_by, in_folder, may_be_path, named_by, path_of_row, upwards
from dfix.rewriter.model.effects.tested_paths import tested_paths
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.substitutions import Substitution, given_script, substitutions
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import has_substitution, program_name
from dfix.rewriter.text.expression import expression

_GLOB = expression(r"[*?\[]")
_PACKAGE_FILES = (".deb", ".rpm", ".apk", ".pkg.tar.zst", ".pkg.tar.xz")
_UNITS = (".service", ".socket", ".timer", ".target", ".path", ".mount")
_ADDRESSES = ("http://", "https://", "ftp://", "git://", "ssh://", "git@")


class _Unknown(Exception):  # noqa: N818 - it ends a search, nothing is wrong
    """The command may read and write anything; the text completes a sentence that begins with the command."""


def effects(command: Located) -> Effects:
    """What a command reads and writes; an unknown program may read and write anything."""
    finder = _Finder(command)
    anything = ""
    try:
        finder.look()
    except _Unknown as unknown:
        anything = str(unknown)
    row, inner = finder.row, finder.inner
    own = () if row is not None or not command.words else (program_name(command.words[0]),)
    return Effects(
        shown(command),
        tuple(finder.reads),
        tuple(finder.writes),
        anything,
        command_cost(command).level,
        network=row is None or row.network or any(found.network for found in inner),
        leaves=(frozenset() if row is None else row.leaves).union(*(found.leaves - {"shell"} for found in inner)),
        starts=(*own, *(program for found in inner for program in found.starts)),
    )


class _Finder:
    """Collects what a command reads and writes.

    `row` is its program's row, None until it is found; `inner` are the effects of the commands within its words.
    """

    def __init__(self, command: Located) -> None:
        self.command = command
        self.reads: list[Place] = []
        self.writes: list[Place] = []
        self.row: ProgramRow | None = None
        self.inner: list[Effects] = []

    def look(self) -> None:
        """Go through the command. Raises _Unknown if it may read and write anything."""
        words = self.command.words
        if has_substitution(self.command.command):
            self._substitutions()
        self._redirects()
        if not words:
            return
        if words[0].value is None:
            raise _Unknown("runs a program that is not named literally")
        if "/" in words[0].value:
            self._path(self.reads, words[0])
        self._version_files(words)
        if asks_about_itself(words):
            return
        script = given_script(self.command)
        if script is not None:
            self._of_script(script)
            return
        what = described(words)
        if what is None or what[0].operands == "anything" or what[0].requires:
            what = piped_script(self.command) or what
        if what is None or what[0].operands == "anything":
            raise _Unknown("may read the copied files")
        self.row = what[0]
        self._row(*what)

    def _substitutions(self) -> None:
        """Collect what the commands within the words read and write."""
        for inner in substitutions(self.command):
            self._of_script(inner)

    def _of_script(self, inner: Substitution) -> None:
        if inner.opaque:
            raise _Unknown(f"runs a command within it that dfix cannot read ({inner.opaque})")
        for command in inner.commands:
            found = effects(command)
            if found.anything:
                raise _Unknown(f"runs `{found.shown}` within it, which {found.anything}")
            self.reads += found.reads
            self.writes += found.writes
            self.inner.append(found)

    def _version_files(self, words: tuple[Word, ...]) -> None:
        """The files by which the program chooses its version; every version of it empties the same caches."""
        names = version_files(program_name(words[0]))
        manager_use = usage(words) if names else None
        for name in names if manager_use is None or manager_use.verb != "clean" else ():
            for path in upwards(self.command.folder, name):
                self._add(self.reads, path, name)

    def _row(self, program: ProgramRow, given: Arguments) -> None:
        """Collect what a row says about the words."""
        self._holds(program, given)
        if program.operands != "names":  # as a pattern, the extra of `pip install a[b]` matches no file in practice
            self._patterns()
        for option in given.options:
            self._option(program, option)
        operands = self._after_text(program, given)
        # what a command only prints to the log changes nothing
        is_logged = "prints" in program.kinds and not self.command.command.redirects and not self.command.depth
        self._operands(program, given, [word for word in operands if not (is_logged and self._is_there(word))])
        if program.default and not operands and not is_logged:
            for path in program.default:
                self._from_row(self.reads, path)
        if program.writes_without and not given.has(program.write_options):
            names = [option.value for option in given.options if option.name == program.renamed_by]
            written = names[0] if names else program.writes_without
            self._from_row(self.writes, written if written and "$" not in written else ".")
        for path in program.reads:
            self._from_row(self.reads, path)
        for path in program.writes:
            self._from_row(self.writes, path)
        if program.imports:
            self._modules(program)

    def _holds(self, program: ProgramRow, given: Arguments) -> None:
        """Raise _Unknown if the row does not cover these options or variables."""
        if given.has(program.unless):
            raise _Unknown("may read the copied files")
        if given.unknown:
            raise _Unknown(f"has {given.unknown}, with which it may read the copied files")
        if program.requires and not given.has(program.requires):
            raise _Unknown("may read the copied files")
        for name in program.variables:
            is_set = name in self.command.env and not is_of_image(name, self.command.env[name])
            if is_set or name in self.command.assigned:
                raise _Unknown(f"depends on {name}, which is set")

    def _operands(self, program: ProgramRow, given: Arguments, operands: list[Word]) -> None:
        match program.operands:
            case "words" | "packages" | "writes" | "urls" | "from-url" as kind:
                self._of_kind(kind, operands)
            case "names":
                self._names(program, operands)
            case "reads" if "tests" in program.kinds:
                self._reads(tested_paths(self.command.words[1:]))
            case "reads":
                self._reads(operands)
                self._reads_with(program.endings, operands)
            case "to-last" if given.has(program.writes_with):
                self._writes(operands)
            case "to-last":
                last = len(operands) if given.has(program.write_options) else -1
                self._reads(operands[:last])
                self._writes(operands[last:])
            case "leading":
                start = [word for word in operands if word.literal_or_text not in ("!", "(", ")")]
                if program.writes_with and not given.has(program.writes_with):
                    self._reads(start)
                else:
                    self._writes(start)

    def _of_kind(self, kind: str, operands: list[Word]) -> None:
        """Collect operands that are all of one kind."""
        look = {
            "words": self._words,
            "packages": self._packages,
            "writes": self._writes,
            "urls": self._urls,
            "from-url": self._from_url,
        }
        look[kind](operands)

    def _is_there(self, word: Word) -> bool:
        """Whether a word names the current folder or one above it, which certainly is there."""
        path = named_by(self.command, word) if word.value is not None else None
        here = self.command.folder or ""
        return path is not None and path.startswith("/") and within(here, path)

    def _modules(self, program: ProgramRow) -> None:
        """Collect the modules that Python would import from PYTHONPATH or from the current folder."""
        from dfix.rewriter.model.effects.modules import imported

        python_path = self.command.env.get("PYTHONPATH", "")
        if python_path is None or "PYTHONPATH" in self.command.assigned:
            raise _Unknown("depends on PYTHONPATH, which is not known before the build")
        folders = [in_folder(self.command.folder, entry) for entry in python_path.split(":") if entry]
        if program.imports == "here":
            folders.append(self.command.folder)
        self.reads += [
            Place(path, "modules that it imports", "reads") for folder in folders for path in imported(folder)
        ]

    def _after_text(self, program: ProgramRow, given: Arguments) -> list[Word]:
        """The operands, without the leading ones that are text."""
        if program.script:
            self._script(program, given)
        skipped = program.skip
        if given.has(program.skip_unless) or (program.skip_with and not given.has(program.skip_with)):
            skipped = 0
        return list(given.operands[skipped:])

    def _script(self, program: ProgramRow, given: Arguments) -> None:
        from dfix.rewriter.model.effects.sed_script import is_harmless

        scripts = [
            option.word.value for option in given.options if option.name in program.skip_unless and not option.attached
        ]
        if any(option.attached for option in given.options if option.name in program.skip_unless):
            raise _Unknown("contains a script that dfix does not read")
        if not scripts:
            scripts = [word.value for word in given.operands[:1]]
        if any(script is None or not is_harmless(script) for script in scripts):
            raise _Unknown("may read or write other files")

    def _option(self, program: ProgramRow, option: GivenOption) -> None:
        if option.value == "-":
            return  # the standard input or output
        if program.operands == "names" and option.value is not None and option.name not in program.values:
            if may_be_path(option.value):
                raise _Unknown(f"names {option.value}")
            return
        lists = (self.writes,) if option.name in program.write_options else ()
        lists = (*lists, self.reads) if option.name in program.read_options else lists
        if lists and program.stands_for and program.stands_for in (option.value or ""):
            raise _Unknown(f"names {option.word.text}, which is not known before the build")
        for places in lists:
            if not option.attached:
                self._path(places, option.word)
            elif option.word.value is None:
                raise _Unknown(f"names {option.word.text}, which is not known before the build")
            else:
                self._add(places, in_folder(self.command.folder, option.value or ""), option.value or "")
        if (
            not lists
            and option.value is not None
            and option.value.startswith("/")
            and option.name not in program.values
        ):
            self._add(self.writes, in_folder(None, option.value), option.word.text, "names")

    def _redirects(self) -> None:
        for redirect in self.command.command.redirects:
            if redirect.target is None or redirect.op.endswith("&") or redirect.op in (">&", "<&", "<<<"):
                continue
            path = named_by(self.command, redirect.target)
            if path is None:
                raise _Unknown(f"reads or writes {redirect.target.text}")
            if not path.startswith("/dev/"):
                self._add(self.reads if redirect.op == "<" else self.writes, path, redirect.target.text)

    def _words(self, operands: list[Word]) -> None:
        for word in operands:
            self._absolute(word)

    def _packages(self, operands: list[Word]) -> None:
        for word in operands:
            value = word.literal_or_text
            is_unit = "/" in value and value.endswith(_UNITS)
            if value.startswith(("./", "../")) or value.endswith(_PACKAGE_FILES) or is_unit:
                raise _Unknown(f"names {word.text}")
            self._absolute(word)

    def _patterns(self) -> None:
        for word in self.command.words[1:]:
            if word.value is None and _GLOB.search(word.text):
                path = named_by(self.command, word)
                if path is not None:
                    self._add(self.reads, path, f"{word.text}, a pattern that may match the copied files", "names")

    def _absolute(self, word: Word) -> None:
        value = word.literal_or_text
        if value.startswith("/"):
            self._add(self.writes, in_folder(None, value), word.text, "names")

    def _names(self, program: ProgramRow, operands: list[Word]) -> None:
        """Raise _Unknown unless all operands are names of packages: `.`, `./a` and `a.whl` are files."""
        if not operands:
            raise _Unknown("may read the copied files")
        if any(may_be_path(word.literal_or_text) for word in operands):
            raise _Unknown("may read the copied files")
        for word in operands if program.may_be_files else ():
            name = word.literal_or_text
            self._add(self.reads, in_folder(self.command.folder, name), f"a file with the name {name}")

    def _reads(self, operands: list[Word]) -> None:
        for word in operands:
            if not word.text.startswith("-"):
                self._path(self.reads, word)

    def _reads_with(self, endings: tuple[str, ...], operands: list[Word]) -> None:
        for word in operands if endings else ():
            path = named_by(self.command, word)
            if path is not None and not path.endswith(endings):
                self.reads += [Place(path + ending, f"{word.text}{ending}", "reads") for ending in endings]

    def _writes(self, operands: list[Word]) -> None:
        for word in operands:
            self._path(self.writes, word)

    def _urls(self, operands: list[Word]) -> None:
        for word in operands:
            text = word.literal_or_text.strip("\"'")
            if not text.startswith(_ADDRESSES):
                raise _Unknown(f"may read {word.text}")

    def _from_url(self, operands: list[Word]) -> None:
        self._urls(operands[:1])
        self._writes(operands[1:])
        if not operands[1:]:
            self._add(self.writes, self.command.folder, ".")

    def _path(self, places: list[Place], word: Word) -> None:
        for path in all_named_by(self.command, word):
            self._add(places, path, word.text)

    def _from_row(self, places: list[Place], path: str) -> None:
        if path.startswith("~/") and "HOME" in self.command.assigned:
            raise _Unknown("depends on HOME, which is set")
        self._add(places, path_of_row(self.command, path), path)

    def _add(self, places: list[Place], path: str | None, shown_as: str, verb: str = "") -> None:
        if path is None:
            raise _Unknown(f"names {shown_as}, which is not known before the build")
        if shown_as in (".", "./"):
            shown_as = CURRENT_FOLDER
        places.append(Place(path, shown_as, verb or ("reads" if places is self.reads else "changes")))

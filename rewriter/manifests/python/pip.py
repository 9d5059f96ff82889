"""What `pip install -r …` reads: requirement and constraint files, what they include, local wheels and projects.

Source: pip.pypa.io, "Requirements file format". Paths of `-r` and `-c` are relative to the including file, those of
local projects and wheels to the folder in which pip runs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing

_WITH_VALUE = frozenset(
    "-i --index-url --extra-index-url --trusted-host --proxy --retries --timeout --cert --client-cert --cache-dir "
    "--log --no-binary --only-binary --platform --python-version --implementation --abi --progress-bar "
    "--config-settings --upgrade-strategy --global-option --install-option --use-feature --use-deprecated "
    "--exists-action --report --root-user-action --python -C".split()
)
_WRITES = frozenset(("-t", "--target", "--prefix", "--root", "--src"))
_READS = {"-r": "requirement", "--requirement": "requirement", "-c": "constraint", "--constraint": "constraint"}
_PROJECTS = frozenset(("-e", "--editable"))
_LINKS = frozenset(("-f", "--find-links"))
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE)
_UNREADABLE = re.compile(r"[^\n]{20000}|[ \t]{200}")
"""Lines on which the parser of requirements would take seconds."""
MOST_FILES = 200


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    reader = _Reader(context, install)
    reader.arguments()
    return Inputs(tuple(reader.files), tuple(reader.folders))


class _Reader:
    def __init__(self, context: Context, install: Install) -> None:
        self.context = context
        self.install = install
        self.files: list[str] = []
        self.folders: list[str] = []

    def arguments(self) -> None:
        """Go through the command's words."""
        for option, value in _options(self.install.arguments[1:]):
            if option in _WRITES:
                raise LeaveAlone(
                    "option", f"`{self.install.shown}` installs into a folder of its own ({option} {value})"
                )
            if option in _READS:
                self.requirement_file(posixpath.join(self.install.folder, value), self.install.shown)
            elif option in _PROJECTS or option == "":
                self.operand(value, self.install.shown)
            elif option in _LINKS:
                self.links(value, self.install.shown)

    def requirement_file(self, path: str, where: str) -> None:
        """Take in a requirements file and all that it includes, each once."""
        pending = [(path, where)]
        while pending:
            path, where = pending.pop(0)
            if _URL.match(path):
                continue
            found = self.place(path, where)
            if found in self.files:
                continue
            if len(self.files) >= MOST_FILES:
                raise LeaveAlone("too-many-files", f"{found} includes more than {MOST_FILES} files")
            text = self.context.read(found)
            if text is None:
                raise missing(self.context, found)
            if _UNREADABLE.search(text):
                raise LeaveAlone("broken-manifest", f"{found} has a line that is too long to be one of requirements")
            self.files.append(found)
            self._lines(found, pending)

    def _lines(self, path: str, pending: list[tuple[str, str]]) -> None:
        from pip_requirements_parser import RequirementsFile

        parsed = RequirementsFile.from_file(self.context.on_disk(path))
        folder = posixpath.dirname(path)
        for line in parsed.options:
            for name, value in line.options.items():
                values = value if isinstance(value, list) else [value]
                if name in ("requirements", "constraints"):
                    pending += [(item if _URL.match(item) else posixpath.join(folder, item), path) for item in values]
                elif name == "find_links":
                    for item in values:
                        self.links(posixpath.join(folder, item) if not _URL.match(item) else item, path)
        for requirement in parsed.requirements:
            if requirement.is_local_path or requirement.is_editable:
                target = str(requirement.link.url if requirement.link else requirement.requirement_line.line)
                self.operand(target, path)
        for invalid in parsed.invalid_lines:
            self.operand(invalid.requirement_line.line, path)

    def operand(self, value: str, where: str) -> None:
        """A package's name, a URL, or a path of a project or an archive."""
        target = value.partition("[")[0].partition("#")[0].strip()
        target = target.partition(" @ ")[2].strip() or target
        if target.startswith("file:"):
            target = target.removeprefix("file:").removeprefix("//")
        elif _URL.match(target):
            return
        if not (target.startswith((".", "/", "~")) or "/" in target or target.endswith(_ARCHIVES)):
            if "$" in target:
                raise LeaveAlone("variable", f"{where} names `{value}`, which is not known before the build")
            return
        path = self.place(posixpath.join(self.install.folder, target), where)
        if self.context.ships(path):
            if path not in self.files:
                self.files.append(path)
            return
        if not path or path == self.install.folder:
            raise LeaveAlone(
                "installs-project",
                f"`{self.install.shown}` installs the project itself, so it reads the sources",
                "install the requirements in a RUN of their own before",
            )
        if not self.context.ships_any(path):
            raise missing(self.context, path)
        if any(file.startswith(f"{path}/") for file in self.files):
            raise LeaveAlone(
                "installs-project", f"{where} installs the project in {path}, which holds the requirements too"
            )
        if path not in self.folders:
            self.folders.append(path)
        self._build_script(path)

    def _build_script(self, folder: str) -> None:
        """Whether a local project's setup.py stays within its own folder."""
        script = posixpath.join(folder, "setup.py")
        text = self.context.read(script)
        if text is None:
            return
        from dfix.rewriter.manifests.python.setup_py import leaves_its_folder

        why = leaves_its_folder(text)
        if why:
            raise LeaveAlone("hook-script", f"{script}{why}")

    def links(self, value: str, where: str) -> None:
        """`--find-links`: a folder or page of archives."""
        if _URL.match(value):
            return
        path = self.place(value if where != self.install.shown else posixpath.join(self.install.folder, value), where)
        if self.context.ships(path):
            self.files.append(path)
        elif self.context.ships_any(path) and path:
            self.folders.append(path)
        else:
            raise missing(self.context, path)

    def place(self, path: str, where: str) -> str:
        """A path as a context path."""
        if "$" in path or "`" in path:
            raise LeaveAlone("variable", f"{where} names `{path}`, which is not known before the build")
        if path.startswith(("/", "~")):
            raise LeaveAlone("outside-context", f"{where} names {path}, which no COPY brings from the build context")
        normal = posixpath.normpath(path)
        if normal.startswith(".."):
            raise outside(f"{where} names {path}")
        return "" if normal == "." else normal


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The option and its value for each word that matters; operands come with the option ""."""
    interesting = {*_READS, *_PROJECTS, *_LINKS, *_WRITES, *_WITH_VALUE}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, sign, value = word.partition("=")
        if not word.startswith("-"):
            yield "", word
        elif word.startswith("--") and sign and name in interesting:
            yield name, value
        elif word in interesting:
            yield word, words[at] if at < len(words) else ""
            at += 1
        elif len(word) > 2 and word[:2] in interesting and not word.startswith("--"):
            yield word[:2], word[2:]

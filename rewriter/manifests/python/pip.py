"""What `pip install -r …` reads: requirements and constraints files, what they include, local wheels and projects.

Source: pip.pypa.io ("Requirements file format"). Paths after `-r` and `-c` are relative to the including file, paths
of local projects and wheels to the folder in which pip runs.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.local_project import check_holds_project, check_local_project
from dfix.rewriter.manifests.python.pip_options import GROUPS, INDEXES, LINKS, PROJECTS, READS, WRITES, options
from dfix.rewriter.manifests.python.pyproject import installs_project, refuse_local_sources
from dfix.rewriter.manifests.python.requirements_file import Line, lines
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import MissingFile, missing, refuse_host_output
from dfix.rewriter.text.expression import expression

PROJECT_FILES = frozenset(("pyproject.toml", "setup.py", "setup.cfg"))
"""What `-r` of uv takes besides requirements files: uv asks the project for its dependencies."""
_ARCHIVES = tuple(".whl .zip .tar .tgz .tar.gz .tbz .tar.bz2 .txz .tlz .tar.xz .tar.lz .tar.lzma".split())
"""Source: pip's own list (filetypes.py)."""
_URL = expression(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE)
_EGG = expression(r"[#&]egg=([A-Za-z0-9][\w.-]*)", re.ASCII)
MOST_FILES = 200


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    reader = _Reader(context, install)
    reader.arguments()
    return Inputs(tuple(reader.files), tuple(reader.folders))


class _Reader:
    def __init__(self, context: Context, install: Install) -> None:
        self.context = context
        self.install = install
        self.command = f"`{install.shown}`"
        self.files: dict[str, None] = {}
        self.folders: list[str] = []
        self.seen: set[str] = set()

    def arguments(self) -> None:
        """Add what the words of the command name."""
        verb = ""
        for option, value in options(self.install.arguments):
            if not option and not verb:
                verb = value  # options may come before it: `pip --proxy a install b`
                continue
            if option in WRITES:
                raise LeaveAlone("option", f"`{self.install.shown}` installs into a separate folder ({option} {value})")
            if option == GROUPS:
                raise LeaveAlone("option", f"`{self.install.shown}` has {option}, so it also reads pyproject.toml")
            if option in READS:
                self.requirement_file(posixpath.join(self.install.folder, value), self.command)
            elif option in PROJECTS:
                self.editable(value, self.command)
            elif option == "":
                self.operand(value, self.command)
            elif option in LINKS:
                self.links(value, self.command)

    def requirement_file(self, written: str, named_in: str) -> None:
        """Add a requirements file and all that it includes, each once; `named_in` is what names it, for messages."""
        pending = deque([(written, named_in)])
        while pending:
            written, named_in = pending.popleft()
            if _URL.match(written):
                continue
            path = self.context_path(written, named_in)
            if path in self.files:
                continue
            if len(self.files) >= MOST_FILES:
                reason = f"{path} is one of more than {MOST_FILES} requirements files, more than dfix reads"
                raise LeaveAlone("too-many-files", reason)
            text = self.context.read(path)
            if text is None:
                raise missing(self.context, path)
            self.files[path] = None
            if posixpath.basename(path) not in PROJECT_FILES:
                for line in lines(path, text):
                    self._line(line, path, pending)

    def _line(self, line: Line, path: str, pending: deque[tuple[str, str]]) -> None:
        """Add what a line of a requirements file names; the files that it includes are added to `pending`."""
        folder = posixpath.dirname(path)
        for option, value in line.options:
            below = value if _URL.match(value) else posixpath.join(folder, value)
            if option in READS:
                pending.append((below, path))
            elif option in INDEXES:
                refuse_local_sources(path, [value])
            elif option in LINKS:
                self.links(below, path)
            elif option in PROJECTS:
                self.editable(value, path)
        self.operand(line.requirement, path)

    def editable(self, value: str, named_in: str) -> None:
        """Add a project that is installed with `-e`: a path, also where it is a mere name, unless it is a URL."""
        self.operand(value if "/" in value or "$" in value else f"./{value}", named_in)
        name = _EGG.search(value)
        if name and _URL.match(value):  # pip clones it to src/NAME
            refuse_host_output(self.context, self.install.folder, f"src/{name[1]}")

    def operand(self, value: str, named_in: str) -> None:
        """Add a local project or archive; `value` may also be a package's name or a URL, which read no file."""
        target = value.partition("[")[0].partition("#")[0].strip()
        target = target.partition(" @ ")[2].strip() or target
        if target.startswith("git+file:") or "+file:" in target:
            raise LeaveAlone("local-source", f"{named_in} names `{value}`, a repository that dfix does not follow")
        is_path = target.startswith(("file:", ".", "/", "~"))
        if target.startswith("file:"):
            target = target.removeprefix("file:").removeprefix("//")
        elif _URL.match(target):
            return
        if not (is_path or "/" in target or target.lower().endswith(_ARCHIVES)):
            if "$" in target:
                raise LeaveAlone("variable", f"{named_in} names `{value}`, which is known only during the build")
            return
        path = self.context_path(posixpath.join(self.install.folder, target), named_in)
        if path in self.seen:
            return
        self.seen.add(path)
        if self.context.ships(path):
            self.files[path] = None
            return
        if not path or path == self.install.folder:
            raise installs_project(self.install, "install the requirements in a separate RUN before it")
        if not self.context.ships_any(path):
            raise missing(self.context, path)
        if any(file.startswith(f"{path}/") for file in self.files):
            reason = f"{named_in} installs the project in {path}, which also contains the requirements"
            raise LeaveAlone("installs-project", reason)
        if path not in self.folders:
            self.folders.append(path)
        check_holds_project(self.context, path)
        check_local_project(self.context, path)

    def links(self, value: str, named_in: str) -> None:
        """Add the value of `--find-links`: a folder of archives or an HTML page; a URL reads no file."""
        if _URL.match(value):
            return
        in_command = named_in == self.command
        path = self.context_path(posixpath.join(self.install.folder, value) if in_command else value, named_in)
        if self.context.ships(path):
            self.files[path] = None
        elif self.context.ships_any(path) and path:
            self.folders.append(path)
        else:
            raise missing(self.context, path)

    def context_path(self, path: str, named_in: str) -> str:
        """A path normalized, "" for the root. Raises LeaveAlone for a variable, or a path outside the context."""
        if "$" in path or "`" in path:
            raise LeaveAlone("variable", f"{named_in} names `{path}`, which is known only during the build")
        if path.startswith(("/", "~")):
            reason = f"{named_in} names {path}, an absolute path that dfix cannot find in the build context"
            raise MissingFile("outside-context", reason, "", path)
        normal = posixpath.normpath(path)
        if normal.startswith(".."):
            raise outside(f"{named_in} names {path}")
        return "" if normal == "." else normal

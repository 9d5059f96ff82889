"""What `pip install -r …` reads: requirements and constraints files, what they include, local wheels and projects.

Source: pip.pypa.io ("Requirements file format"). Paths after `-r` and `-c` are relative to the including file, paths
of local projects and wheels to the folder in which pip runs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.local_project import check_holds_project, check_local_project
from dfix.rewriter.manifests.python.pyproject import installs_project, refuse_local_sources
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import MissingFile, missing, refuse_host_output

_WITH_VALUE = frozenset(
    "-i --index-url --extra-index-url --trusted-host --proxy --retries --timeout --cert --client-cert --cache-dir "
    "--log --no-binary --only-binary --platform --python-version --implementation --abi --progress-bar "
    "--config-settings --upgrade-strategy --global-option --install-option --use-feature --use-deprecated "
    "--exists-action --report --root-user-action --python -C".split()
)
_WRITES = frozenset(("-t", "--target", "--prefix", "--root", "--src"))
_READS = frozenset("-r --requirement --requirements -c --constraint --build-constraint".split())
_GROUPS = "--group"
"""A group of pyproject.toml, or of another file that its value names; source: pip.pypa.io, "pip install"."""
_FLAGS = frozenset("--pre --upgrade --user --no-deps --no-index --require-hashes".split())
"""Options without a value whose names are the beginning of others."""
PROJECT_FILES = frozenset(("pyproject.toml", "setup.py", "setup.cfg"))
"""What `-r` of uv takes besides requirements files: uv asks the project for its dependencies."""
_PROJECTS = frozenset(("-e", "--editable"))
_LINKS = frozenset(("-f", "--find-links"))
_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://|git@", re.IGNORECASE)
_UNREADABLE = re.compile(r"[^\n]{20000}|[ \t]{200}")
"""Lines on which pip_requirements_parser takes seconds."""
_MOST_LINES = 3_000
"""A line takes 0.3 to 0.7 ms."""
_VERSION = r"[0-9]+(?:\.[0-9]+)*(?:\.?(?:a|b|rc|post|dev)[0-9]+)*(?:\.\*)?"
_SPECIFIER = rf"[ \t]*(?:[=!~<>]=|[<>])[ \t]*{_VERSION}"
_PLAIN_LINE = re.compile(
    r"[ \t]*+(?:[A-Za-z0-9][\w-]*(?:\[[\w, -]*\])?"
    rf"(?:{_SPECIFIER}(?:[ \t]*,{_SPECIFIER})*)?"
    r"(?:[ \t]*;[\w \t.<>=!~'\"()]*(?<=['\")]))?)?[ \t]*+(?:(?:^|(?<=[ \t]))#(?:(?!coding)[\t -~])*)?(?<!\\)",
    re.ASCII,
)
"""A package by its name, with versions and a condition, or a comment: a line that names no file."""
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
        self.files: list[str] = []
        self.folders: list[str] = []

    def arguments(self) -> None:
        """Add what the words of the command name."""
        verb = ""
        for option, value in options(self.install.arguments):
            if not option and not verb:
                verb = value  # options may come before it: `pip --proxy a install b`
                continue
            if option in _WRITES:
                raise LeaveAlone("option", f"`{self.install.shown}` installs into a separate folder ({option} {value})")
            if option == _GROUPS:
                raise LeaveAlone("option", f"`{self.install.shown}` has {option}, so it also reads pyproject.toml")
            if option in _READS:
                self.requirement_file(posixpath.join(self.install.folder, value), self.command)
            elif option in _PROJECTS:  # a path, if it is no URL: also `-e lib`
                self.operand(value if "/" in value or "$" in value else f"./{value}", self.command)
            elif option == "":
                self.operand(value, self.command)
            elif option in _LINKS:
                self.links(value, self.command)

    def requirement_file(self, written: str, named_in: str) -> None:
        """Add a requirements file and all that it includes, each once; `named_in` is what names it, for messages."""
        pending = [(written, named_in)]
        while pending:
            written, named_in = pending.pop(0)
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
            if _UNREADABLE.search(text):
                raise LeaveAlone("broken-manifest", f"{path} has a line that is too long to be a requirement")
            self.files.append(path)
            # parsing a line takes 0.3 ms, and most name a package
            if posixpath.basename(path) not in PROJECT_FILES and not all(map(_PLAIN_LINE.fullmatch, text.splitlines())):
                self._lines(path, pending)

    def _lines(self, path: str, pending: list[tuple[str, str]]) -> None:
        """Add what a requirements file names; the files that it includes are added to `pending`."""
        from pip_requirements_parser import RequirementsFile

        if sum(not line.endswith("\\") for line in (self.context.read(path) or "").splitlines()) > _MOST_LINES:
            reason = f"{path} has more than {_MOST_LINES:,} requirements, and some are more than a package's name"
            raise LeaveAlone("broken-manifest", reason)
        parsed = RequirementsFile.from_file(self.context.on_disk(path))
        folder = posixpath.dirname(path)
        for line in parsed.options:
            for name, value in line.options.items():
                values = value if isinstance(value, list) else [value]
                if name in ("requirements", "constraints"):
                    pending += [(file if _URL.match(file) else posixpath.join(folder, file), path) for file in values]
                elif name in ("index_url", "extra_index_urls"):
                    refuse_local_sources(path, values)
                elif name == "find_links":
                    for link in values:
                        self.links(link if _URL.match(link) else posixpath.join(folder, link), path)
        for requirement in parsed.requirements:
            if requirement.is_local_path or requirement.is_editable:
                target = str(requirement.link.url if requirement.link else requirement.requirement_line.line)
                self.operand(target, path)
                if requirement.is_editable and requirement.is_vcs_url and requirement.name:
                    # pip clones it to src/NAME
                    refuse_host_output(self.context, self.install.folder, f"src/{requirement.name}")
        for invalid in parsed.invalid_lines:
            self.operand(invalid.requirement_line.line, path)

    def operand(self, value: str, named_in: str) -> None:
        """Add a local project or archive; `value` may also be a package's name or a URL, which read no file."""
        target = value.partition("[")[0].partition("#")[0].strip()
        target = target.partition(" @ ")[2].strip() or target
        if target.startswith("git+file:") or "+file:" in target:
            raise LeaveAlone("local-source", f"{named_in} names `{value}`, a repository that dfix does not follow")
        if target.startswith("file:"):
            target = target.removeprefix("file:").removeprefix("//")
        elif _URL.match(target):
            return
        if not (target.startswith((".", "/", "~")) or "/" in target or target.endswith(_ARCHIVES)):
            if "$" in target:
                raise LeaveAlone("variable", f"{named_in} names `{value}`, which is known only during the build")
            return
        path = self.context_path(posixpath.join(self.install.folder, target), named_in)
        if self.context.ships(path):
            if path not in self.files:
                self.files.append(path)
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
            self.files.append(path)
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


def _full_name(name: str, known: set[str]) -> str:
    """The option that pip takes `--constr` for: it accepts the beginning of a long option's name."""
    if not name.startswith("--") or name in known or name in _FLAGS:
        return name
    longer = [option for option in known if option.startswith(name)]
    return longer[0] if len(longer) == 1 else name


def options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Options with their values, and operands as ("", operand); options without a value are left out.

    "-rreq.txt", "-r req.txt" and "--requirement=req.txt" are one option each.
    """
    interesting = {*_READS, *_PROJECTS, *_LINKS, *_WRITES, *_WITH_VALUE, _GROUPS}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, sign, value = word.partition("=")
        name = _full_name(name, interesting)
        word = name + sign + value
        if not word.startswith("-"):
            yield "", word
        elif word.startswith("--") and sign and name in interesting:
            yield name, value
        elif word in interesting:
            yield word, words[at] if at < len(words) else ""
            at += 1
        elif len(word) > 2 and word[:2] in interesting and not word.startswith("--"):
            yield word[:2], word[2:]

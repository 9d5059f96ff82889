"""What `go mod download` reads: go.mod and go.sum, the modules of a workspace, the go.mod of local replacements.

Source: go.dev/ref/mod ("go mod download", "replace directive", "Workspaces").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_MODULES = 500
_LARGEST = 2_000_000
_WORD = expression(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+')
_OTHER_FILES = ("-C", "-modfile", "--modfile", "-reuse", "--reuse")
"""Options that make Go read other files than go.mod and go.sum in its folder."""


class _Line(NamedTuple):
    """A directive of a go.mod or go.work; a block `require (…)` becomes one _Line for each line in it."""

    directive: str
    """"require", "replace", "use" …"""
    words: tuple[str, ...]
    """The words after it: ("example.com/b", "v1.2.3")."""


def inputs(context: Context, install: Install) -> Inputs:
    """What the download reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    for argument in install.arguments:
        if argument.partition("=")[0] in _OTHER_FILES:
            raise LeaveAlone("option", f"`{install.shown}` has {argument}, which changes the files it reads")
    return _Reader(context, install.shown).project(install.folder)


def folders_that_must_be_there(context: Context, folder: str) -> list[str]:
    """The folders without whose go.mod a download fails: those of the workspace, and replacements of what is required.

    A replacement of a module that nothing requires is not read (tried with Go 1.26, 2026-11-30). Raises LeaveAlone for
    a path outside of the context.
    """
    reader = _Reader(context, "go mod download")
    workspace = next((one for one in (folder, *above(folder)) if context.ships(posixpath.join(one, "go.work"))), None)
    if workspace is None:
        return reader.required_folders(folder)
    lines = _lines(context.read(posixpath.join(workspace, "go.work"), _LARGEST) or "")
    used = [line.words[0] for line in lines if line.directive == "use" and line.words]
    members = [reader.local(workspace, word, "go.work") for word in used]
    return members + [one for member in members for one in reader.required_folders(member)]


class _Reader:
    def __init__(self, context: Context, shown: str) -> None:
        self.context = context
        self.shown = shown
        self.files: list[str] = []
        self.required: dict[str, str] = {}

    def project(self, folder: str) -> Inputs:
        """Read the module in `folder`, or the workspace that contains it."""
        workspace = self._workspace(folder)
        if workspace is None:
            self._module(folder, named_in=posixpath.join(folder, "go.mod"))
        else:
            self._members(workspace)
        if not self.required:
            raise LeaveAlone("nothing-to-fetch", f"{self.files[0]} requires no module, so there is nothing to download")
        self._sums(folder if workspace is None else workspace)
        return Inputs(tuple(self.files))

    def _workspace(self, folder: str) -> str | None:
        """The nearest folder with a go.work: `folder` or one of its parents, where Go looks too."""
        parents = (folder, *above(folder))
        return next((parent for parent in parents if self.context.ships(posixpath.join(parent, "go.work"))), None)

    def _members(self, folder: str) -> None:
        path = posixpath.join(folder, "go.work")
        lines = self._read(path)
        for line in lines:
            if line.directive == "use" and line.words:
                member = self.local(folder, line.words[0], path)
                self._module(member, named_in=path)
        self._replaced(folder, path, lines)

    def _module(self, folder: str, named_in: str) -> None:
        path = posixpath.join(folder, "go.mod")
        if path in self.files:
            return
        if len(self.files) > MOST_MODULES:
            raise LeaveAlone("too-many-files", f"{named_in} leads to more than {MOST_MODULES} modules")
        lines = self._read(path)
        self.required |= {
            line.words[0]: line.words[1] for line in lines if line.directive == "require" and len(line.words) > 1
        }
        sums = posixpath.join(folder, "go.sum")
        if self.context.ships(sums):
            self.files.append(sums)
        self._replaced(folder, path, lines)

    def _replaced(self, folder: str, path: str, lines: list[_Line]) -> None:
        """Apply `replace` lines. Of a local replacement Go reads only go.mod, and ignores `replace` lines in it."""
        for line in lines:
            if line.directive != "replace" or "=>" not in line.words:
                continue
            arrow = line.words.index("=>")
            target = line.words[arrow + 1 :]
            if len(target) > 1:  # another module and its version
                if self.required.pop(line.words[0], None) is not None:  # a replacement that nothing requires is unused
                    self.required[target[0]] = target[1]
            elif target:
                local = self.local(folder, target[0], path)
                self.required.pop(line.words[0], None)
                self._read(posixpath.join(local, "go.mod"))

    def _read(self, path: str) -> list[_Line]:
        """The directives of a go.mod or go.work; adds it to the files. Raises LeaveAlone when it does not ship."""
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        if path not in self.files:
            self.files.append(path)
        return list(_lines(text))

    def local(self, folder: str, written: str, named_in: str) -> str:
        """The context folder of `./lib` in the go.mod or go.work `named_in`, which is in `folder`."""
        if not written.startswith((".", "/")):
            raise LeaveAlone("broken-manifest", f"{named_in} names `{written}`, which is not a relative path")
        path = posixpath.normpath(posixpath.join(folder, written)) if not written.startswith("/") else ".."
        if path.startswith(".."):
            raise outside(f"{named_in} names {written}")
        return "" if path == "." else path

    def required_folders(self, folder: str) -> list[str]:
        """The folders that replace modules which the go.mod of a folder requires, in that version if it names one."""
        path = posixpath.join(folder, "go.mod")
        lines = list(_lines(self.context.read(path, _LARGEST) or ""))
        required = {line.words[:2] for line in lines if line.directive == "require"}
        found = []
        for line in lines:
            old, arrow, new = line.words[:-2], line.words[-2:-1], line.words[-1:]
            is_local = line.directive == "replace" and arrow == ("=>",) and new[0].startswith((".", "/"))
            if is_local and any(module[: len(old)] == old for module in required):
                found.append(self.local(folder, new[0], path))
        return found

    def _sums(self, folder: str) -> None:
        """Raises LeaveAlone when go.sum lacks checksums: the download adds them, and a later COPY would undo that."""
        paths = [path for path in self.files if path.endswith("go.sum")]
        workspace_sums = posixpath.join(folder, "go.work.sum")
        if self.context.ships(workspace_sums):
            self.files.append(workspace_sums)
            paths.append(workspace_sums)
        listed: set[str] = set()
        for path in paths:
            text = self.context.read(path) or ""
            listed |= {" ".join(line.split()[:2]) for line in text.splitlines()}
        if not paths:
            reason = f"the build context ships no go.sum next to {self.files[0]}, so `{self.shown}` writes one"
            raise LeaveAlone("lock-rewritten", reason, "run `go mod tidy` and commit go.sum")
        for module, version in self.required.items():
            if f"{module} {version}" not in listed or f"{module} {version}/go.mod" not in listed:
                reason = f"{paths[0]} has no sums of {module} {version}, so `{self.shown}` adds them"
                raise LeaveAlone("lock-rewritten", reason, "run `go mod tidy` and commit go.sum")


def _lines(text: str) -> Iterator[_Line]:
    block = ""  # the directive of the block that is open: "require" within `require (…)`
    for raw in text.splitlines():
        words = tuple(word.strip('"`') for word in _WORD.findall(raw.partition("//")[0]))
        if not words:
            continue
        if block:
            if words == (")",):
                block = ""
            else:
                yield _Line(block, words)
        elif words[-1] == "(" and len(words) == 2:
            block = words[0]
        elif words[0].endswith("(") and len(words) == 1:
            block = words[0][:-1]
        else:
            yield _Line(words[0], words[1:])

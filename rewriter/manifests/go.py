"""What `go mod download` reads: go.mod and go.sum, a workspace's modules, the go.mod of modules that are replaced.

Source: go.dev/ref/mod ("go mod download", "replace directive", "Workspaces").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context, above
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.manifests.shared.missing import missing

MOST_MODULES = 500
_LARGEST = 2_000_000
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+')
_OTHER_FILES = ("-C", "-modfile", "--modfile", "-reuse", "--reuse")


class _Line(NamedTuple):
    """A directive of a go.mod or go.work with its words; `require (…)` gives one for each line within."""

    directive: str
    words: tuple[str, ...]


def inputs(context: Context, install: Install) -> Inputs:
    """What the download reads, or why that cannot be known."""
    for argument in install.arguments:
        if argument.partition("=")[0] in _OTHER_FILES:
            raise LeaveAlone("option", f"`{install.shown}` names other files than go.mod ({argument})")
    return _Reader(context).project(install.folder)


class _Reader:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.files: list[str] = []
        self.required: dict[str, str] = {}

    def project(self, folder: str) -> Inputs:
        """Go through the module in `folder`, or the workspace that it is part of."""
        workspace = self._workspace(folder)
        if workspace is None:
            self._module(folder, shown=posixpath.join(folder, "go.mod"))
        else:
            self._members(workspace)
        if not self.required:
            raise LeaveAlone(
                "nothing-to-fetch", f"{self.files[0]} requires no module, so that there is nothing to download"
            )
        self._sums(folder if workspace is None else workspace)
        return Inputs(tuple(self.files))

    def _workspace(self, folder: str) -> str | None:
        """The nearest folder with a go.work, which Go looks for upwards."""
        places = (folder, *above(folder))
        return next((place for place in places if self.context.ships(posixpath.join(place, "go.work"))), None)

    def _members(self, folder: str) -> None:
        path = posixpath.join(folder, "go.work")
        lines = self._read(path)
        for line in lines:
            if line.directive == "use" and line.words:
                member = self._local(folder, line.words[0], path)
                self._module(member, shown=path)
        self._replaced(folder, path, lines)

    def _module(self, folder: str, shown: str) -> None:
        path = posixpath.join(folder, "go.mod")
        if path in self.files:
            return
        if len(self.files) > MOST_MODULES:
            raise LeaveAlone("too-many-files", f"{shown} leads to more than {MOST_MODULES} modules")
        lines = self._read(path)
        self.required |= {
            line.words[0]: line.words[1] for line in lines if line.directive == "require" and len(line.words) > 1
        }
        sums = posixpath.join(folder, "go.sum")
        if self.context.ships(sums):
            self.files.append(sums)
        self._replaced(folder, path, lines)

    def _replaced(self, folder: str, path: str, lines: list[_Line]) -> None:
        """Of a module in a folder only the go.mod is read; what that replaces itself does not count."""
        for line in lines:
            if line.directive != "replace" or "=>" not in line.words:
                continue
            arrow = line.words.index("=>")
            target = line.words[arrow + 1 :]
            if len(target) > 1:  # another module and its version
                self.required.pop(line.words[0], None)
                self.required[target[0]] = target[1]
            elif target:
                local = self._local(folder, target[0], path)
                self.required.pop(line.words[0], None)
                self._read(posixpath.join(local, "go.mod"))

    def _read(self, path: str) -> list[_Line]:
        """The directives of a file that ships, which the download then reads."""
        text = self.context.read(path, _LARGEST)
        if text is None:
            raise missing(self.context, path)
        if path not in self.files:
            self.files.append(path)
        return list(_lines(text))

    def _local(self, folder: str, written: str, where: str) -> str:
        if not written.startswith((".", "/")):
            raise LeaveAlone("broken-manifest", f"{where} names `{written}`, which is not a folder")
        path = posixpath.normpath(posixpath.join(folder, written)) if not written.startswith("/") else ".."
        if path.startswith(".."):
            raise outside(f"{where} names {written}")
        return "" if path == "." else path

    def _sums(self, folder: str) -> None:
        """A download writes sums that are missing into go.sum; the later COPY would bring back the old file."""
        known: set[str] = set()
        paths = [path for path in self.files if path.endswith("go.sum")]
        extra = posixpath.join(folder, "go.work.sum")
        if self.context.ships(extra):
            self.files.append(extra)
            paths.append(extra)
        for path in paths:
            text = self.context.read(path) or ""
            known |= {" ".join(line.split()[:2]) for line in text.splitlines()}
        if not paths:
            raise LeaveAlone(
                "lock-rewritten", f"no go.sum ships beside {self.files[0]}, so that the download writes one"
            )
        for module, version in self.required.items():
            if f"{module} {version}" not in known or f"{module} {version}/go.mod" not in known:
                raise LeaveAlone(
                    "lock-rewritten",
                    f"{paths[0]} has no sums of {module} {version}, which the download adds",
                    "run `go mod tidy`",
                )


def _lines(text: str) -> Iterator[_Line]:
    block = ""
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

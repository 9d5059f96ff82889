"""The files of one revision as a folder, and the Dockerfiles and settings in them."""

from __future__ import annotations

import os

from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.discover import SKIPPED_FOLDERS, discover, is_dockerfile
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import is_inside, real

_SHORT = 12


class RevisionTree(NamedTuple):
    """One revision of the repository at `home`; both folders are real paths, and names are relative to them."""

    root: str
    home: str
    files: SelectedFiles
    commit: str = ""
    """"" for the working tree."""
    tracked: tuple[str, ...] = ()
    """The files of the working tree that git tracks. All files of a commit are."""

    def options(self, name: str) -> Options:
        """The options for one Dockerfile, with a context of this revision. Raises SettingsError."""
        found = self.files.options(os.path.join(self.root, name), self.root)
        context = real(found.context) if found.context is not None else self.root
        if is_inside(context, self.root) or not is_inside(context, self.home):
            return found
        return found._replace(context=os.path.normpath(os.path.join(self.root, os.path.relpath(context, self.home))))

    def excludes(self, name: str) -> bool:
        """Whether the settings exclude a file."""
        return self.files.settings_exclude(os.path.join(self.root, name), self.root, os.path.join(self.home, name))

    def is_file(self, name: str) -> bool:
        """Whether it has a file of that name."""
        return os.path.isfile(os.path.join(self.root, name))

    def is_folder(self, name: str) -> bool:
        """Whether it has a folder of that name."""
        return os.path.isdir(os.path.join(self.root, name))

    def text(self, name: str) -> str:
        """The text of a file; "" if it has none that can be read."""
        data = read(os.path.join(self.root, name), (self.root,))
        return data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else ""

    def dockerfiles(self) -> set[str]:
        """The names of its Dockerfiles; a .gitignore leaves out none that git tracks, nor do settings."""
        if self.commit:
            found = discover((self.root,), lambda _path, _root: False, git_ignores=False)
        else:
            found = discover((self.root,), self.files.excludes)
        names = {os.path.relpath(item.path, self.root) for item in found if not isinstance(item, Problem)}
        for name in self.tracked:
            if SKIPPED_FOLDERS.isdisjoint(name.split("/")) and is_dockerfile(os.path.join(self.root, name), self.root):
                names.add(name)
        return names

    def problem(self, error: SettingsError, shown: str) -> Problem:
        """What is wrong with its settings, for a Dockerfile with the path `shown`."""
        path, line, message, hint = error.problem
        if is_inside(path, self.root):
            path = os.path.relpath(path, self.root)
        at = f"{path}:{line}" if line else path
        of = f" of {self.commit[:_SHORT]}" if self.commit else ""
        return Problem(shown, 0, f"{at}{of}: {message.replace(self.root, self.home)}", hint)

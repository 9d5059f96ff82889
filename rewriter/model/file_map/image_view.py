"""The files of the image as a manifest reader sees them: a build context whose content is what was copied."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import LARGEST_READ, MOST_FILES, Context
from dfix.rewriter.model.file_map.file_map import FileMap, Hidden, ImageFile
from dfix.rewriter.model.paths import within


class ImageView(Context):
    """The image around one folder, with the paths of a build context.

    `folder`, a path of this view, is the image's `image_folder`; other paths follow from that, so that `../a` means in
    both what it means for a program that runs there. A question about a file that no one knows raises LeaveAlone.
    """

    __slots__ = ("_base", "_files", "file_map", "folder", "image_folder")

    def __init__(self, file_map: FileMap, image_folder: str, folder: str) -> None:
        base = file_map.context
        super().__init__(base.root, base.ignore, base.ignore_name, base.fault, base.ignore_text, base.ignore_path)
        self._base = base
        self.file_map = file_map
        self._files: dict[str, ImageFile | None] = {}
        self.image_folder = image_folder
        self.folder = folder

    def image_path(self, path: str) -> str:
        """The image path of a path of this view."""
        if not self.folder:
            relative = path
        elif path == self.folder:
            relative = ""
        elif path.startswith(self.folder + "/"):
            relative = path[len(self.folder) + 1 :]
        else:
            relative = posixpath.relpath(path or ".", self.folder)
        joined = posixpath.join(self.image_folder, relative) if relative else self.image_folder
        return posixpath.normpath(joined) if ".." in relative else joined

    def path_of(self, image_path: str) -> str | None:
        """The path of this view for an image path; None if it has none."""
        if not self.image_folder.startswith("/"):
            return None
        path = posixpath.normpath(posixpath.join(self.folder or ".", posixpath.relpath(image_path, self.image_folder)))
        return None if path.startswith("..") else "" if path == "." else path

    def file(self, path: str) -> ImageFile | None:
        """The file of the context at a path. Raises LeaveAlone where a step may have put another one there."""
        if path not in self._files:
            self._files[path] = self._file(path)
        return self._files[path]

    def context_path(self, path: str) -> str | None:
        """The path in the build context of a file or folder, whether it ships or not; None if no copy brings it."""
        image_path = self.image_path(path)
        for copy in reversed(self.file_map.copies):
            source = copy.brought.context_path_of(image_path)
            source = copy.brought.source_of(image_path) if source is None else source
            if source is not None:
                return source
        return None

    def _file(self, path: str) -> ImageFile | None:
        if not path or not self._inside(path):
            return None
        image_path = self.image_path(path)
        there = self.file_map.at(image_path)
        if isinstance(there, Hidden):
            if there.path == image_path or self._base.ships(path):
                raise LeaveAlone(*there.reason)
            return None
        link = self.file_map.link_on(image_path)
        if link is not None:
            shown = self.path_of(link) or link
            reason = (
                f"the install reads {shown}, a link to a folder, whose content a COPY of its own would bring instead"
            )
            raise LeaveAlone("linked-folder", reason, "name the folder itself")
        return there

    def ships(self, path: str) -> bool:
        """Whether a copy brings a file to `path`."""
        return self.file(path) is not None

    def exists(self, path: str) -> bool:
        """Whether a file or folder of the context would be at `path` but for the ignore file."""
        source = self.context_path(path)
        return source is not None and self._base.exists(source)

    def read(self, path: str, limit: int = LARGEST_READ) -> str | None:
        """The text of a file that a copy brings; None if there is none or it is too large."""
        file = self.file(path)
        return None if file is None else self._base.read(file.source, limit)

    def on_disk(self, path: str) -> str:
        """The path on disk of a file that `read` has returned."""
        file = self.file(path)
        assert file is not None
        return self._base.on_disk(file.source)

    def is_link(self, path: str) -> bool:
        """Whether a copy brings a symbolic link to `path`."""
        file = self.file(path)
        return file is not None and self._base.is_link(file.source)

    def mode(self, path: str) -> int:
        """The permissions of a file in the build context; 0 if there is none."""
        file = self.file(path)
        return 0 if file is None else self._base.mode(file.source)

    def is_folder(self, path: str) -> bool:
        """Whether a copy brings a folder to `path`, or a file below it."""
        image_path = self.image_path(path)
        return any(
            copy.brought.context_folder_at(image_path) is not None
            or any(within(entry.image, image_path) and entry.image != image_path for entry in copy.brought.entries)
            for copy in self.file_map.copies
        )

    def ships_any(self, folder: str) -> bool:
        """Whether a copy brings a file to somewhere below a folder."""
        image_folder = self.image_path(folder)
        return any(copy.brought.brings_below(image_folder) for copy in self.file_map.copies)

    def below(self, folder: str) -> tuple[str, ...]:
        """The files that copies bring below a folder, sorted."""
        return self.some_below(folder, MOST_FILES)

    def some_below(self, folder: str, most: int) -> tuple[str, ...]:
        """Like `below`, but stops soon after `most` files."""
        image_folder = self.image_path(folder)
        found: dict[str, None] = {}
        for copy in self.file_map.copies:
            for image_path in copy.brought.image_paths_below(image_folder, most + 1 - len(found)):
                relative = image_path[len(image_folder.rstrip("/")) + 1 :]
                found[posixpath.join(folder, relative)] = None
        return tuple(sorted(found))

    def folders_in(self, folder: str) -> list[str]:
        """The names of a folder's subfolders."""
        names = [name for source in self._sources(folder) for name in self._base.folders_in(source)]
        return sorted({*names, *self._named_below(folder, files=False)})

    def names_in(self, folder: str) -> list[str]:
        """The names of all files and folders in a folder."""
        names = [name for source in self._sources(folder) for name in self._base.names_in(source)]
        return sorted({*names, *self._named_below(folder, files=True)})

    def files_of(self, folder: str, names: Iterable[str]) -> list[str]:
        """The paths of those files in a folder that a copy brings."""
        if self._has_hidden():
            return [path for path in (posixpath.join(folder, name) for name in names) if self.ships(path)]
        return super().files_of(folder, names)

    def links_in(self, folder: str) -> list[str]:
        """The names in a folder that may be those of symbolic links."""
        if self._has_hidden():
            return self.names_in(folder)  # a step may have put another file there
        names = [name for source in self._sources(folder) for name in self._base.links_in(source)]
        return sorted({*names, *self._named_below(folder, files=True)})

    def left_out_by(self, path: str) -> int:
        """The line of the ignore file that leaves out a path; 0 if none does."""
        source = self.context_path(path)
        return 0 if source is None else self._base.left_out_by(source)

    def absence(self, path: str) -> tuple[str, str]:
        """Why an install cannot read a path that no copy brings, and what to do about it."""
        elsewhere = self.put_elsewhere(path)
        if elsewhere:
            return elsewhere, "copy the folder with an instruction of its own, to a folder of the same name"
        source = self.context_path(path)
        if source is None and self._base.exists(path):
            return f"no COPY before the install brings {path}", ""
        return self._base.absence(path if source is None else source)

    def put_elsewhere(self, path: str) -> str:
        """Where a COPY puts a file or a folder's content of the context instead of at its path, as a clause.

        COPY copies the content of a folder: after `COPY package.json patches ./`, the patches are next to the manifest.
        """
        file = path if self._base.ships(path) else next(iter(self._base.some_below(path, 1)), "")
        wanted = self.image_path(file)
        for copy in reversed(self.file_map.copies):
            there = copy.brought.image_path_of(file) if file else None
            if there is not None and there != wanted and not self.ships(file):
                line = copy.step.instruction.line
                return f"the {copy.step.keyword} on line {line} brings {file} to {there}, not to {wanted}"
        return ""

    def _has_hidden(self) -> bool:
        return any(isinstance(layer, Hidden) for layer in self.file_map.layers)

    def _sources(self, folder: str) -> list[str]:
        """The context folders whose content is in a folder."""
        image_folder = self.image_path(folder)
        sources = (copy.brought.context_folder_at(image_folder) for copy in self.file_map.copies)
        return [source for source in sources if source is not None]

    def _named_below(self, folder: str, *, files: bool) -> list[str]:
        """The names in a folder that come from the destinations of copies."""
        prefix = self.image_path(folder).rstrip("/") + "/"
        names = []
        for copy in self.file_map.copies:
            for entry in copy.brought.entries:
                if entry.image.startswith(prefix):
                    name, slash, _ = entry.image[len(prefix) :].partition("/")
                    if name and (slash or entry.folder or files):  # the folder itself has none: COPY packages/ /
                        names.append(name)
        return names

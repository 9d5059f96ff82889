"""What an install reads, as files of the image: its manifest reader looks at the image, not at the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dfix.rewriter.answers.reason import LeaveAlone, Reason
from dfix.rewriter.knowledge.interpreted import interpreted
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.manifests.shared.inputs import MadeFromSources, PnpmVersions, ReplacedOutput
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.manifests.shared.program_script import check_program_script
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile
from dfix.rewriter.model.file_map.image_view import ImageView
from dfix.rewriter.model.file_map.install_folder import folder_by_option
from dfix.rewriter.model.paths import within
from dfix.rewriter.text.named_tuple import NamedTuple

_ONE_FILE = frozenset("mvnw gradlew sbt composer composer.phar bundle uv".split())
"""Programs that projects bring, and that need nothing of the project but what the reader of their manager knows.

A program of a virtual environment (`env/bin/pip`) needs its interpreter and pyvenv.cfg.
"""


class ProjectInstall(NamedTuple):
    """An install that reads the project's manifests."""

    located: Located
    manager: str
    arguments: tuple[str, ...]
    """What follows the manager's name, as written."""
    reader: str
    """The module of rewriter/manifests that knows what the install reads."""
    added: tuple[str, ...] = ()
    """Arguments after those that only the rule's own command has (`--no-root`)."""
    makefile: str = ""
    """The name of the Makefile, where `make` runs the install."""
    lock_stays: bool = False
    """As in Install."""
    runs_again: bool = False
    """As in Install."""
    is_download: bool = False
    """As in Install."""

    @property
    def shown(self) -> str:
        """The command as the author wrote it."""
        return " ".join(word.text for word in self.located.words)


class ImageFolder(NamedTuple):
    """A folder of the context at a path of the image."""

    path: str
    """In the image."""
    source: str
    """In the context."""
    copy: Copied
    """The only COPY or ADD that puts something there."""


class Needed(NamedTuple):
    """What an install reads, where that is in the image, and which copy puts it there."""

    files: tuple[ImageFile, ...]
    folders: tuple[ImageFolder, ...] = ()
    warnings: tuple[str, ...] = ()
    newest_npm: bool = False
    """As in Inputs."""
    executables: tuple[ImageFile, ...] = ()
    """As in Inputs."""
    made_from_sources: tuple[MadeFromSources, ...] = ()
    """As in Inputs, with the path in the image."""
    yarn_1: bool = False
    """As in Inputs."""
    any_of: tuple[tuple[ImageFile, ...], ...] = ()
    """As in Inputs: those files of each group that a copy brings."""
    pnpm: PnpmVersions | None = None
    """As in Inputs."""
    blocks_plugins: bool = False
    """As in Inputs."""
    afterwards: str = ""
    """As in Inputs."""

    @property
    def shown(self) -> tuple[str, ...]:
        """For messages: context paths, folders with a slash at the end."""
        names = [*(file.source for file in self.files), *(f"{folder.source}/" for folder in self.folders)]
        return tuple(dict.fromkeys(names))

    def reads(self, source: str) -> bool:
        """Whether a context path is read."""
        return any(file.source == source for file in self.files) or any(
            within(source, folder.source) for folder in self.folders
        )


def reads_of_install(file_map: FileMap, install: ProjectInstall) -> Needed:
    """What an install reads of the files in the image.

    Raises LeaveAlone where that is unknown. A ReplacedOutput names a path of the build context, a MissingFile a path of
    the image.
    """
    located = install.located
    texts = _argument_texts(install)
    folder = folder_by_option(install.manager, texts, located.folder)
    if folder is None:
        raise LeaveAlone(
            "unknown-folder",
            f"dfix cannot tell in which folder `{install.shown}` runs",
            "name the folder literally, in WORKDIR or `cd`",
        )
    view = view_from(file_map, folder, texts)
    arguments = tuple(_argument(view, text) for text in texts)
    given = (word for word in located.command.assigns if "=" in word.text)
    own = {word.text.partition("=")[0]: (word.value or "").partition("=")[2] for word in given}
    env = tuple({**located.env, **own}.items())
    program = located.words[0].text
    asked = Install(
        install.manager,
        arguments,
        view.folder,
        install.reader,
        program,
        env,
        tuple(texts),
        lock_stays=install.lock_stays,
        runs_again=install.runs_again,
        is_download=install.is_download,
        added=install.added,
    )
    # the same question about the same image is answered once in a run
    answers, question = file_map.context.answers, _question(view, asked)
    try:
        known = answers.get(question)
        if isinstance(known, LeaveAlone):
            raise known.with_traceback(None)
        answers[question] = read = known if isinstance(known, Inputs) else inputs(view, asked)
        return _needed(view, _with_program(view, install, read))
    except ReplacedOutput as no:
        answers.setdefault(question, no)
        path = view.context_path(no.path)
        if path is None:
            raise LeaveAlone(*no.reason) from None
        raise ReplacedOutput(*no.reason, path) from None
    except LeaveAlone as no:
        answers.setdefault(question, no)
        raise _about_image(view, install, texts, no) from None


def _about_image(view: ImageView, install: ProjectInstall, texts: list[str], no: LeaveAlone) -> LeaveAlone:
    """The refusal of a reader, with the path in the image of a file that is missing."""
    reason = no.reason
    if reason.code == "missing-file" and not _brings_any(view, texts):
        reason = _brings_none(view, install)
    if not isinstance(no, MissingFile):
        return LeaveAlone(*reason)
    return MissingFile(*reason, posixpath.normpath(no.path) if no.path.startswith("/") else view.image_path(no.path))


def _brings_none(view: ImageView, install: ProjectInstall) -> Reason:
    """Why no copy brings what an install reads, or may bring it without that dfix can tell."""
    base, _, below = view.image_folder.partition("/")
    if base != "?":
        return Reason("missing-file", f"dfix finds no COPY that brings the files that `{install.shown}` reads")
    where = f"in {below}, below" if below else "in"
    reason = f"`{install.shown}` runs {where} the working directory of the base image, which dfix does not know"
    return Reason("unknown-folder", reason, "write a WORKDIR with an absolute path before it")


def _question(view: ImageView, asked: Install) -> tuple[object, ...]:
    """What the reader's answer depends on: what it is asked, and which files are where."""
    layers = tuple(
        layer.brought.entries if isinstance(layer, Copied) else (layer.path, layer.whole, layer.reason)
        for layer in view.file_map.layers
    )
    return asked, view.image_folder, layers


def view_from(file_map: FileMap, image_folder: str, texts: Sequence[str] = ()) -> ImageView:
    """The image around a folder. Its paths are those of the context where one folder of the context is copied there."""
    whole: list[str] = []
    for copy in reversed(file_map.copies):
        folder = copy.brought.context_folder_at(image_folder)
        whole += [folder] if folder is not None and folder not in whole else []
    above = [] if whole else [path for copy in file_map.copies if (path := _above(copy, image_folder)) is not None]
    single = [] if above else _single_files(file_map, image_folder)
    # a file beside the content of a folder: no path of the context would be right for both
    beside = [folder for folder, name in single if not any(_has(file_map, path, name) for path in whole)]
    candidates = [*whole, *beside] or above
    view = ImageView(file_map, image_folder, candidates[0] if len(set(candidates)) == 1 else "")
    for text in texts:
        value = _path(text)
        if value and view.path_of(value) is None and _is_brought(file_map, value):
            known = image_folder.startswith("/")  # what the words do not name absolutely is looked for in `/`
            return ImageView(file_map, image_folder if known else "/", image_folder[1:] if known else "")
    return view


def _above(copy: Copied, image_folder: str) -> str | None:
    """The context folder that would be at an image folder above the copy: "" for /srv after `COPY app /srv/app`."""
    for entry in copy.brought.entries:
        if entry.folder and within(entry.image, image_folder):
            relative = posixpath.relpath(entry.image, image_folder)
            if relative != "." and f"/{entry.source}".endswith(f"/{relative}"):
                return entry.source[: len(entry.source) - len(relative)].rstrip("/")
    return None


def _single_files(file_map: FileMap, image_folder: str) -> list[tuple[str, str]]:
    """The files that are copied one by one into an image folder: their folders in the context, and their names."""
    found = [path for copy in file_map.copies for path in copy.brought.files_in(image_folder)]
    return [posixpath.split(path) for path in found]


def _has(file_map: FileMap, folder: str, name: str) -> bool:
    return file_map.context.ships(posixpath.join(folder, name))


def _argument_texts(install: ProjectInstall) -> list[str]:
    words = install.located.words
    written = words[len(words) - len(install.arguments) :] if install.arguments else ()
    return [*(word.literal_or_text for word in written), *install.added]


def _path(text: str) -> str:
    """The absolute image path in an argument: `--file=/app/a` names /app/a; "" for none."""
    value = text.partition("=")[2] if text.startswith("--") else text
    return posixpath.normpath(value) if value.startswith("/") else ""


def _argument(view: ImageView, text: str) -> str:
    """An argument with its absolute image path relative to the view's folder: `--file=/app/a` gives `--file=a`."""
    value = _path(text)
    path = view.path_of(value) if value and _is_brought(view.file_map, value) else None
    if path is None:
        return text
    option, sign, _ = text.partition("=") if text.startswith("--") else ("", "", "")
    relative = posixpath.relpath(path or ".", view.folder or ".")
    # with a slash, since `pip install lib` installs a package of that name, not the folder
    return option + sign + (relative if sign or "/" in relative or relative == "." else f"./{relative}")


def _is_brought(file_map: FileMap, image_path: str) -> bool:
    return any(
        copy.brought.context_path_of(image_path) is not None or copy.brought.context_folder_at(image_path) is not None
        for copy in file_map.copies
    )


def _brings_any(view: ImageView, texts: list[str]) -> bool:
    """Whether a copy brings something to the folder of the install, or to a path that its words name."""
    paths = [posixpath.join(view.image_folder, text.rpartition("=")[2]) for text in texts if not text.startswith("-")]
    places = [view.image_folder, *(posixpath.normpath(path) for path in paths if "/" in path)]
    return any(copy.brought.source_of(place) is not None for copy in view.file_map.copies for place in places) or any(
        within(entry.image, view.image_folder) for copy in view.file_map.copies for entry in copy.brought.entries
    )


def _with_program(view: ImageView, install: ProjectInstall, read: Inputs) -> Inputs:
    """Adds a Makefile that runs the install, or the program itself when it is copied too (`./mvnw`)."""
    script = interpreted(install.located.words)
    program = (script or install.located.words)[0].literal_or_text
    if install.makefile:
        return read._replace(files=(posixpath.join(view.folder, install.makefile), *read.files))
    if script and "/" not in program:
        program = f"./{program}"
    if "/" not in program:
        return read
    folder = install.located.folder or view.image_folder if script else view.image_folder
    path = view.path_of(posixpath.normpath(posixpath.join(folder, program)))
    if path is None and not program.startswith("/"):
        path = posixpath.normpath(posixpath.join(view.folder, program))
    if path is not None and view.ships(path):
        if posixpath.basename(path) not in _ONE_FILE:
            reason = f"`{install.shown}` runs {view.context_path(path)}, which may need other files of the sources"
            raise LeaveAlone("wrapper-script", reason, "install the program in the image")
        check_program_script(view, path, view.folder, read)
        return read._replace(files=(path, *(file for file in read.files if file != path)))
    if program.startswith("/") or script:  # a step before the install downloads the file
        return read
    raise MissingFile("missing-file", f"no COPY brings {program} into the image", "", path or program)


def _needed(view: ImageView, read: Inputs) -> Needed:
    for path in read.files:
        _check_link(view, path)
    files = [file for path in read.files if (file := view.file(path)) is not None]
    folders = [_folder(view, path) for path in read.folders]
    executables = [file for path in read.executables if (file := view.file(path)) is not None]
    made = tuple(made._replace(path=view.image_path(made.path)) for made in read.made_from_sources)
    any_of = tuple(tuple(file for path in group if (file := view.file(path)) is not None) for group in read.any_of)
    return Needed(
        tuple(files),
        tuple(folders),
        read.warnings,
        read.newest_npm,
        tuple(executables),
        made,
        read.yarn_1,
        any_of,
        read.pnpm,
        read.blocks_plugins,
        read.afterwards,
    )


def _check_link(view: ImageView, path: str) -> None:
    """Raises LeaveAlone for a link that leads to no file of the build context: a COPY that names it would fail."""
    file, context = view.file(path), view.file_map.context
    if file is None or context.link(file.source) is None:
        return
    target = context.followed(file.source)
    if target is None or not context.ships(target):
        reason = f"{file.source} is a link that does not lead to a file of the build context"
        raise LeaveAlone("linked-folder", reason, "put the file itself in place of the link")


def _folder(view: ImageView, path: str) -> ImageFolder:
    image_path = view.image_path(path)
    bringing = [copy for copy in view.file_map.copies if copy.brought.brings_below(image_path)]
    sources = (copy.brought.context_folder_at(image_path) for copy in reversed(bringing))
    source = next((folder for folder in sources if folder is not None), None)
    if source is None or not all(_brings_of(copy, image_path, source) for copy in bringing):
        reason = f"several COPY lines bring files to {image_path}, which the install reads as a whole"
        raise LeaveAlone("unclear-copy", reason)
    whole = [copy for copy in bringing if copy.brought.context_folder_at(image_path) == source]
    return ImageFolder(image_path, source, whole[-1])


def _brings_of(copy: Copied, image_folder: str, source: str) -> bool:
    """Whether all that a copy brings below an image folder is the same part of the context's `source`."""
    for entry in copy.brought.entries:
        if within(entry.image, image_folder) and entry.image != image_folder:
            if entry.source != posixpath.join(source, posixpath.relpath(entry.image, image_folder)):
                return False
        elif entry.folder and within(image_folder, entry.image):
            there = posixpath.normpath(posixpath.join(entry.source, posixpath.relpath(image_folder, entry.image)))
            if there != (source or "."):
                return False
    return True

"""Building the versions of one Dockerfile, all from the same copy of its context."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress

from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engine import Build, BuildError, BuildOptions, Built, Engine, FailedStep
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.saved import LayerCache, SavedImageError, read_files, read_saved
from dfix.rewriter.verify.snapshot import IgnorePlace, ignore_file, ignore_place, snapshot
from dfix.rewriter.verify.step_times import line_of
from dfix.rewriter.verify.workspace import Workspace, clear

_PIECE = 1 << 20


class Trial:
    """The builds for one file; `close` removes the images and the copied context. `tell` shows what is being done."""

    def __init__(
        self,
        engine: Engine,
        space: Workspace,
        seen: LayerCache,
        options: BuildOptions,
        name: str,
        tell: Callable[[str], None],
    ) -> None:
        self._engine, self._space, self._seen, self.options = engine, space, seen, options
        self._name, self.tell = name, tell
        self._images: list[str] = []
        self._ignored: bytes | None = None
        self._ignore_place: IgnorePlace | None = None
        self._ignore_replaced = False
        self._new_ignore_files: dict[str, bytes] = {}
        self.context = space.path(f"{name}-context")

    def take_context(self, context: Context, dockerfile: str, ignores: Sequence[Context] = ()) -> None:
        """Copy the files that the context ships, also by another ignore file. Raises ContextError, OSError."""
        self.tell("copying the build context")
        snapshot(context, self.context, ignores)
        self._ignored = ignore_file(context, dockerfile)
        self._ignore_place = ignore_place(context)
        for side in ("before", "after"):
            self.ignores(side, None)

    def build(self, side: str, source: Source, doing: str, *, cache: bool = True) -> tuple[str, Built]:
        """Build one version and return the image's tag and the build. Raises BuildError, whose log outlives the run."""
        self._write(side, source)
        self._put_ignore_file(self._new_ignore_files.get(side))
        image = f"dfix-verify-{self._space.run}:{self._name}-{len(self._images)}"
        self._images.append(image)
        log = self._space.path(f"{self._name}-{len(self._images)}.log")
        build = Build(
            dockerfile=self._dockerfile(side),
            context=self.context,
            image=image,
            run=self._space.label,
            log=log,
            cache=cache,
            options=self.options,
        )
        try:
            built = self._engine.build(build, lambda step: self.tell(f"{side}, {doing}: {step}"))
        except BuildError as error:
            line = line_of(source, error.step) if error.step else 0
            message = f"line {line}: {error.message}" if line else error.message
            failed = FailedStep(side, line) if line else None
            kept = self._space.keep(error.log, f"{self._name}-{side}.log")
            raise BuildError(message, kept, failed=failed) from None
        with suppress(OSError):
            os.remove(log)
        return image, built

    def watch(self, source: Source, stage: str, context: tuple[str, str], found: str) -> None:
        """Build a throw-away version of the original and put the files of its `stage` into the folder `found`.

        `context` is a further build context, its name and folder. Raises BuildError, EngineError.
        """
        self._write("watched", source)
        self.ignores("watched", None)
        self._put_ignore_file(None)
        log = self._space.path(f"{self._name}-watched.log")
        build = Build(
            dockerfile=self._dockerfile("watched"),
            context=self.context,
            image="",
            run=self._space.label,
            log=log,
            options=self.options._replace(target=stage),
            contexts=(context,),
            output=found,
        )
        try:
            self._engine.build(build, lambda step: self.tell(f"watching what is read: {step}"))
        finally:
            with suppress(OSError):
                os.remove(log)

    @contextmanager
    def folder(self, name: str) -> Iterator[str]:
        """The path for a folder that is removed at the end."""
        path = self._space.path(f"{self._name}-{name}")
        try:
            yield path
        finally:
            clear(path)

    def ignores(self, side: str, text: bytes | None) -> None:
        """Use this ignore file for builds of `side` from now on; None means the context's own, an empty one none.

        A new one is also in the context of these builds, as in a real build, where a COPY may bring it.
        """
        self._new_ignore_files.pop(side, None)
        if text is not None:
            self._new_ignore_files[side] = text
        path = self._dockerfile(side) + ".dockerignore"
        text = self._ignored if text is None else text
        if text is not None:
            with open(path, "wb") as file:
                file.write(text)
        else:
            with suppress(FileNotFoundError):
                os.remove(path)

    def image(self, tag: str) -> Image:
        """Read a built image. Raises EngineError, SavedImageError."""
        self.tell("reading the image")
        with self._engine.saved(tag) as stream:
            try:
                return read_saved(stream, self._seen)
            except SavedImageError as error:
                raise SavedImageError(f"the saved image cannot be read: {error}") from error

    def files(self, tag: str, paths: Collection[str]) -> dict[str, bytes]:
        """The contents of files of a built image. Raises EngineError, SavedImageError."""
        self.tell("reading files of the image")
        with self._engine.saved(tag) as stream:
            return read_files(stream, paths)

    def archive(self, tag: str, path: str) -> None:
        """Write a built image to a file, as a docker-archive. Raises EngineError, OSError."""
        self.tell("saving the image")
        with self._engine.saved(tag) as stream, open(path, "wb") as file:
            shutil.copyfileobj(stream, file, _PIECE)

    def layers(self, tag: str) -> frozenset[str]:
        """The digests of an image's layers. Raises EngineError."""
        return frozenset(self._engine.layers(tag))

    def close(self) -> None:
        """Remove the images and the copied context."""
        try:
            self._engine.remove(self._images)
        finally:
            clear(self.context)

    def _put_ignore_file(self, text: bytes | None) -> None:
        """Put an ignore file into the copied context, or None to put the context's own back."""
        if self._ignore_place is None or (text is None and not self._ignore_replaced):
            return
        path = os.path.join(self.context, self._ignore_place.path)
        with suppress(FileNotFoundError):
            os.remove(path)
        self._ignore_replaced = text is not None
        if text:
            with open(path, "wb") as file:
                file.write(text)
            with suppress(OSError):
                shutil.copymode(self._ignore_place.original, path)
        elif text is None and self._ignore_place.ships:
            shutil.copy2(self._ignore_place.original, path, follow_symlinks=False)

    def _write(self, side: str, source: Source) -> None:
        with open(self._dockerfile(side), "wb") as file:
            file.write(source.to_bytes())

    def _dockerfile(self, side: str) -> str:
        return self._space.path(f"{self._name}-{side}.Dockerfile")

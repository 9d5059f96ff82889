"""Running the command on one repository, and what must hold whatever is in it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from soundness import look_at

from dfix.rewriter.cli.main import run
from dfix.rewriter.cli.request import read_plain
from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.settings.settings_error import SettingsError
from tests.fuzz.repositories import Repository, put
from tests.fuzz.watch import Watch

MOST_SECONDS = 2.0
"""CPU seconds of one command."""
SECRET = "hunter2-secret"
_VIEWS: tuple[tuple[str, ...], ...] = (
    *(("--check",), ("--explain",), ("--show-settings",), ("-v", "--check", "--explain"), ("--statistics",)),
    *(
        tuple(f"--output-format={name} --explain".split())
        for name in ("concise", "github", "gitlab", "sarif", "rdjson")
    ),
    *(("--diff", "--explain"), ("--stdin-filename=Dockerfile",)),
)
"""Other ways to ask; one of them is tried with each input of a kind of its own."""
_DOCUMENTS = ("gitlab", "sarif", "rdjson")
_EVERY = 4
_OWN_FAULTS = ("internal error", "failed a check", "dfix gave up", "dfix crashed")


class FaultsError(Exception):
    """What is wrong with the answers about one repository: kinds, and the details."""

    def __init__(self, kind: str, details: str) -> None:
        super().__init__(kind)
        self.kind, self.details = kind, details


class Answer(NamedTuple):
    """What a command printed, its exit status, and the CPU time that it took."""

    status: int
    out: str
    err: str
    seconds: float


class Seen(NamedTuple):
    """What an input led to: whether a file was changed, and the CPU seconds of the slowest command."""

    changed: bool
    seconds: float


class Trial:
    """Tries repositories, one after the other, in folders of their own below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.realpath(folder))
        (self._folder / "outside").mkdir()
        (self._folder / "outside/secret").write_text(f"TOKEN={SECRET}\n[{SECRET}\n")
        self._root = self._folder / "root"
        self._watch = Watch(str(self._folder))
        self._slowest = 0.0

    def __call__(self, repository: Repository) -> Seen:
        """Run dfix on a repository. Raises FaultsError."""
        self._root.mkdir()
        put(repository, self._root)
        before = os.getcwd()
        self._slowest = 0.0
        os.chdir(self._root)
        try:
            changed = self._try(repository)
        finally:
            os.chdir(before)
            shutil.rmtree(self._root)
        return Seen(changed, self._slowest)

    def _try(self, repository: Repository) -> bool:
        words = repository.words
        first = self._asked(words)
        changed = [file["path"] for file in first if file["changed"]]
        chosen = crc32(repository.dockerfile) % (_EVERY * len(_VIEWS))
        if chosen < len(_VIEWS):
            self._view(_VIEWS[chosen], words, repository)
        if not changed:
            return False
        if chosen % 2:
            self._sound(words, set(changed))
        else:
            self._written(words)
        return True

    def _written(self, words: Sequence[str]) -> None:
        """Check that the command changes nothing more once it has written."""
        answer = self._command(("--write", "--output-format=json", *words), writes=True)
        written = [file["path"] for file in json.loads(answer.out)["files"] if file["written"]]
        again = [file for file in self._asked(words) if file["changed"] and file["path"] in written]
        if again:
            raise FaultsError(
                "a second run changes more", f"{again[0]['path']}: {[c['rule'] for c in again[0]['changes']]}"
            )

    def _asked(self, words: Sequence[str]) -> list[dict[str, Any]]:
        """The files of the JSON report."""
        answer = self._command(("--output-format=json", *words))
        if not answer.out and answer.status == 2:  # wrong words, or settings that cannot be read
            return []
        document = _parsed(answer.out)
        files: list[dict[str, Any]] = document["files"]
        problems = [file["problem"]["message"] for file in files if file["problem"]]
        wrong = next((message for message in problems if any(one in message for one in _OWN_FAULTS)), "")
        if wrong:
            raise FaultsError(wrong, self._traced(words))
        expected = {2} if problems else {2, int(any(file["changed"] for file in files))}
        if answer.status not in expected:
            raise FaultsError("the exit status is not that of the report", f"{answer.status} instead of {expected}")
        return files

    def _traced(self, words: Sequence[str]) -> str:
        return self._command(("-v", "--output-format=json", *words), judged=False).err

    def _view(self, view: tuple[str, ...], words: Sequence[str], repository: Repository) -> None:
        asked = (*view, *words)
        if view[0].startswith("--stdin"):
            self._command(asked, given=repository.dockerfile)
            return
        answer = self._command(asked)
        form = view[0].partition("=")[2]
        if form in _DOCUMENTS and (answer.out or answer.status != 2):
            _parsed(answer.out)
        for line in answer.out.split("\n") if view[0] != "--diff" else ():
            forged = line.lstrip().startswith("::") and form != "github"
            if forged or "##[" in line or not line.replace("\t", "").isprintable():
                raise FaultsError("raw text in the output", f"{view}: {line!r}")

    def _sound(self, words: Sequence[str], changed: set[str]) -> None:
        """Check the invariants of every changed file."""
        request = read_plain(["--output-format=json", *words, "."])
        assert request is not None
        try:
            jobs = [item for item in SelectedFiles(request).items() if isinstance(item, Job)]
        except SettingsError:
            return
        for job in jobs:
            if job.path in changed:
                faults = look_at(job.path, Path(job.path).read_bytes(), job.options).faults
                if faults:
                    raise FaultsError(f"{min(faults)} of a file with a context", f"{job.path}: {faults}")

    def _command(
        self, words: Sequence[str], *, given: bytes = b"", writes: bool = False, judged: bool = True
    ) -> Answer:
        last = "-" if any(word.startswith("--stdin") for word in words) else "."
        with _streams(given) as (out, err):
            began = time.process_time()
            with self._watch.during(str(self._root), writes=writes):
                try:
                    status = run([*words, last])
                except BaseException:
                    raise FaultsError("an exception", traceback.format_exc()) from None
            seconds = time.process_time() - began
        self._slowest = max(self._slowest, seconds)
        answer = Answer(
            status,
            out.getvalue().decode("utf-8", "backslashreplace"),
            err.getvalue().decode("utf-8", "backslashreplace"),
            seconds,
        )
        if judged:
            self._judge(answer, words)
        return answer

    def _judge(self, answer: Answer, words: Sequence[str]) -> None:
        if self._watch.seen:
            raise FaultsError(self._watch.seen[0].partition(":")[0], f"{words}: {self._watch.seen}")
        if "internal error" in answer.err:
            raise FaultsError(_error_of(answer.err), self._traced(words) if "-v" not in words else answer.err)
        if answer.status not in (0, 1, 2):
            raise FaultsError("an unknown exit status", f"{words}: {answer.status}")
        if SECRET in answer.out or SECRET in answer.err:
            raise FaultsError("a text from outside of the root is told", f"{words}\n{answer.out}{answer.err}")
        raw = next((line for line in answer.err.split("\n") if not line.replace("\t", "").isprintable()), None)
        if raw is not None:
            raise FaultsError("raw text in the messages", f"{words}: {raw!r}")
        if answer.seconds > MOST_SECONDS:
            raise FaultsError("too slow", f"{words}: {answer.seconds:.1f} s")


def _error_of(said: str) -> str:
    return "an exception: " + said.partition("internal error (")[2].partition(").")[0][:80]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FaultsError("the report cannot be parsed", f"{error}\n{text}") from None


@contextmanager
def _streams(given: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Other standard streams for the block."""
    kept = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(given))
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", write_through=True)
        for stream in (out, err)
    )
    streams = sys.stdout, sys.stderr
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept
        for stream in streams:
            stream.detach()

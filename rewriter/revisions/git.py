"""Reading a repository with git, which runs no program that the repository names.

What a repository's settings can make git start is switched off: monitors, hooks, external diffs and text conversions,
pagers, signature programs, and every kind of transport (a clone may lack objects, and fetching them runs what its
settings say). git reads no file of the working tree, so that no filter runs, and takes no lock. The user's own
settings, `safe.directory` among them, are the user's choice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

SECONDS = 30.0
"""After which git is stopped."""
MOST_BYTES = 64_000_000
"""More output than that is not read."""
_PIECE = 1 << 16
SECONDS_TO_READ = 600.0
"""After which git is stopped when it reads the content of files."""
_HEADER = 3
"""Object, type and size: what git says before a content; of an object that is missing it says two words."""
_LACKS = "Fetch it: `git fetch --refetch` for a clone without files, `git fsck` tells what else is wrong"
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "core.sshCommand=false",
    "core.untrackedCache=false",
    "diff.orderFile=/dev/null",
    "log.showSignature=false",
    "log.diffMerges=first-parent",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_ELSEWHERE = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_DIR GIT_EXTERNAL_DIFF GIT_INDEX_FILE GIT_LITERAL_PATHSPECS "
    "GIT_NAMESPACE GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_WORK_TREE".split()
)
"""Variables that name another repository, as in a hook, or programs."""
NO_PROGRAMS = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", "--submodule=short")
"""Options of each command that compares."""


class GitError(Exception):
    """Why git cannot tell, as a sentence, and what to do about it."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


class Repository:
    """A repository, by the folder that has its `.git`."""

    def __init__(self, root: str) -> None:
        self.root = root

    def ask(self, *words: str) -> str:
        """The output of a git command, bytes that are not UTF-8 kept (surrogateescape). Raises GitError."""
        status, out, said = self._run(words)
        if status:
            raise _explained(said, self.root)
        return out.decode("utf-8", "surrogateescape")

    def answers(self, *words: str) -> str | None:
        """As `ask`; None where git fails."""
        try:
            return self.ask(*words)
        except GitError:
            return None

    def contents(self, objects: Sequence[str], take: Callable[[int, IO[bytes], int], None]) -> None:
        """Call `take` with the number, the content and the size of each object; it must read all of that.

        Raises GitError for an object that the repository lacks.
        """
        with tempfile.TemporaryFile() as names:
            names.write("".join(f"{name}\n" for name in objects).encode())
            names.seek(0)
            with self._started(("cat-file", "--batch"), names, SECONDS_TO_READ, subprocess.DEVNULL) as process:
                stream = process.stdout
                assert stream is not None
                for number, name in enumerate(objects):
                    said = stream.readline().split()
                    if len(said) != _HEADER:
                        raise GitError(f"the repository lacks the content of {name[:12]}", _LACKS)
                    take(number, stream, int(said[2]))
                    stream.read(1)

    def _run(self, words: tuple[str, ...]) -> tuple[int, bytes, str]:
        with tempfile.TemporaryFile() as said:  # nobody has to read it for git to go on, as from a pipe
            with self._started(words, subprocess.DEVNULL, SECONDS, said) as process:
                out = _up_to(process.stdout, MOST_BYTES)
                if len(out) > MOST_BYTES:
                    _stop(process)
                    raise GitError("the history names too many files", "Ask for fewer commits")
                status = process.wait()
            said.seek(0)
            return status, out, said.read(_PIECE).decode("utf-8", "replace")

    @contextmanager
    def _started(
        self, words: Sequence[str], stdin: int | IO[bytes], seconds: float, stderr: int | IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A git command, which is stopped at the end. Raises GitError if it took longer than `seconds`."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        command = ["git", "--no-pager", "--no-replace-objects", "--literal-pathspecs", *settings, *words]
        kept = {name: value for name, value in os.environ.items() if _is_kept(name)}
        try:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env={**kept, **_ENVIRONMENT},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError:
            raise GitError("git can't be started", "Install git, or leave out --history, --since and --base") from None
        stopped = threading.Event()

        def give_up() -> None:
            stopped.set()
            _stop(process)

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            _stop(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            if stopped.is_set():
                raise GitError(f"git took longer than {seconds:.0f} s and was stopped", "Ask for fewer commits")


def _is_kept(variable: str) -> bool:
    """Whether git gets a variable of the environment: no traces, which have no end and of which nothing is read."""
    return variable not in _ELSEWHERE and not variable.startswith("GIT_TRACE")


def _up_to(stream: IO[bytes] | None, most: int) -> bytes:
    """What a stream says, up to one byte more than `most`."""
    return stream.read(most + 1) if stream is not None else b""


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def _explained(said: str, root: str) -> GitError:
    """What git's error means, as a sentence of dfix."""
    if "dubious ownership" in said:
        hint = f"If you trust it: git config --global --add safe.directory {root}"
        return GitError("git does not read this repository, because it belongs to somebody else", hint)
    if "not a git repository" in said:
        return GitError("it is not in a git repository that git can read", "Check its .git")
    lines = [line.partition(": ")[2] or line for line in said.splitlines() if line.startswith(("fatal", "error"))]
    return GitError(f"git fails: {' '.join((lines or ['it does not say why'])[0].split())[:200]}", "")

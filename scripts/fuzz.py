"""Coverage-guided fuzzing of dfix (atheris, libFuzzer): of Dockerfiles alone, and of whole repositories.

    make fuzz                                                  ten minutes of each
    python scripts/fuzz.py --minutes 60 --what repositories    only one of them

Repositories are a Dockerfile with the files that dfix reads around it, links, pipes and a command line; tests/fuzz
makes and changes them. Inputs that reach something new are kept in `--corpus` for the next run. Each fault is told
once, and its smallest input is written to `--keep`. Exits 1 if there is one. docs/fuzzing.md says more.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import mmap
import os
import re
import signal
import struct
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import NamedTuple

import atheris

# atheris names each module that it instruments
with redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["dfix"]):
    from dfix.rewriter.pipeline.options import Options
    from dfix.rewriter.pipeline.registry import transforms

    for _package in ("dfix.rewriter", "dfix.transforms"):
        for _module in walk_packages(import_module(_package).__path__, f"{_package}."):
            if ".rewriter.server." not in _module.name and ".rewriter.verify." not in _module.name:
                import_module(_module.name)

    from shared_data import corpus
    from soundness import look_at

    from tests.fuzz.mutations import Mutator
    from tests.fuzz.repositories import from_bytes, to_bytes
    from tests.fuzz.seeds import seeds
    from tests.fuzz.trial import MOST_SECONDS, FaultsError, Trial

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("dockerfiles", "repositories")
WORDS = """
FROM RUN COPY ADD ONBUILD WORKDIR USER ENV ARG SHELL HEALTHCHECK CMD ENTRYPOINT AS scratch debian:12 node:22-alpine
--mount=type=cache,target= --from= --chown= apt-get update install -y apk add --no-cache pip npm ci yum clean all dnf rm
-rf /var/lib/apt/lists/* mkdir chmod cd export set <<EOF <<-EOF EOF && || ; | & ( ) { } [ ] [[ ]] if then fi for do done
case esac # \\ ` ' " $ ${ $( \\x0a \\x0d\\x0a \\x09 \\x00 \\xef\\xbb\\xbf \\xc2\\xa0 \\xff \\x1ef \\x1el \\x1ep
""".split()
LONGEST = {"dockerfiles": 2048, "repositories": 6000}
SEEDS = 300
ALONE = Options(use_context=False)
HANGS_AFTER = 300
"""Seconds on the clock after which an input hangs."""
_MOST_MEMORY = 1500
_TELLS_AFTER = 600
_COUNTS = struct.Struct("QQQd")
_PLACES = re.compile(r"\d+|/\S+|'[^']*'|\"[^\"]*\"")


class Counts(NamedTuple):
    """What a process has done so far: inputs, those that were changed, faults, and the slowest input in seconds."""

    inputs: int = 0
    changed: int = 0
    faults: int = 0
    slowest: float = 0


class Board:
    """Counts that the process which fuzzes, and may be killed, shares with the one that has started it."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _COUNTS.size)

    @property
    def counts(self) -> Counts:
        """The counts."""
        return Counts(*_COUNTS.unpack(self._memory[: _COUNTS.size]))

    @counts.setter
    def counts(self, counts: Counts) -> None:
        self._memory[: _COUNTS.size] = _COUNTS.pack(*counts)


class Findings:
    """The faults that were found, by kind, each with its smallest input in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, kind: str, details: str, data: bytes) -> None:
        """Keep an input, unless there is a smaller one of its kind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", kind)[:60].strip("-")
        path = self.folder / f"{name}-{hashlib.sha256(_PLACES.sub('', kind).encode()).hexdigest()[:6]}"
        if path.exists() and path.stat().st_size <= len(data):
            return
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(f"{kind}\n{details}\n", encoding="utf-8", errors="backslashreplace")
        sys.stderr.write(f"found: {path}\n")

    def since(self, began: float) -> list[Path]:
        """Those that were written after a time."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(path for path in found if path.suffix != ".txt" and path.stat().st_mtime >= began)


def look_at_dockerfile(data: bytes) -> bool:
    """Whether dfix changes a Dockerfile without a context. Raises FaultsError."""
    looked = look_at("/nowhere/Dockerfile", data, ALONE)
    if looked.faults:
        raise FaultsError(f"{min(looked.faults)} of a Dockerfile", str(looked.faults))
    return looked.result.changed


def fuzz(kind: str, seconds: int, folders: dict[str, Path], board: Board) -> None:
    """Fuzz in this process, and never return."""
    findings = Findings(folders["keep"])
    trial = Trial(folders["work"]) if kind == "repositories" else None

    def one_input(data: bytes) -> None:
        began = time.process_time()
        changed, fault, most = False, 0, 0.0
        try:
            if trial is None:
                changed = look_at_dockerfile(data)
                most = time.process_time() - began
                if most > MOST_SECONDS:
                    raise FaultsError("too slow", f"{most:.1f} s")
            else:
                changed, most = trial(from_bytes(data))
        except FaultsError as faults:
            fault = 1
            findings.add(faults.kind, faults.details, data)
        except Exception as error:
            fault = 1
            findings.add(f"an exception: {error!r}"[:100], traceback.format_exc(), data)
        told = board.counts
        board.counts = Counts(told.inputs + 1, told.changed + changed, told.faults + fault, max(told.slowest, most))

    arguments = [
        sys.argv[0],
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST[kind]}",
        f"-dict={folders['work'] / 'words'}",
        f"-artifact_prefix={folders['keep'].resolve()}/",
        f"-timeout={HANGS_AFTER}",
        f"-rss_limit_mb={_MOST_MEMORY}",
        "-len_control=0",
        "-verbosity=0",
        *(str(folders[name]) for name in ("corpus", "seeds") if name in folders),
    ]
    if trial is None:
        atheris.Setup(arguments, one_input)
    else:
        mutator = Mutator(seeds(LONGEST[kind]))

        def mutated(data: bytes, longest: int, seed: int) -> bytes:
            return atheris.Mutate(data, longest) if seed % 8 == 0 else mutator.mutated(data, longest, seed)

        atheris.Setup(arguments, one_input, custom_mutator=mutated, custom_crossover=mutator.joined)
    atheris.Fuzz()


def write_seeds(kind: str, folder: Path) -> None:
    """Write seeds: the transforms' examples, and some real files if the corpus is available."""
    texts = [to_bytes(one) for one in seeds(LONGEST[kind])]
    if kind == "dockerfiles":
        texts = [example.before.encode() for transform in transforms() for example in transform.EXAMPLES]
        real = corpus()
        if real is not None:
            names = sorted(real.dockerfiles)
            texts += [real.dockerfiles[name] for name in names[:: max(1, len(names) // SEEDS)]]
    for number, text in enumerate(texts):
        if len(text) <= LONGEST[kind]:
            (folder / f"seed{number}").write_bytes(text)


def campaign(kind: str, minutes: float, keep: Path, kept_corpus: Path | None) -> Counts:
    """Fuzz for so many minutes; an input that hangs or takes too much memory ends a process, and a new one goes on."""
    board, end = Board(), time.time() + 60 * minutes
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dfix-fuzz-", dir=_in_memory()) as name:
        folders = {"work": Path(name), "seeds": Path(name) / "seeds", "keep": keep}
        folders["seeds"].mkdir()
        write_seeds(kind, folders["seeds"])
        if kept_corpus is not None and kind == "repositories":  # the others begin with files of other people
            folders = {"corpus": kept_corpus, **folders}
            kept_corpus.mkdir(parents=True, exist_ok=True)
        quoted = (word.replace("\\", "\\\\").replace('"', '\\"').replace("\\\\x", "\\x") for word in WORDS)
        (folders["work"] / "words").write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
        attempt = 0
        while (left := round(end - time.time())) > 0:
            attempt += 1
            own = folders["work"] / str(attempt)
            own.mkdir()
            (own / "words").write_bytes((folders["work"] / "words").read_bytes())
            child = os.fork()
            if not child:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                os.environ["HOME"] = "/nonexistent"
                fuzz(kind, left, {**folders, "work": own}, board)
                os._exit(3)
            status = _ended(kind, child, board)
            if status:
                sys.stderr.write(f"{kind}: a process ended with status {status}\n")
            if status == 3:
                break
    return board.counts


def _ended(kind: str, child: int, board: Board) -> int:
    """Wait for a process and return its exit status; the counts are told every ten minutes."""
    told = time.monotonic()
    try:
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.5)
            if time.monotonic() - told > _TELLS_AFTER:
                told = time.monotonic()
                print(f"{kind}: {board.counts}", flush=True)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        print(f"{kind}: {board.counts}", flush=True)
        raise


def _in_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="for each kind of input")
    parser.add_argument("--what", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--keep", type=Path, default=ROOT / ".fuzz/found", help="where inputs that break something go")
    parser.add_argument("--corpus", type=Path, default=ROOT / ".fuzz/corpus", help="where inputs that do new things go")
    parser.add_argument("--try", type=Path, dest="tried", help="try only this input of the folder of faults")
    words = parser.parse_args()
    if words.tried is not None:
        with tempfile.TemporaryDirectory(prefix="dfix-fuzz-", dir=_in_memory()) as name:
            print(Trial(Path(name))(from_bytes(words.tried.read_bytes())))
        return
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    began = time.time()
    for kind in KINDS if words.what == "both" else (words.what,):
        counts = campaign(kind, words.minutes, words.keep, words.corpus)
        print(
            f"{kind}: {counts.inputs} inputs, {counts.changed} changed, {counts.faults} with a fault, "
            f"slowest command {counts.slowest:.2f} s of CPU time",
            flush=True,
        )
    found = Findings(words.keep).since(began)
    print("".join(f"see {path}\n" for path in found), end="")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

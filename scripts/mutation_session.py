"""Run the tests against one mutation after another. scripts/mutants.py calls this within a copy of the checkout.

pytest imports the project and collects the tests once. Each mutation is then tried in a forked child, which replaces
the code of one function or the value of one constant and runs the tests that come by it, fastest first.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import coverage
import pytest
from _pytest.runner import runtestprotocol
from mutations import Mutation

SLOWEST = 2.0
"""CPU seconds; a test that takes more is not used."""
MOST_MEMORY = 4 << 30
EXTRA_SECONDS = 10
WALL_SECONDS = 900
"""The emergency exit for a child that waits for ever and so uses no CPU time."""
KILLED, SURVIVED, NO_TESTS = "killed", "survived", "no tests"


class Job(NamedTuple):
    """What one session does. `covered` and `results` are files; the first is kept when it is there already."""

    root: str
    processes: int
    covered: str
    results: str
    measured: tuple[str, ...]
    mutations: tuple[Mutation, ...]


class Covered(NamedTuple):
    """Which tests passed, how long each took, and which of them come by a line of a file."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]

    def tests(self, mutation: Mutation, root: Path) -> list[str]:
        """The tests that reach a mutation, fastest first."""
        lines = self.lines.get(mutation.path, {})
        if mutation.in_function:
            covering = range(mutation.first, mutation.last + 1)
            names = {name for line in covering for name in lines.get(str(line), ())}
        else:
            names = set(self._using(mutation, root))
        return sorted(names & self.seconds.keys(), key=lambda name: (self.seconds[name], name))

    def _using(self, mutation: Mutation, root: Path) -> Iterable[str]:
        """The tests that come by a line that names the constant."""
        for path, lines in self.lines.items():
            for number, text in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
                if mutation.scope in text:
                    yield from lines.get(str(number), ())


class Session:
    """The pytest plugin: it takes the place of the loop that runs the tests."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._root = Path(job.root)
        self._items: dict[str, pytest.Item] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure what each test covers, once, and then try the mutations."""
        for path in self._job.measured:
            _imported(path)
        self._items = {item.nodeid: item for item in session.items}
        covered = self._covered()
        running: dict[int, tuple[Mutation, int]] = {}
        with open(self._job.results, "a", encoding="utf-8") as results:
            for mutation in self._job.mutations:
                names = covered.tests(mutation, self._root)
                if not names:
                    _record(results, mutation, NO_TESTS, "", 0.0)
                    continue
                if len(running) == self._job.processes:
                    _finished(running, results)
                allowed = int(3 * sum(covered.seconds[name] for name in names)) + EXTRA_SECONDS
                reading, writing = os.pipe()
                pid = _forked(partial(self._try, mutation, names, writing), allowed)
                os.close(writing)
                running[pid] = mutation, reading
            while running:
                _finished(running, results)
        self._check(covered)
        return True

    def _check(self, covered: Covered) -> None:
        """Raise where a test that noticed a mutation fails without one by now: then what was found is worth nothing."""
        rows = [json.loads(line) for line in Path(self._job.results).read_text(encoding="utf-8").splitlines()]
        noticed = sorted({by for _, _, by, _ in rows} & covered.seconds.keys())
        pid = _forked(partial(self._run, noticed), 600)
        if os.waitpid(pid, 0)[1]:
            os.remove(self._job.results)
            raise RuntimeError("tests fail without a mutation, so what they noticed does not count")

    def _covered(self) -> Covered:
        path = Path(self._job.covered)
        if not path.exists():
            names = list(self._items)
            shares = [names[at :: self._job.processes] for at in range(self._job.processes)]
            parts = [path.with_suffix(f".{number}") for number in range(len(shares))]
            children = [
                _forked(partial(self._measure, share, part), 3600) for share, part in zip(shares, parts, strict=True)
            ]
            for pid in children:
                if os.waitpid(pid, 0)[1]:
                    raise RuntimeError("the tests could not be measured")
            found = [Covered(*json.loads(part.read_text())) for part in parts]
            path.write_text(json.dumps(_together(found)))
            for part in parts:
                part.unlink()
        return Covered(*json.loads(path.read_text()))

    def _measure(self, names: list[str], to: Path) -> int:
        measuring = coverage.Coverage(data_file=None, include=[f"{self._root / path}" for path in self._job.measured])
        measuring.start()
        seconds = {}
        for name in names:
            measuring.switch_context(name)
            began = time.process_time()
            if self._passes(name):
                seconds[name] = time.process_time() - began
        measuring.stop()
        data = measuring.get_data()
        lines = {
            os.path.relpath(file, self._root): {
                str(line): [name for name in contexts if name]
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        to.write_text(json.dumps((seconds, lines)))
        return 0

    def _try(self, mutation: Mutation, names: list[str], to: int) -> int:
        """1 where a test fails, whose name is written to the pipe `to`."""
        apply(mutation, self._root)
        return self._run(names, to)

    def _run(self, names: list[str], to: int | None = None) -> int:
        for name in names:
            if not self._passes(name):
                if to is not None:
                    os.write(to, name.encode("utf-8", "replace")[:4000])
                return 1
        return 0

    def _passes(self, name: str) -> bool:
        reports = runtestprotocol(self._items[name], log=False, nextitem=None)
        return all(report.passed for report in reports)


def apply(mutation: Mutation, root: Path) -> None:
    """Put the mutation into the modules that are imported."""
    source = (root / mutation.path).read_bytes()
    text = source[: mutation.start] + mutation.text.encode() + source[mutation.end :]
    module = _imported(mutation.path)
    assert module.__file__ is not None
    code = compile(text, module.__file__, "exec", dont_inherit=True)
    if mutation.in_function:
        _function(vars(module), mutation.scope).__code__ = _code(code, mutation.scope)
        return
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, fresh)
    old = vars(module)[mutation.scope]
    for other in [module for name, module in sys.modules.items() if name.startswith("dfix.")]:
        if vars(other).get(mutation.scope) is old:
            setattr(other, mutation.scope, fresh[mutation.scope])


def _imported(path: str) -> ModuleType:
    return importlib.import_module("dfix." + path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def _function(names: Any, scope: str) -> FunctionType:
    found: Any = None
    for part in scope.split("."):
        found = names[part]
        names = vars(found) if hasattr(found, "__dict__") else {}
    for wrapper in ("fget", "__func__", "__wrapped__"):
        found = getattr(found, wrapper, None) or found
    assert isinstance(found, FunctionType), scope
    return found


def _code(code: CodeType, scope: str) -> CodeType:
    for part in scope.split("."):
        code = [inner for inner in code.co_consts if isinstance(inner, CodeType) and inner.co_name == part][-1]
    return code


def _forked(work: Callable[[], int], seconds: int) -> int:
    """Do the work in a child, whose status is what it returns; the child's process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.alarm(max(WALL_SECONDS, seconds))
        status = work()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.__stderr__, flush=True)
    finally:
        os._exit(status)


def _finished(running: dict[int, tuple[Mutation, int]], results: Any) -> None:
    """Wait for a child, and write down what became of its mutation."""
    pid, status, usage = os.wait4(-1, 0)
    mutation, reading = running.pop(pid)
    with os.fdopen(reading, "rb") as pipe:
        by = pipe.read().decode("utf-8", "replace")
    code = os.waitstatus_to_exitcode(status)
    if code == 70:
        raise RuntimeError(f"{mutation.name}: it could not be tried")
    _record(results, mutation, SURVIVED if code == 0 else KILLED, by or f"status {code}" * (code != 0), usage.ru_utime)


def _record(results: Any, mutation: Mutation, outcome: str, by: str, seconds: float) -> None:
    results.write(json.dumps((mutation.name, outcome, by, round(seconds, 2))) + "\n")
    results.flush()


def _together(parts: list[Covered]) -> Covered:
    seconds = {name: taken for part in parts for name, taken in part.seconds.items() if taken <= SLOWEST}
    lines: dict[str, dict[str, list[str]]] = {}
    for part in parts:
        for path, found in part.lines.items():
            for line, names in found.items():
                lines.setdefault(path, {}).setdefault(line, []).extend(names)
    return Covered(seconds, lines)


def main() -> int:
    """Do the job that is described in the file of the first argument; the others are what pytest collects."""
    fields = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    job = Job._make([*fields[:-1], tuple(Mutation(*row) for row in fields[-1])])
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "tmp_path_retention_policy=failed"]
    return int(pytest.main([*options, *sys.argv[2:]], plugins=[Session(job)]))


if __name__ == "__main__":
    sys.exit(main())

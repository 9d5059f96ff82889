"""Carrying out `dfix verify`: prove every file, print the proof, and write the result with --write."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType

from dfix.rewriter.cli.plugin_lines import PluginLines
from dfix.rewriter.cli.selected_files import unknown_rule
from dfix.rewriter.cli.verify_printer import ProofPrinter, write_reports
from dfix.rewriter.cli.verify_request import VerifyRequest, fault
from dfix.rewriter.cli.verify_tasks import Task, as_they_are, rewrites
from dfix.rewriter.cli.workshop import Workshop, said
from dfix.rewriter.hosting.ci_job import stranger
from dfix.rewriter.pipeline.job import write_result
from dfix.rewriter.report.output import Output, outputs, visible
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.revisions.git import GitError
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.verify.engine import EngineError
from dfix.rewriter.verify.engines.find_engine import find
from dfix.rewriter.verify.process import CommandStoppedError, Processes
from dfix.rewriter.verify.progress import Progress
from dfix.rewriter.verify.proof import Compared, Proof
from dfix.rewriter.verify.strays import remove_strays
from dfix.rewriter.verify.vulnerabilities import ReportError, compared_reports
from dfix.rewriter.verify.workspace import Workspace

FAILED = 2


def execute(request: VerifyRequest) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.files.color)
    wrong = fault(request) or unknown_rule(request.files)
    if wrong:
        err.write(f"dfix: {visible(wrong)}\n")
        return FAILED
    processes = Processes()
    with _signals():
        try:
            if request.clean:
                return remove_strays(request.engine, processes, out)
            return _prove_all(request, processes, out, err)
        except SettingsError as error:
            problem_line(err, error.problem)
            why = f"{error.problem.path}: {error.problem.message}. {error.problem.hint}".rstrip(". ")
        except GitError as error:
            why = f"{error}. {error.hint}".rstrip(". ")
            err.write(f"dfix: {visible(why)}\n")
        except (EngineError, ReportError, OSError) as error:
            why = said(error)
            err.write(f"dfix: {visible(why)}\n")
        _report(request, why, err)
        return FAILED


def _report(request: VerifyRequest, why: str, err: Output) -> None:
    """Put into the reports why there is no proof, so that an earlier verdict does not stand there any longer."""
    for unwritten in write_reports(request, (), "", None, why):
        err.write(f"dfix: {visible(unwritten)}\n")


def _prove_all(request: VerifyRequest, processes: Processes, out: Output, err: Output) -> int:
    scan = compared_reports(*request.scan_reports) if request.scan_reports is not None else None
    lines = PluginLines(err, traces=request.files.verbose)
    if not request.files.isolated and request.base is None:
        lines.loading()
    space = Workspace()
    try:
        compared, tasks = _tasks(request, space)
        for task in tasks:
            lines.add(task.result.plugin_faults)
        engine = find(request.engine, processes, space.folder) if any(task.builds for task in tasks) else None
        shop = Workshop(request, engine, space, processes) if engine is not None else None
        printer = ProofPrinter(request, engine.name if engine else "", compared, out, err)
        with Progress(err, len(tasks), quiet=request.files.quiet) as progress:
            proofs = _proofs(tasks, shop, request.jobs, progress.teller, processes.stop)
            for task, proof in zip(tasks, proofs, strict=True):
                shown = proof if scan is None else proof._replace(scan=scan)
                printer.add(_written(shown, task.options.root) if request.files.mode == "write" else shown)
                progress.advance()
        printer.finish()
        return FAILED if lines.faulty else printer.status
    finally:
        with _uninterrupted():
            space.close()


def _tasks(request: VerifyRequest, space: Workspace) -> tuple[Compared | None, Sequence[Task]]:
    """What is to be proven and, for two revisions, which they are."""
    if request.reproducible:
        return None, list(as_they_are(request))
    if request.base is None:
        return None, list(rewrites(request))
    from dfix.rewriter.cli.two_trees import TwoTrees

    trees = TwoTrees(request, space.folder)
    tasks = list(trees.tasks())
    fork = stranger(os.environ)
    notes = trees.compared.notes
    if fork:
        notes = (
            f"this pull request comes from {fork}: what is built is untrusted code, and so is what it prints",
            *notes,
        )
    return trees.compared._replace(notes=notes), tasks


def _proofs(
    tasks: Sequence[Task],
    shop: Workshop | None,
    jobs: int,
    teller: Callable[[str], Callable[[str], None]],
    stop: Callable[[], None],
) -> Iterator[Proof]:
    """The proof of each task, in order. If the iteration ends early, running builds are stopped."""
    with ThreadPoolExecutor(jobs) as pool:
        waiting: list[Future[Proof]] = []
        try:
            for number, task in enumerate(tasks):
                tell = teller(task.result.before.path)
                waiting.append(pool.submit(_one, task, shop, f"file{number}", tell))
            for proof in waiting:
                yield proof.result()
        except BaseException:
            stop()
            for proof in waiting:
                proof.cancel()
            raise


def _one(task: Task, shop: Workshop | None, name: str, tell: Callable[[str], None]) -> Proof:
    return task.proof(shop, name, tell) if shop is not None and task.builds else task.unbuilt()


def _written(proof: Proof, root: str) -> Proof:
    """Write what is proven."""
    settled = proof.settled
    if proof.verdict not in ("proven", "broken") or not settled.changed or proof.message:
        return proof
    problem = write_result(settled, settled.before.to_bytes(), root)
    if problem is None:
        return proof._replace(written=True)
    return proof._replace(verdict="failed", message=f"{problem.message}. {problem.hint}")


@contextmanager
def _signals() -> Iterator[None]:
    """Handle SIGTERM and a closed terminal like Ctrl-C: stop the builds and remove everything."""
    with _handled_by(_interrupt, signal.SIGTERM, signal.SIGHUP):
        try:
            yield
        except CommandStoppedError:
            raise KeyboardInterrupt from None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore what would stop the clean-up half way: whoever presses Ctrl-C twice wants nothing left behind either."""
    with _handled_by(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers, *numbers: signal.Signals
) -> Iterator[None]:
    """Another handler of signals for a while; Python only allows that in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in kept.items():
            signal.signal(number, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt

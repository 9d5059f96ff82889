"""Carrying out `dfix verify`: prove every file, print the proof, and write the result with --write."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from dfix.rewriter.cli.plugin_lines import PluginLines
from dfix.rewriter.cli.selected_files import SelectedFiles, unknown_rule
from dfix.rewriter.cli.verify_printer import ProofPrinter
from dfix.rewriter.cli.verify_request import VerifyRequest, fault
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import keep
from dfix.rewriter.pipeline.job import Job, failed, work, write_result
from dfix.rewriter.pipeline.opened_context import open_context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.report.output import Output, outputs, visible
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.settings.files import SettingsError
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.build_log import mask_of, masked
from dfix.rewriter.verify.containers import Containers
from dfix.rewriter.verify.engine import BuildOptions, Engine, EngineError
from dfix.rewriter.verify.engines.find_engine import find
from dfix.rewriter.verify.process import CommandStoppedError, Processes
from dfix.rewriter.verify.progress import Progress
from dfix.rewriter.verify.proof import Proof
from dfix.rewriter.verify.prove import Show, prove
from dfix.rewriter.verify.saved import LayerCache, SavedImageError
from dfix.rewriter.verify.smoke import Runs
from dfix.rewriter.verify.snapshot import ContextError
from dfix.rewriter.verify.strays import remove_strays
from dfix.rewriter.verify.trial import Trial
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
        except (EngineError, OSError) as error:
            err.write(f"dfix: {visible(_said(error))}\n")
        return FAILED


def _prove_all(request: VerifyRequest, processes: Processes, out: Output, err: Output) -> int:
    lines = PluginLines(err, traces=request.files.verbose)
    if not request.files.isolated:
        lines.loading()
    results = list(_results(request))
    for result, _ in results:
        lines.add(result.plugin_faults)
    space = Workspace()
    try:
        engine = (
            find(request.engine, processes, space.folder) if any(_changes(result) for result, _ in results) else None
        )
        prover = _Prover(request, engine, space, processes)
        printer = ProofPrinter(request, engine.name if engine else "", out, err)
        with Progress(err, len(results), quiet=request.files.quiet) as progress:
            proofs = prover.proofs(results, progress.teller, processes.stop)
            for (_, options), proof in zip(results, proofs, strict=True):
                printer.add(_written(proof, options.root) if request.files.mode == "write" else proof)
                progress.advance()
        printer.finish()
        return FAILED if lines.faulty else printer.status
    finally:
        space.close()


class _Prover:
    """Proves several files at a time with one engine."""

    def __init__(self, request: VerifyRequest, engine: Engine | None, space: Workspace, processes: Processes) -> None:
        self._request, self._engine, self._space, self._processes = request, engine, space, processes
        self._seen = LayerCache()

    def proofs(
        self,
        results: list[tuple[Result, Options]],
        teller: Callable[[str], Callable[[str], None]],
        stop: Callable[[], None],
    ) -> Iterator[Proof]:
        """The proof of each result, in order. If the iteration ends early, running builds are stopped."""
        with ThreadPoolExecutor(self._request.jobs) as pool:
            waiting: list[Future[Proof]] = []
            try:
                for number, (result, options) in enumerate(results):
                    tell = teller(result.before.path)
                    waiting.append(pool.submit(self._one, f"file{number}", result, options, tell))
                for proof in waiting:
                    yield proof.result()
            except BaseException:
                stop()
                for proof in waiting:
                    proof.cancel()
                raise

    def _one(self, name: str, result: Result, options: Options, tell: Callable[[str], None]) -> Proof:
        if not _changes(result) or self._engine is None:
            problem = result.problem
            message = f"{problem.message}. {problem.hint}".rstrip(". ") if problem else ""
            return Proof("failed" if problem else "unchanged", result, result, message=message)
        trial = Trial(self._engine, self._space, self._seen, self._request.build, name, tell)
        request, program = self._request, self._engine.runs
        containers = Containers(program, self._processes, self._space.label, request.build) if program else None
        runs = Runs(containers, request.smoke, bool(request.against and request.files.unsafe), not request.measuring)
        try:
            context, why = open_context(parse(result.before), options)
            if context is None:
                return Proof("failed", result, result, message=f"no build context: {why}. Name it with --context")
            proof = prove(trial, result, options, context, runs, Show(request.measuring, request.watching))
            _remember(proof)
        except (ContextError, SavedImageError, OSError) as error:
            proof = Proof("failed", result, result, message=_said(error))
        finally:
            tell("")
            trial.close()
        return _masked(proof, request.build)


def _results(request: VerifyRequest) -> Iterator[tuple[Result, Options]]:
    """Each file's result of dfix or, with `--against`, somebody else's rewrite as a result."""
    files = SelectedFiles(request.files)
    for item in files.items():
        if isinstance(item, Problem):
            yield failed(item.path, item).result, Options()
        elif request.against:
            yield _against(item, request.against), item.options
        else:
            yield work(item._replace(write=False)).result, item.options


def _against(job: Job, new: str) -> Result:
    texts = []
    for path, within in ((job.path, (job.options.root,)), (new, None)):
        data = read(path, within)
        if isinstance(data, Problem):
            return failed(path, data).result
        texts.append(Source.from_bytes(job.path, data))
    before, after = texts
    return Result(before, after, (), (), (), None)


def _changes(result: Result) -> bool:
    return result.problem is None and result.changed


def _masked(proof: Proof, build: BuildOptions) -> Proof:
    """A proof without the values that were passed to the builds. The author's own texts stay."""
    hidden: Proof = masked(proof, mask_of(build), (Result, Applied))
    return hidden._replace(verdict=proof.verdict, log=proof.log)


def _remember(proof: Proof) -> None:
    """Keep what the steps took, before and after, for `dfix layers`."""
    took = [step for measures in (proof.before, proof.after) if measures is not None for step in measures.took]
    keep(proof.result.before.path, dict(took))


def _written(proof: Proof, root: str) -> Proof:
    """Write what is proven."""
    settled = proof.settled
    if proof.verdict not in ("proven", "broken") or not settled.changed or proof.message:
        return proof
    problem = write_result(settled, settled.before.to_bytes(), root)
    if problem is None:
        return proof._replace(written=True)
    return proof._replace(verdict="failed", message=f"{problem.message}. {problem.hint}")


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        free = ". Free some space" if error.errno == 28 else ""
        return f"{error.filename or 'a temporary file'}: {error.strerror}{free}"
    return str(error)


@contextmanager
def _signals() -> Iterator[None]:
    """Handle SIGTERM and a closed terminal like Ctrl-C: stop the builds and remove everything."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number in kept:
        signal.signal(number, _interrupt)
    try:
        yield
    except CommandStoppedError:
        raise KeyboardInterrupt from None
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt

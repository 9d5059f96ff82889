"""What the proofs of one command share: the engine, the temporary folder, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.measured.records import keep
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.verify.build_log import mask_of, masked
from dfix.rewriter.verify.containers import Containers
from dfix.rewriter.verify.engine import BuildOptions, Engine
from dfix.rewriter.verify.epoch import EPOCH
from dfix.rewriter.verify.process import Processes
from dfix.rewriter.verify.proof import Proof
from dfix.rewriter.verify.prove import Show
from dfix.rewriter.verify.saved import LayerCache, SavedImageError
from dfix.rewriter.verify.scanner import Scanner, installed
from dfix.rewriter.verify.smoke import Runs
from dfix.rewriter.verify.snapshot import ContextError
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.workspace import Workspace


class Workshop:
    """Makes the trials of one command."""

    def __init__(self, request: VerifyRequest, engine: Engine, space: Workspace, processes: Processes) -> None:
        self._request, self._engine, self._space, self._processes = request, engine, space, processes
        self._seen = LayerCache(exact=request.reproducible)
        self._scanner = Scanner(installed(), processes, space.folder, request.build.timeout) if request.scan else None

    def trial(self, name: str, tell: Callable[[str], None]) -> Trial:
        """A trial of that name, which is to be closed."""
        return Trial(self._engine, self._space, self._seen, self._request.build, name, tell)

    def trial_at(self, epoch: int | None, name: str, tell: Callable[[str], None]) -> Trial:
        """A trial of that name whose builds take `epoch` for now; with None, they take the time that it is."""
        build = self._request.build
        own = () if epoch is None else (f"{EPOCH}={epoch}",)
        args = (*(arg for arg in build.args if arg.partition("=")[0] != EPOCH), *own)
        return Trial(self._engine, self._space, self._seen, build._replace(args=args), name, tell)

    @property
    def args(self) -> tuple[str, ...]:
        """The build arguments of the command line."""
        return self._request.build.args

    def runs(self) -> Runs:
        """How images are run."""
        request, program = self._request, self._engine.runs
        containers = Containers(program, self._processes, self._space.label, request.build) if program else None
        by_others = request.against is not None or request.base is not None
        declared = by_others and request.files.unsafe
        return Runs(containers, request.smoke, declared, not request.measuring)

    def show(self) -> Show:
        """What else than the images is looked at."""
        return Show(self._request.measuring, self._request.watching, self._scanner)

    def finished(self, result: Result, trials: tuple[Trial, ...], prove: Callable[[], Proof]) -> Proof:
        """What `prove` says, without secrets; the trials are closed."""
        try:
            proof = prove()
            _remember(proof)
        except (ContextError, SavedImageError, OSError) as error:
            proof = Proof("failed", result, result, message=said(error))
        finally:
            for trial in trials:
                trial.tell("")
                trial.close()
        return _masked(proof, self._request.build)


def said(error: Exception) -> str:
    """What an error says, as a sentence."""
    if isinstance(error, OSError) and error.strerror:
        free = ". Free some space" if error.errno == 28 else ""
        return f"{error.filename or 'a temporary file'}: {error.strerror}{free}"
    return str(error)


def _masked(proof: Proof, build: BuildOptions) -> Proof:
    """A proof without the values that were passed to the builds. The author's own texts stay."""
    hidden: Proof = masked(proof, mask_of(build), (Result, Applied))
    return hidden._replace(verdict=proof.verdict, log=proof.log)


def _remember(proof: Proof) -> None:
    """Keep what the steps took, before and after, for `dfix layers`."""
    took = [step for measures in (proof.before, proof.after) if measures is not None for step in measures.took]
    keep(proof.result.before.path, dict(took))

"""Rewriting a probe, building it before and after, and comparing the images."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Comparison, compare, without
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.prove import allows_caches, caches_of
from dfix.rewriter.verify.saved import LayerCache, read_every
from tests.attack import bases
from tests.attack.probe import OtherBuild, Probe, put
from tests.engine.fixture import Engine

BUILD_SECONDS = 180
_GONE = ("Cannot connect to the Docker daemon", "error reading from server: EOF")
_ERROR = re.compile(r"ERROR: (?:failed to (?:build|solve): )*(.*)", re.DOTALL)


class Verdict(NamedTuple):
    """What a pair showed. `how` is same, unchanged, unbuilt (it failed before, so nothing is shown) or broken."""

    how: str
    rules: tuple[str, ...] = ()
    said: str = ""
    """What is wrong, or why it did not build."""
    after: str = ""
    """The Dockerfile after the rewrite."""


class _Built(NamedTuple):
    """One built version: its image, or why there is none."""

    tag: str
    error: str


class _Pair(NamedTuple):
    """A probe on disk, rewritten and built: the main build first, then the others of the same context."""

    probe: Probe
    result: Result
    folders: tuple[Path, Path]
    built: tuple[tuple[_Built, _Built], ...]

    @property
    def name(self) -> str:
        return self.folders[0].parent.name

    def version(self, number: int) -> tuple[OtherBuild, OtherBuild]:
        """What a build is made of, before and after; a build of another Dockerfile stays as it is."""
        other = self.probe.others[number - 1] if number else OtherBuild("")
        texts = (_expected(self.probe, self.result), self.result.after.text)
        before, after = (other if other.dockerfile else other._replace(dockerfile=text) for text in texts)
        return before, after


class _Doubt(NamedTuple):
    """What differs in a build of a pair, and may be noise."""

    pair: _Pair
    number: int
    found: Comparison


class _Layers(LayerCache):
    """Those of a base must outlive a batch, whose images have two hundred layers of their own."""

    MOST = 1000


class Lab:
    """Builds on one engine; `images` stand in for the tags that Dockerfiles name. Made by `opened`."""

    def __init__(self, engine: Engine, folder: Path, jobs: int) -> None:
        self._engine, self._folder, self._jobs = engine, folder, jobs
        self._images: dict[str, str] = {}
        self._seen = _Layers()
        self._count = 0
        self._run = folder.name[-8:].lower().replace("_", "x")

    def try_all(self, probes: list[Probe]) -> list[Verdict]:
        """The verdict on each probe. Their images are read in one go, since they share the layers of their bases."""
        texts = [text for probe in probes for text in (probe.dockerfile, *(other.dockerfile for other in probe.others))]
        self._images |= bases.make(self._engine, tuple({name for text in texts for name in bases.names(text)}))
        folders = [self._fresh() for _ in probes]
        with ThreadPoolExecutor(self._jobs) as pool:
            pairs = list(pool.map(self._pair, probes, folders))
        tags = [built.tag for pair in pairs for two in pair.built for built in two if built.tag]
        try:
            images = self._read(tags)
            judged = [self._judge(pair, images) for pair in pairs]
            doubts = [doubt for found in judged if isinstance(found, list) for doubt in found]
            left = dict(zip(map(id, doubts), self._settle(doubts, images), strict=True)) if doubts else {}
            return [found if isinstance(found, Verdict) else _verdict(found, left) for found in judged]
        finally:
            self._remove(tags)
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)

    def _fresh(self) -> Path:
        self._count += 1
        return self._folder / str(self._count)

    def _pair(self, probe: Probe, folder: Path) -> _Pair:
        before, after = folder / "before", folder / "after"
        for side in (before, after):
            put(side, {**probe.files, "Dockerfile": probe.dockerfile})
        result = rewrite(after, probe.rules, probe.target)
        for side in (before, after):
            # as verify does: a Dockerfile that ships itself is not compared with its own rewrite
            put(side, {**probe.later, "Dockerfile": probe.dockerfile})
        pair = _Pair(probe, result, (before, after), ())
        built = []
        for number in range(1 + len(probe.others)):
            was, now = pair.version(number)
            first = self._build(before, was, f"{folder.name}-{number}-before")
            same = not result.changed or bool(first.error)
            built.append((first, first if same else self._build(after, now, f"{folder.name}-{number}-after")))
        return pair._replace(built=tuple(built))

    def _build(self, context: Path, other: OtherBuild, name: str, *, cache: bool = True) -> _Built:
        """Build once. `<name>.dockerignore` beside a Dockerfile is what BuildKit reads in place of the context's."""
        tag = f"dfix-attack-{self._run}:{name}"
        dockerfile = context.parent / f"{name}.Dockerfile"
        dockerfile.write_bytes(other.dockerfile.encode("utf-8", "surrogateescape"))
        if other.ignore_file:
            shutil.copy(context / other.ignore_file, f"{dockerfile}.dockerignore")
        command = ["docker", "buildx", "build", "--progress=plain", "--network=host", "--load", "--provenance=false"]
        command += ["--tag", tag, "--file", str(dockerfile), *([] if cache else ["--no-cache"])]
        for base, image in self._images.items():
            command += ["--build-context", f"{base}=docker-image://{image}"]
        try:
            done = self._call([*command, str(context)])
        except subprocess.TimeoutExpired:
            return _Built("", f"took longer than {BUILD_SECONDS} s")
        if any(mark in done.stderr for mark in _GONE):
            raise RuntimeError(f"the engine is gone: {_last_words(done.stderr)}")
        return _Built("", _last_words(done.stderr)) if done.returncode else _Built(tag, "")

    def _call(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self._engine.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=BUILD_SECONDS,
            check=False,
        )

    def _read(self, tags: list[str]) -> dict[str, Image]:
        if not tags:
            return {}
        command = ["docker", "save", *tags]
        with subprocess.Popen(command, env=self._engine.environment, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            images = read_every(process.stdout, self._seen)
            process.stdout.read()
        return images

    def _judge(self, pair: _Pair, images: dict[str, Image]) -> Verdict | list[_Doubt]:
        """The verdict on a pair, or the differences that may be noise, if nothing else is wrong."""
        rules = tuple(dict.fromkeys(change.rule for change in pair.result.changes))
        after = pair.result.after.text
        if pair.built[0][0].error:
            return Verdict("unbuilt", rules, pair.built[0][0].error, after)
        if pair.result.problem is not None:
            return Verdict("broken", rules, f"dfix: {pair.result.problem.message}", after)
        if said := confluence(pair.probe, pair.result, pair.folders[0].parent):
            return Verdict("broken", rules, said, after)
        if not pair.result.changed:
            return Verdict("unchanged", after=after)
        doubts = []
        for number, (before, now) in enumerate(pair.built):
            if before.error:
                continue
            if now.error and (said := self._fails_again(pair, number)):
                return Verdict("broken", rules, f"builds before, not after: {said}", after)
            if not now.error and (found := _compared(pair, number, images)).differences:
                doubts.append(_Doubt(pair, number, found))
        if not doubts and pair.probe.runs:
            was, is_now = (self._exit_status(built.tag) for built in pair.built[0])
            if was != is_now:
                return Verdict("broken", rules, f"the container exits {is_now}, was {was}", after)
        return doubts or Verdict("same", rules, after=after)

    def _fails_again(self, pair: _Pair, number: int) -> str:
        """The error of a second try; "" if that builds, since a machine may be short of something for a moment."""
        again = self._build(pair.folders[1], pair.version(number)[1], f"{pair.name}-{number}-again", cache=False)
        self._remove([again.tag])
        return again.error

    def _settle(self, doubts: list[_Doubt], images: dict[str, Image]) -> list[Comparison]:
        """What is left of differences without those that a second build of the same original shows too."""

        def build(doubt: _Doubt) -> _Built:
            pair, number = doubt.pair, doubt.number
            return self._build(pair.folders[0], pair.version(number)[0], f"{pair.name}-{number}-noise", cache=False)

        with ThreadPoolExecutor(self._jobs) as pool:
            built = list(pool.map(build, doubts))
        tags = [again.tag for again in built if again.tag]
        second = self._read(tags)
        self._remove(tags)
        return [
            without(doubt.found, compare(images[doubt.pair.built[doubt.number][0].tag], second[again.tag], ()))
            if again.tag
            else doubt.found
            for doubt, again in zip(doubts, built, strict=True)
        ]

    def _exit_status(self, tag: str) -> int:
        return self._call(["docker", "run", "--rm", "--network=host", tag]).returncode

    def _remove(self, tags: list[str]) -> None:
        tags = [tag for tag in tags if tag]
        if tags:
            self._call(["docker", "image", "rm", "--force", *tags])


def _expected(probe: Probe, result: Result) -> str:
    """The Dockerfile whose image the rewritten one must give: the author's, unless it was repaired."""
    repaired = any(change.contract == "repairs" for change in result.changes)
    return probe.whole if repaired and probe.whole else probe.dockerfile


def _compared(pair: _Pair, number: int, images: dict[str, Image]) -> Comparison:
    first, second = (images[built.tag] for built in pair.built[number])
    same_file = number == 0 or not pair.probe.others[number - 1].dockerfile
    caches = caches_of(pair.result) if same_file and allows_caches(pair.result) else ()
    return compare(first, second, caches)


def _verdict(doubts: list[_Doubt], left: dict[int, Comparison]) -> Verdict:
    """The verdict on a pair whose differences have been built a second time."""
    result = doubts[0].pair.result
    rules = tuple(dict.fromkeys(change.rule for change in result.changes))
    for doubt in doubts:
        differences = left[id(doubt)].differences
        if differences:
            said = "; ".join(f"{difference.path} {difference.what}" for difference in differences[:6])
            where = f"other build {doubt.number}: " if doubt.number else ""
            return Verdict("broken", rules, where + said, result.after.text)
    return Verdict("same", rules, after=result.after.text)


@contextmanager
def opened(engine: Engine, jobs: int) -> Iterator[Lab]:
    """A lab in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="dfix-attack-") as folder:
        yield Lab(engine, Path(folder), jobs)


def rewrite(folder: Path, select: tuple[str, ...] = (), target: str = "") -> Result:
    """Run rules, those of the default if none is named, on the Dockerfile of a folder, and write what they change."""
    path = folder / "Dockerfile"
    options = Options(select=frozenset(select) or None, target=target)
    result = run(Source.from_bytes(str(path), path.read_bytes()), options)
    if result.changed:
        path.write_bytes(result.after.to_bytes())
        if result.ignore_file is not None:
            Path(result.ignore_file.after.path).write_bytes(result.ignore_file.after.to_bytes())
    return result


def confluence(probe: Probe, direct: Result, scratch: Path) -> str:
    """What is wrong if rules that run alone first lead to another end; "" for nothing."""
    if not probe.rules_first:
        return ""
    folder = scratch / "in-turn"
    put(folder, {**probe.files, "Dockerfile": probe.dockerfile})
    for rule in probe.rules_first:
        rewrite(folder, (rule,))
    rewrite(folder)
    end = (folder / "Dockerfile").read_bytes()
    shutil.rmtree(folder)
    if end == direct.after.to_bytes():
        return ""
    return f"after {', then '.join(probe.rules_first)}, all rules end otherwise:{os.linesep}{end.decode()}"


def _last_words(said: str) -> str:
    """What the build said about its failure, in a few lines."""
    lines = [line for line in said.splitlines() if not line.startswith(("#0", "---", " > ["))]
    error = next((match[1] for line in reversed(lines) if (match := _ERROR.match(line))), "")
    steps = [line for line in lines if re.match(r"#\d+ \d+\.\d+ \S", line)]
    return " | ".join([error[-200:], *(line[:160] for line in steps[-4:])])

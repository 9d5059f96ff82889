"""Carrying out `dfix bases --pin`: ask the registries, and show or write the digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from dfix.rewriter.bases.pinned import Pinned, Wanted, WithoutDigest, pinned, wanted
from dfix.rewriter.bases.registry_tools import RegistryError, RegistryTool, digest, found_tool
from dfix.rewriter.cli.bases_reader import MOST_SECONDS, ReadFile, gave_up, read_bases
from dfix.rewriter.cli.bases_request import BasesRequest
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import REPORT, Job
from dfix.rewriter.report.diff import in_git_format
from dfix.rewriter.report.output import Output
from dfix.rewriter.report.sizes import counted
from dfix.rewriter.report.terminal import diff_lines, problem_line
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.write import write

SAME, DIFFERS, FAILED = 0, 1, 2
AT_ONCE = 4
"""Images that are asked about at the same time."""


def pin(request: BasesRequest, items: Iterable[Job | Problem], out: Output, err: Output) -> int:
    """Pin the images of all files and return the exit status."""
    problems: list[Problem] = []
    files: list[_AskingFile] = []
    for item in items:
        found = _asking(item)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            files.append(found)
    asked = list(dict.fromkeys(one for found in files for one in found.asked))
    tool = found_tool() if asked else None
    if asked and tool is None:
        problems.append(Problem("dfix", 0, "neither skopeo nor docker buildx is installed", "Install one of them"))
        files = []
    answers = _answers(tool, asked) if tool is not None else {}
    results: list[Pinned] = []
    left: list[WithoutDigest] = []
    for one in files:
        result = _result(one.file, answers)
        if isinstance(result, Pinned):
            left += result.left
            result = _written(request, one.file, result) if result.pinned else result
        if isinstance(result, Problem):
            problems.append(result)
        elif result.pinned:
            results.append(result)
            if not request.write:
                diff_lines(out, in_git_format(result.before, result.after, new=False))
    for problem in (*problems, *_told(left)):
        problem_line(err, problem)
    if request.write and not request.files.quiet:
        count = sum(result.pinned for result in results)
        out.write(f"Pinned {counted(count, 'image')} in {counted(len(results), 'file')}\n", "bold")
    if problems or any(one.fault for one in left):
        return FAILED
    return DIFFERS if results and not request.write else SAME


class _AskingFile(NamedTuple):
    file: ReadFile
    asked: tuple[Wanted, ...]


def _asking(item: Job | Problem) -> _AskingFile | Problem:
    """A file with the images that are to be asked for."""
    found = read_bases(item)
    if isinstance(found, Problem):
        return found
    try:
        with limited(MOST_SECONDS):
            return _AskingFile(found, tuple(wanted(found.tree, found.uses)))
    except OverBudgetError:
        return gave_up(found.path)


def _written(request: BasesRequest, file: ReadFile, result: Pinned) -> Pinned | Problem:
    """The result after it was written, if that is asked for."""
    if not request.write:
        return result
    return write(file.path, file.data, result.after.to_bytes(), (file.root,)) or result


def _answers(tool: RegistryTool, asked: list[Wanted]) -> dict[Wanted, str | RegistryError]:
    """The digest of each image, or why there is none; a registry that gives no answer at all is not asked again."""
    silent: dict[str, RegistryError] = {}

    def ask(one: Wanted) -> str | RegistryError:
        image, platform = one
        known = silent.get(image.registry)
        if known is not None:
            return known
        try:
            return digest(tool, image, platform)
        except RegistryError as error:
            if error.whole:
                return silent.setdefault(error.whole, error)
            return error

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(asked, threads.map(ask, asked), strict=True))


def _result(file: ReadFile, answers: Mapping[Wanted, str | RegistryError]) -> Pinned | Problem:
    try:
        with limited(MOST_SECONDS):
            return pinned(file.tree, file.uses, answers)
    except OverBudgetError:
        return gave_up(file.path)
    except ValueError as error:
        return Problem(file.path, 0, f"it gets no digests: {error}", REPORT)


def _told(left: Iterable[WithoutDigest]) -> Iterator[Problem]:
    """One line for each image that got no digest, or for all of a registry that gives no answer at all."""
    same: dict[tuple[str, ...], list[WithoutDigest]] = {}
    for one in left:
        image = one.use.reference.text if one.use.reference is not None else one.use.written
        same.setdefault((one.registry,) if one.registry else (image, one.said), []).append(one)
    for key, (first, *others) in same.items():
        more = f" (and {counted(len(others), 'more place')})" if others else ""
        name = first.use.reference.text if first.use.reference is not None else key[0]
        yield Problem(first.use.path, first.use.line, f"{name} gets no digest{more}: {first.said}", first.hint)

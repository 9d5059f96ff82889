"""Carrying out `dfix bases --pin` and `--update`: ask the registries, and show or write the new names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dfix.rewriter.bases.changes_json import changes_document
from dfix.rewriter.bases.fresh_name import ImageQuestion, Wish
from dfix.rewriter.bases.registry_answers import Answers, RegistryAnswers
from dfix.rewriter.bases.registry_tools import SKOPEO, found_tool
from dfix.rewriter.bases.renamed import LeftImage, Renamed, questions, renamed
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


def change(request: BasesRequest, items: Iterable[Job | Problem], out: Output, err: Output) -> int:
    """Name the images of all files anew and return the exit status."""
    wish = Wish(request.pin, request.level if request.update else None)
    problems: list[Problem] = []
    files: list[_AskingFile] = []
    for item in items:
        found = _asking(item, wish)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            files.append(found)
    open_questions = list(dict.fromkeys(one for found in files for one in found.questions))
    tool = found_tool() if open_questions else None
    if open_questions and tool is None:
        problems.append(Problem("dfix", 0, "neither skopeo nor docker buildx is installed", "Install one of them"))
        files = []
    elif tool is not None and tool.name != SKOPEO and request.update:
        problems.append(Problem("dfix", 0, "docker buildx lists no tags, so only digests are new", "Install skopeo"))
    answers = RegistryAnswers(tool, wish.level).names(open_questions) if tool is not None else {}
    results: list[Renamed] = []
    left: list[LeftImage] = []
    for one in files:
        result = _result(one.file, answers, wish)
        if isinstance(result, Renamed):
            left += result.left
            result = _written(request, one.file, result) if result.changes else result
        if isinstance(result, Problem):
            problems.append(result)
        elif result.changes:
            results.append(result)
    _show(request, results, left, problems, out, err)
    if problems or any(one.fault for one in left):
        return FAILED
    return DIFFERS if results and not request.write else SAME


class _AskingFile(NamedTuple):
    file: ReadFile
    questions: tuple[ImageQuestion, ...]


def _asking(item: Job | Problem, wish: Wish) -> _AskingFile | Problem:
    """A file with what is to be asked about it."""
    found = read_bases(item)
    if isinstance(found, Problem):
        return found
    try:
        with limited(MOST_SECONDS):
            return _AskingFile(found, tuple(questions(found.tree, found.uses, wish)))
    except OverBudgetError:
        return gave_up(found.path)


def _result(file: ReadFile, answers: Answers, wish: Wish) -> Renamed | Problem:
    try:
        with limited(MOST_SECONDS):
            return renamed(file.tree, file.uses, answers, wish)
    except OverBudgetError:
        return gave_up(file.path)
    except ValueError as error:
        return Problem(file.path, 0, f"it stays as it is: {error}", REPORT)


def _written(request: BasesRequest, file: ReadFile, result: Renamed) -> Renamed | Problem:
    """The result after it was written, if that is asked for."""
    if not request.write:
        return result
    return write(file.path, file.data, result.after.to_bytes(), (file.root,)) or result


def _show(
    request: BasesRequest,
    results: Sequence[Renamed],
    left: Sequence[LeftImage],
    problems: Sequence[Problem],
    out: Output,
    err: Output,
) -> None:
    if request.files.output_format == "json":
        out.write(changes_document(results, left, problems, written=request.write))
        return
    if not request.write:
        for result in results:
            diff_lines(out, in_git_format(result.before, result.after, new=False))
    for problem in (*problems, *_told(left, "stays as it is" if request.update else "gets no digest")):
        problem_line(err, problem)
    if request.write and not request.files.quiet:
        count = sum(len(result.changes) for result in results)
        done = "Updated" if request.update else "Pinned"
        out.write(f"{done} {counted(count, 'image')} in {counted(len(results), 'file')}\n", "bold")


def _told(left: Iterable[LeftImage], outcome: str) -> Iterator[Problem]:
    """One line for each image that is left, or for all of a registry that gives no answer at all."""
    same: dict[tuple[str, ...], list[LeftImage]] = {}
    for one in left:
        same.setdefault((one.registry,) if one.registry else (one.image, one.said), []).append(one)
    for first, *others in same.values():
        more = f" (and {counted(len(others), 'more place')})" if others else ""
        said = f"{first.image} {first.outcome or outcome}{more}: {first.said}"
        yield Problem(first.use.path, first.use.line, said, first.hint)

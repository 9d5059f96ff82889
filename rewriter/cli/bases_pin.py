"""Carrying out `dfix bases --pin`: ask the registries, and show or write the digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from dfix.rewriter.bases.pinned import Pinned, Wanted, WithoutDigest, is_open, pinned
from dfix.rewriter.bases.registry_tools import RegistryError, Tool, digest, found_tool
from dfix.rewriter.cli.bases_reader import ReadFile, read_bases
from dfix.rewriter.cli.bases_request import BasesRequest
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.report.diff import in_git_format
from dfix.rewriter.report.output import Output
from dfix.rewriter.report.sizes import counted
from dfix.rewriter.report.terminal import diff_lines, problem_line
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.write import write

SAME, DIFFERS, FAILED = 0, 1, 2
AT_ONCE = 4
"""Images that are asked about at the same time."""


def pin(request: BasesRequest, items: Iterable[Job | Problem], out: Output, err: Output) -> int:
    """Pin the images of all files and return the exit status."""
    files: list[ReadFile] = []
    problems: list[Problem] = []
    for item in items:
        found = read_bases(item)
        if isinstance(found, Problem):
            problems.append(found)
        elif any(is_open(use) for use in found.uses):
            files.append(found)
    wanted = list(
        dict.fromkeys(
            (use.reference, use.platform)
            for file in files
            for use in file.uses
            if use.reference is not None and is_open(use)
        )
    )
    tool = found_tool() if wanted else None
    if wanted and tool is None:
        problems.append(Problem("dfix", 0, "neither skopeo nor docker buildx is installed", "Install one of them"))
        files = []
    answers = _answers(tool, wanted) if tool is not None else {}
    left: list[WithoutDigest] = []
    count = changed = 0
    for file in files:
        result = _result(file, answers)
        if isinstance(result, Problem):
            problems.append(result)
            continue
        left += result.left
        if result.after.text == result.before.text:
            continue
        problem = write(file.path, file.data, result.after.to_bytes(), (file.root,)) if request.write else None
        if problem is not None:
            problems.append(problem)
            continue
        count, changed = count + result.pinned, changed + 1
        if not request.write:
            diff_lines(out, in_git_format(result.before, result.after, new=False))
    for problem in (*problems, *_told(left)):
        problem_line(err, problem)
    if request.write and not request.files.quiet:
        out.write(f"Pinned {counted(count, 'image')} in {counted(changed, 'file')}\n", "bold")
    return FAILED if problems or left else DIFFERS if changed and not request.write else SAME


def _answers(tool: Tool, wanted: list[Wanted]) -> dict[Wanted, str | RegistryError]:
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
        return dict(zip(wanted, threads.map(ask, wanted), strict=True))


def _result(file: ReadFile, answers: Mapping[Wanted, str | RegistryError]) -> Pinned | Problem:
    try:
        return pinned(file.tree, [use for use in file.uses if is_open(use)], answers)
    except ValueError as error:
        hint = "Give each image a build argument of its own"
        return Problem(file.path, 0, f"it gets no digests: {error}", hint)


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

"""A proof as text: what each change promised and whether it held, then a table of the gains."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.answers.change import OF_OTHER_IMAGES
from dfix.rewriter.pipeline.result import Applied
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, visible, visible_name
from dfix.rewriter.report.sizes import size
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.declared import groups
from dfix.rewriter.verify.gains import gained, rows
from dfix.rewriter.verify.groups_of_differences import by_instruction, shortened
from dfix.rewriter.verify.proof import Blame, Proof, Sources, WorkAgain
from dfix.rewriter.verify.scan_text import write_scan
from dfix.rewriter.verify.twice_text import twice_text

MOST_PATHS = 8
_NOT_EVEN = "does not build even without dfix's changes, so nothing is proven"
UNCHANGED = "nothing that the build reads has changed"
WITHOUT_PAIR = {
    "new": "new, so there is nothing to compare it with; it builds",
    "gone": "no longer there",
}


def proof_text(out: Output, err: Output, proof: Proof, *, verbose: bool) -> None:
    """Print one proof; problems go to `err`. `verbose` shows every path and step."""
    path = visible_name(name_of(proof))
    if _without_comparison(out, err, path, proof, verbose):
        _scan(out, proof, verbose)
        return
    _head(out, path, proof)
    broken = {blame.change for blame in proof.blamed}
    for change in proof.result.changes:
        _change(out, change, proof, broken=change in broken)
    for blame in proof.blamed:
        _blame(out, blame, verbose)
    _kept_apart(out, proof, verbose)
    for work in proof.work:
        _work(out, work)
    _scan(out, proof, verbose)
    if proof.sources is not None:
        _sources(out, proof.sources, verbose)
    if proof.before is not None and proof.after is not None and not (proof.blamed and not proof.settled.changed):
        out.write("\n")
        for row in _aligned(list(rows(proof))):
            out.write(f"  {row}\n")
        if gained(proof) is False:
            out.write(
                "  nothing gained here: no rebuild runs fewer steps in less time, and no layer or byte is saved\n"
            )
        if verbose:
            _steps(out, proof)
    if proof.message:
        err.write(f"{path}: {visible(proof.message)}\n")
        _log(err, proof.log)
    out.write("\n")


def _scan(out: Output, proof: Proof, verbose: bool) -> None:
    if proof.scan is not None:
        write_scan(out, proof.scan, "  ", verbose=verbose)


def name_of(proof: Proof) -> str:
    """The Dockerfile's name, and the one that it had."""
    name = shown_name(proof.result.before.path)
    return f"{name} (was {shown_name(proof.was)})" if proof.was else name


def _without_comparison(out: Output, err: Output, path: str, proof: Proof, verbose: bool) -> bool:
    """Print a proof for which no two versions were compared; returns whether it is one."""
    if proof.twice is not None:
        twice_text(out, path, proof.twice, verbose=verbose)
        return True
    if proof.verdict == "unchanged" and (proof.sources is None or not proof.sources.paths) and proof.scan is None:
        if verbose:
            out.write(f"{path}: {'nothing to change' if proof.sources is None else UNCHANGED}\n")
        return True
    if proof.verdict in ("failed", "unbuilt"):
        err.write(f"{path}:", "bold red")
        err.write(f" {_untold(proof)}: {visible(proof.message)}\n")
        _log(err, proof.log)
        return True
    if proof.verdict in ("new", "gone"):
        out.write(f"{path}: {WITHOUT_PAIR[proof.verdict]}\n")
        return True
    return False


def _untold(proof: Proof) -> str:
    if proof.verdict == "failed":
        return "cannot be proven"
    if proof.sources is not None:
        return "nothing is shown"
    return "does not build, so nothing is shown" if not proof.result.changed else _NOT_EVEN


def _head(out: Output, path: str, proof: Proof) -> None:
    out.write(f"{path}: ", "bold")
    count = len(proof.blamed)
    if proof.verdict == "proven":
        same = same_but(proof)
        if proof.shown_by_runs:
            out.write("a different image, as its changes declare, which did the same in what was run", "bold green")
        else:
            out.write(f"proven, {same}", "bold green")
    elif proof.verdict == "unchanged":
        out.write("nothing to change" if proof.sources is None else "the Dockerfile has not changed")
    elif proof.verdict == "unshown" and not proof.message:
        out.write("not shown, because Dockerfile and sources changed together", "bold yellow")
    elif proof.verdict == "unshown":
        out.write("not shown, because both images fail when they run", "bold yellow")
    elif proof.result.changes:
        out.write(
            f"{count} change{'' if count == 1 else 's'} broke {'its' if count == 1 else 'their'} promise", "bold red"
        )
    elif all(blame.watched and not (blame.message or blame.differences) for blame in proof.blamed):
        out.write("the same image today, but not after an edit", "bold red")
    else:
        out.write("not the same image", "bold red")
    out.write(" (written)\n" if proof.written else "\n")


def same_but(proof: Proof) -> str:
    """What a proof shows if the images may differ in nothing but caches and what the settings allow."""
    seen = proof.comparison
    excepted = ["caches"] if seen is not None and seen.caches else []
    excepted += ["what the settings allow"] if seen is not None and seen.allowed else []
    return f"the same image, except {' and '.join(excepted)}" if excepted else "the same image"


def _change(out: Output, change: Applied, proof: Proof, *, broken: bool) -> None:
    out.write(f"  line {change.line}: ")
    out.write(change.rule, "bold yellow")
    out.write(f", promised: {PROMISES[change.contract]} ")
    if broken:
        out.write("(broken)\n", "bold red")
    elif change not in proof.settled.changes and proof.blamed:
        out.write("(left out with the broken one)\n")
    elif proof.verdict == "unshown" and change.contract in OF_OTHER_IMAGES:
        out.write("(not shown)\n", "yellow")
    elif change.contract in OF_OTHER_IMAGES and proof.shown_by_runs:
        out.write("(held in what was run)\n", "green")
    else:
        out.write("(confirmed)\n", "green")


def _blame(out: Output, blame: Blame, verbose: bool) -> None:
    if blame.change is not None:
        out.write(f"  line {blame.change.line}: {blame.change.rule} is left out, because with it ")
    else:
        out.write("  ")
    only_watched = not (blame.message or blame.differences)
    if only_watched:
        out.write("a RUN no longer gets the files that it uses:\n")
    elif blame.message:
        out.write(f"the file no longer builds: {visible(blame.message)}\n")
        _log(out, blame.log)
    else:
        out.write("these paths differ:\n")
        _paths(out, blame.differences, verbose)
    if blame.watched:
        if not only_watched:
            out.write("  a RUN no longer gets the files that it uses:\n")
        _paths(out, blame.watched, verbose)


def _kept_apart(out: Output, proof: Proof, verbose: bool) -> None:
    """Print what differs without breaking a promise: caches, declared differences, build noise."""
    seen = proof.comparison
    if seen is None:
        return
    if seen.caches:
        out.write(f"  package caches: {_more(seen.cache_bytes)}{', no gain' if seen.cache_bytes > 0 else ''}\n")
    if proof.ran and not proof.blamed:
        out.write(f"  both images were run: {visible(proof.ran)}; nothing else was started or requested\n")
    if seen.differences and not proof.blamed and proof.sources is not None and not proof.ran:
        out.write("  these paths differ:\n")
        _paths(out, seen.differences, verbose)
    elif seen.differences and not proof.blamed:
        _declared(out, seen.differences, verbose)
    if seen.allowed:
        out.write("  different, as the settings allow:\n")
        for difference, reason in seen.allowed:
            out.write(f"    {visible(difference.path)} {visible(difference.what)}: {visible(reason)}\n")
    if seen.noise and verbose:
        out.write("  ignored as build noise:\n")
        for difference, reason in seen.noise:
            out.write(f"    {visible(difference.path)} {visible(difference.what)}: {reason}\n")
    elif seen.noise:
        one = len(seen.noise) == 1
        ignored = "1 difference that is" if one else f"{len(seen.noise)} differences that are"
        out.write(f"  ignored {ignored} build noise (-v lists {'it' if one else 'them'})\n")


def _declared(out: Output, differences: tuple[Difference, ...], verbose: bool) -> None:
    """Print declared differences: removed paths by folder and size, then the rest."""
    gone = groups(differences)
    if gone:
        out.write("  removed, as a change declares:\n")
        shown = list(gone.items()) if verbose else list(gone.items())[:MOST_PATHS]
        for folder, (count, bytes_) in shown:
            out.write(f"    {visible(folder)}: {count} path{'' if count == 1 else 's'}, {size(bytes_)}\n")
        if len(shown) < len(gone):
            out.write(f"    … {len(gone) - len(shown)} more folders (-v lists them)\n")
    rest = [one for one in differences if not (one.kind == "presence" and "is gone" in one.what)]
    if rest:
        out.write("  different, as a change declares:\n")
        _paths(out, rest, verbose)


def _work(out: Output, work: WorkAgain) -> None:
    """Print what a rewrite makes of rebuilds after one edit."""
    rows = (
        (work.slower, "bold red", "slower rebuilds", "now re-runs"),
        (work.faster, "green", "faster rebuilds", "no longer re-runs"),
    )
    for names, style, what, happens in rows:
        if names:
            more = f" and {len(names) - MOST_PATHS} more" if len(names) > MOST_PATHS else ""
            shown = ", ".join(f"`{name}`" for name in names[:MOST_PATHS])
            out.write(f"  {what}", style)
            out.write(f": an edit of {visible(work.edited)} {happens} {visible(shown)}{more}\n")


def _sources(out: Output, sources: Sources, verbose: bool) -> None:
    """Print what the sources did: a question apart from what the Dockerfile did."""
    count = len(sources.paths)
    if not count:
        return
    out.write(f"  sources: {count} file{'' if count == 1 else 's'} that the build reads ")
    out.write("has changed" if count == 1 else "have changed")
    seen = sources.comparison
    if seen is None:
        out.write(f". {visible(sources.message)}\n" if sources.message else "\n")
        _log(out, sources.log)
    elif not seen.differences:
        out.write(", but the image of the old Dockerfile has not\n")
    else:
        out.write("; with the old Dockerfile, these paths of the image differ:\n")
        _paths(out, seen.differences, verbose)
    if sources.scan is not None:
        write_scan(out, sources.scan, "    ", verbose=verbose)


def _paths(out: Output, differences: Sequence[Difference], verbose: bool) -> None:
    for group in by_instruction(differences):
        indent = "    "
        if group.heading:
            out.write(f"    {visible(group.heading)}:\n")
            indent = "      "
        rows, left = shortened(group.differences, len(group.differences) if verbose else MOST_PATHS)
        for row in rows:
            out.write(f"{indent}{visible(row)}\n")
        if left:
            out.write(f"{indent}… {left} more (-v lists them)\n")


def _log(out: Output, log: str) -> None:
    if log:
        out.write(f"  the build log is in {visible(log)}\n")


def _steps(out: Output, proof: Proof) -> None:
    for label, measures in (("before", proof.before), ("after", proof.after)):
        if measures is not None and measures.source is not None:
            out.write(f"  steps that re-run when {visible(proof.edited[0])} is edited, {label}:\n")
            for step in measures.source.ran:
                out.write(f"    {visible(' '.join(step.split()))}\n")


def _aligned(rows: list[tuple[str, str, str, str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _more(number: int) -> str:
    return f"{size(abs(number))} {'fewer' if number <= 0 else 'more'}"

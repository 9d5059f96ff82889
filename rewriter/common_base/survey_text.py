"""What several Dockerfiles share, for people."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.common_base.shared_beginnings import Near, SharedBeginning
from dfix.rewriter.common_base.survey import Survey
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, bounded, visible, visible_name
from dfix.rewriter.report.sizes import counted, size
from dfix.rewriter.report.terminal import problem_line

_LONGEST = 90
_MOST_NEAR = 10
_MOST_PLACES = 5


def write_survey(out: Output, err: Output, found: Survey) -> None:
    """Print what can be shared and what can't, and to `err` what can't be read."""
    for problem in found.problems:
        problem_line(err, problem)
    for one in found.left_out:
        out.write(f"{visible_name(shown_name(one.path))}: left out: {bounded(visible(one.why))}\n")
    for group in found.groups:
        write_group(out, group)
    if found.why:
        out.write(f"{found.why} ({counted(found.files, 'Dockerfile')}).\n", "bold")
    _write_near(out, found.near)


def write_group(out: Output, group: SharedBeginning) -> None:
    """Print one group: its image, the steps, the files, and what a base would save."""
    slow = sum(step.slow for step in group.steps)
    image = bounded(visible(group.base.image)) + (
        f" ({bounded(visible(group.base.platform))})" if group.base.platform else ""
    )
    steps = f"{counted(len(group.steps), 'step')}, {slow} of them slow" if len(group.steps) > 1 else "a slow step"
    out.write(f"{image}: {group.files} Dockerfiles can share {steps}\n", "bold")
    for step in group.steps:
        for setting in step.along:
            out.write(f"  {visible(_short(setting))}\n", "dim")
        out.write(f"  {visible(_short(step.shown))}\n", "yellow" if step.slow else "")
    for member in group.members:
        lines = ", ".join(str(step.line) for step in group.of(member))
        stage = "" if member.stage.isdigit() else f" stage {visible(_short(member.stage))},"
        moves = any(step.moves for step in group.of(member))
        said = " (moved above other steps)" if moves else ""
        out.write(f"  {visible_name(shown_name(member.path))}:{stage} line {lines}{said}\n")
    for sentence in savings(group):
        out.write(f"  {sentence}\n")
    out.write("\n")


def savings(group: SharedBeginning) -> Sequence[str]:
    """What a base of their own would save, as sentences, and what is not known of it."""
    files, slow = group.files, sum(step.slow for step in group.steps)
    seconds, bytes_ = group.seconds, group.size
    runs = f"{counted(slow, 'slow step')} once instead of {files} times"
    took = f", which saves {seconds:.0f} s" if seconds is not None else ""
    layers = f"their layers are stored and pulled once: {size(bytes_)} less" if bytes_ is not None else ""
    said = [f"Without a common cache, a base runs {runs}{took}; {layers or 'their layers are stored and pulled once'}."]
    if seconds is None or bytes_ is None:
        said.append("How long they take and how large they are, only a build tells: `dfix verify` measures it.")
    else:
        said.append("Measured when `dfix verify` last built them.")
    if group.shared_today:
        said.append("A builder that keeps its cache shares them already, since all above them is the same.")
    return said


def _write_near(out: Output, found: Sequence[Near]) -> None:
    if found:
        out.write("The same RUN on the same image, but not shared:\n", "bold")
    for one in found[:_MOST_NEAR]:
        out.write(
            f"  {bounded(visible(one.image))}: {visible(_short(one.shown))} ({counted(one.files, 'Dockerfile')})\n"
        )
        for place in one.places[:_MOST_PLACES]:
            out.write(f"    {visible_name(shown_name(place.path))}:{place.line}: {bounded(visible(place.reason))}\n")
        if len(one.places) > _MOST_PLACES:
            out.write(f"    and {len(one.places) - _MOST_PLACES} more\n")
    if len(found) > _MOST_NEAR:
        out.write(f"  and {len(found) - _MOST_NEAR} more; JSON has all\n")


def _short(text: str) -> str:
    return bounded(text, _LONGEST)

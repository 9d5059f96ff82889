"""What two builds of the same Dockerfile gave, as text: what differs, by the instruction and by its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.report.output import Output, visible
from dfix.rewriter.verify.compare import Origin
from dfix.rewriter.verify.varying import KINDS, WRITTEN, Kind, Twice, Varying

MOST_PATHS = 5
"""Of one instruction, kind and reason."""
SAME_DIGEST = "the same digest twice"
SAME_FILES = "the same files and times twice, not the same digest"
DIFFERENT = "not the same twice"


def twice_text(out: Output, path: str, twice: Twice, *, verbose: bool) -> None:
    """Print what two builds of the Dockerfile `path` gave; `verbose` lists all paths."""
    out.write(f"{path}: ", "bold")
    out.write(headline(twice), "bold red" if not twice.level else "bold green")
    out.write("\n")
    for heading, rows in _by_instruction(twice.varying):
        out.write(f"  {visible(heading)}:\n")
        for line in _by_kind(rows, verbose):
            out.write(f"    {visible(line)}\n")
    for line in _notes(twice):
        out.write(f"  {line}\n")
    out.write("\n")


def headline(twice: Twice) -> str:
    """What two builds gave, as a phrase."""
    if twice.level:
        return SAME_DIGEST if twice.same_digest else SAME_FILES
    count = len(twice.varying)
    return f"{DIFFERENT}: {_paths(count)} {'differs' if count == 1 else 'differ'}"


def _notes(twice: Twice) -> Iterator[str]:
    if twice.epoch is None:
        if twice.same_digest:
            return
        yield "SOURCE_DATE_EPOCH is not set, so that each file has the time at which it was written. Set it, as in"
        yield "  SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) dfix verify --reproducible Dockerfile"
        return
    yield f"SOURCE_DATE_EPOCH={twice.epoch} was given to both builds; times after it count as that time"
    if twice.same_files and not twice.same_digest and twice.same_config:
        yield "BuildKit 0.13 sets them to it, for one digest, with `--output type=registry,…,rewrite-timestamp=true`"
    elif twice.same_files and not twice.same_digest:
        yield "the image's configuration has the time of its build: this engine has no SOURCE_DATE_EPOCH for it"


def _paths(count: int) -> str:
    return f"{count} path{'' if count == 1 else 's'}"


def _by_instruction(found: Sequence[Varying]) -> list[tuple[str, list[Varying]]]:
    rows: dict[str, list[Varying]] = {}
    for one in found:
        rows.setdefault(_heading(one.origin, one.path), []).append(one)
    return list(rows.items())


def _heading(origin: Origin | None, path: str) -> str:
    if path.startswith("config "):
        return "in the configuration"
    if origin is None:
        return "by an instruction that the engine doesn't tell"
    return f"on line {origin.line} ({origin.text})"


def _by_kind(found: Sequence[Varying], verbose: bool) -> Iterator[str]:
    """The differences of one instruction: a line for each kind and reason, and paths below it."""
    rows: dict[tuple[Kind, str], list[Varying]] = {}
    for one in found:
        rows.setdefault((one.kind, one.reason), []).append(one)
    for kind, reason in sorted(rows, key=lambda key: (list(KINDS).index(key[0]), key[1])):
        some = rows[kind, reason]
        yield f"{KINDS[kind]}: {_paths(len(some))}" + (f". {reason}" if reason else "")
        if reason == WRITTEN and not verbose:
            continue  # all that a RUN writes, which says nothing
        shown = some if verbose else some[:MOST_PATHS]
        yield from (f"  {one.path} {one.what}" for one in shown)
        if len(shown) < len(some):
            yield f"  … {len(some) - len(shown)} more (-v lists them)"

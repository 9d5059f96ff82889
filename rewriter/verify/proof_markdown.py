"""Proofs as Markdown, for a comment on a pull request or the summary of a job.

What comes from files, names and builds is inert: it stands in `<code>` and `<pre>`, and every character of it that
could mean something in Markdown or HTML is a character reference.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from textwrap import wrap

from dfix.rewriter.report.output import Output, valid, visible
from dfix.rewriter.report.sizes import size
from dfix.rewriter.text.read import loose_text
from dfix.rewriter.verify.proof import Compared, Proof
from dfix.rewriter.verify.proof_text import name_of, proof_text, same_but
from dfix.rewriter.verify.twice_text import headline
from dfix.rewriter.verify.vulnerabilities import Scan

MARK = "<!-- dfix verify -->"
"""The first line, by which a script finds its comment again."""
MOST = 60_000
"""Characters of one comment; GitHub takes 65,536 (GitLab a million)."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n")
_SHORT = 12
_MOST_SAID = 2_000
_WIDTH = 110
_LARGEST_LOG = 50_000_000
_LAST_LINES = 20
_COLUMNS = ("Dockerfile", "Verdict", "Sources", "Image", "Layers", "Vulnerabilities")
_ALWAYS = 2
"""The first columns, which are never left out."""


def markdown(proofs: Sequence[Proof], compared: Compared | None, error: str = "") -> str:
    """All proofs as one comment of at most MOST characters; `error` is why there are none."""
    if error:
        return f"{MARK}\n### dfix verify: nothing is shown\n\n{_code(error[:_MOST_SAID])}\n"
    shown = [
        proof for proof in proofs if proof.verdict != "unchanged" or _reads_changes(proof) or proof.scan is not None
    ]
    lines = [MARK, f"### dfix verify: {_headline(shown)}", ""]
    if compared is not None:
        base, other = compared.short
        head = f"commit {_code(other)}" if other else "the working tree"
        lines += [f"Commit {_code(base)} compared with {head}.", ""]
        lines += [f"- Note: {_code(note)}" for note in compared.notes] + [""] * bool(compared.notes)
    if shown:
        lines += list(_table(shown, MOST // 2 - sum(map(len, lines))))
    text = "\n".join(lines) + "\n"
    for number, proof in enumerate(shown):
        details = _details(proof, MOST - len(text) - _SHORT**2)
        if not details:
            text += f"\nThe details of {len(shown) - number} more are left out: this comment would be too long.\n"
            break
        text += details
    return text


def inert(text: str) -> str:
    """A text that means nothing in Markdown and HTML; line ends stay."""
    lines = "\n".join(visible(valid(line)) for line in text.split("\n"))
    return "".join(char if char in _PLAIN or ord(char) > 0x7F else f"&#{ord(char)};" for char in lines)


def _code(text: str) -> str:
    return f"<code>{inert(' '.join(text.split()))}</code>"


def _headline(proofs: Sequence[Proof]) -> str:
    failing = sum(_no_longer_builds(proof) for proof in proofs)
    different = sum(proof.verdict == "broken" for proof in proofs) - failing
    open_ = sum(proof.verdict in ("unshown", "unbuilt", "failed") for proof in proofs)
    varies = sum(proof.verdict == "varies" for proof in proofs)
    parts = [f"{_dockerfiles(different)} with a difference"] if different else []
    parts += [f"{_dockerfiles(failing)} no longer build{'s' if failing == 1 else ''}"] if failing else []
    parts += [f"{_dockerfiles(varies)} not the same when built twice"] if varies else []
    parts += [f"nothing is shown for {_dockerfiles(open_)}"] if open_ else []
    if not parts and any(proof.twice is not None for proof in proofs):
        return "the same when built twice"
    return ", ".join(parts) or (f"{_dockerfiles(len(proofs))}, no difference" if proofs else "nothing to compare")


def _no_longer_builds(proof: Proof) -> bool:
    return proof.verdict == "broken" and any(blame.message for blame in proof.blamed)


def _dockerfiles(number: int) -> str:
    return f"{number} Dockerfile{'' if number == 1 else 's'}"


def _table(proofs: Sequence[Proof], room: int) -> Iterator[str]:
    """A row for each proof, as many as there is room for; without columns that would be empty."""
    rows = [_row(proof) for proof in proofs]
    shown = [number for number in range(len(_COLUMNS)) if number < _ALWAYS or any(row[number] for row in rows)]

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells[number] for number in shown)} |"

    yield line(_COLUMNS)
    yield line(["---"] * len(_COLUMNS))
    for number, row in enumerate(rows):
        text = line(row)
        room -= len(text)
        if room < 0:
            yield line([f"{_dockerfiles(len(proofs) - number)} more", *[""] * len(_COLUMNS)])
            return
        yield text


def _row(proof: Proof) -> tuple[str, ...]:
    before, after = proof.before, proof.after
    sizes = layers = ""
    if before is not None and after is not None:
        sizes, layers = f"{size(before.size)} → {size(after.size)}", f"{before.layers} → {after.layers}"
    elif after is not None:
        sizes, layers = size(after.size), str(after.layers)
    return _code(name_of(proof)), _verdict(proof), _sources(proof), sizes, layers, _vulnerabilities(proof)


def _verdict(proof: Proof) -> str:
    if proof.twice is not None:
        said = headline(proof.twice)
        return said if proof.twice.level else f"**{said}**"
    if proof.verdict == "proven":
        if proof.shown_by_runs:
            return "a different image, as declared; what was run did the same"
        slower = any(work.slower for work in proof.work)
        return f"{same_but(proof)}; **slower rebuilds**" if slower else same_but(proof)
    if proof.verdict == "broken":
        return "**no longer builds**" if _no_longer_builds(proof) else "**not the same image**"
    return {
        "unshown": "**not shown**",
        "unbuilt": "**does not build**",
        "unchanged": "not changed",
        "new": "new, and builds",
        "gone": "no longer there",
    }.get(proof.verdict, "**could not be tested**")


def _vulnerabilities(proof: Proof) -> str:
    of_sources = proof.sources.scan if proof.sources is not None else None
    if of_sources is None:
        return "" if proof.scan is None else _found(proof.scan)
    told = f"with the new sources: {_found(of_sources)}"
    return told if proof.scan is None else f"{_found(proof.scan)}; {told}"


def _found(scan: Scan) -> str:
    if scan.message:
        return "**not scanned**"
    new = f"**{len(scan.new)} new**" if scan.new else "none new"
    return f"{len(scan.gone)} gone, {new}"


def _sources(proof: Proof) -> str:
    sources = proof.sources
    if sources is None or not sources.paths:
        return ""
    files = f"{len(sources.paths)} file{'' if len(sources.paths) == 1 else 's'} changed"
    if sources.comparison is None:
        return files
    count = len(sources.comparison.differences)
    return f"{files}, {count} path{'' if count == 1 else 's'} of the image" if count else f"{files}, the image did not"


def _reads_changes(proof: Proof) -> bool:
    return proof.sources is not None and bool(proof.sources.paths)


def _details(proof: Proof, room: int) -> str:
    """The text of one proof, folded; as many lines as there is room for, "" where that is none."""
    lines = inert("\n".join(_lines(proof))).split("\n")
    begin = f"\n<details><summary>{_code(name_of(proof))}</summary>\n\n<pre>\n"
    end = "\n</pre>\n\n</details>\n"
    room -= len(begin) + len(end) + 1
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("…")
            break
        kept.append(line)
    return begin + "\n".join(kept) + end if kept != ["…"] else ""


def _lines(proof: Proof) -> Iterator[str]:
    """The text of one proof, and the end of each log: the files themselves stay on the machine of the build."""
    logs = [proof.log, *(blame.log for blame in proof.blamed), proof.sources.log if proof.sources else ""]
    sources = proof.sources._replace(log="") if proof.sources else None
    blamed = tuple(blame._replace(log="") for blame in proof.blamed)
    stream = io.BytesIO()
    out = Output(stream, colour=False)
    proof_text(out, out, proof._replace(log="", blamed=blamed, sources=sources), verbose=False)
    for line in stream.getvalue().decode("utf-8", "surrogateescape").strip().split("\n"):
        yield from _folded(line)
    for log in filter(None, logs):
        text = loose_text(log, _LARGEST_LOG, None)
        if isinstance(text, str) and text.strip():
            yield from ("", "The end of the build log:")
            for line in text.strip().split("\n")[-_LAST_LINES:]:
                yield from _folded(f"  {line[:_MOST_SAID]}")


def _folded(line: str) -> list[str]:
    """A line, broken where a comment is not as wide; those of a table are shorter."""
    indent = line[: len(line) - len(line.lstrip())]
    if len(line) <= _WIDTH:
        return [line]
    return wrap(line, _WIDTH, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False)

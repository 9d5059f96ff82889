"""Proofs as Markdown, for a comment on a pull request or the summary of a job.

What comes from files, names and builds is inert: it stands in `<code>` and `<pre>`, and every character of it that
could mean something in Markdown or HTML is a character reference.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from dfix.rewriter.report.output import Output, valid, visible
from dfix.rewriter.report.sizes import size
from dfix.rewriter.verify.proof import Compared, Proof
from dfix.rewriter.verify.proof_text import name_of, proof_text, same_but
from dfix.rewriter.verify.twice_text import headline

MARK = "<!-- dfix verify -->"
"""The first line, by which a script finds its comment again."""
MOST = 60_000
"""Characters of one comment; GitHub takes 65,536 (GitLab a million)."""
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n")
_SHORT = 12


def markdown(proofs: Sequence[Proof], compared: Compared | None) -> str:
    """All proofs as one comment of at most MOST characters."""
    shown = [proof for proof in proofs if proof.verdict != "unchanged" or _reads_changes(proof)]
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
    broken = sum(proof.verdict == "broken" for proof in proofs)
    open_ = sum(proof.verdict in ("unshown", "unbuilt", "failed") for proof in proofs)
    varies = sum(proof.verdict == "varies" for proof in proofs)
    if broken:
        return f"{_dockerfiles(broken)} with a difference"
    if varies:
        return f"{_dockerfiles(varies)} not the same when built twice"
    if open_:
        return f"nothing is shown for {_dockerfiles(open_)}"
    if any(proof.twice is not None for proof in proofs):
        return "the same when built twice"
    return "no difference by a Dockerfile" if proofs else "nothing to compare"


def _dockerfiles(number: int) -> str:
    return f"{number} Dockerfile{'' if number == 1 else 's'}"


def _table(proofs: Sequence[Proof], room: int) -> Iterator[str]:
    scanned = any(proof.scan is not None for proof in proofs)
    yield "| Dockerfile | Verdict | Sources | Image | Layers |" + " Vulnerabilities |" * scanned
    yield "| --- | --- | --- | --- | --- |" + " --- |" * scanned
    for number, proof in enumerate(proofs):
        before, after = proof.before, proof.after
        sizes = layers = ""
        if before is not None and after is not None:
            sizes, layers = f"{size(before.size)} → {size(after.size)}", f"{before.layers} → {after.layers}"
        elif after is not None:
            sizes, layers = size(after.size), str(after.layers)
        row = f"| {_code(name_of(proof))} | {_verdict(proof)} | {_sources(proof)} | {sizes} | {layers} |"
        row += f" {_vulnerabilities(proof)} |" * scanned
        room -= len(row)
        if room < 0:
            yield f"| {_dockerfiles(len(proofs) - number)} more | | | | |" + " |" * scanned
            return
        yield row


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
        return "**no longer builds**" if any(blame.message for blame in proof.blamed) else "**not the same image**"
    return {
        "unshown": "**not shown**",
        "unbuilt": "**does not build**",
        "unchanged": "not changed",
        "new": "new, and builds",
        "gone": "no longer there",
    }.get(proof.verdict, "**could not be tested**")


def _vulnerabilities(proof: Proof) -> str:
    scan = proof.scan
    if scan is None:
        return ""
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
    stream = io.BytesIO()
    out = Output(stream, colour=False)
    proof_text(out, out, proof, verbose=False)
    lines = inert(stream.getvalue().decode("utf-8", "surrogateescape").strip()).split("\n")
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

"""Build each input that dfix once broke before and after, and compare the images.

    python scripts/prove_breaks.py           all inputs
    python scripts/prove_breaks.py NAME…     only these, with what differs
    python scripts/prove_breaks.py --write   also writes the table of docs/soundness.md; with names, only their rows

The inputs are those of tests/breaks, which says what becomes of each; its builds.toml says what can't be built. `dfix
verify` builds and compares; images that should differ (--unsafe) are run. What dfix leaves as it is only has to build.
Fails if an image differs, or if an input that should build does not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from attack_report import renewed  # the scripts folder is not a package
from prove import Case, prove
from prove_report import rules
from shared_data import shared_folder

from tests.breaks.builds import Build, builds, images_of, make_images, prepare
from tests.breaks.outcomes import Outcome, outcomes, unpack
from tests.engine.fixture import Engine, start

ROOT = Path(__file__).resolve().parents[1]
SAID = {
    "proven": "the images agree",
    "unchanged": "built, unchanged",
    "broken": "**the images differ**",
    "unshown": "**not shown**",
    "unbuilt": "**does not build**",
}


class Tried(NamedTuple):
    """One input, and what its builds showed."""

    outcome: Outcome
    rules: tuple[str, ...]
    verdict: str
    """As in SAID; "" where it was not built."""
    said: str
    """Why it was not built, or what is wrong."""


def main() -> int:
    """Run the command line; 0 if every input that can be built shows the same image before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="inputs to build, by the beginning of their names; else all")
    parser.add_argument("--write", action="store_true", help="write the table of docs/soundness.md")
    parser.add_argument("--jobs", type=int, default=2, help="inputs at a time (default: %(default)s)")
    asked = parser.parse_args()
    chosen = [one for one in outcomes() if not asked.names or one.name.startswith(tuple(asked.names))]
    shared = shared_folder()
    chosen = [one for one in chosen if shared is not None or one.files is not None]
    table = builds()
    engine = start()
    with tempfile.TemporaryDirectory(prefix="dfix-breaks-") as folder:
        folders = {one.name: unpack(one, shared, Path(folder)) for one in chosen}
        built = [one for one in chosen if not table.get(one.name, Build()).not_built]
        for one in built:
            prepare(folders[one.name], table.get(one.name, Build()))
        texts = [(folders[one.name] / "Dockerfile").read_text("utf-8") for one in built]
        slim = {f"{image}-slim" for text in texts for image in images_of(text) if image.startswith("ruby")}
        make_images(engine, {image for text in texts for image in images_of(text)} | slim)

        def attempt(one: Outcome) -> Tried:
            return tried(engine, one, folders[one.name], table.get(one.name, Build()))

        with ThreadPoolExecutor(asked.jobs) as pool:
            found = list(pool.map(attempt, chosen))
    faults = [one for one in found if one.verdict not in ("", "proven", "unchanged")]
    for fault in faults:
        print(f"{fault.outcome.name}: {fault.verdict} {fault.said}", file=sys.stderr)
    rows = {one.outcome.name: row(one) for one in found}
    print(counts(rows))
    if asked.write and shared is not None:
        page = ROOT / "docs/soundness.md"
        text = page.read_text("utf-8")
        known = {**written_rows(text), **rows} if asked.names else rows
        page.write_text(renewed(text, "breaks", report(known)), encoding="utf-8")
    return 1 if faults else 0


def tried(engine: Engine, one: Outcome, folder: Path, build: Build) -> Tried:
    """Build one prepared input before and after."""
    if build.not_built:
        return Tried(one, (), "", build.not_built)
    select = ",".join(one.options.select or ())
    case = Case(
        one.name, folder, "Dockerfile", one.what, (), (), unsafe=one.options.unsafe, smoke=build.smoke, select=select
    )
    proof = prove(engine, case, measuring=False)
    if proof.file["verdict"] == "broken":  # once more: the log of an install, for one, says how long it took
        proof = prove(engine, case, measuring=False)
    verdict = {"built": "unchanged"}.get(proof.file["verdict"], proof.file["verdict"])
    return Tried(one, tuple(rules(proof)), verdict, proof.file["message"])


def row(one: Tried) -> str:
    """The row of an input in the table."""
    shown = SAID.get(one.verdict, one.verdict) if one.verdict else f"not built: {one.said}"
    return f"| {one.outcome.name} | {one.outcome.kind} | {', '.join(one.rules) or '-'} | {shown} |"


def written_rows(page: str) -> dict[str, str]:
    """The rows that the page has, by input."""
    table = page.partition("<!-- breaks -->")[2].partition("<!-- end -->")[0].partition("| --- |")[2]
    return {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()[1:] if line.startswith("| ")}


def counts(rows: Mapping[str, str]) -> str:
    """The totals in one sentence."""
    shown = [row.split(" | ")[3].removesuffix(" |") for row in rows.values()]
    agree, unchanged = shown.count(SAID["proven"]), shown.count(SAID["unchanged"])
    left_out = sum(text.startswith("not built: ") for text in shown)
    return (
        f"{len(rows)} inputs: {agree} rewritten, and the images before and after agree; {unchanged} left as they are, "
        f"and they build; {left_out} not built; {len(rows) - agree - unchanged - left_out} wrong."
    )


def report(rows: Mapping[str, str]) -> str:
    """The table for docs/soundness.md."""
    head = ["| input | kind | changed by | what the builds show |", "| --- | --- | --- | --- |"]
    return "\n".join([counts(rows), "", *head, *rows.values()])


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

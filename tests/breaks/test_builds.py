"""What scripts/prove_breaks.py builds: each input has base images to build on, or a reason why it isn't built."""

from __future__ import annotations

from pathlib import Path

import pytest
from prove_breaks import Tried, counts, report, row, written_rows

from tests.breaks.builds import BELOW, IMAGES, STEPS, Build, builds, images_of, prepare
from tests.breaks.outcomes import Outcome, folders, outcomes, unpack
from tests.engine.bases import BASES

TABLE = builds()
OUTCOMES = {outcome.name: outcome for outcome in outcomes()}
BUILT = {name: outcome for name, outcome in OUTCOMES.items() if not TABLE.get(name, Build()).not_built}


def test_rows_are_of_inputs() -> None:
    assert sorted(TABLE.keys() - OUTCOMES.keys()) == []
    assert {step for build in TABLE.values() for step in build.prepare} <= STEPS.keys()


def test_images_rest_on_the_engines_bases() -> None:
    assert {image.below for image in IMAGES.values()} <= BASES.keys()
    assert {base for base in BELOW.values() if base} <= BASES.keys()


@pytest.mark.parametrize("outcome", BUILT.values(), ids=BUILT)
def test_there_is_an_image_for_each_from(outcome: Outcome, request: pytest.FixtureRequest) -> None:
    if outcome.files is None:
        text = (folders(request.getfixturevalue("shared"))[outcome.name] / "Dockerfile").read_text(encoding="utf-8")
    else:
        text = outcome.files["Dockerfile"]
    stands_in = TABLE.get(outcome.name, Build()).stands_in
    images = {stands_in.get(image, image) for image in images_of(text)}
    assert images <= {*IMAGES, *BELOW}


def test_a_prepared_input_may_be_written_and_has_its_archive(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM node:22 AS a\nFROM a\n",
        "vendor/a-1.0.0.tgz": "",
        "package-lock.json": '{"resolved": "file:vendor/a-1.0.0.tgz"}',
    }
    outcome = next(iter(OUTCOMES.values()))._replace(name="one", files=files, executable=(), links={})
    folder = unpack(outcome, None, tmp_path)
    (folder / "Dockerfile").chmod(0o444)
    prepare(folder, Build({"node:22": "node:22-pn"}, ("archive",)))
    assert (folder / "Dockerfile").read_text() == "FROM node:22-pn AS a\nFROM a\n"
    assert (folder / "Dockerfile").stat().st_mode & 0o777 == 0o644
    assert (folder / "vendor/a-1.0.0.tgz").read_bytes()[:2] == b"\x1f\x8b"
    assert '"integrity": "sha512-' in (folder / "package-lock.json").read_text()


def test_what_the_page_says() -> None:
    one = next(iter(OUTCOMES.values()))._replace(kind="K1")
    found = [
        Tried(one._replace(name="a"), ("clean-up", "split-manifests"), "proven", ""),
        Tried(one._replace(name="b"), (), "unchanged", ""),
        Tried(one._replace(name="c"), (), "", "there is no base"),
        Tried(one._replace(name="d"), ("clean-up",), "broken", ""),
    ]
    rows = {tried.outcome.name: row(tried) for tried in found}
    assert list(rows.values()) == [
        "| a | K1 | clean-up, split-manifests | the images agree |",
        "| b | K1 | - | built, unchanged |",
        "| c | K1 | - | not built: there is no base |",
        "| d | K1 | clean-up | **the images differ** |",
    ]
    assert counts(rows) == (
        "4 inputs: 1 rewritten, and the images before and after agree; 1 left as they are, and they build; "
        "1 not built; 1 wrong."
    )
    assert written_rows(f"| x |\n<!-- breaks -->\n\n{report(rows)}\n\n<!-- end -->\n| y |\n") == rows

"""What is built and installed: one importable name, whatever else a user has on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from man_page import PAGE, page

from dfix.rewriter.cli.flags import LAYERS, PROVE, REWRITE
from tests.built import ROOT, build


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist, as an index's users get it."""
    folder = tmp_path_factory.mktemp("built")
    with tarfile.open(build("build_sdist", ROOT, folder)) as sdist:
        sdist.extractall(folder / "sources", filter="data")
    (source,) = (folder / "sources").iterdir()
    return build("build_wheel", source, folder)


def test_the_wheel_has_one_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"dfix", "dfix-0.1.0.data", "dfix-0.1.0.dist-info"}
    assert [name for name in names if ".data/" in name] == ["dfix-0.1.0.data/data/share/man/man1/dfix.1"]
    assert {"dfix/py.typed", "dfix/__main__.py", "dfix/docs/rules/merge-runs.md", "dfix/docs/reasons/mount.md"} <= set(
        names
    )
    assert {
        f"dfix/rewriter/{part}" for part in ("knowledge/managers/npm.toml", "verify/noise.toml", "answers/reasons.toml")
    } <= set(names)
    assert "dfix/transforms/split_manifests/rule.py" in names


def test_an_index_shows_the_readme(wheel: Path) -> None:
    """What it looks like is in tests/test_readme.py."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read("dfix-0.1.0.dist-info/METADATA").decode()
    assert "\nDescription-Content-Type: text/markdown\n" in metadata
    assert "/raw/v0.1.0/docs/pictures/findings.svg)" in metadata.partition("\n\n")[2]


def test_the_wheel_of_the_checkout_is_the_same(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(build("build_wheel", ROOT, tmp_path)) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_other_packages_of_the_folders_names_do_not_matter(wheel: Path, tmp_path: Path) -> None:
    """A user's own `transforms.py` and `rewriter/` come first on the path, and a package `transforms` is installed."""
    site, own = tmp_path / "site", tmp_path / "own"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for path in (site / "transforms" / "__init__.py", own / "transforms.py", own / "rewriter" / "__init__.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('the wrong package was imported')\n")
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n")
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(map(str, (own, site)))}
    for words, status in ((["rules"], 0), (["--check", "Dockerfile"], 1)):
        command = [sys.executable, "-P", "-m", "dfix", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
    where = [sys.executable, "-P", "-c", "import dfix.rewriter; print(dfix.rewriter.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(site)


def test_the_metadata_is_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        told = archive.read("dfix-0.1.0.dist-info/METADATA").decode().partition("\n\n")[0].split("\n")
        scripts = archive.read("dfix-0.1.0.dist-info/entry_points.txt").decode()
    keys = {line.partition(": ")[0] for line in told}
    assert {
        "Author",
        "Classifier",
        "Keywords",
        "License-Expression",
        "License-File",
        "Requires-Python",
        "Summary",
    } <= keys
    addresses = dict(line.removeprefix("Project-URL: ").split(", ") for line in told if line.startswith("Project-URL"))
    assert set(addresses) == {"Source", "Documentation", "Changelog", "Issues"}
    assert all(address.startswith(addresses["Source"]) for address in addresses.values())
    assert "\ndocker-dfix = " in scripts


def test_the_manual_page_is_up_to_date_and_reads_well() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == page()
    man = shutil.which("man")
    if man is None or shutil.which("groff") is None:
        pytest.skip("needs man and groff")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_FORMATTING": "", "MANROFFSEQ": ""}
    words = [man, "--warnings", "-l", str(ROOT / PAGE)]
    shown = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    for flag in (*REWRITE, *PROVE, *LAYERS):
        assert flag.names[0] in shown.stdout

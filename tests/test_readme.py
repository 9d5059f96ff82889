"""README.md: its figures are those of the pages, and its links work in a checkout and on a package index."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from index_description import with_addresses
from readme_figures import ABOVE, BELOW, with_figures

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCE: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Source"]


def test_links_lead_to_files() -> None:
    paths = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_a_package_index_gets_addresses() -> None:
    text = (
        "![a [b] picture](docs/a.svg) [x](docs/y.md#z), [`code`](a.md) [there](https://a/b) [here](#c) [![p](q.svg)](r)"
    )
    assert with_addresses(text.replace("[b] ", ""), "S", "v1") == (
        "![a picture](S/raw/v1/docs/a.svg) [x](S/blob/v1/docs/y.md#z), [`code`](S/blob/v1/a.md) "
        "[there](https://a/b) [here](#c) [![p](q.svg)](S/blob/v1/r)"
    )
    assert re.findall(r"\]\((?!https?:)[^)]*\)", with_addresses(README, SOURCE, "v1")) == []


def test_one_address_everywhere() -> None:
    owner = SOURCE.removeprefix("https://github.com/")
    for path in ("README.md", "docs/ci.md"):
        used = set(re.findall(r"(?:uses: |github\.com/)(\w+/dfix)\b", (ROOT / path).read_text(encoding="utf-8")))
        assert used == {owner}, path


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copy(page, tmp_path / "docs")
    return tmp_path


def test_figures_follow_the_pages(pages: Path) -> None:
    assert with_figures(README, pages) == README
    corpus = pages / "docs/corpus.md"
    corpus.write_text(corpus.read_text().replace("| lost a comment | 0 |", "| lost a comment | 7 |"))
    table = with_figures(README, pages).partition(ABOVE)[2].partition(BELOW)[0]
    assert " 7 lost comments, " in table


def test_a_figure_that_is_gone_is_an_error(pages: Path) -> None:
    (pages / "docs/bench.md").write_text("# Speed\n")
    with pytest.raises(SystemExit, match=r"docs/bench\.md has no figure"):
        with_figures(README, pages)

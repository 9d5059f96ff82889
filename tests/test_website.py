"""The pages of the website; `make site` builds them and checks every link."""

from __future__ import annotations

from pathlib import Path

import pytest
from website import ROOT, page, pages

SOURCE = "https://example.com/a/dfix"


def written(root: Path, text: str) -> str:
    """The page that a file of docs becomes, in a project with a few other files."""
    for path in ("README.md", "Makefile", "docs/rules/README.md", "docs/pictures/a.svg", "scripts/x.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (root / "docs/rules/one.md").write_text(text)
    return page(root, Path("docs/rules/one.md"), pages(root), SOURCE)


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("README.md#contracts", "README.md#contracts"),
        ("../../README.md#use", "../index.md#use"),
        ("../pictures/a.svg", "../pictures/a.svg"),
        ("../../Makefile", f"{SOURCE}/blob/main/Makefile"),
        ("../../scripts/", f"{SOURCE}/tree/main/scripts"),
        ("https://example.com/README.md", "https://example.com/README.md"),
        ("#here", "#here"),
        ("gone.md", "gone.md"),
    ],
)
def test_links(link: str, becomes: str, tmp_path: Path) -> None:
    assert written(tmp_path, f"See [that]({link}).\n") == f"See [that]({becomes}).\n"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Text:\n- a\n- b\n", "Text:\n\n- a\n- b\n"),
        ("- a\n  goes on\n- b\n", "- a\n    goes on\n- b\n"),
        (
            "- `a`:\n\n  ```text\n  - x\n    y\n  ```\n\nText\n  after\n",
            "- `a`:\n\n    ```text\n    - x\n      y\n    ```\n\nText\n  after\n",
        ),
        ("```sh\n- a\n  b\n```\n  c\n", "```sh\n- a\n  b\n```\n  c\n"),
        ("- a\n\nText\n  b\n", "- a\n\nText\n  b\n"),
        ("- a\nlazy\n  b\n", "- a\nlazy\n    b\n"),
        ("1. a\n   b\n", "1. a\n     b\n"),
    ],
)
def test_lists(text: str, becomes: str, tmp_path: Path) -> None:
    assert written(tmp_path, text) == becomes


def test_every_page_of_the_docs_is_there() -> None:
    found = pages(ROOT)
    assert {Path("docs/start.md"), Path("docs/reasons/no-lock.md"), Path("editors/vim/README.md")} <= found.keys()
    assert len(set(found.values())) == len(found)

"""scripts/reach_measure.py: which files a fetch depends on, without asking a rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from reach_measure import commits, fetches

from dfix.rewriter.context.folder import Context

FILES = ("package.json", "package-lock.json", "src/a.js", "web/go.mod", "web/main.go", "secret/a")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A build context with the files above, of which the ignore file leaves out `secret`."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / ".dockerignore").write_text("secret\n.dockerignore\n")
    return Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))


@pytest.mark.parametrize(
    ("text", "ecosystem", "files"),
    [
        ("FROM a\nCOPY . .\nRUN npm ci\n", "npm", {*FILES[:5]}),
        ("FROM a\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n", "npm", {*FILES[:2]}),
        ("FROM a\nRUN --mount=type=bind,source=package.json,target=p npm ci\n", "npm", {"package.json"}),
        ("FROM a AS b\nCOPY src /s\nFROM c\nCOPY --from=b /s /s\nCOPY web web\nRUN go build\n", "go", {*FILES[2:5]}),
        ("FROM a AS b\nCOPY src /s\nFROM b\nRUN echo 'npm ci' && true; npm ci\n", "npm", {"src/a.js"}),
    ],
)
def test_files_that_a_fetch_depends_on(context: Context, text: str, ecosystem: str, files: set[str]) -> None:
    (fetch,) = fetches(text, ecosystem, context)
    assert fetch.files() == files


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nCOPY . .\nRUN npm install -g serve\n",
        "FROM a\nCOPY . .\nRUN echo 'npm ci'\n",
        "FROM a\nCOPY . .\nONBUILD RUN npm ci\n",
    ],
)
def test_what_is_no_fetch(context: Context, text: str) -> None:
    assert not fetches(text, "npm", context)


def test_only_the_first_of_stages_that_build_on_each_other(context: Context) -> None:
    text = "FROM a AS b\nCOPY package.json .\nRUN npm ci\nFROM b\nCOPY . .\nRUN npm install\n"
    (fetch,) = fetches(text, "npm", context)
    assert fetch.stage == 0


def test_commits_in_which_a_fetch_runs_again(context: Context, tmp_path: Path) -> None:
    history = tmp_path / "history.tsv"
    history.write_text(
        "1\td\tM src/a.js\tM gone.js\n2\td\tM package.json\n3\td\tA package-new.json\n4\td\tM secret/a\n"
    )
    (whole,) = fetches("FROM a\nCOPY . .\nRUN npm ci\n", "npm", context)
    (split,) = fetches("FROM a\nCOPY package*.json ./\nRUN npm ci\n", "npm", context)
    assert (commits(history, whole), commits(history, split)) == (3, 2)

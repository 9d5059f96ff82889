"""Which slow commands a rewrite makes run again after a usual edit, without a build."""

from __future__ import annotations

from pathlib import Path

from dfix.rewriter.context.folder import Context
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.proof import Proof, WorkAgain
from dfix.rewriter.verify.work_again import work_again
from tests.build_context import put
from tests.verify.test_proof_text import shown

SPLIT = "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"
WHOLE = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci --foreground-scripts\nRUN npm run build\n"
FILES = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": "1", "src/b.js": "2"}


def found(folder: Path, before: str, after: str, ignore: str = "") -> tuple[WorkAgain, ...]:
    put(folder, FILES)
    old, new = (Source(str(folder / "Dockerfile"), text) for text in (before, after))
    context = Context.open(str(folder), old.path)
    later = context.with_ignore_text(ignore) if ignore else context
    return work_again(Result(old, new, (), (), (), None), context, later)


def test_a_command_that_runs_again_with_every_edit_of_a_source_is_slower(tmp_path: Path) -> None:
    faster = WorkAgain("src/a.js", (), ("npm ci",))
    assert found(tmp_path, WHOLE.replace(" --foreground-scripts", ""), SPLIT) == (faster,)
    slower = WorkAgain("src/a.js", ("npm ci --foreground-scripts",), ())
    assert found(tmp_path, SPLIT, WHOLE) == (slower,)
    result = Result(Source("a", "x"), Source("a", "y"), (), (), (), None)
    proof = Proof("proven", result, result, work=(slower, faster))
    assert shown(proof)[0] == (
        "a: proven, the same image\n"
        "  slower rebuilds: an edit of src/a.js now re-runs `npm ci --foreground-scripts`\n"
        "  faster rebuilds: an edit of src/a.js no longer re-runs `npm ci`\n"
        "\n"
    )


def test_what_runs_as_often_as_before_or_is_another_command_is_not_told(tmp_path: Path) -> None:
    assert found(tmp_path, SPLIT, SPLIT.replace("RUN npm run build", "ENV X=1\nRUN npm run build")) == ()
    assert found(tmp_path, SPLIT, WHOLE.replace("npm ci", "yarn install")) == ()
    assert found(tmp_path, SPLIT, WHOLE, "src\n*.js\n") == ()
    assert found(tmp_path, SPLIT, "FROM {{ base }}\nCOPY . .\nRUN npm ci\n") == ()

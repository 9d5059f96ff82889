"""Which file has another name: the same text first, then most lines in common."""

from __future__ import annotations

from dfix.rewriter.revisions.renames import renamed

LICENCE = "# Licensed to you\n# under some terms\n# without warranty\n\n"
NODE = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nCMD npm start\n"
PYTHON = "FROM python:3\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install x\nCOPY . .\nCMD python start.py\n"


def test_the_same_text_comes_before_a_similar_one() -> None:
    gone = {"a/Dockerfile": NODE + "USER 1\n", "b/x.Dockerfile": NODE, "c/Dockerfile": NODE}
    assert renamed(gone, {"new/Dockerfile": NODE}) == {"new/Dockerfile": "c/Dockerfile"}
    assert renamed(gone, {"new/Dockerfile": NODE, "other/Dockerfile": NODE + "USER 1\nENV a=b\n"}) == {
        "new/Dockerfile": "c/Dockerfile",
        "other/Dockerfile": "a/Dockerfile",
    }
    assert renamed({"old": ""}, {"new": ""}) == {"new": "old"}


def test_what_many_files_have_in_common_makes_none_the_same() -> None:
    assert renamed({"a": LICENCE + NODE}, {"b": LICENCE + PYTHON}) == {}
    assert renamed({"a": LICENCE}, {"b": "# another comment\n"}) == {}


def test_many_large_files_take_no_time() -> None:
    """Of too many pairs, only those with the same text are looked at."""
    gone = {f"old/{number}": f"FROM a\nRUN {number}\n" * 50 for number in range(400)}
    new = {name.replace("old", "new"): text for name, text in gone.items()}
    new.update({f"new/{number}": new[f"new/{number}"] + "USER 1\n" for number in range(200)})
    assert renamed(gone, new) == {f"new/{number}": f"old/{number}" for number in range(200, 400)}
    assert renamed({"old": "".join(f"RUN {n}\n" for n in range(100_000))}, {"new": "RUN 1\n" * 100_000}) == {}

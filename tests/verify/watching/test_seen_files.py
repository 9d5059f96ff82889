"""What watch.sh leaves is read with care: a canary that fails shows that nothing was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.verify.watching.seen_files import CannotWatchError, seen_files
from dfix.rewriter.verify.watching.throwaway import CANARY, QUIET

AGO = 31_536_000
NOW = 1_796_000_000


def state(path: str, time: int = AGO, mode: str = "81a4", owner: str = "0:0") -> str:
    return f"{time} {mode} {owner} {path}\n"


BEFORE = state(CANARY) + state(QUIET) + state("/app/a b") + state("/app/c") + state("/app/d")
AFTER = state(CANARY, NOW) + state(QUIET) + state("/app/a b", NOW) + state("/app/c", mode="81ed") + state("/app/d")
SUMS = "11  /app/a b\n22  /app/c\n33  /app/d\n"


def left(folder: Path, **files: str) -> str:
    given = {"before": BEFORE, "after": AFTER, "status": "0\n", "unable": "", "sums-before": SUMS, "sums-after": SUMS}
    for name, text in {**given, **{name.replace("_", "-"): text for name, text in files.items()}}.items():
        (folder / name).write_text(text)
    return str(folder)


def test_what_was_read_and_changed(tmp_path: Path) -> None:
    seen = seen_files(left(tmp_path, sums_after=SUMS.replace("33", "44")))
    assert seen.read == {CANARY, "/app/a b"}
    assert seen.changed == {"/app/c": "changes its mode from 0644 to 0755", "/app/d": "writes it"}
    assert seen.digests["/app/d"] == "44"


def test_what_is_removed_or_gets_another_owner(tmp_path: Path) -> None:
    after = state(CANARY, NOW) + state(QUIET) + state("/app/a b", owner="7:7") + state("/app/c")
    seen = seen_files(left(tmp_path, after=after))
    assert seen.changed == {"/app/a b": "changes its owner from 0:0 to 7:7", "/app/d": "removes it"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"after": BEFORE}, "can't show reads"),
        ({"after": AFTER.replace(state(QUIET), state(QUIET, NOW))}, "can't show reads"),
        ({"before": BEFORE.replace(state(CANARY), "")}, "can't show reads"),
        ({"before": BEFORE.replace(state("/app/c"), state("/app/c", NOW))}, "can't show reads"),
        ({"before": "no stat\n" + BEFORE.replace("81a4", "mode")}, "can't show reads"),
        ({"before": "", "after": "", "sums_before": "", "sums_after": ""}, "can't show reads"),
        ({"status": "7\n"}, "fails with exit code 7"),
        ({"unable": "it has no setpriv\n"}, "has no setpriv"),
        ({"sums_before": "", "sums_after": ""}, "has no sha256sum"),
    ],
)
def test_nothing_is_concluded_where_reads_cannot_be_seen(tmp_path: Path, files: dict[str, str], why: str) -> None:
    with pytest.raises(CannotWatchError, match=why):
        seen_files(left(tmp_path, **files))


def test_an_empty_folder_shows_nothing(tmp_path: Path) -> None:
    with pytest.raises(CannotWatchError, match="can't show reads"):
        seen_files(str(tmp_path))

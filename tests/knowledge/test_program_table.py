"""The table of programs: every row is right, and the row of a name is found without parsing the others."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from dfix.rewriter.knowledge import managers
from dfix.rewriter.knowledge.load import settings_folders
from dfix.rewriter.knowledge.program_table import ProgramRow, RowError, every_row, of_kind, parse_row, row

ROWS = [found for _, found in every_row()]
COMMANDS = list({id(row): row for manager in managers() for row in manager.rows.values()}.values())
DAY = re.compile(r"20\d\d-\d\d-\d\d")


def test_each_name_has_one_row_and_is_found_by_it() -> None:
    names = [name for found in ROWS for name in found.names]
    assert len(names) == len(set(names)) > 240
    assert all(row(name) == found for found in ROWS for name in found.names)
    assert row("no-such-program") is None
    assert row("names") is None


@pytest.mark.parametrize("found", [*ROWS, *COMMANDS], ids=lambda found: found.names[0])
def test_what_a_row_says(found: ProgramRow) -> None:
    assert found.source.startswith("https://")
    assert not found.since or DAY.fullmatch(found.since)
    assert found.skip or not (found.skip_with or found.skip_unless)
    assert found.operands != "anything" or not (found.reads or found.writes or found.requires or found.default)
    assert found.flags is None or not found.flags & (found.values | found.read_options | found.write_options)


def test_of_kind_is_what_the_rows_say() -> None:
    for kind in ("asks", "prints", "same", "shell"):
        assert of_kind(kind) == {name for found in ROWS if kind in found.kinds for name in found.names}


WRONG = [
    ({"source": "x"}, "names and source are required"),
    ({"names": ["a"]}, "a: names and source are required"),
    ({"names": ["a"], "source": "x", "colour": 1}, "a: unknown key colour"),
    ({"names": ["a"], "source": "x", "operands": "all"}, "a: operands = 'all' is not one of anything, text"),
    ({"names": ["a"], "source": "x", "cost": "dear"}, "cost = 'dear'"),
    ({"names": ["a"], "source": "x", "kinds": ["odd"]}, "kinds = 'odd'"),
    ({"names": ["a"], "source": "x", "leaves": ["odd"]}, "leaves = 'odd'"),
    ({"names": ["a"], "source": "x", "proven": "engine"}, "a: proven by an engine, but has no sample"),
]


@pytest.mark.parametrize(("data", "why"), WRONG)
def test_a_row_that_is_wrong(data: dict[str, object], why: str) -> None:
    with pytest.raises(RowError, match=re.escape(why)) as raised:
        parse_row(data, "file.toml")
    assert str(raised.value).startswith("file.toml: ")


def test_only_the_rows_that_are_asked_for_are_parsed() -> None:
    code = (
        "import dfix.rewriter.knowledge.program_table as table; import sys;"
        "assert 'tomli' not in sys.modules; table.row('mkdir'); table.row('rm');"
        "print(table._parsed.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"


def test_the_folders_of_settings_are_those_of_the_managers() -> None:
    told = {(folder, manager.name) for manager in managers() for folder in manager.settings_at}
    assert set(settings_folders()) == told
    assert all(manager.system for manager in managers() if manager.settings_at or manager.one_folder)

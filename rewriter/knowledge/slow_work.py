"""What slow programs do that the table of programs does not describe: slow_work.toml as a dictionary."""

from __future__ import annotations

import os
from functools import cache
from typing import Literal, get_args

from dfix.rewriter.text.own_data import own_table

Work = Literal["downloads", "compiles"]

_TABLE = os.path.join(os.path.dirname(__file__), "slow_work.toml")


@cache
def slow_work() -> dict[str, Work]:
    """For each program, or program and sub-command ("git clone"), what it spends its time on."""
    table = own_table(_TABLE)
    return {name: work for work in get_args(Work) for row in table[work] for name in row["names"]}

"""Settings that cannot be used."""

from __future__ import annotations

from dfix.rewriter.text.problem import Problem


class SettingsError(Exception):
    """Settings that cannot be used; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

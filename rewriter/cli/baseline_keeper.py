"""The baselines of a run: recording findings in them, and telling which of theirs are gone."""

from __future__ import annotations

from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.pipeline.options import Options, RecordedChange
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.output import Output
from dfix.rewriter.report.terminal import problem_line, warning_line
from dfix.rewriter.settings.baseline_file import BaselineFile
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.problem import Problem


class BaselineKeeper:
    """Takes the results of a run as they come; `err` gets what there is to tell at the end."""

    def __init__(self, request: Request, files: SelectedFiles, err: Output) -> None:
        self._files, self._err = files, err
        self._recording = request.mode == "write-baseline"
        self._recorded: dict[BaselineFile, dict[str, tuple[RecordedChange, ...]]] = {}
        self._gone: dict[BaselineFile, int] = {}

    def add(self, result: Result, options: Options) -> None:
        """Take the result of one file; of one that could not be handled, nothing is recorded."""
        path = result.before.path
        if self._recording and result.problem is None:
            self._recorded.setdefault(self._of(path, options), {})[path] = result.findings
        elif result.gone:
            baseline = self._of(path, options)
            self._gone[baseline] = self._gone.get(baseline, 0) + result.gone

    def _of(self, path: str, options: Options) -> BaselineFile:
        found = self._files.baseline(path, options.root)
        assert found is not None
        return found

    def finish(self) -> bool:
        """Write the baselines, or warn of what is gone; whether all went well."""
        if self._recording:
            problems = [problem for item in self._recorded.items() if (problem := _written(*item)) is not None]
            for problem in problems:
                problem_line(self._err, problem)
            return not problems
        for baseline in self._files.baselines:
            count = self._gone.get(baseline, 0) + baseline.absent()
            if count:
                said = f"{count} of its findings {'is' if count == 1 else 'are'} gone"
                warning_line(self._err, baseline.path, f"{said}. Write it again with `dfix --write-baseline`")
        return True


def _written(baseline: BaselineFile, findings: dict[str, tuple[RecordedChange, ...]]) -> Problem | None:
    try:
        return baseline.replace(findings)
    except SettingsError as error:
        return error.problem

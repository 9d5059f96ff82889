"""Which files a request selects, and with which options each is rewritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, visible
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.settings.files import (
    Settings,
    SettingsFinder,
    hint_for,
    ignoring,
    load,
    matches,
    unknown_names,
)
from dfix.rewriter.settings.hadolint_config import ignored_by_hadolint
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.discover import discover
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import root_of

if TYPE_CHECKING:
    from dfix.rewriter.settings.baseline_file import BaselineFile


class SelectedFiles:
    """The files of a request and their options. Raises SettingsError for a faulty file that the command line names."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.empty_folders: list[str] = []
        """Named folders in which `items` has found nothing."""
        self._finder = SettingsFinder()
        self._checks: frozenset[str] = frozenset()
        self._baselines: dict[str, BaselineFile] = {}
        if request.hadolint_config is not None:
            self._checks = ignored_by_hadolint(request.hadolint_config, None)
        self._fixed = Settings() if request.isolated else None
        if request.config is not None:
            self._fixed = load(request.config)
        self._known = pipeline.rule_names(with_plugins=not request.isolated)
        if self._fixed is not None:
            self._fixed.check_rules(self._known)

    def items(self) -> Iterator[Job | Problem]:
        """A job for each file, or the problem that keeps it from being read."""
        request = self._request
        found = discover(
            request.paths, self.excludes, force_exclude=request.force_exclude, empty=self.empty_folders.append
        )
        for item in found:
            if isinstance(item, Problem):
                yield item
                continue
            try:
                yield self._job(item.path, self.options(item.path, item.root))
            except SettingsError as error:
                yield error.problem

    def _job(self, path: str, options: Options) -> Job:
        request = self._request
        if request.mode == "write-baseline":
            if self.baseline(path, options.root) is None:
                where = self.settings(path, options.root).path or options.root
                hint = 'Set `baseline = ".dfix-baseline.json"` in the settings, or name one with --baseline PATH'
                raise SettingsError(Problem(where, 0, "no baseline is named", hint))
            return Job(path, options._replace(record=True), write=False)
        if request.mode != "add-ignore":
            return Job(path, options, write=request.mode == "write")
        reason = (request.reason or "").strip()
        if options.require_ignore_reasons and not reason:
            raise SettingsError(
                Problem(path, 0, "the settings require reasons for ignore comments", "Add --reason TEXT")
            )
        return Job(path, options, write=True, ignore_reason=reason)

    def settings(self, path: str, root: str = "") -> Settings:
        """The settings in force for one file: `--config`, else the nearest file. Raises SettingsError.

        `root` is that of the file, "" if it is to be found.
        """
        if self._fixed is not None:
            return self._fixed
        found = self._finder.nearest(path, root)
        found.check_rules(self._known)
        return found

    def baseline(self, path: str, root: str) -> BaselineFile | None:
        """The baseline of one file: `--baseline`, else that of its settings. Raises SettingsError."""
        request = self._request
        named = request.baseline if request.baseline is not None else self.settings(path, root).baseline
        if named is None:
            return None
        key = os.path.abspath(named)
        if key not in self._baselines:
            from dfix.rewriter.settings.baseline_file import BaselineFile

            anywhere = request.baseline is not None or self._fixed is not None
            self._baselines[key] = BaselineFile(named, None if anywhere else (root,))
        return self._baselines[key]

    @property
    def baselines(self) -> list[BaselineFile]:
        """The baselines that files have asked for."""
        return [*self._baselines.values()]

    def origin(self, path: str, root: str) -> str:
        """Where the settings for one file come from, in words. Raises SettingsError."""
        found = self.settings(path, root)
        if not found.path:
            return "no settings file"
        return "settings from " + ", which extends ".join(map(shown_name, (found.path, *found.bases)))

    def sources(self, path: str, root: str) -> dict[str, list[str]]:
        """The keys of the settings for one file by the file that has the value in force, where several do."""
        found = self.settings(path, root)
        listed: dict[str, list[str]] = {file: [] for file in (found.path, *found.bases) if found.bases}
        for key, file in sorted(found.sources.items()):
            listed[file].append(key)
        return listed

    def options(self, path: str, root: str = "") -> Options:
        """The options for one file: its settings, overridden by the command line. Raises SettingsError."""
        request = self._request
        root = root or root_of(path)
        found = self.settings(path, root).options(path)
        named = request.context is not None
        found = ignoring(found, frozenset(request.ignore) | self._checks)
        baseline = self.baseline(path, root) if request.mode != "write-baseline" else None
        return found._replace(
            baseline=baseline.findings(path) if baseline is not None else (),
            select=frozenset(request.select) if request.select else found.select,
            unsafe=request.unsafe or found.unsafe,
            plugins=not request.isolated,
            context=request.context if named else found.context,
            context_from="--context" if named else found.context_from,
            root=root,
        )

    def on_save(self, path: str, root: str = "") -> Options:
        """The options for a save in an editor: `options`, narrowed by the settings' `save` table.

        Rules that the command line selects are not narrowed, and its `--unsafe` is kept.
        """
        request = self._request
        saving = self.settings(path, root).save
        if request.select:
            saving = saving._replace(select=None)
        return saving.narrow(self.options(path, root), self._known)._replace(unsafe=request.unsafe)

    def excludes(self, path: str, root: str = "") -> bool:
        """Whether the command line or the settings exclude a path (a folder's ends in the separator)."""
        return self.leaves_out(path) or self.settings_exclude(path, root)

    def leaves_out(self, path: str) -> bool:
        """Whether the command line excludes a path."""
        return bool(self._request.exclude) and matches(path, self._request.exclude, os.getcwd())

    def settings_exclude(self, path: str, root: str = "", home: str = "") -> bool:
        """Whether the settings exclude a path; `home` is where `--config` knows it, if that is elsewhere."""
        path = (home or path if self._fixed is not None else path).rstrip(os.sep)
        try:
            return self.settings(path, root).excludes(path)
        except SettingsError:
            return False  # reported for each file that the settings apply to


def unknown_rule(request: Request) -> str:
    """Which rule on the command line is unknown, as a sentence, or ""."""
    if not request.select and not request.ignore:
        return ""
    known = pipeline.rule_names(with_plugins=not request.isolated)
    unknown = (frozenset(request.select) - known) | unknown_names(frozenset(request.ignore), known)
    return f"unknown rule `{min(unknown)}`. {hint_for(min(unknown), known)}" if unknown else ""


def selected(request: Request, wrong: str, err: Output) -> SelectedFiles | None:
    """The files of a request; None after a line on `err` of what is `wrong` with it, or with the settings it names."""
    if wrong:
        err.write(f"dfix: {visible(wrong)}\n")
        return None
    try:
        return SelectedFiles(request)
    except SettingsError as error:
        problem_line(err, error.problem)
        return None

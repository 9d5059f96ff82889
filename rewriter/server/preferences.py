"""The editor's own settings; like command-line flags, they override the settings files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.files import Settings, SettingsFinder
from dfix.rewriter.settings.keys import save_faults, wrong_value
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.settings.settings_file import saving
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import leads_out

_NAMES = ("select", "ignore", "unsafe", "target", "context")


class Preferences(NamedTuple):
    """The settings that an editor can set, named as in the settings files; `explain`: also show what was left alone."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    unsafe: bool = False
    target: str = ""
    context: str = ""
    explain: bool = False
    save: Saving = Saving()

    def over(self, options: Options, folder: str) -> Options:
        """Override the options of a settings file; `context` is relative to the workspace's `folder`."""
        return options._replace(
            select=self.select if self.select is not None else options.select,
            ignore=options.ignore | self.ignore,
            unsafe=options.unsafe or self.unsafe,
            target=self.target or options.target,
            context=os.path.normpath(os.path.join(folder, self.context)) if self.context else options.context,
            context_from="set in the editor" if self.context else options.context_from,
        )

    def check_context(self, folder: str, root: str) -> None:
        """Raise SettingsError for a `context` outside of the root: settings of an editor can come with a repository."""
        if self.context and leads_out(os.path.join(folder, self.context), (root,)):
            message = f"`context` is outside of {root}"
            raise SettingsError(Problem("the editor's settings", 0, message, "Name a folder inside of it"))

    def saving(self, found: Saving) -> Saving:
        """Override what a settings file applies on save; a selection in the editor is not narrowed by the file."""
        overruled = self.save.select is not None or self.select is not None
        select = self.save.select if overruled else found.select
        return Saving(select, found.ignore | self.save.ignore)


def read(data: object, known: frozenset[str]) -> tuple[Preferences, list[str]]:
    """Read the preferences that the editor sent; return them with the faults. A faulty key counts as unset.

    `known` are the names of the rules. Keys that are not settings of dfix are for the editor's extension; an empty
    value means that the key is not set.
    """
    if not isinstance(data, Mapping):
        return Preferences(), [] if data is None else ["the editor's settings for dfix are not a table"]
    values: dict[str, Any] = {}
    faults = []
    for name in _NAMES:
        value = data.get(name)
        if value in (None, "", []):
            continue
        fault = wrong_value(name, value) or _unknown_rules(name, value, known)
        if fault:
            faults.append(f"in the editor's settings, {fault}")
        else:
            values[name] = frozenset(value) if isinstance(value, list) else value
    explain = data.get("explain")
    if isinstance(explain, bool):
        values["explain"] = explain
    elif explain is not None:
        faults.append("in the editor's settings, `explain` is not true or false")
    save = data.get("save")
    if isinstance(save, Mapping):
        given = {name: value for name, value in save.items() if value is not None}
        fault = next((fault.message for fault in save_faults(given)), "") or _unknown_rules(
            "save", [rule for rules in given.values() for rule in rules], known
        )
        if fault:
            faults.append(f"in the editor's settings, {fault}")
        else:
            values["save"] = saving(given)
    elif save is not None:
        faults.append("in the editor's settings, `save` is not a table")
    return Preferences(**values), faults


def _unknown_rules(name: str, value: object, known: frozenset[str]) -> str:
    unknown = set(value) - known if isinstance(value, list) else None
    return f"`{name}` names an unknown rule, `{min(unknown)}`" if unknown else ""


def settings_for(path: str, root: str, known: frozenset[str]) -> Settings:
    """Read the settings file in force for a Dockerfile with this root. Raises SettingsError."""
    found = SettingsFinder().nearest(path, root)
    found.check_rules(known)
    return found

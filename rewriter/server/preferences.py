"""What the editor's own settings say, beside the settings files; they overrule those as a command line does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from dfix.rewriter.pipeline.options import Options, Saving
from dfix.rewriter.settings.files import Finder, Settings, saving
from dfix.rewriter.settings.keys import save_faults, wrong_value

_NAMES = ("select", "ignore", "unsafe", "target", "context")


class Preferences(NamedTuple):
    """The keys that the editor may set, named as in the settings files; `explain` asks for what was left alone."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    unsafe: bool = False
    target: str = ""
    context: str = ""
    explain: bool = False
    save: Saving = Saving()

    def over(self, options: Options, folder: str) -> Options:
        """The options of a settings file with these over them; `context` is relative to the workspace's `folder`."""
        return options._replace(
            select=self.select if self.select is not None else options.select,
            ignore=options.ignore | self.ignore,
            unsafe=options.unsafe or self.unsafe,
            target=self.target or options.target,
            context=os.path.normpath(os.path.join(folder, self.context)) if self.context else options.context,
        )

    def saving(self, found: Saving) -> Saving:
        """What a save applies by a settings file, with these over it; what is selected here is not narrowed there."""
        overruled = self.save.select is not None or self.select is not None
        select = self.save.select if overruled else found.select
        return Saving(select, found.ignore | self.save.ignore)


def read(data: object, known: frozenset[str]) -> tuple[Preferences, list[str]]:
    """The preferences in what the editor sent, and what is wrong with it; a key that is wrong counts as unset.

    `known` are the names of the rules. Keys that are not dfix's settings belong to the editor's side; an empty value is
    how an editor shows a key that nobody has set.
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


def settings_for(path: str, known: frozenset[str]) -> Settings:
    """The settings file in force for a Dockerfile, read anew. Raises SettingsError."""
    found = Finder().nearest(path)
    found.check_rules(known)
    return found

"""The file of a baseline: findings of an earlier day, by Dockerfile, which later runs leave out.

docs/schema/dfix-baseline-1.json describes it. A Dockerfile's path in it is relative to the root of its repository or,
outside of any, to the folder of the baseline: that is the same however a command line names it.
"""

from __future__ import annotations

import os
from typing import Any

from dfix.rewriter.pipeline.options import Options, RecordedChange
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import Within, content
from dfix.rewriter.text.root import real, repository_of

VERSION = 1
LARGEST = 10_000_000
"""Bytes of a baseline: some 80,000 findings."""
MOST_TIMES = 100_000
_HINT = "Write it with `dfix --write-baseline`"
_AGAIN = "Name another file or, if that is the baseline, remove it and write it again with `dfix --write-baseline`"
_HINTS = {"outside": "Name that file with --baseline", "larger": _AGAIN}
_KEYS = frozenset(("path", "rule", "instruction", "times"))


def baselined(options: Options, named: str | None, path: str, root: str) -> Options:
    """Options for the Dockerfile at `path` with what the baseline has that its settings name. Raises SettingsError."""
    return options if named is None else options._replace(baseline=BaselineFile(named, (root,)).findings(path))


class BaselineFile:
    """A baseline. It is read when a finding of it is first asked for, and only then."""

    def __init__(self, path: str, within: Within) -> None:
        """`within`: folders that a link must not lead out of; None for a file that the command line names."""
        self.path = path
        self._within = within
        self._homes: set[str] = set()
        self._found: dict[str, tuple[RecordedChange, ...]] | None = None

    def findings(self, path: str) -> tuple[RecordedChange, ...]:
        """The findings of the Dockerfile at `path`. Raises SettingsError."""
        if self._found is None:
            data = self._read()
            if data is None:
                raise SettingsError(Problem(self.path, 0, "no such file", _HINT))
            self._found = self._parse(data)
        return self._found.get(self._name(path), ())

    def absent(self) -> int:
        """How many findings are about files that don't exist; those that were asked about tell where to look."""
        return sum(
            finding.times for name, found in (self._found or {}).items() if not self._exists(name) for finding in found
        )

    def replace(self, findings: dict[str, tuple[RecordedChange, ...]]) -> Problem | None:
        """Write these findings, by path; those of other files stay if the files exist. Raises SettingsError."""
        from dfix.rewriter.text.write import create, write

        before = self._read()
        named = {self._name(path): found for path, found in findings.items()}
        kept = {} if before is None else self._parse(before)
        kept = {name: found for name, found in kept.items() if name not in named and self._exists(name)}
        after = _text({**kept, **named})
        if before is None:
            return create(self.path, after)
        within = self._within or (os.path.dirname(real(self.path)),)
        return None if after == before else write(self.path, before, after, within)

    def _read(self) -> bytes | None:
        """The bytes of the file; None if there is none. Raises SettingsError."""
        data = content(self.path, LARGEST, self._within)
        if isinstance(data, bytes):
            return data
        if data.kind == "absent":
            return None
        raise SettingsError(Problem(self.path, 0, data.message, _HINTS.get(data.kind, "Name another file")))

    def _parse(self, data: bytes) -> dict[str, tuple[RecordedChange, ...]]:
        """The findings by path. Of equal ones, as a merge can leave them, the one with the most times counts."""
        times: dict[tuple[str, str, str], int] = {}
        for row in self._rows(data):
            key = row["path"], row["rule"], row["instruction"]
            times[key] = max(times.get(key, 0), row["times"])
        found: dict[str, list[RecordedChange]] = {}
        for (name, rule, instruction), count in sorted(times.items()):
            found.setdefault(name, []).append(RecordedChange(rule, instruction, count))
        return {name: tuple(listed) for name, listed in found.items()}

    def _rows(self, data: bytes) -> list[dict[str, Any]]:
        try:
            found = json_value(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise self._error("not UTF-8") from None
        except ValueError as error:
            raise self._error("not valid JSON", getattr(error, "lineno", 0)) from None
        if not isinstance(found, dict) or "version" not in found:
            raise self._error("not a baseline of dfix")
        version = found["version"]
        if type(version) is not int or version != VERSION:
            raise self._error(f"a baseline of another version than {VERSION}, which is the one that this dfix reads")
        rows = found.get("findings")
        if found.keys() != {"version", "findings"} or not isinstance(rows, list):
            raise self._error("not a baseline of dfix: it has `version` and `findings`, a list")
        wrong = next((number for number, row in enumerate(rows, 1) if not _is_finding(row)), 0)
        if wrong:
            raise self._error(f"finding {wrong} in it is malformed")
        return rows

    def _error(self, message: str, line: int = 0) -> SettingsError:
        return SettingsError(Problem(self.path, line, message, _AGAIN))

    def _exists(self, name: str) -> bool:
        return any(os.path.lexists(os.path.join(home, name)) for home in self._homes)

    def _name(self, path: str) -> str:
        folder, name = os.path.split(os.path.abspath(path))
        home = repository_of(folder) or repository_of(real(folder)) or os.path.dirname(os.path.abspath(self.path))
        self._homes.add(real(home))
        return os.path.relpath(os.path.join(real(folder), name), real(home)).replace(os.sep, "/")


def _is_finding(row: object) -> bool:
    if not isinstance(row, dict) or row.keys() != _KEYS:
        return False
    path, times = row["path"], row["times"]
    if not all(isinstance(row[name], str) and row[name] for name in _KEYS - {"times"}):
        return False
    inside = not path.startswith("/") and ".." not in path.split("/")
    return inside and type(times) is int and 0 < times <= MOST_TIMES


def _text(findings: dict[str, tuple[RecordedChange, ...]]) -> bytes:
    """The file, sorted, with a line for each finding, so that versions of it can be merged."""
    import json

    rows = sorted((name, *finding) for name, found in findings.items() for finding in found)
    lines = ",\n".join(
        "    " + json.dumps({"path": name, "rule": rule, "instruction": instruction, "times": times})
        for name, rule, instruction, times in rows
    )
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'.encode()

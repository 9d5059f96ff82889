from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from dfix.rewriter.knowledge import Manager, load, managers
from dfix.rewriter.knowledge.load import is_named, named, stems
from dfix.rewriter.text.own_data import own_table

MANAGERS = {manager.name: manager for manager in managers()}
KINDS = {"update", "install", "query", "remove", "clean"}


class Asked(dict[str, Any]):
    """A table that notes which of its keys are asked for, as do the tables in it."""

    def __init__(self, table: dict[str, Any]) -> None:
        super().__init__({key: _noting(value) for key, value in table.items()})
        self.keys_asked: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.keys_asked.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_asked.add(key)
        return super().get(key, default)

    def unread(self) -> set[str]:
        """The keys that nothing asked for; none of a table whose keys are names themselves."""
        below = [one for value in self.values() for one in (value if isinstance(value, list) else [value])]
        found = {key for table in below if isinstance(table, Asked) and table.keys_asked for key in table.unread()}
        return found | (set(self) - self.keys_asked)


def _noting(value: Any) -> Any:
    if isinstance(value, list):
        return [_noting(one) for one in value]
    return Asked(value) if isinstance(value, dict) else value


@pytest.mark.parametrize("stem", stems())
def test_every_key_is_read(stem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a typing mistake would say nothing. `[[command]]` has a check of its own (parse_row)."""
    table = Asked({**own_table(load.FOLDER, f"{stem}.toml"), "command": []})
    monkeypatch.setattr(load, "own_table", lambda *_: table)
    load.load.__wrapped__(stem)
    assert table.unread() - {"since"} == set()  # `since` is for scripts/compare.py
    table["mistyped"] = True
    assert "mistyped" in table.unread()


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_a_file_is_found_by_its_commands(manager: Manager) -> None:
    assert all(manager.name in command for command in manager.commands)
    assert all(named(command) is manager for command in manager.commands)


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_what_a_file_says(manager: Manager) -> None:
    assert manager.source.startswith("https://")
    assert set(manager.verbs.values()) <= KINDS
    assert "install" in manager.verbs.values()
    assert all(cache.startswith(("/", "~/")) and not cache.endswith("/") for cache in manager.caches)
    assert all(option.startswith("-") for option in manager.values | manager.asks)
    clean_up = manager.clean_up
    if clean_up is None:
        return
    assert clean_up.filling_verbs <= KINDS
    assert set(clean_up.empties) <= set(manager.caches)
    assert clean_up.empties
    assert clean_up.append or clean_up.flag
    assert not clean_up.flag or clean_up.flag in clean_up.uncached
    for command in clean_up.done_by:
        name, verb, *_ = command.split()
        other = MANAGERS[name]
        assert any(known.split()[0] == verb and kind == "clean" for known, kind in other.verbs.items())
    if clean_up.append and clean_up.append.split()[0] in manager.commands:
        # what is added counts as done, or a second run would add it again
        assert any(clean_up.append.startswith(done) for done in clean_up.done_by)


@pytest.mark.parametrize("program", ["", "aptly", "apt-key", "add-apt-repository", "pipx", "npx", "python"])
def test_other_programs(program: str) -> None:
    assert named(program) is None


@pytest.mark.parametrize("program", ["pip", "pip3", "pip2.7", "pip3.11"])
def test_versions_of_pip(program: str) -> None:
    assert named(program) is MANAGERS["pip"]


def test_no_version_where_the_manager_has_none() -> None:
    assert named("npm3") is None


def test_stems_are_sorted() -> None:
    assert list(stems()) == sorted(stems())


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_scripts_with_its_commands_are_read(manager: Manager) -> None:
    """Where no part of a program's name occurs, a RUN is passed over unread."""
    for command in manager.commands:
        for project in manager.projects:
            said = f"{command} {project.mentions}"
            assert is_named("project", said)
        if manager.prefetch is not None:
            assert is_named("early", f"cd /x && {command} build")


@pytest.mark.parametrize("said", ["apt-get install cargotool", "mongo x", "./build.sh", "pip freeze"])
def test_scripts_without_them_are_passed_over(said: str) -> None:
    assert not is_named("early", said)


@pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)
def test_readers_are_there(manager: Manager) -> None:
    readers = [project.reader for project in manager.projects]
    readers += [manager.prefetch.reader] if manager.prefetch is not None else []
    for reader in readers:
        assert importlib.util.find_spec(f"dfix.rewriter.manifests.{reader}") is not None

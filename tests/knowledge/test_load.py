from __future__ import annotations

import importlib.util

import pytest

from dfix.rewriter.knowledge import Manager, managers
from dfix.rewriter.knowledge.load import is_named, named, stems

MANAGERS = {manager.name: manager for manager in managers()}
KINDS = {"update", "install", "query", "remove", "clean"}


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

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from dfix.rewriter import knowledge
from dfix.rewriter.knowledge.language_facts import LanguageFacts, compiling_installers, language_facts
from dfix.rewriter.knowledge.runtime import runtime_packages

FILES = sorted(Path(knowledge.__path__[0], "language_packages").glob("*.toml"))
KEYS = {name.replace("_", "-") for name in LanguageFacts._fields} | {"source", "date"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(table) <= KEYS
    assert table["source"].startswith("https://")
    assert isinstance(table["date"], date)
    assert language_facts(path.stem) != LanguageFacts()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_library_of_each_dev_package_is_known(path: Path) -> None:
    for packages in set(language_facts(path.stem).dev_packages.values()):
        for package in packages.split():
            assert runtime_packages(package, "bookworm") is not None, package


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_package_has_one_answer(path: Path) -> None:
    facts = language_facts(path.stem)
    assert not facts.needs_full_image & (facts.installs_alone | set(facts.dev_packages) | set(facts.system_packages))


@pytest.mark.parametrize("language", ["", "cobol", "../images/python"])
def test_a_language_without_a_file(language: str) -> None:
    assert language_facts(language) == LanguageFacts()


def test_installers_of_all_languages_are_asked_for_together() -> None:
    assert compiling_installers() >= {"pip", "poetry", "bundle", "gem"}
    assert not compiling_installers() & {"npm", "cargo"}


def test_a_crate_that_brings_its_library_needs_no_package() -> None:
    facts = language_facts("rust")
    assert "windows".startswith(facts.self_contained)
    assert not "openssl".startswith(facts.self_contained)
    assert not [name for name in facts.dev_packages if name.removesuffix("-sys").startswith(facts.self_contained)]

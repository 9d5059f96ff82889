"""Which installs look at no file of the current folder, and where only an application has files."""

from __future__ import annotations

import pytest

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.early_steps import (
    application_variables,
    named_installs,
    own_folders,
    searched_variables,
)
from dfix.rewriter.knowledge.load import named
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.source import Span


def covered(command: str) -> bool:
    words = tuple(Word(Span(0, 0), text, text) for text in command.split())
    used = usage(words)
    assert used is not None
    return named_installs()[used.manager.name].covers(used)


@pytest.mark.parametrize(
    "command",
    [
        "apt-get update",
        "apt-get install -y --no-install-recommends curl",
        "apt-get -o Acquire::Retries=3 install -yqq curl",
        "apk add --no-cache -t .deps gcc",
        "dnf -y install --setopt=install_weak_deps=False git",
        "dnf group install web",
        "pip install -U --index-url https://example.com flask",
        "npm install -g --registry https://example.com serve",
        "gem install bundler -v 2.1 --no-document",
    ],
)
def test_installs_of_what_is_named(command: str) -> None:
    assert covered(command)


@pytest.mark.parametrize(
    "command",
    [
        "apt-get source curl",
        "apt-get download curl",
        "apt-get build-dep .",
        "apt-get -o Dir::Etc=etc install curl",
        "apt-get -c apt.conf install curl",
        "apk add --root x gcc",
        "apk fetch gcc",
        "dnf --installroot=x install git",
        "dnf download git",
        "pip download flask",
        "pip install --target lib flask",
        "pip install --log log.txt flask",
        "npm ci",
        "npm install -g --prefix x serve",
        "gem install -i vendor rake",
        "gem update",
    ],
)
def test_what_may_look_into_the_current_folder(command: str) -> None:
    assert not covered(command)


def test_every_manager_is_known() -> None:
    assert all(named(name) is not None for name in named_installs())
    for install in named_installs().values():
        assert not install.flags & install.values


def test_names_of_variables() -> None:
    assert application_variables().match("app_home")
    assert not any(application_variables().match(name) for name in ("path", "home", "gem_home", "pythonpath"))
    assert all(searched_variables().match(name) for name in ("path", "pythonpath", "ld_preload", "home"))


def test_names_of_folders() -> None:
    assert {"etc", "usr", "home", "root", "var"} <= own_folders().system
    assert all(folder.startswith("/") for folder in own_folders().own_below)

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.knowledge import Usage, usage
from dfix.rewriter.model import build
from dfix.rewriter.model.commands import located
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.source import Source


def words_of(command: str) -> tuple[Word, ...]:
    step = build(parse(Source("Dockerfile", f"FROM a\nRUN {command}\n"))).stages[0].steps[0]
    return located(step)[0].words


def read(command: str) -> Usage:
    found = usage(words_of(command))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("command", "manager", "verb", "operands"),
    [
        ("apt-get update", "apt", "update", []),
        ("apt-get -qq -y install a b=1", "apt", "install", ["a", "b=1"]),
        ("apt-get install -y -t bookworm-backports a", "apt", "install", ["a"]),
        ("apt-get -yt bookworm-backports install a", "apt", "install", ["a"]),
        ("apt-get -o Dpkg::Options::=--force-confold upgrade", "apt", "install", []),
        ("/usr/bin/apt-get update", "apt", "update", []),
        ("sudo -E apt-get update", "apt", "update", []),
        ("DEBIAN_FRONTEND=noninteractive apt-get update", "apt", "update", []),
        ("env A=b apt update", "apt", "update", []),
        ("apt-get --version", "apt", "", []),
        ("apk --no-cache add a", "apk", "install", ["a"]),
        ("apk add -t .deps a", "apk", "install", ["a"]),
        ("apk add --virtual .deps a", "apk", "install", ["a"]),
        ("apk add --virtual=.deps a", "apk", "install", ["a"]),
        ("yum -y clean all", "yum", "clean", ["all"]),
        ("dnf -y group install a", "dnf", "install", ["a"]),
        ("dnf update -y", "dnf", "install", []),
        ("python3 -m pip install a", "pip", "install", ["a"]),
        ("python -u -m pip --quiet install -- -a", "pip", "install", ["-a"]),
        ('"$VENV/bin/pip" install a', "pip", "install", ["a"]),
        ("pip install -ra.txt b", "pip", "install", ["b"]),
        ("npm cache clean --force", "npm", "clean", []),
        ("npm run build", "npm", "", ["build"]),
        ("yarn global add a", "yarn", "install", ["a"]),
        ("yarn", "yarn", "install", []),
        ("yarn --frozen-lockfile", "yarn", "install", []),
        ("npm", "npm", "", []),
        ("conda env create -f e.yml", "conda", "install", []),
        ("bun pm cache rm", "bun", "clean", ["rm"]),
    ],
)
def test_uses(command: str, manager: str, verb: str, operands: list[str]) -> None:
    found = read(command)
    assert (found.manager.name, found.verb, [word.literal_or_text for word in found.operands]) == (
        manager,
        verb,
        operands,
    )


@pytest.mark.parametrize(
    "command",
    [
        "echo apt-get update",
        "rm -rf /var/lib/apt/lists",
        "python setup.py -m pip",
        "python -m venv pip",
        "python -m npm install",
        "$PIP install a",
        "add-apt-repository ppa:a/b",
        "A=b",
        "pipx install",
    ],
)
def test_no_use(command: str) -> None:
    assert usage(words_of(command)) is None


def test_options() -> None:
    found = read("pip install --no-cache-dir -Ur a.txt --index-url https://b -c c.txt d")
    assert [(option.name, option.value) for option in found.options] == [
        ("--no-cache-dir", None),
        ("-U", None),
        ("-r", "a.txt"),
        ("--index-url", "https://b"),
        ("-c", "c.txt"),
    ]
    assert found.has(frozenset(("-U", "-x")))
    assert not found.has(frozenset(("-x",)))


def test_says() -> None:
    assert read("dnf -y clean all").says("dnf clean all")
    assert read("zypper clean -a").says("zypper clean")
    assert not read("dnf clean metadata").says("dnf clean all")
    assert not read("yum clean all").says("dnf clean all")
    assert not read("dnf clean").says("dnf clean all")


def test_what_long_commands_do_is_not_remembered() -> None:
    few, many = words_of("apt-get install a"), words_of("apt-get install" + " a" * 200)
    assert usage(few) is usage(few)
    assert usage(many) == usage(many)
    assert usage(many) is not usage(many)

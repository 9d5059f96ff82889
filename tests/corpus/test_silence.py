"""What the corpus run counts as silence."""

from __future__ import annotations

import pytest
from silence import silent_compilers, silent_installs, silent_neighbours

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.source import Source


def silent(text: str) -> Result:
    """A result that changes nothing and says nothing."""
    source = Source("Dockerfile", text)
    return Result(source, source, (), (), (), None)


@pytest.mark.parametrize(
    "install",
    [
        "npm ci",
        "cd web && npm install --no-audit",
        "pip install -r requirements.txt",
        "CGO_ENABLED=0 go build -trimpath -o /a .",
        "./gradlew build",
        "./mvnw -q package",
        "lein uberjar",
        "composer update",
        '["npm", "install"]',
        'bash -c "yarn install"',
        "php bin/composer.phar install",
        "echo 'npm ci' | sh",
        "cargo install --locked --version 0.7.4 cargo-auditable",
        "mvn assembly:assembly",
    ],
)
def test_an_install_after_a_copy(install: str) -> None:
    assert len(list(silent_installs(silent(f"FROM a\nCOPY . .\nRUN {install}\n"), ""))) == 1
    assert not list(silent_installs(silent(f"FROM a\nCOPY a.txt .\nRUN {install}\n"), ""))
    assert not list(silent_installs(silent(f"FROM a\nRUN {install}\nCOPY . .\n"), ""))


@pytest.mark.parametrize(
    "command",
    [
        "npm run build",
        "npm install -g x",
        "apt-get install -y cabal",
        "gradle --version",
        'echo "cd /app && ./gradlew test" > /test.sh',
        'ln -s "gradle-2.6" gradle && mkdir /a',
    ],
)
def test_no_install(command: str) -> None:
    assert not list(silent_installs(silent(f"FROM a\nCOPY . .\nRUN {command}\n"), ""))


def test_neighbours_and_compilers() -> None:
    assert len(list(silent_neighbours(silent("FROM a\nRUN b\nRUN c\nCOPY d e\nRUN f\n")))) == 1
    assert len(list(silent_compilers(silent("FROM golang:1.22\nCMD a\n")))) == 1
    assert len(list(silent_compilers(silent("FROM debian:12\nRUN apt-get install -y gcc\n")))) == 1
    assert not list(silent_compilers(silent("FROM debian:12\nRUN apt-get install -y gcc && apt-get purge gcc\n")))
    assert not list(silent_compilers(silent("FROM golang:1.22 AS b\nRUN c\nFROM scratch\nCOPY --from=b /d /d\n")))

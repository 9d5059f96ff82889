"""Base images that no registry is needed for, each made when it is first asked for and kept until its recipe changes.

They bear the names of the official images that they stand in for, which they are not: what a test builds on them is
what it would build on those, as far as the tools inside are concerned.
"""

from __future__ import annotations

import hashlib
import inspect
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.engine import recipes
from tests.engine.home import Home, NoEngineError

LABEL = "dfix.base"


class Base(NamedTuple):
    """A base: its tags, the bases that it is made from, and what makes it (a folder and an environment to use)."""

    tags: tuple[str, ...]
    make: Callable[[recipes.Kitchen], None]
    needs: tuple[str, ...] = ()


def _debian_tags() -> tuple[str, ...]:
    return tuple(f"debian:{tag}" for tag in ("bookworm-slim", "bookworm", "12", "12-slim", "stable-slim", "latest"))


def _node_tags(major: int) -> tuple[str, ...]:
    return tuple(f"node:{major}{kind}" for kind in ("", "-slim", "-bookworm", "-bookworm-slim"))


BASES = {
    "busybox": Base(
        ("busybox:latest", "busybox:1.36", "busybox:stable", "alpine:3.20", "alpine:latest"), recipes.busybox
    ),
    "debian": Base(_debian_tags(), recipes.debian),
    "python": Base(
        ("python:3.11-slim", "python:3.11", "python:3.11-slim-bookworm"),
        recipes.python,
        ("debian",),
    ),
    "python-full": Base(("python:3.11-bookworm",), recipes.python_full, ("python",)),
    "node": Base(tuple(tag for tag in _node_tags(18) if tag != "node:18-bookworm"), recipes.node18, ("debian",)),
    "node-full": Base(("node:18-bookworm",), recipes.node_full, ("node",)),
    "node22": Base(_node_tags(22), recipes.node22, ("debian",)),
    "go": Base(("golang:1.19", "golang:1.19-bookworm"), recipes.go, ("debian",)),
    "rust": Base(("rust:1.63", "rust:1.63-bookworm", "rust:1.63-slim-bookworm"), recipes.rust, ("debian",)),
    "java": Base(
        ("maven:3.8-openjdk-17", "maven:3.8-eclipse-temurin-17", "openjdk:17-slim"), recipes.java, ("debian",)
    ),
    "jre": Base(("eclipse-temurin:17-jre",), recipes.jre, ("debian",)),
    "nginx": Base(("nginx:1.22", "nginx:stable"), recipes.nginx, ("debian",)),
    "ruby": Base(("ruby:3.1", "ruby:3.1-slim"), recipes.ruby, ("debian",)),
    "php": Base(("php:8.2-cli", "composer:2"), recipes.php, ("debian",)),
}


def make(home: Home, environment: dict[str, str], names: tuple[str, ...]) -> None:
    """Make sure that these bases are there. Raises NoEngineError when one cannot be made, KeyError for another name."""
    for name in names:
        base = BASES[name]
        make(home, environment, base.needs)
        with home.locked(f"base-{name}"):
            version = _version(name)
            if all(_found(environment, tag) == version for tag in base.tags):
                continue
            _make(home, environment, base, version)


def _make(home: Home, environment: dict[str, str], base: Base, version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kitchen = recipes.Kitchen(home, environment, Path(folder), base.tags[0], f"{LABEL}={version}")
        try:
            base.make(kitchen)
            for tag in base.tags[1:]:
                kitchen.run(["docker", "tag", base.tags[0], tag])
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout or b"").decode("utf-8", "replace").strip().splitlines()
            raise NoEngineError(
                f"the base image {base.tags[0]} cannot be made: {said[-1] if said else error}"
            ) from error


def _version(name: str) -> str:
    """Changes with the recipe, and with those that it rests on."""
    base = BASES[name]
    source = inspect.getsource(base.make) + "".join(map(_version, base.needs)) + inspect.getsource(recipes.Kitchen)
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _found(environment: dict[str, str], tag: str) -> str:
    shown = '{{index .Config.Labels "' + LABEL + '"}}'
    command = ["docker", "image", "inspect", "--format", shown, tag]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout.strip()

"""Containers that scripts, Makefiles and CI files start or enter: `docker run me/base make`, `docker compose exec`.

Source: the command-line references of docker run, docker exec and docker compose run (docs.docker.com/reference/cli).
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from dfix.rewriter.context.image_records import Container, ImageUses, image_name, reference
from dfix.rewriter.context.parsed_files import json_of, table_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import upwards

_MOST = 200
"""Commands of one file that are read."""
_CONTINUED = expression(r"\\\r?\n[ \t]*")
_COMMAND = expression(
    r"\b(?P<tool>docker-compose|docker|podman-compose|podman|nerdctl)\b(?P<before>[^\n|;&#]{0,200}?)\s(?P<verb>run|exec)\s"
    r"(?P<rest>[^\n]*)"
)
_EXPRESSION = expression(r"\$\{\{[^}]*\}\}")
_FLAGS = expression(
    r"-[itdPqT]+|--(?:rm|init|privileged|read-only|no-healthcheck|detach|interactive|tty|publish-all|quiet|no-TTY|no-deps|"
    r"service-ports|use-aliases|build|quiet-pull|remove-orphans|oom-kill-disable|no-hosts|replace)"
)
_ENDS = expression(r"[|;&<>()]+")
_HERE = expression(r"\$(?:\(pwd\)|\{PWD\}|PWD|\(PWD\)|\(CURDIR\)|\$\(pwd\)|\$PWD)|`pwd`")
_FILE = expression(r"\s-f[ =]?(\S+)|\s--file[ =](\S+)")

Kind = Literal["image", "container", "service"]


class ContainerCommand(NamedTuple):
    """A command that is run in a container."""

    kind: Kind
    """What `name` is that of."""
    name: str
    command: tuple[str, ...]
    """() for that of the image."""
    options: tuple[tuple[str, str], ...]
    """Those with values."""
    compose_files: tuple[str, ...]

    def values(self, *names: str) -> list[str]:
        """The values of an option, by its names."""
        return [value for name, value in self.options if name in names]


def run_commands(text: str) -> Iterator[ContainerCommand]:
    """The commands that a text runs in containers, in the order of the text."""
    joined = _EXPRESSION.sub("$X", _CONTINUED.sub(" ", text))
    for match in islice(_COMMAND.finditer(joined), _MOST):
        composed = match["tool"].endswith("compose") or re.search(r"\bcompose\b", match["before"]) is not None
        kind: Kind = "service" if composed else "image" if match["verb"] == "run" else "container"
        files = tuple(one or other for one, other in _FILE.findall(match["before"])) if composed else ()
        yield from _command(kind, _words(match["rest"]), files)


def _words(rest: str) -> list[str]:
    """The words up to the end of the command; quotes around the whole line, as in YAML, are left out."""
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    try:
        for word in lexer:
            if _ENDS.fullmatch(word):
                break
            words.append(word)
    except ValueError:
        return re.sub(r"[\"'`,]", " ", rest).split()
    return words


def _command(kind: Kind, words: list[str], files: tuple[str, ...]) -> Iterator[ContainerCommand]:
    options: list[tuple[str, str]] = []
    at = 0
    while at < len(words) and words[at].startswith("-"):
        name, sign, value = words[at].partition("=")
        if not sign and not _FLAGS.fullmatch(name) and at + 1 < len(words):
            at += 1
            value = words[at]
        options.append((name, value))
        at += 1
    if at < len(words):
        yield ContainerCommand(kind, words[at], tuple(words[at + 1 :]), tuple(options), files)


def read_containers(path: str, text: str, uses: ImageUses) -> None:
    """Add the containers that a file starts or enters to `uses`, after those of compose files."""
    if os.path.basename(path) == "package.json":
        scripts = table_of(json_of(text), "scripts").values()
        text = "\n".join(script for script in scripts if isinstance(script, str))
    if " run " not in text and " exec " not in text:
        return
    named: dict[str, str] = {}
    for command in run_commands(text):
        names = {image_name(command.name)}
        if command.kind == "image":
            named |= dict.fromkeys(command.values("--name"), command.name)
        elif command.kind == "container":
            names.add(image_name(named.get(command.name, command.name)))
        else:
            names = set(_services(path, command, uses.within[0]))
        if command.command or command.values("--entrypoint"):
            uses.containers.append(_container(path, command, names, uses))


def _services(path: str, command: ContainerCommand, root: str) -> Iterator[str]:
    """The references of a compose service, in the folders in which its file may be."""
    for above in upwards(os.path.dirname(path), root):
        yield reference(above, f"service:{command.name}")
        for file in command.compose_files:
            yield reference(os.path.dirname(os.path.normpath(os.path.join(above, file))), f"service:{command.name}")


def _container(path: str, command: ContainerCommand, names: set[str], uses: ImageUses) -> Container:
    entrypoint = command.values("--entrypoint")
    service = next((c for c in uses.containers if command.kind == "service" and names & c.names), None)
    mounts = tuple(_mounts(os.path.dirname(path), command.values("-v", "--volume")))
    pairs = (value.partition("=") for value in command.values("-e", "--env"))
    environment = {name: value for name, sign, value in pairs if sign}
    folders = command.values("-w", "--workdir")
    return Container(
        path,
        frozenset(names if service is None else names | service.names),
        tuple(entrypoint[-1:]) or (None if service is None else service.entrypoint),
        command.command or None,
        # what is run by `exec` gets no entrypoint
        (shlex.join(command.command),) if command.command else (),
        folders[-1] if folders else "" if service is None else service.folder,
        (*mounts, *(() if service is None else service.mounts)),
        environment if service is None else {**service.environment, **environment},
    )


def _mounts(folder: str, volumes: list[str]) -> Iterator[tuple[str, str]]:
    for volume in volumes:
        source, _, rest = _HERE.sub(".", volume).partition(":")
        target = rest.partition(":")[0]
        place = os.path.normpath(os.path.join(folder, source))
        if source.startswith(".") and target.startswith("/") and os.path.exists(place):
            yield place, target

"""Builds that scripts, Makefiles and CI files run: `docker build -t me/base base/`, docker/build-push-action.

Source: docker buildx build's command-line reference (docs.docker.com/reference/cli/docker/buildx/build/), the READMEs
of docker/build-push-action and of the plugins of Drone and Woodpecker CI, and docs.drone.io/plugins/overview.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from dfix.rewriter.context.parsed_files import yaml_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_CONTINUED = expression(r"\\\r?\n[ \t]*")
_BUILD = expression(r"\b(?:docker|podman|nerdctl|buildah)\b[^\n|;&#]{0,300}?\s(?:build|bud)\s(?P<rest>[^\n|;&]*)")
_CHANGES_FOLDER = expression(r"(?:^|[\s;&(@])cd[ \t]+[\"']?([\w./-]+)[\"']?[ \t]*(?:&&|;)")
_QUOTES = expression(r"[\"'`,\[\]]")
_ACTION = expression(r"(?:docker/build-push-action|redhat-actions/buildah-build|depot/build-push-action)\b")
_PLUGIN = expression(
    r"(?:plugins/(?:docker|kaniko|buildx|ecr|gcr|gar|acr|heroku)|(?:drone|plugin)-(?:docker-buildx|docker|kaniko))"
    r"(?![\w/-])"
)
"""Images of Drone and Woodpecker CI that build one."""
_VALUED = {
    "-t": "tag", "--tag": "tag", "-f": "file", "--file": "file", "--target": "target", "--build-arg": "argument",
    "--build-context": "context",
}  # fmt: skip
_HEREDOC = expression(r"<<-?[ \t]*[\"']?(\w+)[\"']?")
_READS_INPUT = expression(r"(?:^|\s)(?:-|-f[ =]?-|--file[ =]-)(?=\s|$)")
_PRINTED = expression(r"\b(?:echo|printf)[ \t]+(?:-e[ \t]+)?[\"']{1,2}(?P<text>FROM[^\"']*)[\"']")
_REDIRECTS = expression(r"\d?(?P<operator>[<>]++)(?P<target>.*+)")
_LONGEST_BODY = 20_000
_MOST_DEEP = 12
_MOST_DOCUMENTS = 50
_DOCUMENT = expression(r"(?m)^---[^\n]*$")
_LONGEST_BEFORE = 300
"""Characters of a line before a build in which a `cd` is looked for."""


class BuildCommand(NamedTuple):
    """A build that a file runs; paths as written, relative to a folder that only the run knows."""

    folder: str
    """To which the line changes before it; "" for none."""
    tags: tuple[str, ...]
    text: str
    """That of a Dockerfile on standard input."""
    file: str
    """ "" for the Dockerfile of the context."""
    context: str
    """ "-" for an archive on standard input."""
    target: str
    arguments: tuple[str, ...]
    """Each as `name=value`."""
    contexts: tuple[str, ...]


def build_commands(text: str) -> Iterator[BuildCommand]:
    """The builds that a text runs, in the order of the text."""
    joined = _CONTINUED.sub(" ", text)
    for match in _BUILD.finditer(joined):
        opened = _HEREDOC.search(match["rest"])
        begin = max(joined.rfind("\n", 0, match.start()) + 1, match.start() - _LONGEST_BEFORE)
        body = _body(joined, match.end(), opened[1]) if opened is not None else ""
        if not body and _READS_INPUT.search(match["rest"]):
            body = _piped(joined, begin, match)
        changed = _CHANGES_FOLDER.findall(joined, begin, match.start())
        words = _QUOTES.sub(" ", _HEREDOC.sub(" ", match["rest"])).split()
        yield _command(words, changed[-1] if changed else "", body)
    if _ACTION.search(text):
        yield from _actions(yaml_of(text), 0)
    if _PLUGIN.search(text):
        for document in islice(_DOCUMENT.split(text), _MOST_DOCUMENTS):
            yield from _plugins(yaml_of(document), 0)


def may_build(text: str) -> bool:
    """Whether a text may run a build."""
    return "build" in text or _PLUGIN.search(text) is not None


def _piped(text: str, begin: int, build: re.Match[str]) -> str:
    """The text that the line of a build gives to it: `cat <<EOF | docker build -`, `printf 'FROM …' | …`."""
    opened = _HEREDOC.search(text, begin, build.start())
    if opened is not None:
        return _body(text, build.end(), opened[1])
    printed = _PRINTED.search(text, begin, build.start())
    return printed["text"].replace("\\n", "\n") + "\n" if printed is not None else ""


def _body(text: str, at: int, name: str) -> str:
    """The lines of a heredoc that a command line opens; `at` is the end of that line."""
    lines = text[at : at + _LONGEST_BODY].splitlines()[1:]
    return "\n".join(takewhile(lambda line: line.strip() != name, lines)) + "\n"


def _command(words: list[str], folder: str, text: str) -> BuildCommand:
    given: dict[str, list[str]] = {kind: [] for kind in _VALUED.values()}
    operands: list[str] = []
    standard_input = ""
    pending = list(reversed(words))
    while pending:
        word = pending.pop()
        redirect = _REDIRECTS.fullmatch(word)
        if redirect is not None:
            target = redirect["target"] or (pending.pop() if pending else "")
            standard_input = target if redirect["operator"] == "<" else standard_input
            continue
        option, sign, value = word.partition("=")
        kind = _VALUED.get(option)
        if kind is not None and (sign or pending):
            given[kind].append(value if sign else pending.pop())
        elif not word.startswith("-"):
            operands.append(word)
    file, target = (given[kind][-1] if given[kind] else "" for kind in ("file", "target"))
    archived = "-" in words and file not in ("", "-")  # else what comes on standard input is the Dockerfile
    context = operands[-1] if operands else "-" if archived else "."
    return BuildCommand(
        folder,
        tuple(given["tag"]),
        text,
        standard_input if file == "-" else file,
        context,
        target.lower(),
        tuple(given["argument"]),
        tuple(given["context"]),
    )


def _actions(data: Any, depth: int) -> Iterator[BuildCommand]:
    """The steps of a workflow that build with an action."""
    if depth > _MOST_DEEP:
        return
    if isinstance(data, dict):
        settings = data.get("with")
        if isinstance(settings, dict) and isinstance(data.get("uses"), str) and _ACTION.match(data["uses"]):
            lists = {key: _lines(settings.get(key)) for key in ("tags", "build-args", "build-contexts")}
            yield BuildCommand(
                "",
                lists["tags"],
                "",
                str(settings.get("file") or ""),
                str(settings.get("context") or "."),
                str(settings.get("target") or "").lower(),
                lists["build-args"],
                lists["build-contexts"],
            )
        data = list(data.values())
    if isinstance(data, list):
        for one in data:
            yield from _actions(one, depth + 1)


def _plugins(data: Any, depth: int) -> Iterator[BuildCommand]:
    """The steps of a pipeline that build with a plugin, whose settings are beside its image in older files."""
    if depth > _MOST_DEEP:
        return
    if isinstance(data, dict):
        if isinstance(data.get("image"), str) and _PLUGIN.search(data["image"]):
            settings = data.get("settings")
            yield _of_plugin(settings if isinstance(settings, dict) else data)
        data = list(data.values())
    if isinstance(data, list):
        for one in data:
            yield from _plugins(one, depth + 1)


def _of_plugin(settings: dict[str, Any]) -> BuildCommand:
    arguments = settings.get("build_args")
    if isinstance(arguments, dict):
        arguments = [f"{name}={value}" for name, value in arguments.items()]
    given = _lines(arguments) or tuple(str(one) for one in arguments or () if isinstance(arguments, list))
    repositories = settings.get("repo")
    names = _lines(repositories) or tuple(str(one) for one in repositories or () if isinstance(repositories, list))
    target, context = str(settings.get("target") or "").lower(), str(settings.get("context") or ".")
    # the Dockerfile is relative to the repository, not to the context
    return BuildCommand("", names, "", str(settings.get("dockerfile") or ""), context, target, given, ())


def _lines(value: Any) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[\n,]", value) if part.strip()) if isinstance(value, str) else ()

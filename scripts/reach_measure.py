"""What of a build context each fetch of packages depends on, read from the text of a Dockerfile.

This knows nothing of the rules: a fetch is a RUN that a pattern finds, and its inputs are the sources of the COPY, ADD
and bind mounts before it, those of the stages that it copies from or is based on included.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.text.source import Source

_START = (
    r"""(?:^|[;&|({`\n]|(?<!\S)["']|\b(?:then|do|else|sudo|time|exec|env|-lc|-c)\s)\s*(?:\w+=\S*\s+)*(?:[\w./~-]*/)?"""
)
_FETCHES: Mapping[str, str] = {
    "npm": r"npm\s+(?:-\S+\s+)*(?:ci|install|i)(?=\s*(?:$|[;&|)\"'<>]|-))(?!\s+(?:-g|--global)\b)",
    "yarn1": r"yarn(?:\s+install\b|\s*(?:$|[;&|)\"'])|\s+--(?!version))",
    "yarn-berry": r"yarn(?:\s+install\b|\s*(?:$|[;&|)\"'])|\s+--(?!version))",
    "pnpm": r"pnpm\s+(?:-\S+\s+)*(?:i|install|fetch)(?=\s*(?:$|[;&|)\"']|-))",
    "bun": r"bun\s+(?:i|install)(?=\s*(?:$|[;&|)\"']|-))",
    "pip": (
        r"(?:python[0-9.]*\s+-m\s+)?pip[0-9.]*\s+(?:-\S+\s+)*install(?=\s)[^;&|]*"
        r"(?:\s-r\s*|\s--requirement|\s-e\s|\s[\"']?\.(?:\s|/|$|\[|[\"']))"
    ),
    "poetry": r"(?:python[0-9.]*\s+-m\s+)?poetry\s+(?:-\S+\s+)*(?:install|sync)",
    "pdm": r"pdm\s+(?:-\S+\s+)*(?:install|sync)",
    "pipenv": r"pipenv\s+(?:install|sync)",
    "uv": r"uv\s+(?:sync|pip\s+(?:sync|install)(?=\s)[^;&|]*(?:-r\s|-e\s|\s\.(?:\s|/|$|\[)))",
    "composer": r"(?:php\s+\S*)?composer(?:\.phar)?\s+(?:-\S+\s+)*(?:install|update|i\b)",
    "bundler": r"bundle(?:\s+install\b|\s*(?:$|[;&|)\"'])|\s+--?(?!v))",
    "dotnet": r"dotnet\s+(?:restore|build|publish)",
    "go": r"go\s+(?:build|install|get|test|run|mod\s+(?:download|tidy|vendor))",
    "maven": r"mvnw?\s+(?!clean\s*$|-v\b|--version)\S",
    "gradle": r"gradlew?\s+(?!-v\b|--version)\S",
    "cargo": r"cargo\s+(?:\+\S+\s+)?(?:build|fetch|install\s[^;&|]*--path|chef\s+cook|run|test)",
    "mix": r"mix\s+(?:do\s+)?(?:deps\.get|compile)",
    "sbt": r"sbt\s+\S",
    "deno": r"deno\s+(?:cache|install)",
    "make": r"make(?:\s|$)",
}
"""How each ecosystem's packages are fetched: by an install, or by a build that downloads what it needs."""
_PATTERNS = {name: re.compile(_START + "(?:" + text + ")") for name, text in _FETCHES.items()}
_PRINTED = re.compile(r"""\b(?:echo|printf)\s+(?:-\w+\s+)*(?:"(?:[^"\\]|\\.)*"|'[^']*')(?!\s*\|)""", re.DOTALL)
_FLAGS = re.compile(r"^(?:\s*--(?:mount|network|security)=\S+)+\s*")


class Fetch(NamedTuple):
    """A RUN that fetches an ecosystem's packages: the first one of its stage."""

    stage: int
    lines: range
    sources: frozenset[str]
    """The context paths and patterns that it depends on; "" is the whole context."""
    by_folder: bool
    """Whether one of them is a folder."""

    def files(self, context: Context) -> frozenset[str]:
        """The files of the context that it depends on."""
        return frozenset(path for path in context.below("") if self.depends_on(path, context))

    def depends_on(self, path: str, context: Context) -> bool:
        """Whether a change of the file, which need not exist now, makes the RUN run again."""
        return not context.never_ships(path) and any(_covers(source, path) for source in self.sources)


def fetches(text: str, ecosystem: str, context: Context) -> list[Fetch]:
    """The first fetch of each stage that is not based on one that fetches already."""
    model = build(parse(Source("Dockerfile", text)))
    pattern, found = _PATTERNS[ecosystem], []
    firsts = {stage: next((step for step in stage.steps if _matches(pattern, step)), None) for stage in model.stages}
    for stage, step in firsts.items():
        if step is not None and not any(firsts[above] for above in stage.ancestry() if above is not stage):
            sources = frozenset(_inputs(stage, step, model.stages, frozenset()))
            by_folder = any(context.is_folder(source) or "*" in source for source in sources)
            instruction = step.instruction
            lines = range(instruction.line, instruction.end_line + 1)
            found.append(Fetch(stage.index, lines, sources, by_folder))
    return found


def commits(history: Path, fetch: Fetch, context: Context) -> int:
    """In how many commits of a history (hash, date, `A path` …, parted by tabs) the fetch would run again."""
    lines = history.read_text("utf-8", "replace").splitlines() if history.is_file() else []
    changed = (tuple(entry[2:] for entry in line.split("\t")[2:]) for line in lines)
    return sum(any(fetch.depends_on(path, context) for path in paths) for paths in changed)


def _matches(pattern: re.Pattern[str], step: Step) -> bool:
    if step.keyword != "RUN" or step.onbuild:
        return False
    words = step.instruction.json
    value = step.source_text.partition(" ")[2] if words is None else " ".join(word.text for word in words)
    return pattern.search(_PRINTED.sub("", _FLAGS.sub("", value))) is not None


def _inputs(stage: Stage, until: Step | None, stages: tuple[Stage, ...], seen: frozenset[int]) -> Iterator[str]:
    """What the stage depends on, up to and with a step; `seen` are the stages that ask."""
    if stage.index in seen:
        return
    seen |= {stage.index}
    if stage.parent is not None:
        yield from _inputs(stage.parent, None, stages, seen)
    for step in stage.steps:
        if step.keyword in ("COPY", "ADD") and not step.onbuild:
            flag = step.instruction.flag("from")
            if flag is not None:
                yield from _from(flag.value or "", stages, seen)
            elif not step.instruction.heredocs:
                yield from _sources(step)
        elif step.keyword == "RUN" and not step.onbuild:
            for mount in step.mounts:
                if mount.kind == "bind" and mount.from_ is None:
                    yield _normal(mount.source or "")
                elif mount.kind == "bind":
                    yield from _from(mount.from_ or "", stages, seen)
        if step is until:
            return


def _from(name: str, stages: tuple[Stage, ...], seen: frozenset[int]) -> Iterator[str]:
    for stage in stages:
        if name.lower() in (str(stage.index), (stage.name or "").lower()):
            yield from _inputs(stage, None, stages, seen)


def _sources(step: Step) -> Iterator[str]:
    words: Iterable[str] = (word.text for word in step.instruction.words[:-1])
    for word in words:
        if "://" not in word:
            yield _normal(step.expand(word) or word)


def _normal(path: str) -> str:
    normal = posixpath.normpath("/" + path)[1:]
    return normal.lstrip("/")


def _covers(source: str, path: str) -> bool:
    if not source:
        return True
    own, parts = source.split("/"), path.split("/")
    return len(own) <= len(parts) and all(map(fnmatchcase, parts, own))

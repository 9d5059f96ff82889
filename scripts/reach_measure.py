"""What of a build context each fetch of packages depends on, read from the text of a Dockerfile.

This knows nothing of the rules: a fetch is a RUN that a pattern finds, and `model/reruns` says which files of the
context make it run again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from shared_data import reach_commits  # the scripts folder is not a package

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.source import Source

_START = (
    r"""(?:^|[;&|({`\n]|(?<!\S)["']|\b(?:then|do|else|sudo|time|exec|env|-lc|-c)\s)\s*"""
    r"""(?:\w+=(?:'[^']*'|"[^"]*"|\S*)\s+)*(?:[\w./~-]*/)?"""
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

    step: Step
    reruns: Reruns

    @property
    def stage(self) -> int:
        """The index of its stage."""
        return self.step.stage.index

    @property
    def lines(self) -> range:
        """Its lines."""
        return range(self.step.instruction.line, self.step.instruction.end_line + 1)

    @property
    def by_folder(self) -> bool:
        """Whether a step brings a folder, or files by a pattern, of which a change makes it run again."""
        context = self.reruns.context
        sources = (source for reader in self.reruns.files()[self.step].readers for source in _sources(reader))
        return any(context.is_folder(source) or "*" in source for source in sources)

    def files(self) -> frozenset[str]:
        """The files of the context that it depends on."""
        return frozenset(filter(self.depends_on, self.reruns.context.below("")))

    def depends_on(self, path: str) -> bool:
        """Whether a change of the file, which need not exist now, makes the RUN run again."""
        return self.step in self.reruns.again((path,))


def fetches(text: str, ecosystem: str, context: Context) -> list[Fetch]:
    """The first fetch of each stage that is not based on one that fetches already."""
    model = build(parse(Source("Dockerfile", text)))
    pattern, reruns = _PATTERNS[ecosystem], Reruns(model, context)
    firsts = {stage: next((step for step in stage.steps if _matches(pattern, step)), None) for stage in model.stages}
    return [
        Fetch(step, reruns)
        for stage, step in firsts.items()
        if step is not None and not any(firsts[above] for above in stage.ancestry() if above is not stage)
    ]


def commits(history: Path, fetch: Fetch) -> int:
    """In how many commits of a history the fetch would run again."""
    changed = reach_commits(history) if history.is_file() else []
    return sum(any(map(fetch.depends_on, paths)) for _, paths in changed)


def _matches(pattern: re.Pattern[str], step: Step) -> bool:
    if step.keyword != "RUN" or step.onbuild:
        return False
    words = step.instruction.json
    value = step.source_text.partition(" ")[2] if words is None else " ".join(word.text for word in words)
    return pattern.search(_PRINTED.sub("", _FLAGS.sub("", value))) is not None


def _sources(step: Step) -> list[str]:
    """The context paths and patterns that a COPY, ADD or RUN with bind mounts names."""
    if step.keyword == "RUN":
        return [normal(mount.source or "") for mount in step.mounts if mount.kind == "bind" and mount.from_ is None]
    return [normal(step.expand(word.text) or word.text) for word in step.instruction.words[:-1]]

"""Places of a corpus run at which dfix neither changes something nor says why not.

The places are found in the text of the result by patterns, not by what the rules themselves see.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model, build
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.pipeline.result import Result

INSTALLS = re.compile(
    r"""(?:^|[;&|({`]|(?<!\S)["']|\b(?:then|do|else|sudo|time|exec|env|-lc|-c)\b)\s*(?:\w+=\S*\s+)*(?:[\w./~-]*/)?(?:
    npm\s+(?:-\S+\s+)*(?:ci|install|i)(?=\s*(?:$|[;&|)"'<>]|-))(?!\s+(?:-g|--global)\b)
    |yarn(?:\s+install\b|\s*(?:$|[;&|)"'])|\s+--(?!version))
    |pnpm\s+(?:-\S+\s+)*(?:i|install)(?=\s*(?:$|[;&|)"']|-))
    |bun\s+install(?=\s*(?:$|[;&|)"']|-))
    |pip[0-9.]*\s+install\s[^;&|]*(?:-r\s|--requirement|\s-e\s|\s\.(?:\s|/|$|\[))
    |poetry\s+install|pdm\s+(?:install|sync)|pipenv\s+(?:install|sync)
    |uv\s+(?:sync|pip\s+install\s[^;&|]*(?:-r\s|\s-e\s))
    |(?:php\s+\S*)?composer(?:\.phar)?\s+(?:-\S+\s+)*(?:install|update)
    |bundle\s+install|dotnet\s+(?:restore|build|publish)
    |go\s+(?:build|install|get|test|mod\s+(?:download|tidy|vendor))
    |mvnw?\s+(?!clean\s*$)\S|gradlew?\s+\S|cargo\s+(?:build|fetch|install)|mix\s+deps\.get|(?:dart|flutter)\s+pub\s+get
    |swift\s+build|sbt\s+\S|lein\s+\S|dub\s+(?!fetch\b)\S|shards\s+\S|stack\s+(?:build|install)|cabal\s+(?!update\b|configure\b)\S|deno\s+cache
    |(?:conda|mamba)\s+env\s+(?:create|update)
    )""",
    re.VERBOSE,
)
"""A command that fetches the dependencies of a project, at the start of a command."""

_ASKS = re.compile(r"(?:mvnw?|gradlew?|sbt|lein|dub|shards|cabal)\s+(?:(?:--?)?v(?:ersion)?\b|--help|-h\b|-V\b)")
_PRINTED = re.compile(r"""\b(?:echo|printf)\s+(?:-\w+\s+)*(?:"(?:[^"\\]|\\.)*"|'[^']*')(?!\s*\|)""", re.DOTALL)
"""A text that is printed, into a script for example, and not run here."""
_BUILD_PACKAGES = re.compile(
    r"(?<![\w-])(?:apt-get|apt|apk|yum|dnf|microdnf|zypper)\s[^;&|]*\b(?:install|add)\s[^;&|]*\b(?:build-essential|build-base|gcc|g\+\+|clang|cmake)(?=\s|$)"
)
_REMOVES = re.compile(r"\b(?:purge|autoremove|del|remove|erase)\b")
_FULL_IMAGES = re.compile(
    r"^(?:docker\.io/)?(?:library/)?(?:golang|rust|maven|gradle|gcc|node|python|ruby|openjdk|swift|haskell|elixir|buildpack-deps)(?::(?!.*(?:slim|alpine|jre))\S*)?$"
    r"|dotnet/sdk|dotnet/core/sdk"
)
_WITHOUT_ENDING = frozenset(
    "Dockerfile Gemfile Rakefile Makefile Procfile Pipfile Podfile gradlew mvnw LICENSE README".split()
)


def silent_installs(result: Result, root: str) -> Iterator[str]:
    """The RUNs that install after the copy of a folder, and of which split-manifests says nothing.

    `root` is the build context, "" for none.
    """
    said = _lines_said(result, "split-manifests")
    for stage in _model(result).stages:
        copied = False
        for step in stage.steps:
            if step.onbuild:
                continue
            if step.keyword in ("COPY", "ADD"):
                copied = copied or (step.instruction.flag("from") is None and _brings_a_folder(step, root))
            elif step.keyword == "RUN" and copied:
                found = _install(step)
                if found and not said & set(range(step.instruction.line, step.instruction.end_line + 1)):
                    yield f"line {step.instruction.line}: `{found}`"


def silent_neighbours(result: Result) -> Iterator[str]:
    """The RUNs that directly follow another one, unmerged, and of which merge-runs says nothing."""
    said = _lines_said(result, "merge-runs")
    for stage in _model(result).stages:
        for first, second in pairwise(stage.steps):
            if any(step.keyword != "RUN" or step.onbuild for step in (first, second)):
                continue
            if not said & set(range(first.instruction.line, second.instruction.end_line + 1)):
                yield f"line {second.instruction.line}: `{second.source_text[:60]}`"


def silent_compilers(result: Result) -> Iterator[str]:
    """The stages that ship a compiler, of which no rule with --unsafe says anything. `result` is one with --unsafe."""
    rules = ("multistage", "slim-base")
    if any(change.rule in rules for change in result.changes):
        return
    said = _lines_said(result, *rules)
    for stage in _model(result).stages:
        found = _compiler(stage) if stage.ships else ""
        if found and stage.instruction.line not in said:
            yield f"line {stage.instruction.line}: {found}"


def _model(result: Result) -> Model:
    return build(parse(result.after))


def _lines_said(result: Result, *rules: str) -> set[int]:
    """The lines of the result at which one of the rules gives a reason."""
    return {refusal.line_after for refusal in result.refusals if refusal.rule in rules}


def _brings_a_folder(step: Step, root: str) -> bool:
    sources = [word.text for word in step.instruction.words[:-1]]
    files = [source for source in sources if root and os.path.isfile(os.path.join(root, source.lstrip("/")))]
    return any(_may_be_folder(source) for source in sources if source not in files)


def _may_be_folder(source: str) -> bool:
    name = source.rpartition("/")[2]
    if name in ("", ".", "..", "*"):
        return "://" not in source
    return "." not in name and "*" not in name and name not in _WITHOUT_ENDING and "://" not in source


def _install(step: Step) -> str:
    """The install in a RUN, as it is written; "" for none."""
    words = step.instruction.json
    value = step.source_text.partition(" ")[2] if words is None else " ".join(word.text for word in words)
    text = re.sub(r"^(?:\s*--(?:mount|network|security)=\S+)+\s*", "", value)
    for found in INSTALLS.finditer(_PRINTED.sub("", text)):
        if not _ASKS.search(found.string, found.start(), found.end() + 10):
            return found[0].strip()[:60]
    return ""


def _compiler(stage: Stage) -> str:
    """What brings a compiler into a stage: its image, or a RUN; "" where nothing does."""
    for part in stage.ancestry():
        for step in part.steps:
            if step.keyword == "RUN" and not step.onbuild:
                found = _BUILD_PACKAGES.search(step.source_text)
                if found and not _REMOVES.search(step.source_text, found.end()):
                    return f"`{found[0][:40]} …`"
    image = stage.base.image
    if "$" in image:
        return ""  # a variable may name a slim variant
    return image if _FULL_IMAGES.search(image) else ""

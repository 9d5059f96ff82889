"""Stages that ship a compiler or development dependencies, and that this rule does not split."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Refusal
from dfix.rewriter.answers.reason import Reason
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.knowledge.runtime import has_packages
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.rule import NAME
from dfix.transforms.multistage.system_packages import is_build_package

_TOOLCHAINS = frozenset("golang rust maven gradle gcc openjdk swift haskell elixir buildpack-deps".split())
"""Official images that contain a compiler in each of their variants, but for openjdk's with a JRE."""
_JRE = expression(r"\bjre\d*\b")
_SDK = expression(r"/dotnet/(?:core/)?sdk\b|^microsoft/dotnet:\S*\bsdk\b|\beclipse-temurin\b")
"""Images that contain one by their tag: https://hub.docker.com/_/eclipse-temurin, https://hub.docker.com/_/microsoft-dotnet"""
_WITHOUT_DEVELOPMENT = expression(r"--omit[= ]dev|--production|--prod\b|--only[= ]prod|NODE_ENV=production")
_COMPILERS = expression(r"(?:^|-)(?:gcc|gcc-c\+\+|g\+\+|clang|build-base)$|^@development-tools$")
_MANIFEST = ("package.json",)
_NODE_INSTALLS = ("ci", "install", "i", "")


def unsplit_stages(model: Model) -> Iterator[Refusal]:
    """A reason for each stage that ships a compiler or development dependencies, where the rule says nothing else."""
    several = len(model.stages) > 1
    for stage in model.stages:
        if not stage.ships:
            continue
        found = shipped_compiler(stage) or (shipped_development_dependencies(model, stage) if several else "")
        if not found:
            continue
        if several:
            hint = "build in another stage, and copy only the result into this one"
            reason = Reason("several-stages", f"{found}; dfix splits Dockerfiles with a single stage only", hint)
        else:
            hint = "if nothing in the image needs it, remove it or take a smaller base image"
            unseen = "dfix sees no build here whose result a second stage could take"
            reason = Reason("no-build", f"{found}, but {unseen}", hint)
        yield Refusal(NAME, stage.instruction.span.start, *reason)


def shipped_compiler(stage: Stage) -> str:
    """What brings a compiler into a stage, as a sentence; "" where nothing does, or slim-base says so."""
    for part in stage.ancestry():
        for step in part.steps:
            found = _build_package(step) if step.keyword == "RUN" and not step.onbuild else ""
            if found:
                return found
    image = stage.base.image
    base = base_image(image)
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    if (base is not None and base.smaller and stage.parent is None) or _JRE.search(image):
        return ""
    if (base is not None and base.full) or name in _TOOLCHAINS or _SDK.search(image):
        return f"the base image {image} ships a compiler"
    return ""


def shipped_development_dependencies(model: Model, stage: Stage) -> str:
    """The install that brings development dependencies of Node.js into a stage, as a sentence; "" for none."""
    if model.context is None or not any('"devDependencies"' in text for _, text in sources(model.context, _MANIFEST)):
        return ""
    for step in stage.steps:
        if step.keyword != "RUN" or step.onbuild:
            continue
        settings = " ".join((step.source_text, *(f"{name}={value}" for name, value in step.env.items())))
        for command in located(step):
            used = usage(command.words)
            if used is None or used.manager.name not in node_managers() or used.operands:
                continue
            verb = used.arguments[0].text if used.arguments else ""
            if verb in _NODE_INSTALLS and not _WITHOUT_DEVELOPMENT.search(settings):
                shown = " ".join(word.text for word in command.words)
                return f"`{shown}` on line {step.instruction.line} installs development dependencies, too"
    return ""


def _build_package(step: Step) -> str:
    """The build package that a RUN installs and does not remove, as a sentence; "" for none."""
    installed: dict[str, str] = {}
    removed: set[str] = set()
    line = step.instruction.line
    for command in located(step):
        used = usage(command.words)
        if used is None:
            continue
        names = {word.literal_or_text for word in used.operands}
        if used.manager.system and used.verb == "remove":
            removed |= names or set(installed)
        elif used.manager.system and used.verb == "install":
            virtual = {option.value for option in used.options if option.name in used.manager.virtual and option.value}
            for name in sorted(names):
                if _is_compiler(used.manager.name, name):
                    installed[name] = next(iter(virtual), name)
    left = next((name for name, group in installed.items() if not {name, group} & removed), "")
    return f"the RUN on line {line} installs {left}" if left else ""


def _is_compiler(manager: str, name: str) -> bool:
    known = manager if has_packages(manager) else "apt"
    bare = name.partition("=")[0]
    return is_build_package(known, bare) or _COMPILERS.search(bare) is not None

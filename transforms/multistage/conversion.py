"""Whether a stage can be parted in one that builds and one that runs, and where."""

from __future__ import annotations

import importlib
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, Protocol, cast

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.command_purpose import Act, acts
from dfix.transforms.multistage.entry_point import start
from dfix.transforms.multistage.runtime_stage import MOVERS, Parts, Work, destination
from dfix.transforms.multistage.runtime_steps import TRIVIAL, changed, repeated
from dfix.transforms.multistage.system_packages import Packages, packages

LANGUAGES = ("go", "rust", "c", "java", "dotnet", "node", "python", "php", "ruby", "elixir")
_TOOLS = {"curl": "curl", "wget": "wget", "nc": "netcat-openbsd", "pgrep": "procps", "ps": "procps"}
_IN_THE_SHELL = frozenset("sh bash exit test [ true cat echo grep kill pidof ls".split())


class Language(Protocol):
    """A module of `languages`. `MAIN` are the programs that make a RUN one of this language."""

    NAME: str
    MAIN: frozenset[str]

    def builds(self, command: Located) -> bool:
        """Whether a command belongs to a build with it."""

    def parts(self, work: Work) -> Parts | None:
        """What the stage that runs is made of; None where there is nothing to leave behind."""


class Conversion(NamedTuple):
    """`cut` is the last step of the stage that builds; `again` are the steps that the one that runs repeats."""

    work: Work
    parts: Parts
    packages: Packages
    cut: Step
    again: tuple[Step, ...]
    behind: tuple[Step, ...]


def convert(model: Model, stage: Stage) -> Conversion | None:
    """How the stage is split; None where it builds nothing. Raises LeaveAlone where it is not split."""
    languages = list(_languages(stage))
    if not languages:
        return None
    language = languages[0]
    if len(languages) > 1:
        names = " and ".join(other.NAME for other in languages[:2])
        raise LeaveAlone("mixed", f"the stage builds with {names}")
    base = base_image(stage.image)
    if base is None:
        raise LeaveAlone("base-image", f"what {stage.image} brings is not known")
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is not known", "name its folder with --context")
    target = _targeted(model.context, stage.name) if stage.name else ""
    if target:
        raise LeaveAlone("target-stage", f"{target} targets the stage {stage.name}, which would become the build stage")
    begins = start(stage, getattr(language, "OWN_COMMAND", ()))
    found = acts(stage, language.builds)
    copies = tuple(_copies(model.context, stage))
    work = Work(model, stage, model.context, base, begins, found, copies)
    parts = language.parts(work)
    if parts is None:
        return None
    return _settled(work, _not_removed(work, parts))


def _targeted(context: Context, name: str) -> str:
    """The file of the context that asks a build for a stage of this name; "" where none does."""
    asks = re.compile(rf"\btarget\b\s*[:=]\s*[\"']?{re.escape(name)}\b|--target[= ]{re.escape(name)}\b", re.IGNORECASE)
    endings = (".yml", ".yaml", ".hcl", ".json", ".sh", "Makefile")
    return next((path for path, text in sources(context, endings) if asks.search(text)), "")


def _languages(stage: Stage) -> Iterator[Language]:
    text = "\n".join(step.instruction.logical for step in stage.steps if step.keyword == "RUN")
    for name in LANGUAGES:
        language = _language(name)
        if any(program in text for program in language.MAIN) and any(
            program_name(command.words[0]) in language.MAIN for command in _commands(stage) if command.words
        ):
            yield language


@cache
def _language(name: str) -> Language:
    return cast("Language", importlib.import_module(f"dfix.transforms.multistage.languages.{name}"))


def _commands(stage: Stage) -> Iterator[Located]:
    for step in stage.steps:
        if step.keyword == "RUN" and not step.onbuild:
            yield from located(step)


def _copies(context: Context, stage: Stage) -> Iterator[Copied]:
    for step in stage.steps:
        if step.keyword not in ("COPY", "ADD") or step.onbuild or step.instruction.flag("from") is not None:
            continue
        item = copied(step, context)
        if not isinstance(item, Copied):
            raise LeaveAlone(
                "unclear-copy", f"the {step.keyword} on line {step.instruction.line} is not followed: {item.reason}"
            )
        yield item


def _not_removed(work: Work, parts: Parts) -> Parts:
    """The parts without what a RUN of the build removes again. Raises LeaveAlone where a place is not known."""
    every = [*(path for one in parts.brought for path in one), *parts.beside]
    unknown = next((path for path in every if not path.startswith("/")), None)
    if unknown is not None:
        shown = unknown.removeprefix("?/")
        raise LeaveAlone("unknown-folder", f"the image path of {shown} is unknown", "add a WORKDIR")
    operands = [
        (act, word) for act in work.acts if act.program == "rm" for word in act.arguments if not word.startswith("-")
    ]
    gone: list[str] = []
    for act, word in operands:
        path = act.path(word.rstrip("*").rstrip("/") or "/")
        if path is None or set("*?[{").intersection(word.rstrip("*")):
            raise LeaveAlone("removed", f"what `{act.shown}` removes is not known")
        gone.append(path)
    needed = next((one.source for one in parts.brought if any(within(one.source, path) for path in gone)), None)
    if needed is not None:
        raise LeaveAlone("removed", f"{needed}, which the program needs, is removed by an `rm`")
    left = tuple(place for place in parts.beside if not any(within(place, path) for path in gone))
    return parts._replace(beside=left)


def _settled(work: Work, parts: Parts) -> Conversion:
    """Where to cut, and what the second stage repeats of the steps before it."""
    runs = [step for step in work.stage.steps if step.keyword == "RUN"]
    own = [step for step in runs if any(act.kind not in TRIVIAL for act in work.acts if act.step is step)]
    cut = own[-1]
    for step in runs:
        if step.index <= cut.index:
            _loses_nothing(work, parts, step)
    added = _tools(work, parts)
    release = _release(parts.image, work)
    chosen = packages((act for act in work.acts if act.step.index <= cut.index), release, (*parts.packages, *added))
    if parts.image == "scratch" and chosen.kept:
        raise LeaveAlone("packages", f"{', '.join(chosen.kept)} cannot be installed in an empty image")
    found = repeated(work, parts, cut)
    manager = "apk" if parts.image.startswith("alpine") or work.base.alpine else "apt"
    return Conversion(work, parts, chosen._replace(manager=manager), cut, found.again, found.behind)


def _loses_nothing(work: Work, parts: Parts, step: Step) -> None:
    """Raises LeaveAlone where what a RUN of the first stage does would be missing from the second."""
    mine = [act for act in work.acts if act.step is step]
    line = step.instruction.line
    for act in mine:
        if act.kind == "other":
            raise LeaveAlone("unknown-command", f"`{act.shown}` on line {line} may make what the program needs")
    if all(act.kind in TRIVIAL for act in mine):
        return
    for act in mine:
        if act.kind == "user":
            raise LeaveAlone("shared-run", f"line {line} makes users and builds in one RUN", "split it into two RUNs")
        writes = any(
            redirect.target is not None and redirect.op.startswith(">") for redirect in act.located.command.redirects
        )
        if act.kind == "plain" and writes and not _inside(work, parts, _targets(act)):
            raise LeaveAlone("shared-run", f"`{act.shown} > …` on line {line} may write what the program needs")
        if act.kind == "folder" and not _inside(work, parts, changed(act)):
            raise LeaveAlone(
                "shared-run", f"`{act.shown}` on line {line} shares a RUN with the build", "split it into two RUNs"
            )
        if act.program in MOVERS and not _inside(work, parts, list(destination(act) or ("?",))):
            raise LeaveAlone("unknown-command", f"`{act.shown}` on line {line} may bring what the program needs")


def _targets(act: Act) -> list[str | None]:
    return [
        act.path(redirect.target.literal_or_text)
        for redirect in act.located.command.redirects
        if redirect.target is not None
        and redirect.op.startswith(">")
        and not redirect.target.literal_or_text.startswith("/dev/")
    ]


def _inside(work: Work, parts: Parts, paths: list[str | None] | list[str]) -> bool:
    """Whether paths belong to what the second stage brings, or to the sources, which it does without."""
    places = [*(one.source for one in parts.brought), *parts.beside, *parts.covered, "/tmp"]
    if parts.sources_only:  # else the copies are made again from the context, without what was done to them
        places += [copy.destination for copy in work.copies if copy.brings_a_folder]
        places += [work.start.workdir]
    places = [place for place in places if place != "/"]
    return all(path is not None and any(within(path, place) for place in places) for path in paths)


def _release(image: str, work: Work) -> str:
    """The release of the distribution of the second stage's image."""
    found = base_image(image)
    return (found.release if found is not None else "") or work.base.release


def _tools(work: Work, parts: Parts) -> tuple[str, ...]:
    """The packages of what HEALTHCHECK and start scripts run that the base image had and the new one lacks."""
    added: list[str] = []
    programs = [name for step in work.stage.steps if step.keyword == "HEALTHCHECK" for name in _checked(step)]
    named = work.installed
    if parts.image != work.base.reference and _release(parts.image, work) in ("", "trixie"):
        added += ["adduser"] if any(act.program in ("adduser", "addgroup") for act in work.acts) else []
    for program in programs:
        if program in named or (program not in parts.lacks and parts.image != "scratch"):
            continue
        if program in (work.start.program, work.start.words[0]):
            continue
        package = _TOOLS.get(program)
        if package is None or parts.image == "scratch":
            raise LeaveAlone("needs-programs", f"HEALTHCHECK runs {program}, which {parts.image} does not have")
        added.append(package)
    for text in _scripts(work):
        lacking = sorted(name for name in parts.lacks - named if name in text.split())
        if lacking:
            raise LeaveAlone(
                "needs-programs", f"the script that starts the program runs {lacking[0]}, which {parts.image} lacks"
            )
    return tuple(dict.fromkeys(added))


def _checked(step: Step) -> Iterator[str]:
    """The programs that a HEALTHCHECK names."""
    value = step.instruction.value
    _, sign, command = value.partition("CMD")
    if not sign:
        return
    import json

    try:
        words = [str(word) for word in json.loads(command)]
    except ValueError:
        words = command.replace("|", " ").replace(";", " ").replace("&", " ").split()
        yield from (word for word in words if word in _TOOLS)
    if words and posixpath.basename(words[0]) not in _IN_THE_SHELL:
        yield words[0]


def _scripts(work: Work) -> Iterator[str]:
    """The texts of the scripts of the context that the command line names."""
    for word in work.start.words:
        path = work.start.path(word)
        for copy in work.copies:
            origin = copy.brought.context_path_of(path) or copy.brought.context_path_of(
                posixpath.join("/usr/local/bin", word)
            )
            text = work.context.read(origin) if origin else None
            if text is not None and text.startswith("#!") and "sh" in text.partition("\n")[0]:
                yield text

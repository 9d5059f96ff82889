"""A fetch of its own in front of a build: `go mod download`, so that an edit of the sources fetches nothing again.

`go build`, `mvn package` and `dotnet publish` fetch what they need when they run, behind the copy of the sources. Each
has a command that fetches from manifests alone (`[early]` of knowledge/*.toml). What that adds to the caches
stays in the stage, so that only a stage that is thrown away, and whose caches no other stage takes over, gets one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import Early, Usage, usage
from dfix.rewriter.knowledge.load import is_named
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, chain, located
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.shell.nodes import Word
from dfix.transforms.split_manifests.installs import InstallRun, ProjectInstall
from dfix.transforms.split_manifests.moved_copies import context_folder

_CARRIED = frozenset(("cd", "export", "set"))


class EarlyDownload(NamedTuple):
    """A RUN that builds, as an InstallRun whose only install is the fetch.

    `command` is the fetch as text, `early` says what it is.
    """

    run: InstallRun
    part: int
    command: str
    early: Early


class _Build(NamedTuple):
    located: Located
    usage: Usage
    early: Early


def early_download(model: Model, step: Step) -> EarlyDownload | None:
    """The fetch that a RUN should have in front of it. None where there is nothing of the kind to do."""
    written = step.instruction.text[step.instruction.span.start : step.instruction.span.end]
    if not is_named("early", written):
        return None
    commands = located(step, conditions=True)
    build = next((found for command in commands if (found := _build(command)) is not None), None)
    if build is None or _fetched_before(step, build.usage.manager.name):
        return None
    if chain(step.script) is None or build.located.depth:
        raise LeaveAlone("not-a-chain", f"`{_shown(build.located)}` is part of a longer command")
    if step.instruction.flags:
        if any(mount.kind == "cache" for mount in step.mounts):
            return None
        line = step.instruction.line
        raise LeaveAlone(
            "fetch-settings", f"the RUN on line {line} has flags; whether a separate download needs them is unknown"
        )
    for command in commands:
        if command.part < build.located.part and (not command.words or command.words[0].text not in _CARRIED):
            reason = f"`{_shown(command)}` comes before `{_shown(build.located)}` in the same RUN"
            raise LeaveAlone("reads-first", reason, "put it into a RUN of its own, before the copy of the sources")
    if build.located.command.words[0] != build.located.words[0]:
        raise LeaveAlone("not-a-chain", f"`{build.located.command.words[0].text}` runs `{_shown(build.located)}`")
    settings = _settings(build)
    if settings:
        raise LeaveAlone("fetch-settings", settings)
    taken = _cache_taken_over(model, step.stage, build)
    if taken:
        raise LeaveAlone("fetch-ships", taken)
    words = _words(build)
    name, early = build.usage.manager.name, build.early
    arguments = (*early.command.split(), *(word.literal_or_text for word in words))
    install = ProjectInstall(build.located, name, (), early.reader, arguments)
    own = (word.text for word in build.located.command.assigns if _concerns(word.text.partition("=")[0], early))
    written = " ".join((*own, build.located.words[0].text, early.command, *(word.text for word in words)))
    return EarlyDownload(InstallRun(step, commands, (install,), True), build.located.part, written, early)


def brought_along(context: Context, known: list[Copied | Unclear], found: EarlyDownload) -> bool:
    """Whether the context brings what would be fetched (a `vendor` folder)."""
    folder = context_folder(known, found.run.installs[0].located.folder or "?")
    return folder is not None and any(context.ships(posixpath.join(folder, place)) for place in found.early.brings)


def _build(command: Located) -> _Build | None:
    """The command as a build of the project's own packages that fetches what it needs."""
    found = usage(command.words)
    early = None if found is None else found.manager.early
    if found is None or early is None or not _builds(found, early) or _fetches(found, early):
        return None
    return _Build(command, found, early)


def _builds(found: Usage, early: Early) -> bool:
    if found.has(found.manager.asks) or any("@" in word.text for word in found.operands):  # `go install tool@v1.2`
        return False
    said = {word.text for word in found.arguments}
    builds = [build.partition(" ") for build in early.builds]
    return not builds or any(
        verb in said and (not option or found.has(frozenset((option,)))) for verb, _, option in builds
    )


def _fetches(found: Usage, early: Early) -> bool:
    written = early.command.split()
    if [word.text for word in found.words[: len(written)]] == written:
        return True
    return bool(early.fetches & {word.text for word in found.arguments})


def _fetched_before(step: Step, manager: str) -> bool:
    """Whether an earlier RUN of the stage, or of those that it begins with, builds or fetches already."""
    return any(_fetches_or_builds(other, manager) for other in _earlier_runs(step))


def _earlier_runs(step: Step) -> Iterator[Step]:
    for stage in step.stage.ancestry():
        yield from (
            other for other in takewhile(lambda other: other is not step, stage.steps) if other.keyword == "RUN"
        )


def _fetches_or_builds(run: Step, manager: str) -> bool:
    for found in (usage(command.words) for command in located(run)):
        early = None if found is None else found.manager.early
        if found is None or early is None or found.manager.name != manager:
            continue
        if _fetches(found, early) or _builds(found, early):
            return True
    return False


def _words(build: _Build) -> tuple[Word, ...]:
    """The options and operands of the build that the fetch takes over."""
    early, found = build.early, build.usage
    taken: dict[int, Word] = {}
    for at, word in enumerate(found.words):
        option = next((option for option in found.options if option.word is word), None)
        if option is not None and ("*" in early.carries or option.name in early.carries):
            taken[at] = word
            if option.value is not None and not word.text.endswith(option.value):
                taken[at + 1] = found.words[at + 1]
        elif early.operands and any(word is argument for argument in found.arguments) and _is_project(word.text, early):
            taken[at] = word
    return tuple(taken[at] for at in sorted(taken))


def _is_project(operand: str, early: Early) -> bool:
    """`src/App.csproj`, and not a sub-command, the value of an option that may go without, or `/p:Name=value`."""
    return operand not in early.builds and operand not in ("true", "false") and ":" not in operand


def _settings(build: _Build) -> str:
    """Why the command or its environment makes it fetch in a way of its own, or not at all; "" when it does not."""
    early, command = build.early, build.located
    for word in build.usage.words:
        name = word.text.partition("=")[0]
        if name in early.elsewhere or name.replace("--", "-") in early.elsewhere:
            return f"`{_shown(command)}` has {word.text}"
    assigned = {word.text.partition("=")[0]: (word.value or "?=").partition("=")[2] for word in command.command.assigns}
    for name, value in assigned.items():
        if _concerns(name, early) and (name not in early.settings or not value):
            return f"`{_shown(command)}` is run with {name} of its own"
    for name, unwanted in early.settings.items():
        known: str | None = assigned.get(name) or command.env.get(name, "")
        if known is None or unwanted in known:
            return f"{name} is {'set to ' + known if known else 'not known before the build'}"
    return ""


def _concerns(name: str, early: Early) -> bool:
    """Whether a variable that is set before the command may change what it fetches."""
    return bool(early.variables) and name.startswith(early.variables) and name not in early.harmless


def _cache_taken_over(model: Model, stage: Stage, build: _Build) -> str:
    """Whether another stage takes files from where the fetched ones are kept."""
    names = {str(stage.index), stage.name or str(stage.index)}
    kept = [path.replace("~", "/root", 1) for path in build.usage.manager.caches]
    kept += [value for name in (*build.early.keeps, "HOME") if (value := stage.env.get(name))]
    for other in model.stages:
        for step in other.steps:
            flag = step.instruction.flag("from")
            mounted = step.keyword == "RUN" and any((mount.from_ or "").lower() in names for mount in step.mounts)
            if mounted:
                return f"the RUN on line {step.instruction.line} mounts this stage"
            if flag is None or (flag.value or "").lower() not in names:
                continue
            for word in step.instruction.words[:-1]:
                place = _certain(step.expand(word.text) or word.text)
                if any(overlaps(place, folder) for folder in kept):
                    shown = f"line {step.instruction.line} copies {word.text} of this stage"
                    return f"{shown}, where fetched files may lie"
        if other.parent is stage and other.ships:
            return f"the stage on line {other.instruction.line} begins with this one"
    return ""


def _certain(source: str) -> str:
    """The path, or the folder up to which it is known: `/src/target` of `/src/target/*.jar`."""
    path = posixpath.normpath(posixpath.join("/", source))
    known = re.split(r"[*?\[$]", path, maxsplit=1)[0]
    return path if known == path else posixpath.dirname(known)


def _shown(command: Located) -> str:
    return " ".join(word.text for word in command.words)[:60]

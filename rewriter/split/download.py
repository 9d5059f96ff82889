"""A download of its own in front of a build: `go mod download`, so that an edit of the sources fetches nothing again.

`go build` fetches modules when it runs, behind the copy of the sources. The download reads go.mod and go.sum alone
(go.dev/ref/mod, "go mod download"). What it adds to the module cache stays in the stage, so that only a
stage that is thrown away, and whose cache no other stage takes over, gets one.
"""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from rewriter.context.folder import Context
from rewriter.context.readers import Blocked
from rewriter.model.build import Model
from rewriter.model.commands import Located, chain, located
from rewriter.model.copied import Copied, Unclear
from rewriter.model.stage import Stage, Step
from rewriter.shell.walk import program_name
from rewriter.split.installs import InstallRun, ProjectInstall
from rewriter.split.plan import context_folder, overlaps

_BUILDS = frozenset(("build", "install", "test", "vet", "run", "generate", "list"))
_CARRIED = frozenset(("cd", "export", "set"))
_ELSEWHERE = frozenset(("-C", "-modfile", "-mod", "-overlay", "-workfile"))
_CACHE_PLACES = ("/go/pkg", "/root/go/pkg", "/root/.cache")
DOWNLOAD = ("mod", "download")


class EarlyDownload(NamedTuple):
    """A RUN that builds, as an InstallRun whose only install is the download to be written in front of it."""

    run: InstallRun
    part: int


def early_download(model: Model, step: Step) -> EarlyDownload | Blocked | None:
    """The download that a RUN should have in front of it. None where there is nothing of the kind to do."""
    text = step.instruction.text[step.instruction.span.start : step.instruction.span.end]
    if "go " not in text:
        return None
    commands = located(step, conditions=True)
    build = next((command for command in commands if _builds(command)), None)
    if build is None or _fetched_before(step) or step.stage.ships:
        return None
    if chain(step.script) is None or build.depth:
        return Blocked("not-a-chain", f"`{_shown(build)}` stands within a longer command")
    if step.instruction.flags:
        return None if any(mount.kind == "cache" for mount in step.mounts) else _flags(step)
    for command in commands:
        if command.part < build.part and (not command.words or command.words[0].text not in _CARRIED):
            reason = f"`{_shown(command)}` comes before `{_shown(build)}` in the same RUN"
            return Blocked("reads-first", reason, "put it into a RUN of its own, before the copy of the sources")
    settings = _settings(build)
    if settings:
        return Blocked("environment", settings)
    taken = _cache_taken_over(model, step.stage)
    if taken:
        return Blocked("cache-taken-over", taken)
    install = ProjectInstall(build, "go", (), "go", DOWNLOAD)
    return EarlyDownload(InstallRun(step, commands, (install,), True), build.part)


def vendored(context: Context, known: list[Copied | Unclear], found: EarlyDownload) -> bool:
    """Whether the context brings the modules themselves, or no go.mod at all: then nothing is fetched."""
    folder = context_folder(known, found.run.installs[0].located.folder or "?")
    if folder is None or context.ships(posixpath.join(folder, "vendor/modules.txt")):
        return True
    while True:
        if context.ships(posixpath.join(folder, "go.mod")) or context.ships(posixpath.join(folder, "go.work")):
            return False
        if not folder:
            return True
        folder = posixpath.dirname(folder)


def _builds(command: Located) -> bool:
    """Whether it is the first word of `go build` and its like on the project's own packages."""
    words = [word.text for word in command.words]
    if not words or program_name(command.words[0]) != "go" or len(words) < 2 or words[1] not in _BUILDS:
        return False
    return not any("@" in word for word in words[2:])


def _fetches(command: Located) -> bool:
    words = command.words
    return bool(words) and program_name(words[0]) == "go" and words[1:2] != () and words[1].text in ("mod", "get")


def _fetched_before(step: Step) -> bool:
    """Whether an earlier RUN of the stage, or of those that it begins with, runs Go on the project."""
    stage: Stage | None = step.stage
    while stage is not None:
        for other in stage.steps:
            if other is step:
                break
            if other.keyword == "RUN" and any(_builds(command) or _fetches(command) for command in located(other)):
                return True
        stage = stage.parent
    return False


def _settings(build: Located) -> str:
    """Why the command or its environment makes it fetch in a way of its own, or not at all; "" when it does not."""
    for word in build.words[2:]:
        if word.text.partition("=")[0].replace("--", "-") in _ELSEWHERE:
            return f"`{_shown(build)}` has {word.text}"
    assigned = {word.text.partition("=")[0] for word in build.command.assigns}
    given = {name for name in assigned if name.startswith("GO") and name not in ("GOOS", "GOARCH", "GOARM", "GOAMD64")}
    if given:
        return f"`{_shown(build)}` is run with {min(given)} of its own"
    for name, unwanted in (("GOFLAGS", "-mod"), ("GO111MODULE", "off"), ("GOPROXY", "off")):
        value = build.env.get(name, "")
        if value is None or unwanted in value:
            return f"{name} is {'set to ' + value if value else 'not known before the build'}"
    return ""


def _cache_taken_over(model: Model, stage: Stage) -> str:
    """Whether another stage takes files from where the modules are kept."""
    names = {str(stage.index), stage.name or str(stage.index)}
    cache = [*_CACHE_PLACES, *(value for name in ("GOPATH", "GOMODCACHE", "HOME") if (value := stage.env.get(name)))]
    for other in model.stages:
        for step in other.steps:
            flag = step.instruction.flag("from")
            mounted = step.keyword == "RUN" and any((mount.from_ or "").lower() in names for mount in step.mounts)
            if mounted:
                return f"the RUN on line {step.instruction.line} mounts this stage"
            if flag is None or (flag.value or "").lower() not in names:
                continue
            for word in step.instruction.words[:-1]:
                source = step.expand(word.text)
                path = None if source is None else posixpath.normpath(posixpath.join("/", source))
                if path is None or "*" in path or any(overlaps(path, place) for place in cache):
                    return f"line {step.instruction.line} copies {word.text} of this stage, where modules may lie"
        if other.parent is stage and other.ships:
            return f"the stage on line {other.instruction.line} begins with this one"
    return ""


def _flags(step: Step) -> Blocked:
    return Blocked("flags", f"the RUN on line {step.instruction.line} has flags, which a download may need or not")


def _shown(command: Located) -> str:
    return " ".join(word.text for word in command.words)[:60]

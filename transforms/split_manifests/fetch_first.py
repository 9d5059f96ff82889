"""A separate download before a build, such as `go mod download`, so that editing a source fetches nothing again.

`go build`, `mvn package` and `dotnet publish` fetch what they need when they run, after the sources are copied. Each
has a command that only needs the manifests to fetch it (`[early]` in knowledge/managers/*.toml). That command may leave
more files in the caches, so it is only for stages that do not ship, and whose caches no other stage uses.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.knowledge import Prefetch, Usage, usage
from dfix.rewriter.knowledge.load import is_named
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import Located, chain, located
from dfix.rewriter.model.file_map.install_reads import ProjectInstall, view_from
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.mounts import Mount
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.fetched_places import check_not_copied, fetched_places
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.program_modes import is_plain_chmod
from dfix.transforms.split_manifests.stage_copies import StageCopies

_SYSTEM_CACHES = expression(r"/var/(?:cache|lib)/(?:apt|apk|dnf|libdnf5|pacman|rpm|yum|zypp)\b|/etc/apk/cache\b")
"""Where cache mounts of system package managers are: docs.docker.com/build/cache/optimize ("Use cache mounts")."""
_SETUP = frozenset(("cd", "export", "set"))
"""Commands before the build that the RUN of the download repeats."""
_LONGEST = 100
"""A download with more characters gets a line for each of its commands."""


class SeparateDownload(NamedTuple):
    """The download for a RUN that builds."""

    run: InstallRun
    """The RUN, as if the download were its only install."""
    part: int
    """The index of the build in the RUN's `&&` chain."""
    command: str
    """The download as text."""
    prefetch: Prefetch
    splits_run: bool
    """Whether commands before the build come before the download too, so that the RUN is split between them."""
    given: str = ""
    """What says to the download what options of the build imply: `-p:Configuration=Release` for `-c Release`."""
    left_out: tuple[str, ...] = ()
    """Properties of the build that the download does without."""


class _Build(NamedTuple):
    located: Located
    usage: Usage
    prefetch: Prefetch


def separate_download(model: Model, step: Step) -> SeparateDownload | None:
    """The download that should come before a RUN; None where the RUN needs none.

    Raises LeaveAlone where the RUN builds, but a download could differ from what the build fetches, or could ship.
    """
    source = step.instruction.text[step.instruction.span.start : step.instruction.span.end]
    if not is_named("early", source):
        return None
    commands = located(step, conditions=True)
    build = next((build for command in commands if (build := _build(command)) is not None), None)
    if build is None or _fetched_before(step, build.usage.manager.name):
        return None
    shown = _shown(build.located)
    if chain(step.script) is None or build.located.depth:
        raise LeaveAlone("not-a-chain", f"`{shown}` is part of a longer command", "give it a RUN of its own")
    if any(cache_mounts(step)):
        return None
    if step.instruction.flags:
        reason = f"the RUN on line {step.instruction.line} has flags; whether a separate download needs them is unknown"
        raise LeaveAlone("fetch-settings", reason)
    if build.located.command.words[0] != build.located.words[0]:
        raise LeaveAlone("not-a-chain", f"`{shown}` runs through `{build.located.command.words[0].text}`")
    settings = _unknown_settings(build) or _too_old(step, build)
    if settings:
        raise LeaveAlone("fetch-settings", settings)
    check_not_copied(model, step.stage, fetched_places(step, build.located, build.usage.manager))
    part, splits_run = build.located.part, not _only_setup_before(commands, build)
    run, given, left_out = _download_run(step, commands, build), " ".join(_given(build)), tuple(_left_out(build))
    return SeparateDownload(run, part, _command(build), build.prefetch, splits_run, given, left_out)


def may_fail(download: SeparateDownload) -> str:
    """The download in the form of which a failure is ignored: `go mod download || true`."""
    text = download.prefetch.may_fail.replace("{}", download.command)
    escape = download.run.step.instruction.escape
    return text if len(text) <= _LONGEST else text.replace("; ", f"; {escape}\n    ")


def _only_setup_before(commands: tuple[Located, ...], build: _Build) -> bool:
    """Whether each command before the build is one that the RUN of the download can repeat."""
    before = (command for command in commands if command.part < build.located.part)
    return all(is_plain_chmod(command) or (command.words and command.words[0].text in _SETUP) for command in before)


def cache_mounts(step: Step) -> Iterator[Mount]:
    """The cache mounts of a RUN, without those for a system package manager's files (`/var/cache/apt`)."""
    for mount in step.mounts:
        if mount.kind == "cache" and not (mount.target is not None and is_system_cache(mount.target)):
            yield mount


def is_system_cache(target: str) -> bool:
    """Whether a mount is for the files of a system package manager."""
    return bool(_SYSTEM_CACHES.match(target))


def in_context_already(copies: StageCopies, download: SeparateDownload) -> str:
    """The path in the build context of what would be fetched ("vendor/modules.txt"); "" where it is not there."""
    located, prefetch = download.run.installs[0].located, download.prefetch
    used = usage(located.words)
    if used is None or _resolves(used, prefetch):
        return ""
    view = view_from(copies.file_map, located.folder or "?")
    folders = [view.folder]
    if prefetch.workspace:
        folders += [parent for parent in above(view.folder) if view.ships(posixpath.join(parent, prefetch.workspace))]
    paths = (posixpath.join(folder, path) for folder in folders for path in prefetch.vendored_in)
    return next((path for path in paths if view.ships(path)), "")


def check_lock_file(download: SeparateDownload, paths: Iterable[str]) -> None:
    """Raises LeaveAlone where the download would leave a lock file that the build doesn't.

    `paths` is what it reads.
    """
    install = download.run.installs[0]
    used = usage(install.located.words)
    if used is None or not _is_one_of(used, download.prefetch.builds_without_lock):
        return
    lock = used.manager.locks[0]
    if not any(posixpath.basename(path) == lock for path in paths):
        fetch = f"{used.manager.name} {download.prefetch.command}"
        reason = f"`{fetch}` would write a {lock}, which `{install.shown}` does not, and the build context has none"
        raise LeaveAlone("no-lock", reason, f"commit {lock}, and check that the ignore file does not leave it out")


def _download_run(step: Step, commands: tuple[Located, ...], build: _Build) -> InstallRun:
    prefetch = build.prefetch
    shared = (word.literal_or_text for word in _shared_words(build))
    arguments = (*prefetch.command.split(), *shared, *_given(build))
    # what the download writes into a lock file, most builds write again after the copy
    stays = not _is_one_of(build.usage, prefetch.builds_without_lock)
    name = build.usage.manager.name
    install = ProjectInstall(build.located, name, (), prefetch.reader, arguments, lock_stays=stays, is_download=True)
    return InstallRun(step, commands, (install,), True)


def _command(build: _Build) -> str:
    """The download as text: `GOFLAGS=-x go build -o /app ./...` gives `GOFLAGS=-x go mod download`."""
    assigns = (
        word.text for word in build.located.command.assigns if _affects(word.text.partition("=")[0], build.prefetch)
    )
    program = build.located.words[0].text
    return " ".join((*assigns, program, build.prefetch.command, *(word.text for word in _shared_words(build))))


def _build(command: Located) -> _Build | None:
    """The command, where it builds the project's own packages and fetches what it needs for that."""
    used = usage(command.words)
    prefetch = None if used is None else used.manager.prefetch
    if used is None or prefetch is None or not _builds(used, prefetch) or _fetches(used, prefetch):
        return None
    return _Build(command, used, prefetch)


def _builds(used: Usage, prefetch: Prefetch) -> bool:
    if used.asks or any("@" in word.text for word in used.operands):  # `go install tool@v1.2`
        return False
    if _resolves(used, prefetch):
        return True
    if prefetch.then:  # not `pnpm recursive install` or `pnpm install b`
        return len(used.arguments) == 1 and used.arguments[0].text in prefetch.builds
    return not prefetch.builds or _is_one_of(used, prefetch.builds)


def _is_one_of(used: Usage, builds: frozenset[str]) -> bool:
    """Whether it is one of the builds of a manager's file: "build"; "install --path" with that option."""
    arguments = {word.text for word in used.arguments}
    parts = (build.partition(" ") for build in builds)
    return any(verb in arguments and (not option or used.has(frozenset((option,)))) for verb, _, option in parts)


def _resolves(used: Usage, prefetch: Prefetch) -> bool:
    """Whether it is like `go get ./...` or `go mod tidy`, and names no package: `go get example.com/a`."""
    for names in (used.arguments[:1], used.arguments[:2]):
        if " ".join(word.text for word in names) in prefetch.resolves:
            return all(word.text.startswith(".") for word in used.arguments[len(names) :])
    return False


def builds_project(used: Usage) -> bool:
    """Whether a command builds a project, and fetches what it needs for that."""
    prefetch = used.manager.prefetch
    if prefetch is None:
        return False
    download = prefetch.command.split()
    return _builds(used, prefetch) or [word.text for word in used.words[: len(download)]] == download


def unknown_goal(used: Usage) -> str:
    """The sub-command that may build or fetch anything, as far as dfix knows: `assembly:assembly`; "" for none."""
    prefetch = used.manager.prefetch
    if prefetch is None or not prefetch.without_fetch or used.asks or _builds(used, prefetch):
        return ""
    known = prefetch.without_fetch | prefetch.fetch_verbs
    return next((word.text for word in used.arguments if word.text not in known), "")


def _fetches(used: Usage, prefetch: Prefetch) -> bool:
    download = prefetch.command.split()
    if [word.text for word in used.words[: len(download)]] == download:
        return True
    return bool(prefetch.fetch_verbs & {word.text for word in used.arguments})


def _fetched_before(step: Step, manager: str) -> bool:
    """Whether an earlier RUN of the stage, or of a stage that it is based on, builds or fetches already."""
    return any(_fetches_or_builds(other, manager) for other in _earlier_runs(step))


def _earlier_runs(step: Step) -> Iterator[Step]:
    for stage in step.stage.ancestry():
        yield from (
            other for other in takewhile(lambda other: other is not step, stage.steps) if other.keyword == "RUN"
        )


def _fetches_or_builds(run: Step, manager: str) -> bool:
    for used in (usage(command.words) for command in located(run)):
        prefetch = None if used is None else used.manager.prefetch
        if used is None or prefetch is None or used.manager.name != manager:
            continue
        writes_wrapper = not prefetch.builds and used.verb == "install"  # `gradle wrapper`
        if _fetches(used, prefetch) or (_builds(used, prefetch) and not writes_wrapper):
            return True
    return False


def _shared_words(build: _Build) -> tuple[Word, ...]:
    """The options and operands of the build that the download needs too.

    For `dotnet publish src/App.csproj -r linux-x64 -o /out` these are `src/App.csproj -r linux-x64`.
    """
    prefetch, used = build.prefetch, build.usage
    shared: dict[int, Word] = {}
    for at, word in enumerate(used.words):
        option = next((option for option in used.options if option.word is word), None)
        if _property_left_out(word, prefetch):
            continue
        if word.text.startswith(prefetch.forwarded_prefixes):
            shared[at] = word
        elif option is not None and ("*" in prefetch.forwarded_options or option.name in prefetch.forwarded_options):
            shared[at] = word
            if option.value is not None and not word.text.endswith(option.value):
                shared[at + 1] = used.words[at + 1]
        elif (
            prefetch.forwards_operands
            and any(word is argument for argument in used.arguments)
            and _is_project(word.text, prefetch)
        ):
            shared[at] = word
    return tuple(shared[at] for at in sorted(shared))


def _given(build: _Build) -> Iterator[str]:
    """What the options of the build say, in the words of the download."""
    for option in build.usage.options:
        said = build.prefetch.given_as.get(option.name)
        if said and option.value and option.value.isalnum():
            yield said + option.value


def _left_out(build: _Build) -> Iterator[str]:
    return filter(None, (_property_left_out(word, build.prefetch) for word in build.usage.words))


def _property_left_out(word: Word, prefetch: Prefetch) -> str:
    """The property that a word sets to an unknown value and that the download does not need; "" for none."""
    if word.value is not None or not word.text.startswith((*prefetch.forwarded_prefixes, "-p:")):
        return ""
    name = word.text.partition(":")[2].partition("=")[0]
    return name if name in prefetch.versions else ""


def _is_project(operand: str, prefetch: Prefetch) -> bool:
    """Whether it is like `src/App.csproj`: not a sub-command, not the value of an option, not `/p:Name=value`."""
    return operand not in prefetch.builds and operand not in ("true", "false") and ":" not in operand


def _unknown_settings(build: _Build) -> str:
    """Why the build may not fetch what a download fetches, as a sentence; "" when it does."""
    prefetch, command = build.prefetch, build.located
    shown = _shown(command)
    for word in build.usage.words:
        name = word.text.partition("=")[0]
        if name in prefetch.unsupported_options or name.replace("--", "-") in prefetch.unsupported_options:
            return f"`{shown}` has {word.text}, which changes what it fetches"
    for word in _shared_words(build):
        if word.text.startswith((*prefetch.forwarded_prefixes, "-p")) and word.value is None:
            return f"`{shown}` has {word.text}, whose value may not be set where a separate download runs"
    assigned = {word.text.partition("=")[0]: (word.value or "?=").partition("=")[2] for word in command.command.assigns}
    for name, value in assigned.items():
        if _affects(name, prefetch) and (name not in prefetch.settings or not value):
            return f"`{shown}` sets {name} for itself, which may change what it fetches"
    for name, unwanted in prefetch.settings.items():
        value_in_force: str | None = assigned.get(name) or command.env.get(name, "")
        if value_in_force is None:
            return f"`{shown}` uses {name}, whose value is unknown before the build"
        if unwanted in value_in_force:
            return f"{name} is set to {value_in_force}, which changes what `{shown}` fetches"
    return ""


def _too_old(step: Step, build: _Build) -> str:
    """Why the download may not know an option of the build, as a sentence; "" when it does."""
    prefetch = build.prefetch
    image, tag = repository(step.stage.base.image)
    version = re.match(r"\d+", tag) if image == prefetch.version_image else None
    for option in build.usage.options:
        since = prefetch.forwarded_since.get(option.name, 0)
        if since and (version is None or int(version[0]) < since):
            command = f"{build.usage.manager.name} {prefetch.command}"
            return f"`{command}` has {option.name} since version {since}, and {step.stage.base.image} may be older"
    return ""


def _affects(name: str, prefetch: Prefetch) -> bool:
    """Whether a variable that is set for the build alone may change what it fetches."""
    return name.startswith(prefetch.variables) and name not in prefetch.harmless


def _shown(command: Located) -> str:
    return " ".join(word.text for word in command.words)[:60]

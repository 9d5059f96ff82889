"""Which copies give their files the mode that a later `chmod` gives them, and what becomes of the `chmod`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.brought import Brought, brings, names_a_file
from dfix.rewriter.knowledge import usage
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.file_mode import is_absolute, mode_change, resulting_mode
from dfix.rewriter.model.file_map.file_map import map_before
from dfix.rewriter.model.frontend import frontend_lacks
from dfix.rewriter.model.paths import is_address, overlaps
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.neighbours.destination import is_own
from dfix.rewriter.neighbours.folders import exists, link_made
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import is_repository
from dfix.transforms.copy_ownership.commuting import adding_account_touches, check_plain, is_account, touches
from dfix.transforms.copy_ownership.copies import bringing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects.file_mode import ModeChange

_OF_A_DOWNLOAD = 0o600
"""The mode that ADD gives a file from an address (https://docs.docker.com/reference/dockerfile/#add)."""
_OF_A_CHECKOUT = (0o644, 0o755)
_OF_A_CHECKOUT_FOR_A_GROUP = (0o664, 0o775)
"""The same with umask 002, which is that of many machines, but of no CI."""
_KEPT_FLAGS = frozenset(("chown", "link", "checksum"))
_PASSED = METADATA | {"ENV", "ARG", "USER", "WORKDIR", "SHELL"}
_DO_NOTHING_ALONE = frozenset(("cd", "set", ":", "true"))


class NewModes(NamedTuple):
    """A COPY or ADD, and the mode that it gives: to all of its files, or to some, which get a COPY of their own."""

    step: Step
    groups: tuple[tuple[int | None, tuple[str, ...]], ...]
    """Each mode with the sources that get it, as written; None for those that keep theirs."""


class ModePlan(NamedTuple):
    """What is written for a `chmod`."""

    command: Located
    copies: tuple[NewModes, ...]
    """In the order of the file."""
    whole: bool
    """Whether the RUN does nothing else, and goes."""


def mode_plan(model: Model, step: Step, command: Located) -> ModePlan | None:
    """How copies give their files the mode of a `chmod`; None if it changes nothing that they bring."""
    change = mode_change(command)
    if change is None:
        return None
    found = _brought_by(model, step, command, change)
    if not found:
        return None
    _check_builder(model)
    _check_run(step, command, change, model.context)
    copies = [_new_modes(model, copy, paths, change, command) for copy, paths in found.items()]
    rest = [other for other in located(step, conditions=True) if other.command is not command.command]
    whole = all(other.words and other.words[0].value in _DO_NOTHING_ALONE for other in rest)
    return ModePlan(command, tuple(reversed(copies)), whole)


def _check_builder(model: Model) -> None:
    """Raise LeaveAlone where the builder may lack `--chmod`, which `docker/dockerfile` has had since 1.2."""
    lacks = frontend_lacks(model.tree, "`COPY --chmod`", (1, 2))
    if model.target == "kaniko":
        lacks = 'the settings say `target = "kaniko"`, of which old versions lack `COPY --chmod`'
    if lacks:
        raise LeaveAlone("no-chmod", lacks)


def _brought_by(model: Model, step: Step, command: Located, change: ModeChange) -> dict[Step, list[str]]:
    """Which COPY or ADD brings each file, the last one first. Raises LeaveAlone where one comes from elsewhere."""
    missing = set(change.paths)
    found: dict[Step, list[str]] = {}
    for other in reversed(step.stage.steps[: step.index]):
        if not missing:
            break
        if other.onbuild or other.keyword in _PASSED:
            continue
        if other.keyword in ("COPY", "ADD"):
            paths = sorted(_files_of(model, other, missing))
            if paths:
                found[other] = paths
                missing.difference_update(paths)
            continue
        stops = _stops(other, sorted(missing), step, model.context)
        if stops:
            _check_early(model, other, missing, f"{stops}, so `{shown(command)}` stays after it")
            break
    if found and missing:
        what = f"`{shown(command)}` also changes {min(missing)}, which no COPY right before it brings"
        raise LeaveAlone("other-files", what, "give that a `chmod` of its own")
    return found


def _check_early(model: Model, stop: Step, missing: set[str], why: str) -> None:
    """Raise LeaveAlone where a COPY above the step that is in the way brings one of the files."""
    for other in stop.stage.steps[: stop.index]:
        if other.keyword in ("COPY", "ADD") and not other.onbuild and _named(model, other, missing):
            raise LeaveAlone("owner-between", why)


def _named(model: Model, step: Step, paths: set[str]) -> bool:
    """Whether a COPY brings one of the files by its own name."""
    to = None if model.context is None else bringing(step, model.context)
    if to is None or isinstance(to, str) or to.copy is None:
        return False
    return any(not entry.folder and entry.image in paths for entry in to.copy.brought.entries)


def _stops(step: Step, paths: Sequence[str], chmod: Step, context: Context | None) -> str:
    """Why the mode of the files may matter to a step above the `chmod`, as a clause; "" if it does not."""
    line = step.instruction.line
    if step.keyword != "RUN":
        return f"the {step.keyword} on line {line} may change what it does"
    if step.script.opaque or step.instruction.flags or step.shell != chmod.shell:
        return f"dfix does not know what the RUN on line {line} does"
    found = (_minds(other, paths, step, context) for other in located(step, conditions=True))
    return next(filter(None, found), "")


def _minds(command: Located, paths: Sequence[str], step: Step, context: Context | None) -> str:
    line = step.instruction.line
    if command.words and command.words[0].value == "chmod":
        other = mode_change(command)
        if other is None or any(overlaps(path, place) for path in paths for place in other.paths):
            return f"`{shown(command)}` on line {line} changes modes, too"
    if command.words and command.words[0].value == "ln" and not any("s" in option for option in _options(command)):
        return f"`{shown(command)}` on line {line} may make a hard link"
    if is_account(command):
        told = adding_account_touches(command, paths)
        return f"on line {line}, {told}" if told else ""
    used = usage(command.words) if command.words else None
    if used is not None and used.manager.system and not command.command.redirects:
        # packages run their own scripts and those in folders of the system, and read nothing elsewhere
        path = next((path for path in paths if not is_own(path)), "")
        return f"`{shown(command)}` on line {line} may use {path}" if path else ""
    return touches(command, paths, step, context)


def _options(command: Located) -> list[str]:
    return [word.literal_or_text for word in command.words[1:] if word.literal_or_text.startswith("-")]


def _files_of(model: Model, step: Step, paths: set[str]) -> Iterator[str]:
    """Those of the paths that a COPY or ADD brings. Raises LeaveAlone where that is not known."""
    line = f"the {step.keyword} on line {step.instruction.line}"
    destination = step.destination
    if _is_download(step):
        yield from paths & {destination}
        return
    near = destination is None or not destination.startswith("/") or any(overlaps(destination, path) for path in paths)
    if model.context is None:
        if near:
            raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
        return
    to = bringing(step, model.context)
    if isinstance(to, str) or to.copy is None:
        if near and isinstance(to, str):
            raise LeaveAlone("unclear-copy", to)
        if near:
            raise LeaveAlone("unclear-mode", f"{line} brings files of a stage or image, whose modes are not known")
        return
    by_any_name = {path.removeprefix("/usr") for path in paths}
    for entry in to.copy.brought.entries:
        if entry.image not in paths and entry.image.removeprefix("/usr") in by_any_name:
            raise LeaveAlone("linked-folder", f"{entry.image}, to which {line} copies, may be the same file")
    for path in paths:
        if to.copy.brought.context_path_of(path) is not None:
            yield path
        elif to.copy.brought.context_folder_at(path) is not None:
            raise LeaveAlone("unclear-mode", f"{path} is a folder, of which --chmod would change the files")


def _is_download(step: Step) -> bool:
    """Whether an ADD brings one file from an address to a path that names it."""
    instruction = step.instruction
    words = [step.expand(word.text) or word.text for word in instruction.words]
    if step.keyword != "ADD" or len(words) != 2 or not is_address(words[0]) or not words[0].startswith("http"):
        return False
    name = posixpath.basename(words[0].partition("?")[0])
    if ".git" in words[0] or words[1].endswith("/") or not step.destination or not step.destination.startswith("/"):
        return False
    return names_a_file(step.destination, name)


def _check_run(step: Step, command: Located, change: ModeChange, context: Context | None) -> None:
    check_plain(step, command)
    name = f"`{shown(command)}`"
    for other in located(step, conditions=True):
        if other.command is command.command:
            continue
        if other.part < command.part and (why := _minds(other, change.paths, step, context)):
            raise LeaveAlone("owner-between", f"{why}, before {name}")
        if other.words and other.words[0].value == "chmod" and _minds(other, change.paths, step, context):
            raise LeaveAlone("owner-between", f"`{shown(other)}` of the same RUN changes modes, too")
        if any(overlaps(place.path, path) for place in effects(other).writes for path in change.paths):
            what = f"`{shown(other)}` stores the files of {name} again anyway"
            raise LeaveAlone("stored-again", what)
    if "umask" in step.source_text and not is_absolute(change.mode):
        raise LeaveAlone("unclear-mode", f"the umask of the RUN decides what {name} gives")


def _new_modes(model: Model, step: Step, paths: Sequence[str], change: ModeChange, command: Located) -> NewModes:
    """The modes that a COPY gives instead. Raises LeaveAlone where it would not be exactly those of the `chmod`."""
    context = model.context
    line = f"the {step.keyword} on line {step.instruction.line}"
    for flag in step.instruction.flags:
        if flag.name not in _KEPT_FLAGS:
            raise LeaveAlone("copy-flag", f"{line} has --{flag.name}, beside which dfix writes no --chmod")
    if context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    linked = any(map_before(step, context).followed(path) != path for path in paths)
    if linked or any(link_made(path, step) for path in paths):
        raise LeaveAlone("linked-folder", f"the destination of {line} is reached through a symbolic link")
    there = next((path for path in paths if exists(path, step)), None)
    if there is not None:
        raise LeaveAlone("unknown-content", f"{there} is there before {line}, and may be a folder")
    words = tuple(word.text for word in step.instruction.words[:-1])
    if _is_download(step):
        return NewModes(step, ((_mode(change, _OF_A_DOWNLOAD, command, words[0]), words),))
    groups: dict[int | None, list[str]] = {}
    for word in words:
        groups.setdefault(_mode_of(context, step, word, set(paths), change, command), []).append(word)
    if len(groups) > 1:
        _check_split(step, line)
    return NewModes(step, tuple((mode, tuple(sources)) for mode, sources in groups.items()))


def _check_split(step: Step, line: str) -> None:
    """Raise LeaveAlone unless a COPY can be written as several lines."""
    instruction = step.instruction
    names = [posixpath.basename(step.expand(word.text) or "") for word in instruction.words[:-1]]
    first, last = instruction.keyword_span.start, instruction.words[-1].span.end
    if instruction.json is not None or "\n" in instruction.text[first:last]:
        raise LeaveAlone("other-files", f"{line} brings other files too", "give these files a COPY of their own")
    if len(set(names)) < len(names):
        raise LeaveAlone("other-files", f"{line} brings several files of one name")


def _mode_of(
    context: Context, step: Step, word: str, paths: set[str], change: ModeChange, command: Located
) -> int | None:
    """The mode that a source of a COPY gets; None if the `chmod` changes nothing of it."""
    line = f"the {step.keyword} on line {step.instruction.line}"
    target = (step.expand(step.instruction.words[-1].text) or "").rstrip("/")
    if len(step.instruction.words) > 2 or step.instruction.words[-1].text.endswith("/"):
        target += "/"
    brought = brings(context, (step.expand(word) or "",), target, step.workdir or "/", unpacks=step.keyword == "ADD")
    if not isinstance(brought, Brought):
        raise LeaveAlone("unclear-copy", f"dfix does not know what {line} brings")
    if not any(brought.context_path_of(path) is not None for path in paths):
        return None
    entries = brought.entries
    if len(entries) != 1 or entries[0].folder or any(mark in word for mark in "*?["):
        path = next(path for path in sorted(paths) if brought.context_path_of(path) is not None)
        hint = (
            f"commit the mode (`git update-index --chmod=+x {brought.context_path_of(path)}`), and remove the `chmod`"
        )
        raise LeaveAlone("other-files", f"{line} brings other files than {path}, too", hint)
    source = entries[0].source
    before = brought.mode(source)
    if before in _OF_A_CHECKOUT_FOR_A_GROUP and _is_checked_out(context):
        before &= ~0o020
    if before not in _OF_A_CHECKOUT and not is_absolute(change.mode):
        what = f"{source} has mode {before:04o} in the build context, and `{shown(command)}` keeps a part of that"
        raise LeaveAlone("unclear-mode", what, "write the mode as a number: `chmod 755`")
    return _mode(change, before, command, source)


def _mode(change: ModeChange, before: int, command: Located, source: str) -> int:
    mode = resulting_mode(change.mode, before)
    if mode is None:
        raise LeaveAlone("unclear-mode", f"dfix does not know which mode `{shown(command)}` gives {source}")
    return mode


def _is_checked_out(context: Context) -> bool:
    return any(is_repository(folder) for folder in (context.root, *context.within))

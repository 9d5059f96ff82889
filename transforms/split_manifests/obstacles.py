"""What prevents a copy from moving after an install."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile.expand import names
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, has_mode
from dfix.rewriter.model.effects import Effects, conflict, effects, is_named, only_adds
from dfix.rewriter.model.effects.added_mode import MODES_OF_PROGRAMS, added_mode
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import ELSEWHERE, named_by
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.substitutions import given_script, substitutions
from dfix.rewriter.neighbours.image_links import Link, leading, leads_to, links_before, links_made_by
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.mentioned_paths import late_source
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context

_CONFIGURATION = frozenset(
    "ENV ARG LABEL EXPOSE USER WORKDIR CMD ENTRYPOINT HEALTHCHECK STOPSIGNAL SHELL MAINTAINER".split()
)
_ACCOUNTS = frozenset(("/etc/passwd", "/etc/group"))
_MOVE_UP = "move that RUN before the copy, if it does not need the sources"


def passes_between(copies: StageCopies, move: Move, run: InstallRun) -> None:
    """Raises LeaveAlone where a moved copy may not go past a step between the first of them and the install."""
    check_steps(copies, move, run.step.stage.steps[move.copies[0].step.index + 1 : run.step.index])
    _check_mounts(move, run)


def check_steps(copies: StageCopies, move: Move, steps: Iterable[Step]) -> None:
    """Raises LeaveAlone where a moved copy may not go past one of the steps."""
    moved = {copy.step.index for copy in move.copies}
    for step in steps:
        if not step.onbuild and step.index not in moved:
            passing = [copy for copy in move.copies if copy.step.index < step.index]
            _check_step(copies, move, passing, step)


def _check_step(copies: StageCopies, move: Move, passing: list[Copied], step: Step) -> None:
    line = step.instruction.line
    if step.keyword in _CONFIGURATION:
        _check_variables(passing, step)
    elif step.keyword in ("COPY", "ADD"):
        _check_other_copy(copies, passing, step)
    elif step.keyword == "RUN":
        if step.script.opaque:
            reason = f"the RUN on line {line} may read the copied files ({step.script.opaque})"
            raise LeaveAlone("run-between", reason, _MOVE_UP)
        links = links_before(step)
        for command in located(step, conditions=True):
            why = why_it_stays(command, step, copies.run, passing, links, move.copied_first)
            links += links_made_by(command)
            if why:
                reason = f"{why}; the RUN on line {line} is between the copy and the install"
                raise LeaveAlone("run-between", reason, _way_out(command, passing))
    else:
        raise LeaveAlone("in-between", f"the {step.keyword} on line {line} is between the copy and the install")


def _way_out(command: Located, passing: list[Copied]) -> str:
    """What the author can do about a command between the copy and the install."""
    named = [path for word in command.words[1:] if (path := named_by(command, word)) is not None]
    brought = [path for path in named if brought_near(passing, path)]
    if not brought:
        return _MOVE_UP
    words = [word.literal_or_text for word in command.words]
    source = next((path for copy in passing if (path := copy.brought.context_path_of(brought[0])) is not None), None)
    if words[0] == "chmod" and words[1] in MODES_OF_PROGRAMS and source is not None and len(brought) == 1:
        return f"commit the mode instead (`git update-index --chmod=+x {source}`), and remove the RUN"
    return "move that RUN below the install, if the install does not need what it does"


def _check_variables(passing: list[Copied], step: Step) -> None:
    if step.keyword not in ("ENV", "ARG"):
        return
    changed = {word.text.partition("=")[0] for word in step.instruction.words}
    for copy in passing:
        instruction = copy.step.instruction
        texts = [*(word.text for word in instruction.words), *(flag.value or "" for flag in instruction.flags)]
        used = {name for text in texts for name in names(text, instruction.escape)}
        if used & changed:
            name = sorted(used & changed)[0]
            raise LeaveAlone(
                "in-between", f"line {step.instruction.line} changes {name}, which the COPY before it uses"
            )


def _check_other_copy(copies: StageCopies, passing: list[Copied], step: Step) -> None:
    """A copy that stays between: it must not bring other files to where a moved copy brings some."""
    shown = f"the {step.keyword} on line {step.instruction.line}"
    if copies_from_context(step):
        other = copies.of(step)
        if isinstance(other, Copied):
            for path in other.brought.paths():
                image_path = other.brought.image_path_of(path)
                if image_path is not None and any(
                    copy.brought.context_path_of(image_path) not in (None, path) for copy in passing
                ):
                    raise LeaveAlone("in-between", f"{shown} overwrites {image_path}, which an earlier COPY brings")
            return
        destination = other.destination
    else:
        destination = step.destination
    if destination is None or any(overlaps(copy.destination, destination) for copy in passing):
        if destination is not None and not brought_near(passing, destination):
            return
        raise LeaveAlone("in-between", f"{shown} may overwrite copied files")


def _check_mounts(move: Move, run: InstallRun) -> None:
    shown = f"the RUN on line {run.step.instruction.line}"
    for mount in run.step.mounts:
        if mount.kind == "bind" and mount.from_ is None:
            raise LeaveAlone("mount", f"{shown} already mounts files from the build context")
        if mount.kind in ("cache", "tmpfs", "bind"):
            if mount.target is None:
                hint = "write the target as a literal path"
                raise LeaveAlone("mount", f"{shown} has a mount whose target is unknown before the build", hint)
            if brought_near(move.copies, mount.target):
                raise LeaveAlone("mount", f"{shown} mounts over {mount.target}, where copied files are")


def brought_near(copies: Iterable[Copied], path: str) -> bool:
    """Whether a copy brings the image path, or something above or below it; `*/x` is an x in whatever folder.

    `COPY . /app` of a context without logs/ does not come near /app/logs, but near /app and /app/src.
    """
    if path.startswith(ELSEWHERE):
        return any(copy.brought.brings_somewhere(path[len(ELSEWHERE) :]) for copy in copies)
    for copy in copies:
        if overlaps(copy.destination, path):
            if path == copy.destination or not path.startswith(copy.destination.rstrip("/") + "/"):
                return True  # the destination itself, or a folder above it
            if copy.brought.brings_anything_below(path):
                return True
    return False


def why_it_stays(
    command: Located,
    step: Step,
    run: Step,
    copies: list[Copied],
    links: list[Link],
    copied_first: Callable[[], Set[str]],
) -> str:
    """Why a command of `step` may not run before the copies, as a phrase; "" when it may.

    Someone else may read what it names up to the end of `run`.
    """
    why = _why_not_before(command, step, copies, links, copied_first)
    if why:
        return why
    from dfix.transforms.split_manifests.kept_paths import named_late
    from dfix.transforms.split_manifests.late_variables import names_late_variable

    mention = named_late(command, step, run, lambda path: late_source(copies, copied_first(), path) is not None)
    if mention is not None:
        return f"`{shown(command)}` names {mention.written}, which comes with the copied files"
    return names_late_variable(command, step, copies, copied_first())


def _why_not_before(
    command: Located, step: Step, copies: list[Copied], links: list[Link], copied_first: Callable[[], Set[str]]
) -> str:
    """Why a command may not run before the copies, as a phrase; "" when it may.

    It may read what is copied first: after `COPY . .`, `cat package.json` sees the same file in both orders. A link to
    a copied file counts as that file. A copy with `--chown=app` needs that user as it is.
    """
    needs_accounts = _needs_accounts(copies, command)
    for entering in _entering(command):
        folder = named_by(entering, entering.words[1])
        if folder is None:
            return f"`{shown(entering)}` enters a folder that is not known before the build"
        if _only_by_copy(folder, copies, copied_first):
            return f"`{shown(entering)}` enters a folder that exists only after the COPY"

    led_to = leading(step, copies[0].brought.context) if copies else None

    def brought(path: str) -> bool:
        if led_to is None:
            return False
        led = led_to(path)
        return brought_near(copies, path) or (led != path and brought_near(copies, led))

    def changes(path: str) -> bool:
        return (
            brought(path)
            or leads_to(links, brought, path)
            or (needs_accounts and path in _ACCOUNTS)
            or _only_by_copy(posixpath.dirname(path), copies, copied_first)
        )

    def reads_other(path: str) -> bool:
        if not brought(path):
            # who reads a folder reads what the links in it lead to
            in_folder = any(within(link.path, path) and brought(link.target) for link in links)
            return in_folder or leads_to(links, brought, path)
        sources = {copy.brought.context_path_of(path) for copy in copies} - {None}
        return len(sources) != 1 or not sources <= copied_first()

    if _mode_is_right(command, copies, copied_first):
        return ""
    found = effects(command)
    return conflict(found, changes, reads_differ=reads_other) or _by_chance(command, found, copies, copied_first)


def _by_chance(command: Located, found: Effects, copies: list[Copied], copied_first: Callable[[], Set[str]]) -> str:
    """Why the order of a command and the copies only happens not to matter now, as a phrase; "" when it never does.

    After `COPY . .`, `rm -rf components` removes that folder as soon as the context has one. A path that the ignore
    file leaves out never comes with the copy, and `mkdir` makes a folder that is there in both orders.
    """
    for place in (*found.reads, *(() if only_adds(command) else found.writes)):
        if not is_named(command, place):
            continue  # a folder of the program's own, which nobody gave a thought to
        for copy in copies:
            is_first = place in found.reads and copy.brought.context_path_of(place.path) in copied_first()
            if not is_first and copy.brought.may_come_to(place.path):
                path = f" ({place.path})" if "$" in place.shown and place.path.startswith("/") else ""
                return f"`{found.shown}` {place.verb} {place.shown}{path}, which the build context may have one day"
    return ""


def _mode_is_right(command: Located, copies: list[Copied], copied_first: Callable[[], Set[str]]) -> bool:
    """Whether a command is a `chmod +x` of files that are copied first, and executable in the build context already."""
    added = added_mode(command)
    if added is None:
        return False
    for path in added.paths:
        origins = [(copy, origin) for copy in copies if (origin := copy.brought.context_path_of(path)) is not None]
        if not origins or not {origin for _, origin in origins} <= copied_first():
            return False
        if not all(has_mode(copy, origin, added.bits) for copy, origin in origins):
            return False
    return True


def _needs_accounts(copies: list[Copied], command: Located) -> bool:
    """Whether a COPY looks up a user or group by name that a command may change.

    `--chown=app:web` does, `--chown=1000` does not. A user or group that exists before `useradd web` is the same
    after it, unless it is called web.
    """
    flags = [copy.step.instruction.flag("chown") for copy in copies]
    owners = {name for flag in flags if flag is not None for name in (flag.value or "").split(":")}
    named = {name for name in owners if not name.isdigit()}
    if not named:
        return False
    words = [word.literal_or_text for word in command.words]
    only_adds = bool(words) and program_name(command.words[0]) in of_kind("adds-accounts")
    return not only_adds or not named.isdisjoint(words) or any("$" in name for name in named)


def _entering(command: Located) -> Iterator[Located]:
    """The command if it is `cd FOLDER`, and each such command within its words."""
    if len(command.words) == 2 and command.words[0].value in ("cd", "pushd"):
        yield command
    inner = given_script(command)
    for script in (*substitutions(command), *(() if inner is None else (inner,))):
        for within_it in script.commands:
            yield from _entering(within_it)


def _only_by_copy(folder: str, copies: list[Copied], copied_first: Callable[[], Set[str]]) -> bool:
    """Whether an image folder exists only once the sources are copied: /app/conf after `COPY . /app`.

    The destination itself exists, and so does a folder into which a manifest is copied before the install.
    """
    for copy in copies:
        source = copy.brought.context_folder_at(folder)
        if source and folder != copy.destination and folder.startswith(copy.destination.rstrip("/") + "/"):
            return not any(path.startswith(source + "/") for path in copied_first())
    return False

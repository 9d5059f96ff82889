"""Which build-stage steps the runtime stage repeats, in order."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import BuildStage, RuntimeStage

REPEATABLE = frozenset(("user", "folder", "plain"))
"""Purposes of commands that don't build: a RUN of nothing else may be repeated in the runtime stage."""
_STANDARD_FOLDERS = frozenset(
    "/ /bin /etc /home /lib /media /mnt /opt /root /run /sbin /srv /tmp /usr /usr/bin /usr/lib /usr/local "
    "/usr/local/bin /usr/share /var /var/lib /var/log /var/run".split()
)
"""Folders that every distribution's image has."""


_WITHOUT_FOLDER = frozenset(
    "ARG ENV LABEL MAINTAINER EXPOSE VOLUME STOPSIGNAL SHELL USER HEALTHCHECK CMD ENTRYPOINT".split()
)
"""Instructions for which the folder that WORKDIR sets makes no difference at their place."""


class RuntimeSteps(NamedTuple):
    """The steps that the runtime stage repeats."""

    repeated_steps: tuple[Step, ...]
    """In their order, before the copies from the build stage."""
    after_copies: tuple[Step, ...]
    """RUNs that change what these copies bring."""


def runtime_steps(build: BuildStage, runtime: RuntimeStage, last_build_step: Step) -> RuntimeSteps:
    """Which steps up to the last one of the build the runtime stage repeats.

    `RUN chown app /srv` is repeated in its place when /srv exists by then (made by WORKDIR, mkdir or the image),
    otherwise after the copies that bring /srv. What is inside a copied folder keeps its owners and modes, so a `chown`
    of exactly the copied folders is not repeated here (conversion_edits does it for the folder itself).
    """
    repeated, after_copies = [], []
    places = [*(copy.target for copy in runtime.copies), *runtime.may_read, *runtime.replaces]
    existing: set[str | None] = set(_STANDARD_FOLDERS)
    for step in build.stage.steps[: last_build_step.index + 1]:
        if step.keyword == "RUN":
            commands = [command for command in build.commands if command.step is step]
            if not all(command.purpose in REPEATABLE for command in commands) or _leaves_nothing(commands):
                continue
            changed = [
                path
                for command in commands
                if command.program in of_kind("owner")
                for path in changed_paths(command)
                if path is not None and any(overlaps(path, place) for place in places)
            ]
            if _changes_only_sources(build, runtime, commands, existing, places):
                continue
            made = {
                path
                for command in commands
                if command.program == "mkdir"
                for path in changed_paths(command)
                if path is not None
            }
            if all(path in existing | made for path in changed) and not _links_copied_files(commands, places):
                existing |= made
                repeated.append(step)
            elif any(command.purpose == "user" for command in commands):
                raise LeaveAlone(
                    "shared-run",
                    f"the RUN on line {step.instruction.line} creates users and changes files that the build makes",
                    "split it into two RUNs",
                )
            elif not all(
                command.program in of_kind("owner") and set(changed_paths(command)) <= set(places)
                for command in commands
            ):
                after_copies.append(step)
        elif step.keyword in ("COPY", "ADD"):
            if _is_still_needed(build, runtime, step):
                repeated.append(step)
                existing |= {
                    copy.destination for copy in build.context_copies if copy.step is step and copy.brings_a_folder
                }
        else:
            if step.keyword == "WORKDIR":  # the last build step is a RUN, so a step follows
                existing.add(build.stage.steps[step.index + 1].workdir)
            repeated.append(step)
    rest = () if after_copies else build.stage.steps[last_build_step.index + 1 :]
    return RuntimeSteps(tuple(_without_needless_workdirs(repeated, rest)), tuple(after_copies))


def _changes_only_sources(
    build: BuildStage,
    runtime: RuntimeStage,
    commands: list[ClassifiedCommand],
    existing: set[str | None],
    places: list[str],
) -> bool:
    """Whether a RUN only changes sources that the runtime stage lacks (`chmod +x mvnw`).

    Raises LeaveAlone where it does something else too.
    """
    if not runtime.sources_only:
        return False
    changed = [path for command in commands if command.program in of_kind("owner") for path in changed_paths(command)]
    sources = [
        path
        for path in changed
        if path is not None
        and path not in existing
        and not any(overlaps(path, place) for place in places)
        and any(within(path, copy.destination) for copy in build.context_copies)
    ]
    others = [command for command in commands if command.program not in of_kind("owner")]
    if sources and (len(sources) < len(changed) or not _leaves_nothing(others)):
        line = commands[0].step.instruction.line
        text = f"the RUN on line {line} changes {sources[0]}, which only the build needs, and more"
        raise LeaveAlone("shared-run", text, "split it into two RUNs")
    return bool(sources)


def _leaves_nothing(commands: list[ClassifiedCommand]) -> bool:
    """Whether a RUN only prints (`RUN echo done`)."""
    return all(command.purpose == "plain" and not command.located.command.redirects for command in commands)


def _without_needless_workdirs(repeated: list[Step], rest: Sequence[Step]) -> list[Step]:
    """The repeated steps without a WORKDIR that another one replaces before anything runs in it or is copied there.

    `rest` are the author's steps after the copies from the build stage, which have absolute paths.
    """
    kept: list[Step] = []
    for step in reversed(repeated):
        following = next((other for other in (*kept, *rest) if other.keyword not in _WITHOUT_FOLDER), None)
        replaced = following is not None and following.keyword == "WORKDIR" and following.instruction.value[:1] == "/"
        if step.keyword != "WORKDIR" or not replaced:
            kept.insert(0, step)
    return kept


def changed_paths(command: ClassifiedCommand) -> list[str | None]:
    """The image paths that `mkdir`, `chmod`, `chown`, `touch` or `ln` name; None for an unknown one."""
    operands = [word for word in command.arguments if not word.startswith("-")]
    if command.program in of_kind("owner"):
        operands = operands[1:]
    return [command.image_path(word) for word in operands]


def _links_copied_files(commands: list[ClassifiedCommand], places: list[str]) -> bool:
    """Whether `ln` or `touch` names something that a copy brings."""
    paths = [path for command in commands if command.program in ("ln", "touch") for path in changed_paths(command)]
    return any(path is not None and overlaps(path, place) for path in paths for place in places)


def _is_copied_again(build: BuildStage, copy: Copied, context_path: str) -> bool:
    """Whether a later COPY with the same flags puts the same file at the same image path."""
    image_path = copy.brought.image_path_of(context_path)
    return any(
        other.step.index > copy.step.index
        and other.brought.image_path_of(context_path) == image_path
        and _flags(other) == _flags(copy)
        for other in build.context_copies
    )


def _flags(copy: Copied) -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in copy.step.instruction.flags]


def _is_still_needed(build: BuildStage, runtime: RuntimeStage, step: Step) -> bool:
    """Whether the runtime stage lacks what a COPY brings.

    It doesn't lack sources, package managers that only the build runs, what a later COPY brings again, or what is in a
    folder that is copied from the build stage.
    """
    from_flag = step.instruction.flag("from")
    if from_flag is not None:
        return runtime.keeps_copied_tools or not (from_flag.value or "").partition(":")[0].endswith(
            ("composer", "uv", "bun")
        )
    if runtime.sources_only:
        return False
    copy = next(item for item in build.context_copies if item.step is step)
    if all(_is_copied_again(build, copy, path) for path in copy.brought.paths()):
        return False
    return not any(within(copy.destination, place) for place in runtime.replaces)

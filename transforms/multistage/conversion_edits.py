"""The edits of a conversion: a name for the build stage, and the runtime stage after it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.dockerfile import Tree, Trivia
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.knowledge.working_folders import working_folder
from dfix.rewriter.layout.copy_lines import Block, block
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.multistage.conversion import Conversion
from dfix.transforms.multistage.system_packages import install_run

_MOVED = frozenset(("LABEL", "MAINTAINER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "CMD", "ENTRYPOINT"))
"""Instructions that only describe the image that ships, and so move to the runtime stage."""
_MOST_PACKAGES_NAMED = 4


def edits(conversion: Conversion) -> tuple[Edit, ...]:
    """The edits that split the stage."""
    tree = conversion.build.model.tree
    name, naming = _build_stage_name(conversion)
    cut = conversion.last_build_step.instruction
    lines, moved = _runtime_lines(conversion, name)
    build_stage_end = "".join(conversion.runtime.build_stage_runs)
    opening = "" if tree.source.text[: cut.span.end].endswith("\n") else "\n"
    text = f"{opening}{build_stage_end}\n{_from(conversion)}{lines}"
    return (*naming, *conversion.runtime.build_stage_edits, *moved, Edit(Span(cut.span.end, cut.span.end), text))


def _build_stage_name(conversion: Conversion) -> tuple[str, tuple[Edit, ...]]:
    """The build stage's name, and the edit that adds one where it has none."""
    stage = conversion.build.stage
    if stage.name is not None:
        return stage.name, ()
    taken = {other.name for other in conversion.build.model.stages}
    name = next(name for name in ("build", "builder", "compile", "compiled", "built") if name not in taken)
    instruction = stage.instruction
    keyword = (
        " as " if instruction.text[instruction.keyword_span.start : instruction.keyword_span.end].islower() else " AS "
    )
    end = instruction.words[0].span.end
    return name, (Edit(Span(end, end), f"{keyword}{name}"),)


def _from(conversion: Conversion) -> str:
    """The FROM of the runtime stage, with the author's flags (`--platform`) and spelling of the keyword."""
    instruction = conversion.build.stage.instruction
    keyword = instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]
    flags = [instruction.text[flag.span.start : flag.span.end] for flag in instruction.flags]
    return " ".join([keyword, *flags, conversion.runtime.base_image]) + "\n"


def _runtime_lines(conversion: Conversion, name: str) -> tuple[str, tuple[Edit, ...]]:
    """The runtime stage after its FROM, and the edits that remove what moves there from the build stage."""
    build, runtime, chosen = conversion.build, conversion.runtime, conversion.packages
    packages = install_run(chosen)
    first = next((command.step.index for command in build.commands if command.purpose == "packages"), -1)
    lines: list[str] = []
    moved: list[Edit] = []
    if not any(command.purpose == "packages" for command in build.commands):
        lines.append(packages)
        packages = ""
    folder = working_folder(*repository(build.base.reference))
    if folder not in (None, working_folder(*repository(runtime.base_image))) and not any(
        step.keyword == "WORKDIR" for step in build.stage.steps
    ):
        lines.append(f"WORKDIR {folder}\n")
    user = ""
    for step in build.stage.steps[: conversion.last_build_step.index + 1]:
        if packages and step.index >= first:
            lines.append(_as_root(packages, user))
            packages = ""
        if step.keyword == "USER":
            user = step.instruction.value
        if step in conversion.repeated_steps and step.keyword in _MOVED:
            moving = block(build.model.tree, step.instruction)
            lines.append(moving.text)
            moved.append(_removal(build.model.tree, moving, moved))
        elif step in conversion.repeated_steps:
            lines.append(_text(step))
    lines.append(packages)
    lines += runtime.extra_lines
    lines += [_copy(name, copy.source, copy.target) for copy in runtime.copies]
    lines += [_copy(name, path, path) for path in runtime.may_read]
    runs = [*((step.user or "root", _text(step)) for step in conversion.after_copies), *_owner_runs(conversion)]
    lines += _by_users(runs, user or "root")
    lines += runtime.setup_runs
    return "".join(lines), tuple(moved)


def _removal(tree: Tree, moving: Block, before: list[Edit]) -> Edit:
    """The edit that removes a block, with the blank lines after it where blank lines or nothing would precede them."""
    start = moving.span.start
    while before and before[-1].span.end == start:
        start, before = before[-1].span.start, before[:-1]
    above = next((node for node in reversed(tree.nodes) if node.span.end <= start), None)
    between_blanks = isinstance(above, Trivia) and above.kind == "blank"
    return Edit(Span(moving.span.start, moving.after if between_blanks else moving.span.end), "")


def _by_users(runs: list[tuple[str, str]], user: str) -> Iterator[str]:
    """The lines for pairs of user and RUN: a USER where the user changes, and one that goes back to `user`."""
    current = user
    for run_as, text in [*runs, (user, "")]:
        if run_as != current:
            yield f"USER {run_as}\n"
            current = run_as
        yield text


def _owner_runs(conversion: Conversion) -> Iterator[tuple[str, str]]:
    """RUNs as root that repeat the build's chown and chmod of a folder that `COPY --from` creates.

    COPY creates the target folder as root:root with mode 755; the files in it keep their owners and modes.
    """
    targets = {*(copy.target for copy in conversion.runtime.copies), *conversion.runtime.may_read}
    done = {step.index for step in (*conversion.after_copies, *conversion.repeated_steps)}
    for command in conversion.build.commands:
        if (
            command.program in of_kind("owner")
            and command.step.index <= conversion.last_build_step.index
            and command.step.index not in done
        ):
            owner, *paths = [word for word in command.arguments if not word.startswith("-")] or [""]
            for path in paths:
                if command.image_path(path) in targets:
                    yield "root", f"RUN {command.program} {owner} {command.image_path(path)}\n"


def _as_root(packages: str, user: str) -> str:
    return packages if user in ("", "root", "0") else f"USER root\n{packages}USER {user}\n"


def _text(step: Step) -> str:
    span = step.instruction.span
    text = step.instruction.text[span.start : span.end].replace("\r\n", "\n")
    return text if text.endswith("\n") else text + "\n"


def _copy(stage: str, source: str, target: str) -> str:
    return f"COPY --from={stage} {source} {target}\n"


def reason(conversion: Conversion) -> str:
    """What the conversion gains: "`a` runs on debian:bookworm-slim, without Go and the sources (about 740 MB less)"."""
    runtime, packages = conversion.runtime, conversion.packages
    left_behind = [runtime.left_behind] if runtime.left_behind else []
    if packages.left_behind:
        names = ", ".join(packages.left_behind[:_MOST_PACKAGES_NAMED])
        more = "…" if len(packages.left_behind) > _MOST_PACKAGES_NAMED else ""
        left_behind.append(f"the package{'' if len(packages.left_behind) == 1 else 's'} {names}{more}")
    same_base = runtime.base_image == conversion.build.base.reference
    megabytes = runtime.megabytes_saved + (packages.megabytes if same_base else 0)
    less = f" (about {megabytes} MB less)" if megabytes else ""
    start = conversion.build.start
    program = "the container" if start.script else f"`{posixpath.basename(start.words[0])}`"
    without = " and ".join(left_behind) or "packages that only the build needs"
    check = (
        "; `dfix verify` shows whether its packages find their libraries there" if runtime.may_lack_libraries else ""
    )
    return f"{program} runs on {runtime.base_image}, without {without}{less}{check}"

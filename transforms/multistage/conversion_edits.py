"""The text of a conversion: a name for the stage that builds, and behind it the stage that runs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.multistage.conversion import Conversion
from dfix.transforms.multistage.system_packages import installed

_MOVED = frozenset(("LABEL", "MAINTAINER", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "CMD", "ENTRYPOINT"))
"""What only describes the image that ships."""


def edits(found: Conversion) -> tuple[Edit, ...]:
    """The edits that part the stage."""
    tree = found.work.model.tree
    name, naming = _named(found)
    cut = found.cut.instruction
    lines, moved = _lines(found, name)
    finish = "".join(found.parts.finish)
    opening = "" if tree.source.text[: cut.span.end].endswith("\n") else "\n"
    text = f"{opening}{finish}\n{_from(found)}{lines}"
    return (*naming, *found.parts.edits, *moved, Edit(Span(cut.span.end, cut.span.end), text))


def _named(found: Conversion) -> tuple[str, tuple[Edit, ...]]:
    """The name of the stage that builds, and what gives it one."""
    stage = found.work.stage
    if stage.name is not None:
        return stage.name, ()
    taken = {other.name for other in found.work.model.stages}
    name = next(name for name in ("build", "builder", "compile", "compiled", "built") if name not in taken)
    instruction = stage.instruction
    keyword = (
        " as " if instruction.text[instruction.keyword_span.start : instruction.keyword_span.end].islower() else " AS "
    )
    end = instruction.words[0].span.end
    return name, (Edit(Span(end, end), f"{keyword}{name}"),)


def _from(found: Conversion) -> str:
    instruction = found.work.stage.instruction
    keyword = instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]
    flags = [instruction.text[flag.span.start : flag.span.end] for flag in instruction.flags]
    return " ".join([keyword, *flags, found.parts.image]) + "\n"


def _lines(found: Conversion, name: str) -> tuple[str, tuple[Edit, ...]]:
    """What follows the second FROM, and the edits that take away from the first stage what moves there."""
    tree = found.work.model.tree
    parts, chosen = found.parts, found.packages
    packages = installed(chosen.manager, chosen.kept, recommends=chosen.recommends) if chosen.kept else ""
    first = next((act.step.index for act in found.work.acts if act.kind == "packages"), -1)
    lines: list[str] = []
    moved: list[Edit] = []
    if not any(act.kind == "packages" for act in found.work.acts):
        lines.append(packages)
        packages = ""
    if found.work.base.workdir and not any(step.keyword == "WORKDIR" for step in found.work.stage.steps):
        lines.append(f"WORKDIR {found.work.base.workdir}\n")
    user = ""
    for step in found.work.stage.steps[: found.cut.index + 1]:
        if packages and step.index >= first:
            lines.append(_as_root(packages, user))
            packages = ""
        if step.keyword == "USER":
            user = step.instruction.value
        if step in found.again and step.keyword in _MOVED:
            moving = block(tree, step.instruction)
            lines.append(moving.text)
            moved.append(Edit(moving.span, ""))
        elif step in found.again:
            lines.append(_text(step))
    lines.append(packages)
    lines += parts.environment
    lines += [_copy(name, one.source, one.target) for one in parts.brought]
    lines += [_copy(name, place, place) for place in parts.beside]
    lines += _by_users([*((step.user or "root", _text(step)) for step in found.behind), *_owned(found)], user or "root")
    lines += parts.last
    return "".join(lines), tuple(moved)


def _by_users(runs: list[tuple[str, str]], user: str) -> Iterator[str]:
    """RUNs, each as the user who has to run it, and then `user` again."""
    now = user
    for then, text in [*runs, (user, "")]:
        if then != now:
            yield f"USER {then}\n"
            now = then
        yield text


def _owned(found: Conversion) -> Iterator[tuple[str, str]]:
    """For root: owner and mode of a folder that a COPY creates, which belongs to root, as the build gave them to it.

    What lies in it keeps its own.
    """
    targets = {*(one.target for one in found.parts.brought), *found.parts.beside}
    done = {step.index for step in (*found.behind, *found.again)}
    for act in found.work.acts:
        if (
            act.program in ("chown", "chmod", "chgrp")
            and act.step.index <= found.cut.index
            and act.step.index not in done
        ):
            owner, *paths = [word for word in act.arguments if not word.startswith("-")] or [""]
            for path in paths:
                if act.path(path) in targets:
                    yield "root", f"RUN {act.program} {owner} {act.path(path)}\n"


def _as_root(packages: str, user: str) -> str:
    return packages if user in ("", "root", "0") else f"USER root\n{packages}USER {user}\n"


def _text(step: Step) -> str:
    span = step.instruction.span
    text = step.instruction.text[span.start : span.end].replace("\r\n", "\n")
    return text if text.endswith("\n") else text + "\n"


def _copy(stage: str, source: str, target: str) -> str:
    return f"COPY --from={stage} {source} {target}\n"


def reason(found: Conversion) -> str:
    """What the conversion gains, for people."""
    left = [found.parts.left] if found.parts.left else []
    if found.packages.left:
        left.append(", ".join(found.packages.left[:4]) + ("…" if len(found.packages.left) > 4 else ""))
    size = found.parts.megabytes + (found.packages.megabytes if found.parts.image == found.work.base.reference else 0)
    about = f", about {size} MB," if size else ""
    what = posixpath.basename(found.work.start.words[0])
    said = " and ".join(left) or "packages that only the build needs"
    return f"{said}{about} stay behind: {what} runs on {found.parts.image}"

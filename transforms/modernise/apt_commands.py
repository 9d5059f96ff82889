"""`apt` as `apt-get`, whose command line stays the same between versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit
from dfix.transforms.modernise.answered import answered, left_alone
from dfix.transforms.modernise.command_place import ends_build
from dfix.transforms.modernise.known_programs import KnownPrograms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.cache_use import ManagerUse

_CHECKS = ("DL3027",)
_SAME = frozenset(("update", "install", "remove", "purge", "clean"))
_OPTIONS = frozenset(
    "-y --yes --assume-yes -q -qq --quiet --no-install-recommends --install-recommends --no-install-suggests -f "
    "--fix-broken --fix-missing -m --reinstall --allow-downgrades --allow-unauthenticated --allow-change-held-packages "
    "--autoremove --auto-remove --purge -t --target-release -o --option".split()
)
_PLAIN = expression(
    r"(?:[a-z0-9][a-z0-9.+-]*(?:[a-z0-9]|\+\+)(?::[a-z0-9-]+)?(?:=[\w.+:~-]+|/[\w-]+)?)|\.{0,2}/[\w./*+~-]+\.deb"
)
"""A package by its name, with its version or release, or by its file.

Today's apt does not take a name that it does not find for a pattern, as apt-get does (NEWS of apt 2.0, not opened);
`foo-` removes and `foo+` installs, whatever the command is.
"""
_KEEPS = ("docker-clean", "Keep-Downloaded-Packages", "Binary::apt", "APT_CONFIG")


def apt_commands(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each command of apt that apt-get has, too."""
    index, programs = RunIndex(), KnownPrograms(model)
    for stage in model.stages:
        for step in stage.steps:
            for use in index.of(step).uses if step.keyword == "RUN" and not step.onbuild else ():
                if not _is_same(use, step.instruction.text):
                    continue
                try:
                    programs.check(step, use.located, "apt-get")
                    _fails_alike(step, use)
                    _leaves_no_packages(model, stage)
                except LeaveAlone as no:
                    yield left_alone(step.instruction, _CHECKS, no)
                    continue
                program = use.located.words[0]
                reason = f"`{use.shown}` is for people; `apt-get` does the same and is made for scripts"
                yield answered(step.instruction, _CHECKS, (Edit(program.span, "apt-get"),), reason)


def _is_same(use: ManagerUse, text: str) -> bool:
    """Whether apt-get does the same: what apt prints is another matter, so that nothing may read it."""
    usage = use.usage
    if use.located.words[0].text != "apt" or usage.subcommand is None or usage.subcommand.value not in _SAME:
        return False
    command = use.located.command
    after = text[command.span.end : command.span.end + 100].lstrip(" \t\\\r\n")
    if after.startswith("|") and not after.startswith("||"):
        return False
    kept = (redirect for redirect in command.redirects if redirect.op in (">", ">>", "&>", "&>>", ">|"))
    if any(redirect.target is None or redirect.target.value != "/dev/null" for redirect in kept):
        return False
    plain = all(_PLAIN.fullmatch(word.value if word.value is not None else word.text) for word in usage.operands)
    return plain and all(option.name in _OPTIONS for option in usage.options)


def _fails_alike(step: Step, use: ManagerUse) -> None:
    """Raise LeaveAlone where the script may go on after a failure: the two may differ in when they fail."""
    if not ends_build(step, use.located.command):
        text = f"The build may go on after `{use.shown}`, and apt-get may fail where apt does not"
        raise LeaveAlone("no-errexit", text)


def _leaves_no_packages(model: Model, stage: Stage) -> None:
    """Raise LeaveAlone unless the image empties apt-get's cache of packages by itself, as apt does."""
    if stage.family != "debian":
        image = stage.base.image
        text = f"apt removes the packages that it downloads; apt-get may keep them where dfix does not know {image}"
        raise LeaveAlone("kept-packages", text)
    if any(word in model.source.text for word in _KEEPS):
        raise LeaveAlone("kept-packages", "The file may set whether apt-get keeps the packages that it downloads")

"""Variables, options and operands that name what comes too late, for installs and for what moves above the copies."""

from __future__ import annotations

from collections.abc import Sequence, Set

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.knowledge import usage
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.command_row import described
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.coming_late import ComingLate
from dfix.transforms.split_manifests.given_paths import GivenPath, given_paths
from dfix.transforms.split_manifests.search_paths import check_search_paths

_NAMES_FILES = frozenset(
    "pip_constraint pip_requirement pip_build_constraint pip_config_file node_options npm_config_userconfig "
    "npm_config_globalconfig gowork goflags composer bundle_gemfile uv_config_file uv_constraint bash_env".split()
)
"""Variables, in lower case, whose values always name files; an unknown value is one that the sources may bring."""
_OWN = {"apt": ("apt_",), "npm": ("npm_", "node_"), "pnpm": ("npm_", "node_", "pnpm_"), "yarn": ("npm_", "node_")}
"""What the names of a program's own variables begin with, beside its own name."""
_QUICK = frozenset(("nothing", "quick"))


def check_given(late: ComingLate, step: Step, install: ProjectInstall) -> None:
    """Raises LeaveAlone where a variable in force, an option or an operand of a command names what comes late."""
    for given in given_paths(step, install):
        _check_path(late, install, given)
    for name, value in {**install.located.env, **install.located.assigned}.items():
        if name.lower() in _NAMES_FILES and (value is None or "$" in value or "`" in value):
            reason = f"`{install.shown}` reads {name}, whose value is unknown before the build"
            raise LeaveAlone("setting", reason, f"set {name} to a literal value")


def _check_path(late: ComingLate, install: ProjectInstall, given: GivenPath) -> None:
    if given.reads in ("nothing", "followed"):
        return
    if given.path is None:
        if given.kind == "operand" or not given.is_unknown:
            return
        reason = f"`{install.shown}` may read a file that {given.name} names, and its value is unknown before the build"
        raise LeaveAlone("setting", reason, f"set {given.name} to a literal value")
    if late.at(given.path) is None:
        return
    if given.kind == "operand":
        reason = f"`{install.shown}` names {given.written}, which comes with the sources"
    elif given.kind == "option" or _is_own(install, given):
        reason = f"{given.name} makes `{install.shown}` read {given.written}, which comes with the sources"
    else:
        reason = f"{given.name} names {given.written}, which comes with the sources, and `{install.shown}` may read it"
    raise LeaveAlone("setting", reason)


def _is_own(install: ProjectInstall, given: GivenPath) -> bool:
    """Whether it is certain that the program reads what a variable names."""
    name = given.name.lower()
    return name in _NAMES_FILES or name.startswith((f"{install.manager}_", *_OWN.get(install.manager, ())))


def names_late_variable(command: Located, step: Step, copies: Sequence[Copied], first: Set[str]) -> str:
    """Why a command of `step` may not run before the copies, judging by its variables, as a phrase; "" if it may.

    The same variables are harmless as for an install. `first` are the context paths that are copied first.
    """
    if not _may_read_variables(command):
        return ""
    used = usage(command.words)
    program = used.manager.name if used is not None else program_name(command.words[0])
    found = attempt(_check, ComingLate(copies, first), step, ProjectInstall(command, program, (), ""))
    return found.text if isinstance(found, Reason) else ""


def _check(late: ComingLate, step: Step, command: ProjectInstall) -> None:
    check_given(late, step, command)
    check_search_paths(late, command, values_in_force(step, command.located), [step])


def _may_read_variables(command: Located) -> bool:
    """Whether a command may do something else because of a variable: no program that is quick and known."""
    if not command.words:
        return False
    if usage(command.words) is not None:
        return True
    what = described(command.words)
    return what is None or (what[0].network or what[0].cost not in _QUICK or bool(what[0].variables))

"""Whether a package of a stage, or one that it copies from another stage, may need what the slim variant lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.language_facts import compiling_installers, language_facts
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.official_images import BaseImage
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.model.stage_sources import stages_behind
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.json_text import json_value


def may_compile(command: Located) -> bool:
    """Whether a command installs packages that may have to be compiled (`pip install`, `python -m pip install`)."""
    words = [word.literal_or_text for word in command.words]
    return not compiling_installers().isdisjoint(words[:3]) and ("install" in words or "sync" in words)


def check_package(base: BaseImage, name: str, *, installs_here: bool = False) -> None:
    """Raise LeaveAlone for a package that needs a program or library of the full image, or compiles at its install."""
    facts = language_facts(base.language)
    if name in facts.needs_full_image or name in facts.dev_packages or name in facts.system_packages:
        raise LeaveAlone("needs-programs", f"{name} needs programs or libraries that {base.smaller} lacks")
    if installs_here and name in facts.installs_alone:
        raise LeaveAlone("compiles", f"{name} runs a script when it is installed, which may compile it")


def check_locked_packages(base: BaseImage, context: Context, *, installed_elsewhere: bool = False) -> None:
    """Raise LeaveAlone for a package of a lock file that the slim variant may not do for.

    A script that runs at the install may compile the package, for which the slim variant has no compiler. Where another
    stage runs it (`installed_elsewhere`), the result may still link a library that the slim variant lacks.
    """
    lock_name = language_facts(base.language).lock_with_install_scripts
    locks = [lock for path, lock in sources(context, (lock_name,)) if "node_modules" not in path]
    if not locks:
        raise LeaveAlone(
            "compiles", f"without a {lock_name} dfix cannot tell which packages are compiled", f"commit a {lock_name}"
        )
    for lock in locks:
        try:
            packages = json_value(lock).get("packages")
        except (ValueError, AttributeError):
            packages = None
        if not isinstance(packages, dict):
            raise LeaveAlone("compiles", f"the {lock_name} does not tell which packages are compiled")
        for path, entry in packages.items():
            name = path.rpartition("node_modules/")[2]
            if isinstance(entry, dict) and name and not (installed_elsewhere and entry.get("dev")):
                check_package(base, name)
                if entry.get("hasInstallScript"):
                    _check_script(base, name, installed_elsewhere=installed_elsewhere)


def _check_script(base: BaseImage, name: str, *, installed_elsewhere: bool) -> None:
    if not installed_elsewhere:
        raise LeaveAlone("compiles", f"{name} runs a script when it is installed, which may compile it")
    if name not in language_facts(base.language).installs_alone:
        raise LeaveAlone(
            "needs-programs",
            f"{name} may be compiled when it is installed, and link a library that {base.smaller} lacks",
        )


def check_brought_packages(base: BaseImage, model: Model, stage: Stage) -> None:
    """Raise LeaveAlone where a stage copies packages from another stage that may link what the slim variant lacks."""
    facts = language_facts(base.language)
    if model.context is None or not (facts.compiling_installers or facts.lock_with_install_scripts):
        return
    for command in _commands_of_used_stages(stage, model.stages):
        if facts.compiling_installers and may_compile(command):
            shown = " ".join(word.text for word in command.words)
            reason = f"packages that `{shown}` installs in another stage may link libraries that {base.smaller} lacks"
            raise LeaveAlone("needs-programs", reason)
        installs = program_name(command.words[0]) in node_managers() and project_install(command.words) is not None
        if facts.lock_with_install_scripts and installs:
            check_locked_packages(base, model.context, installed_elsewhere=True)
            return


def _commands_of_used_stages(stage: Stage, stages: Sequence[Stage]) -> Iterator[Located]:
    """The commands of all stages from which a stage has files."""
    for other in stages_behind(stage, stages)[1:]:
        for step in other.steps:
            if step.keyword == "RUN":
                yield from (command for command in located(step) if command.words)

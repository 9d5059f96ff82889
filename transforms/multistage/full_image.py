"""Whether a program needs the full variant of its base image at run time, and which image it runs on."""

from __future__ import annotations

from collections.abc import Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.model.source_evidence import ENDINGS, uses_the_system
from dfix.transforms.multistage.runtime_stage import BuildStage
from dfix.transforms.multistage.system_packages import ships_build_packages


def why_full_image(build: BuildStage, language: str, packages: Set[str], scripts: Set[str] = frozenset()) -> str:
    """Why the slim variant may lack something that the sources or packages use, as a clause; "" where it does not."""
    place = uses_the_system(build.sources(*ENDINGS[language]), language)
    if place:
        return f"{place} may run other programs or load libraries"
    facts = language_facts(language)
    needing = sorted(facts.needs_full_image & packages)
    if needing:
        return f"{needing[0]} needs programs or libraries of the full image"
    unknown = sorted(scripts - facts.installs_alone - {*facts.dev_packages, *facts.system_packages})
    return f"{unknown[0]} may be compiled when it is installed, and link a library of the full image" if unknown else ""


def runtime_image(
    build: BuildStage,
    language: str,
    packages: Set[str],
    *,
    scripts: Set[str] = frozenset(),
    prunes: bool = False,
) -> str | None:
    """The image of the runtime stage: the slim variant, or the base image where the program may need all of it.

    None if a second stage on the base image would leave nothing behind; `prunes` says that it leaves packages.
    `scripts` are the packages that run a script when they are installed. Raises LeaveAlone if that is because the slim
    variant cannot be used.
    """
    full_because = why_full_image(build, language, packages, scripts)
    if build.base.smaller and not full_because:
        return build.base.smaller
    if prunes or ships_build_packages(build):
        return build.base.reference
    if build.base.smaller:
        raise LeaveAlone("needs-programs", f"{build.base.reference} kept: {full_because}")
    return None

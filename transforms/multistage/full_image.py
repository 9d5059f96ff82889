"""Whether a program needs the full variant of its base image at run time."""

from __future__ import annotations

from collections.abc import Set

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.model.source_evidence import starts_programs


def why_full_image(context: Context, language: str, packages: Set[str]) -> str:
    """Why the slim variant may lack something that the sources or packages use, as a clause; "" where it does not."""
    place = starts_programs(context, language)
    if place:
        return f"{place} may run other programs"
    needing = sorted(language_facts(language).needs_full_image & packages)
    return f"{needing[0]} needs programs or libraries of the full image" if needing else ""

"""Files of packages with several names, of which a later RUN changes one."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.neighbours.run_summary import shown
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.neighbours.run_summary import RunSummary

_OF_PACKAGES = ("/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/")
_NOT_OF_PACKAGES = ("/usr/local/", "/usr/src/")


def links_break_apart(group: Sequence[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone for rights of a file that the packages of an earlier RUN may have made hard links to.

    /usr/bin/perl and /usr/bin/perl5.36.0 are one file in the layer in which they are installed, and a `chmod` changes
    both. In a later layer, overlayfs makes a copy of the one that is changed. With `-R` both are changed as a rule.
    """
    for command in run.commands:
        path = next(_of_packages(command), "")
        if path and any(map(_installs, group)):
            told = f"a package may have made hard links to {path}: in one layer `{shown(command.command)}` changes all"
            raise LeaveAlone("hard-link", f"{told}, in a layer of its own only one")


def _installs(run: RunSummary) -> bool:
    usages = (cost.usage for cost in run.costs)
    return any(usage is not None and usage.manager.system and usage.verb == "install" for usage in usages)


def _of_packages(command: Located) -> Iterator[str]:
    """The files below folders of packages whose rights a command changes."""
    words = command.words
    if not words or program_name(words[0]) not in of_kind("owner") | {"setcap"}:
        return
    options = [word.text for word in words[1:] if word.text.startswith("-")]
    if "--recursive" in options or any("R" in option for option in options if not option.startswith("--")):
        return
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    is_like = any(option.startswith("--reference") for option in options)
    for word in operands if is_like else operands[1:]:
        path = posixpath.normpath(posixpath.join(command.folder or "", word.literal_or_text))
        if path.startswith(_OF_PACKAGES) and not path.startswith(_NOT_OF_PACKAGES):
            yield path

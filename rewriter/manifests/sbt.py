"""What `sbt update` reads: build.sbt, and the build definition in the folder `project`.

Source: scala-sbt.org ("Build definition", "Organizing the build", "update"). A build definition is a program: one that
reads files or runs others is not followed.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import in_the_way, missing

MOST_FILES = 200
_READS = re.compile(r"\b(IO\.(read|copy|list|load)\w*|Process\(|Source\.from\w+|Files\.\w+|sys\.process|new File\()")
_OF_GIT = re.compile(r'"sbt-(?:git|dynver|git-versioning|release-early|ci-release|buildinfo-git)"')
_PARTS = re.compile(r'\bin\s*\(?\s*file\(\s*"(?P<value>[^"]*)"\s*\)')


def inputs(context: Context, install: Install) -> Inputs:
    """What the update reads, or why that cannot be known."""
    path = posixpath.join(install.folder, "build.sbt")
    text = context.read(path)
    if text is None:
        raise missing(context, path)
    definition = posixpath.join(install.folder, "project")
    files = [path]
    for name in context.names_in(install.folder):
        other = posixpath.join(install.folder, name)
        if name.endswith(".sbt") and name != "build.sbt" and context.ships(other):
            files.append(other)
    for match in _PARTS.finditer(text):
        part = local_path(install.folder, match["value"], f"{path} has a part at {match['value']}")
        own = posixpath.join(part, "build.sbt")
        if own not in files and context.ships(own):
            files.append(own)
    below = context.below(definition)
    _program(context, (*files, *below))
    in_the_way(context, install.folder, "target", "project/target", "project/project")
    return Inputs(tuple(files), (definition,) if below else ())


def _program(context: Context, files: tuple[str, ...]) -> None:
    """Why the build definition cannot be followed."""
    if len(files) > MOST_FILES:
        raise LeaveAlone("too-many-files", f"{files[0]} and the folder project have more than {MOST_FILES} files")
    for file in files:
        written = re.sub(r"//[^\n]*", "", context.read(file) or "")
        reads = _READS.search(written)
        if reads is not None:
            raise LeaveAlone("build-script", f"{file} is a program that looks around (`{reads[0]}`)")
        if _OF_GIT.search(written):
            raise LeaveAlone("git-history", f"{file} has a plugin that reads the history of git")

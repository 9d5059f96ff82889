"""What `sbt update` reads: build.sbt, and the build definition in the folder `project`.

Source: scala-sbt.org ("Build definition", "Organizing the build", "update"). A build definition is a program: dfix
does not follow one that reads files or runs other programs.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.text.expression import expression

MOST_FILES = 200
_READS = expression(r"\b(IO\.(read|copy|list|load)\w*|Process\(|Source\.from\w+|Files\.\w+|sys\.process|new File\()")
_GIT_PLUGINS = expression(r'"sbt-(?:git|dynver|git-versioning|release-early|ci-release|buildinfo-git)"')
_SUBPROJECTS = expression(r'\bin\s*+(?:\(\s*+)?file\(\s*"(?P<value>[^"]*)"\s*\)')


def inputs(context: Context, install: Install) -> Inputs:
    """What the update reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    path = posixpath.join(install.folder, "build.sbt")
    text = context.read(path)
    if text is None:
        raise missing(context, path)
    definition = posixpath.join(install.folder, "project")
    files = [path]
    for name in context.names_in(install.folder):
        sbt_file = posixpath.join(install.folder, name)
        if name.endswith(".sbt") and name != "build.sbt" and context.ships(sbt_file):
            files.append(sbt_file)
    for match in _SUBPROJECTS.finditer(text):
        subproject = local_path(install.folder, match["value"], f"{path} has a subproject at {match['value']}")
        sbt_file = posixpath.join(subproject, "build.sbt")
        if sbt_file not in files and context.ships(sbt_file):
            files.append(sbt_file)
    below = context.below(definition)
    _refuse_file_readers(context, (*files, *below))
    refuse_host_output(context, install.folder, "target", "project/target", "project/project")
    return Inputs(tuple(files), (definition,) if below else ())


def _refuse_file_readers(context: Context, files: tuple[str, ...]) -> None:
    """Raises LeaveAlone when a file of the build definition may read other files, run programs or look at git."""
    if len(files) > MOST_FILES:
        reason = f"{files[0]} and the folder `project` have more than {MOST_FILES} files, more than dfix reads"
        raise LeaveAlone("too-many-files", reason)
    for file in files:
        code = re.sub(r"//[^\n]*", "", context.read(file) or "")
        reads = _READS.search(code)
        if reads is not None:
            raise LeaveAlone("build-script", f"{file} uses `{reads[0]}`, so it may read more than dfix follows")
        if _GIT_PLUGINS.search(code):
            raise LeaveAlone("git-history", f"{file} has a plugin that reads the git history")

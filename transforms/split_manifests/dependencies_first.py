"""Installs that also install the project: first its dependencies, then the author's own command again.

`poetry install` builds the project in place and needs the sources for that, but it spends most of its time on
dependencies. With `--no-root` it installs just those (python-poetry.org/docs, "install"). uv's own guide for Docker
does the same with `--no-install-project`; before 0.13, uv then writes `python3` instead of `python`, a link to the same
interpreter in the same folder, into the first line of the project's scripts (0.4 to 0.9, and 0.13.9, compared on
2026-11-29). Composer makes an autoloader of the sources' classes and runs the project's scripts; with
`--no-scripts --no-autoloader` it only installs the packages.

An install that rewrites its lock file each time, such as `bundle install` with a lock file of an older Bundler, runs
twice as it is: the copy of the sources brings the old lock file back, and the second run writes the same one again.
"""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import Project, load
from dfix.rewriter.model import Model
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun

INSTALLS_PROJECT = "installs-project"
"""The code of the reason that an install also installs the project."""
_LINE_BREAK = expression(r"(?<![ \t])[ \t]*\\[ \t]*\r?\n[ \t]*")


def dependencies_first(model: Model, run: InstallRun) -> list[tuple[InstallRun, str]]:
    """The run as if its only install were that of the dependencies, and the command that installs just those.

    One for each option that the manager has for it: the first counts that leaves out all that the sources make.
    """
    install = run.installs[0]
    options = [option for project in _projects(install) for option in project.dependencies_only]
    if not options or len(run.installs) > 1:
        return []
    command = _one_line(model, run, install)
    ways = []
    for option in options:
        added = tuple(word for word in option.split() if word not in install.arguments)
        ways.append((run._replace(installs=(install._replace(added=added),)), " ".join((command, *added))))
    return ways


def runs_again(run: InstallRun) -> bool:
    """Whether the RUN's only install may run once more after the sources, to rewrite its lock file again."""
    return len(run.installs) == 1 and any(project.repeats for project in _projects(run.installs[0]))


def same_first(model: Model, run: InstallRun) -> tuple[InstallRun, str]:
    """The run with its install as one that runs once more after the sources, and the command."""
    install = run.installs[0]
    again = install._replace(lock_stays=True, runs_again=True)
    return run._replace(installs=(again,)), _one_line(model, run, install)


def command_afterwards(model: Model, run: InstallRun, arguments: str) -> str:
    """The manager as the author calls it (`php composer.phar`), with other arguments.

    Raises LeaveAlone where the script sets variables, which may say to the two commands what an option says to one.
    """
    install = run.installs[0]
    own = {word.text.partition("=")[0] for word in install.located.command.assigns}
    if install.located.assigned.keys() - own:
        name = min(install.located.assigned.keys() - own)
        reason = f"the RUN sets {name} before `{install.shown}`, which another command of it may take otherwise"
        raise LeaveAlone("shell-state", reason, "set it by ENV, if it may be in the image")
    words = install.located.words
    first = words[len(words) - len(install.arguments)]
    before = model.source.text[install.located.command.span.start : first.span.start]
    return f"{_LINE_BREAK.sub(' ', before).strip()} {arguments}"


def _projects(install: ProjectInstall) -> list[Project]:
    return [project for project in load(install.manager).projects if project.reader == install.reader]


def _one_line(model: Model, run: InstallRun, install: ProjectInstall) -> str:
    """The command of the install on one line. Raises LeaveAlone where it can't run a second time by itself."""
    if not run.chained or install.located.depth:
        raise LeaveAlone("not-a-chain", f"`{install.shown}` is part of a longer command", "give it a RUN of its own")
    span = install.located.command.span
    command = _LINE_BREAK.sub(" ", model.source.text[span.start : span.end])
    if "\n" in command:
        raise LeaveAlone("comment", f"`{install.shown}` has a comment between its lines", "move it above the RUN")
    return command

"""PHP: the application with its vendor folder, and extensions without what they were compiled with."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import COPY_COMMANDS, BuildStage, RuntimeStage, StageCopy
from dfix.transforms.multistage.system_packages import ships_build_packages

NAME = "PHP"
PROGRAMS = frozenset(("composer", "composer.phar", "docker-php-ext-install", "pecl"))
DEFAULT_COMMAND = ("docker-php-entrypoint",)
"""What the base image runs where the file does not say it."""
_EXTENDS = frozenset(("docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "pecl"))
_EXTENSIONS = ("/usr/local/lib/php/extensions", "/usr/local/etc/php/conf.d")


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to an installation of PHP packages or extensions."""
    program = program_name(command.words[0])
    return program in PROGRAMS or program in _EXTENDS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The extensions and the application on the same image."""
    if build.base.language != "php":
        raise LeaveAlone("base-image", f"where {build.base.reference} keeps PHP's extensions is not known")
    if not ships_build_packages(build) and not _composer(build):
        return None
    if build.start.program in PROGRAMS:
        raise LeaveAlone("runs-build-tool", f"the command runs {build.start.program} itself, which would stay behind")
    brought: list[StageCopy] = []
    if any(command.program in _EXTENDS for command in build.build_commands):
        brought += [StageCopy(path, path) for path in _EXTENSIONS]
    folders = {
        command.located.folder
        for command in build.build_commands
        if command.program.startswith("composer") and "global" not in command.arguments
    }
    covered: tuple[str, ...] = ()
    if folders:
        folder = folders.pop()
        if folders or folder is None or folder == "/" or folder.startswith("?"):
            raise LeaveAlone(
                "unknown-folder", "the folder in which composer installs is not known, or there are several"
            )
        brought.append(StageCopy(folder, folder))
        covered = (folder,)
    return RuntimeStage(
        build.base.reference, tuple(brought), replaces=covered, left_behind="composer" if _composer(build) else ""
    )


def _composer(build: BuildStage) -> bool:
    """Whether the image gets composer itself."""
    copies = (step.instruction.flag("from") for step in build.stage.steps if step.keyword == "COPY")
    return any(flag is not None and (flag.value or "").partition(":")[0].endswith("composer") for flag in copies)

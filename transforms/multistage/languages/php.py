"""PHP: ship the application with its vendor folder, and the extensions without their compilers."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import COPY_COMMANDS, BuildStage, RuntimeStage, StageCopy
from dfix.transforms.multistage.system_packages import ships_build_packages

NAME = "PHP"
PROGRAMS = frozenset(("composer", "composer.phar", "docker-php-ext-install", "pecl"))
DEFAULT_COMMAND = ("docker-php-entrypoint",)
_EXTENDS = frozenset(("docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "pecl"))
_EXTENSIONS = ("/usr/local/lib/php/extensions", "/usr/local/etc/php/conf.d")


def is_build_command(command: Located) -> bool:
    """Whether a command installs PHP packages or extensions, or moves files."""
    program = program_name(command.words[0])
    return program in PROGRAMS or program in _EXTENDS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The extensions and the application on the same image."""
    if build.base.language != "php":
        raise LeaveAlone("base-image", f"dfix does not know where {build.base.reference} keeps PHP's extensions")
    if not ships_build_packages(build):  # Composer alone is 3 MB, and no reason for a second stage
        return None
    if build.start.program in PROGRAMS:
        raise LeaveAlone(
            "runs-build-tool", f"the container runs `{build.start.program}` itself, which the runtime stage would lack"
        )
    copies: list[StageCopy] = []
    if any(command.program in _EXTENDS for command in build.build_commands):
        copies += [StageCopy(path, path) for path in _EXTENSIONS]
    folders = {
        command.located.folder
        for command in build.build_commands
        if command.program.startswith("composer") and "global" not in command.arguments
    }
    replaces: tuple[str, ...] = ()
    if folders:
        folder = folders.pop()
        if folders or folder is None or folder == "/" or folder.startswith("?"):
            raise LeaveAlone("unknown-folder", "Composer's install folder is unknown, or there are several")
        copies.append(StageCopy(folder, folder))
        replaces = (folder,)
    return RuntimeStage(
        build.base.reference,
        tuple(copies),
        replaces=replaces,
        left_behind="Composer" if _copies_composer(build) else "",
    )


def _copies_composer(build: BuildStage) -> bool:
    """Whether a `COPY --from=composer` brings Composer itself into the image."""
    copies = (step.instruction.flag("from") for step in build.stage.steps if step.keyword == "COPY")
    return any(flag is not None and (flag.value or "").partition(":")[0].endswith("composer") for flag in copies)

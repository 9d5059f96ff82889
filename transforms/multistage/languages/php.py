"""PHP: the application with its vendor folder, and extensions without what they were compiled with."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import MOVERS, Brought, Parts, Work
from dfix.transforms.multistage.system_packages import leaves

NAME = "PHP"
MAIN = frozenset(("composer", "composer.phar", "docker-php-ext-install", "pecl"))
OWN_COMMAND = ("docker-php-entrypoint",)
"""What the base image runs where the file does not say it."""
_EXTENDS = frozenset(("docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "pecl"))
_EXTENSIONS = ("/usr/local/lib/php/extensions", "/usr/local/etc/php/conf.d")


def builds(command: Located) -> bool:
    """Whether a command belongs to an installation of PHP packages or extensions."""
    program = program_name(command.words[0])
    return program in MAIN or program in _EXTENDS or program in MOVERS


def parts(work: Work) -> Parts | None:
    """The extensions and the application on the same image."""
    if work.base.language != "php":
        raise LeaveAlone("base-image", f"where {work.base.reference} keeps PHP's extensions is not known")
    if not leaves(work) and not _composer(work):
        return None
    if work.start.program in MAIN:
        raise LeaveAlone("runs-build-tool", f"the command runs {work.start.program} itself, which would stay behind")
    brought: list[Brought] = []
    if any(act.program in _EXTENDS for act in work.builds):
        brought += [Brought(path, path) for path in _EXTENSIONS]
    folders = {
        act.located.folder
        for act in work.builds
        if act.program.startswith("composer") and "global" not in act.arguments
    }
    covered: tuple[str, ...] = ()
    if folders:
        folder = folders.pop()
        if folders or folder is None or folder == "/" or folder.startswith("?"):
            raise LeaveAlone(
                "unknown-folder", "the folder in which composer installs is not known, or there are several"
            )
        brought.append(Brought(folder, folder))
        covered = (folder,)
    return Parts(work.base.reference, tuple(brought), covered=covered, left="composer" if _composer(work) else "")


def _composer(work: Work) -> bool:
    """Whether the image gets composer itself."""
    copies = (step.instruction.flag("from") for step in work.stage.steps if step.keyword == "COPY")
    return any(flag is not None and (flag.value or "").partition(":")[0].endswith("composer") for flag in copies)

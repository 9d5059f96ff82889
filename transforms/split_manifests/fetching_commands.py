"""Which command of a RUN fetches dependencies, whether or not dfix can split its RUN."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.knowledge import Usage, project_install, usage
from dfix.rewriter.knowledge.program_table import interprets, of_kind
from dfix.rewriter.knowledge.project_programs import ProjectProgram, project_programs
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands as simple_commands
from dfix.rewriter.shell.walk import invoked, program_name
from dfix.rewriter.shell.wrappers import starters
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.fetch_first import builds_project, unknown_goal

_UPDATES = frozenset(("update", "upgrade", "up", "u"))
_OPAQUE = expression(
    r"(?:^|[\s;&|(\"'])((?:npm(?:@[\w.]+)? (?:ci|i|install)|yarn(?: install)?|pnpm (?:i|install)|pip3? install -r|"
    r"bundle install|composer(?:\.phar)? install|dotnet (?:restore|build|publish)|go (?:build|get|install|mod)|mvn|"
    r"gradle|cargo build|poetry install)\b)"
)
_SUBSTITUTED = expression(
    r"\$\(\s*((?:mvn|\./mvnw|gradle|\./gradlew|npm (?:ci|install)|go build|dotnet build|lein|sbt|cargo build)\b"
    r"[^)]{0,40})"
)
_LONGEST_SHOWN = 60


class FetchingCommand(NamedTuple):
    """A command that fetches what a project lists, or what its own words name."""

    shown: str
    located: Located | None
    """None where it is in a script that dfix does not read."""
    usage: Usage | None = None
    """How it uses a package manager that dfix knows."""
    program: ProjectProgram | None = None
    """Another program, of which dfix knows no more than that it fetches."""

    interpreter: str = ""
    """The program that runs the package manager's file (`php composer.phar`)."""

    @property
    def updates(self) -> bool:
        """Whether it installs newer versions than the lock file names."""
        used = self.usage
        return used is not None and used.subcommand is not None and used.subcommand.text in _UPDATES

    @property
    def updates_installed(self) -> bool:
        """Whether it updates what is installed already, and reads no manifest: `gem update`, `npm update -g`."""
        used = self.usage
        if used is None or used.subcommand is None or not self.updates:
            return False
        projects = used.manager.projects
        everywhere = any(used.has(project.everywhere) for project in projects)
        if not projects or everywhere or "global" in (word.text for word in used.arguments):
            return True
        own = [project for project in projects if used.subcommand.text in project.verbs]
        return bool(own) and all(project.named_by and not used.has(project.named_by) for project in own)

    @property
    def unknown_goal(self) -> str:
        """What it does, where dfix does not know whether that fetches; "" elsewhere."""
        return "" if self.usage is None else unknown_goal(self.usage)

    @property
    def is_substituted(self) -> bool:
        """Whether a command makes some of its operands: `npm ci $(cat options)`."""
        operands = () if self.usage is None or self.usage.verb != "install" else self.usage.operands
        return any("$(" in word.text or "`" in word.text for word in operands)

    @property
    def names_packages(self) -> bool:
        """Whether it installs what its own words name, instead of what manifests list."""
        used = self.usage
        if used is None or self.located is None or used.verb != "install" or project_install(self.located.words):
            return False
        named = [word.text for word in used.operands if not word.text.startswith(("./", "../", "/"))]
        return any(text not in (".", "...", "true", "false") for text in named)


def fetching_command(step: Step) -> FetchingCommand | None:
    """The first command of a RUN that fetches a project's dependencies; None where there is none.

    A command within `sh -c "…"` or `$(…)`, or in a script that dfix does not read, counts too; so does one that names
    its packages, where there is no other.
    """
    if step.script.opaque:
        return _in_opaque(step)
    found = list(filter(None, map(_fetching, _all_located(step))))
    if found:
        return next((command for command in found if not command.names_packages), found[0])
    substituted = _SUBSTITUTED.search(step.source_text)
    return None if substituted is None else FetchingCommand(substituted[1], None)


def early_fetch(step: Step) -> FetchingCommand | None:
    """A command of a RUN that fetches ahead of a build (`cargo chef cook`, `./gradlew --version`); None for none."""
    for command in located(step):
        used = usage(command.words)
        prefetch = None if used is None else used.manager.prefetch
        if used is None or prefetch is None:
            continue
        download = prefetch.command.split()
        is_download = [word.text for word in used.words[: len(download)]] == download
        if is_download or prefetch.fetch_verbs & {word.text for word in used.arguments}:
            return FetchingCommand(_shown(command), command, used)
    return None


def install_in_text(script: str) -> str:
    """The install in a script's text; "" for none."""
    lines = (line for line in script.splitlines() if not line.lstrip().startswith("#"))
    found = next((found for found in map(_OPAQUE.search, lines) if found is not None), None)
    return "" if found is None else found[1]


def install_in_recipe(makefile: str) -> str:
    """The first install of a project's dependencies in the recipes of a Makefile; "" for none.

    Only whole lines and parts of `&&` chains count; a build that downloads by the way does not.
    """
    for line in makefile.splitlines():
        text = line.strip().lstrip("@-+")
        if line.startswith("\t") and _OPAQUE.search(f" {text}"):
            for inner in simple_commands(parse(text, 0, text)):
                if project_install(invoked(inner)) is not None:
                    return " ".join(word.text for word in inner.words)[:_LONGEST_SHOWN]
    return ""


def _all_located(step: Step) -> Iterator[Located]:
    """Every command of the RUN, and those of the scripts that it gives to a shell as one word."""
    for command in located(step):
        yield command
        if command.words and program_name(command.words[0]) in of_kind("shell") | {"su", "eval"}:
            for word in command.words[1:]:
                text = word.value or ""
                if " " in text:
                    for inner in simple_commands(parse(text, 0, text)):
                        yield command._replace(command=inner, words=invoked(inner), depth=command.depth + 1)


def _fetching(command: Located) -> FetchingCommand | None:
    words = command.words
    if not words:
        return None
    interpreter = ""
    if interprets(program_name(words[0])) and usage(words) is None:
        # `php bin/composer.phar install`
        at = next((at for at in range(1, len(words)) if not words[at].text.startswith("-")), 0)
        if at and usage(words[at:]) is not None:
            interpreter, words = program_name(words[0]), words[at:]
    elif program_name(words[0]) in starters():
        at = next((at for at in range(1, len(words)) if project_install(words[at:]) is not None), 0)
        if at:
            interpreter, words = program_name(words[0]), words[at:]
    shown = _shown(command)
    used = usage(words)
    if used is not None:
        if used.manager.system or used.asks:
            return None
        # `mix local.hex` installs a part of mix itself
        updates = not _UPDATES.isdisjoint(word.text for word in used.arguments)
        of_itself = not updates and used.row_of_verb is not None and not used.operands and not project_install(words)
        fetches = (used.verb == "install" and not of_itself) or builds_project(used) or unknown_goal(used) != ""
        return FetchingCommand(shown, command._replace(words=words), used, None, interpreter) if fetches else None
    program = project_programs().get(program_name(words[0]))
    if program is None:
        return None
    first = next((word.text for word in words[1:] if not word.text.startswith("-")), "")
    options = {word.text for word in words[1:]}
    if program.fetches and first not in program.fetches and not program.fetches & options:
        return None
    return FetchingCommand(shown, command, None, program)


def _shown(command: Located) -> str:
    text = " ".join(word.text for word in command.words)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _in_opaque(step: Step) -> FetchingCommand | None:
    words = step.instruction.json
    text = step.source_text if words is None else " ".join(word.text for word in words)
    found = _OPAQUE.search(text)
    return None if found is None else FetchingCommand(found[1], None)

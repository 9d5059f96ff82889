"""Whether a Node.js application uses a development dependency at run time.

It does where the sources import one, where the start command or a script that it runs comes to one, and where one is
run by a script of package.json that is for run time: people start `npm run migrate` in a container of the image.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.package_json_commands import started_commands
from dfix.rewriter.model.source_evidence import ENDINGS, sources
from dfix.rewriter.model.start_scripts import scripts_named
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.multistage.runtime_stage import BuildStage

PACKAGE_OF = {
    "tsc": "typescript",
    "nest": "@nestjs/cli",
    "ng": "@angular/cli",
    "cross-env-shell": "cross-env",
    "babel": "@babel/cli",
    "babel-node": "@babel/node",
    "swc": "@swc/cli",
    "sequelize": "sequelize-cli",
    "mikro-orm": "@mikro-orm/cli",
}
"""Programs that are not named like the package that contains them."""
_RUN_OTHERS = frozenset("npx pnpx bunx cross-env cross-env-shell env-cmd dotenv dotenvx concurrently nodemon".split())
"""Programs of npm packages whose words name another program."""
_IMPORTS = expression(
    r"""(?:^|[\s;(=])(?:import\s(?!type\b)(?:(?!import\s)[^'"])*?from\s*|import\s*|import\(|require\()['"]((?:@[\w.-]+/)?[\w.-]+)"""
)
_CONFIGURATION = expression(
    r"(?:^|/)[\w.-]+\.config\.[cm]?[jt]s$|(?:^|/)(?:gulpfile|gruntfile|karma\.conf|\.eslintrc)\b", re.IGNORECASE
)
_RUN_TIME_WORDS = expression(r"migrat\w*|seed\w*|db|workers?|queues?|jobs?|cron|scheduler?")
_DEVELOPMENT_WORDS = expression(
    r"dev\w*|debug|watch|tests?|testing|local|create|generate|make|new|build|lint|format|e2e|ci|mock\w*|docs?|hot|reset"
    r"|drop|studio|revert|rollback|undo|down|up|pull|diff|init"
)
"""Words in names of scripts that people run on their own machine, of which some would do for a container too."""
_ENGINE = "(?:docker|podman|kubectl|compose)"
_IN_A_CONTAINER = expression(rf"\b{_ENGINE}\b(?:(?!\b{_ENGINE}\b).)*\b(?:run|exec)\b|\bcommand:|^\w+: ")
_DOCUMENTS = (".md", ".rst", ".yml", ".yaml", ".sh", "Makefile", "Procfile", "justfile")
_RUNS_SCRIPT = expression(r"\b(?:npm|yarn|pnpm|bun)[\"', ]+(?:run(?:-script)?[\"', ]+)?([\w:.-]+)")


class DevelopmentOnly(NamedTuple):
    """Packages that the runtime stage does without."""

    names: frozenset[str]
    """The names in devDependencies that are not in dependencies too."""
    programs: Mapping[str, str]
    """Program → package, as the lock file tells."""

    def package(self, program: str) -> str:
        """The package that contains a program, if it is for development only; "" otherwise."""
        name = PACKAGE_OF.get(program, program)
        return self.programs.get(program, name if name in self.names else "")


def check_development_dependencies(
    build: BuildStage, manifest: Mapping[str, Any], only: DevelopmentOnly, *, installed: bool
) -> None:
    """Raise LeaveAlone where the application may need a development dependency; `installed`: the stage has them."""
    start = started_commands(build.start.words, manifest)
    for command in start:
        _check_command(command, only)
    if not installed:
        return
    read = {posixpath.basename(command.split()[0]) for command in start}
    for command in _of_start_scripts(build):
        for started in _followed(command, manifest):
            _check_command(started, only)
    for name in _run_time_scripts(build.context, manifest):
        for command in _followed(f"npm run {name}", manifest):
            _check_command(command, only, f"`npm run {name}`, which containers may run,")
    for path, text in sources(build.context, ENDINGS["node"]):
        if path.endswith(".d.ts") or (_CONFIGURATION.search(path) and not _is_read(path, read, only)):
            continue
        used = next((name for name in _IMPORTS.findall(text) if name in only.names and name[:7] != "@types/"), None)
        if used is not None:
            raise LeaveAlone("development-dependency", f"{path} imports {used}, a development dependency")


def _is_read(path: str, programs: set[str], only: DevelopmentOnly) -> bool:
    """Whether one of these programs reads a configuration file when it starts: `next start` reads next.config.js.

    Raises LeaveAlone where it needs TypeScript for that, and the runtime stage has none.
    """
    name, _, ending = posixpath.basename(path).partition(".config.")
    if name not in programs or not ending:
        return False
    if ending.endswith("ts") and "typescript" in only.names:
        text = f"`{name}` reads {path} when it starts, for which it needs typescript, a development dependency"
        raise LeaveAlone("development-dependency", text, "move typescript to dependencies")
    return True


def _check_command(command: str, only: DevelopmentOnly, script: str = "") -> None:
    """Raise LeaveAlone for a command, which `script` comes to, that runs or loads a development dependency."""
    words = command.split()
    programs = [posixpath.basename(word) for word in (words if words[0] in _RUN_OTHERS else words[:1])]
    package = next((found for program in programs if (found := only.package(program))), "")
    package = package or next((name for name in sorted(only.names) if f"node_modules/{name}/" in command), "")
    verb = "runs"
    for option, name in itertools.pairwise(words):
        base = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
        if not package and option in ("-r", "--require", "--loader", "--import") and base in only.names:
            package, verb = base, "loads"
    if package and script:
        reason = f"{script} {verb} {package} by `{command}`: a development dependency"
        raise LeaveAlone("development-dependency", reason, f"move {package} to dependencies if a container runs it")
    if package:
        raise LeaveAlone("development-dependency", f"`{command}` {verb} {package}, a development dependency")


def _followed(command: str, manifest: Mapping[str, Any]) -> list[str]:
    """The commands that a command comes to; none where its script is missing."""
    found = attempt(started_commands, tuple(command.split()), manifest)
    return [] if isinstance(found, Reason) else found


def _of_start_scripts(build: BuildStage) -> Iterator[str]:
    """The commands of the shell scripts that the start command names, as far as npm's packages are concerned."""
    for script in scripts_named(build.context, build.context_copies, [build.start.words], build.start.workdir):
        yield from map(" ".join, script.commands)


def _run_time_scripts(context: Context, manifest: Mapping[str, Any]) -> Iterator[str]:
    """The scripts of package.json that are for run time by their names, or that a document runs in a container."""
    scripts = manifest.get("scripts")
    names = [name for name in scripts if isinstance(name, str)] if isinstance(scripts, dict) else []
    mentioned: set[str] = set()
    for path, text in sources(context, _DOCUMENTS) if names else ():
        for line in text.splitlines():
            if _IN_A_CONTAINER.search(line) or path.endswith("Procfile"):
                mentioned.update(_RUNS_SCRIPT.findall(line))
    for name in names:
        words = [word for word in re.split(r"[:_.-]", name) if word]
        by_name = any(map(_RUN_TIME_WORDS.fullmatch, words)) and not any(map(_DEVELOPMENT_WORDS.fullmatch, words))
        if by_name or name in mentioned:
            yield name


def development_programs(lock: str | None) -> dict[str, str]:
    """Program → package of the packages that npm's lock file marks as for development only."""
    try:
        packages = json_value(lock or "{}").get("packages")
    except (ValueError, AttributeError):
        packages = None
    programs: dict[str, str] = {}
    shipped: set[str] = set()
    for path, entry in packages.items() if isinstance(packages, dict) else ():
        bins = entry.get("bin") if isinstance(entry, dict) else None
        if isinstance(bins, dict) and entry.get("dev"):
            programs.update(dict.fromkeys(bins, path.rpartition("node_modules/")[2]))
        elif isinstance(bins, dict):
            shipped.update(bins)
    return {program: package for program, package in programs.items() if program not in shipped}

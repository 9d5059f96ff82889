"""Node.js: the application without its development dependencies, or the files that its build made."""

from __future__ import annotations

import itertools
import json
import posixpath
import re
from typing import Any, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import ENDINGS, sources, starts_programs
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import (
    BUILD_IMAGE_PROGRAMS,
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)
from dfix.transforms.multistage.started_scripts import RUNNERS, started_commands
from dfix.transforms.multistage.system_packages import ships_build_packages

NAME = "Node.js"
PROGRAMS = RUNNERS
DEFAULT_COMMAND = ()
_BUILDS = PROGRAMS | frozenset("npx pnpx bunx corepack tsc node-gyp".split())
_PRODUCTION = frozenset(
    ("--production", "--production=true", "--omit=dev", "--only=prod", "--only=production", "--prod", "-P")
)
_GLOBAL = frozenset(("-g", "--global", "--location=global", "global"))
_NEEDS_MORE = frozenset(
    "gm imagemagick simple-git nodegit pg-native oracledb puppeteer playwright node-rdkafka canvas".split()
)
"""Packages that run programs of the full image, or link its libraries."""
_OUTPUTS = frozenset(("build", "dist", "out", "public", "www", "_site", "site", "storybook-static"))
_BUILD_TOOLS = frozenset(
    "npm yarn pnpm bun corepack typescript ts-node @nestjs/cli @angular/cli gulp gulp-cli grunt grunt-cli rimraf vite "
    "webpack webpack-cli turbo nx lerna node-gyp bower".split()
)
"""Packages whose programs build."""
_BINS = {
    "tsc": "typescript",
    "nest": "@nestjs/cli",
    "ng": "@angular/cli",
    "cross-env-shell": "cross-env",
    "ts-node-dev": "ts-node-dev",
}
_IMPORTS = re.compile(
    r"""(?:^|[\s;(=])(?:import\s(?!type\b)[^'"]*?from\s*|import\s*|import\(|require\()['"]((?:@[\w.-]+/)?[\w.-]+)"""
)
_CONFIGURES = re.compile(
    r"(?:^|/)[\w.-]+\.config\.[cm]?[jt]s$|(?:^|/)(?:gulpfile|gruntfile|karma\.conf|\.eslintrc)\b", re.IGNORECASE
)


class _Project(NamedTuple):
    """The folder in the image where the project was installed, and its package.json."""

    folder: str
    manifest: dict[str, Any]
    manager: str
    production: bool

    def names(self, kind: str) -> set[str]:
        """The names of `dependencies` or `devDependencies`."""
        found = self.manifest.get(kind)
        return set(found) if isinstance(found, dict) else set()


def is_build_command(command: Located) -> bool:
    """Whether a command belongs to a build with Node.js."""
    program = program_name(command.words[0])
    return program in _BUILDS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The application folder without development dependencies, or what a server that stays is told to serve."""
    served = _served(build)
    if served is not None:
        return served
    project = _project(build)
    _globals(build)
    _needs_development(build, project)
    more = _needs_more(build, project)
    image = build.base.smaller if build.base.smaller and not more else build.base.reference
    prunes = bool(project.names("devDependencies")) and not project.production
    if image == build.base.reference and not prunes and not ships_build_packages(build):
        if more and build.base.smaller:
            raise LeaveAlone("needs-programs", f"{build.base.reference} stays: {more}")
        return None
    finish = _pruned(build, project) if prunes else ()
    standalone = _standalone(build, project)
    left = f"development dependencies{_counted(build, project)}" if prunes else ""
    if image != build.base.reference:
        left = f"{left} and the compilers of {build.base.reference}".removeprefix(" and ")
    return RuntimeStage(
        image,
        (standalone or StageCopy(project.folder, project.folder),),
        replaces=(project.folder,),
        build_stage_runs=() if standalone else finish,
        left_behind=left,
        megabytes_saved=build.base.saves if image != build.base.reference else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS | {"python3"} if image != build.base.reference else frozenset(),
    )


def _project(build: BuildStage) -> _Project:
    installs = [
        (command, found)
        for command in build.build_commands
        if (found := project_install(command.located.words)) is not None
    ]
    folders = {command.located.folder for command, _ in installs}
    if len(folders) != 1:
        raise LeaveAlone(
            "several-installs", "the stage installs " + ("several projects" if folders else "no project that is seen")
        )
    folder = folders.pop()
    if folder is None or folder == "/" or folder.startswith("?"):
        raise LeaveAlone(
            "unknown-folder", "the folder in which the project is installed is not known, or the root of the image"
        )
    for copy in reversed(build.context_copies):
        origin = copy.brought.origin(posixpath.join(folder, "package.json"))
        text = build.context.read(origin) if origin else None
        if text is not None:
            try:
                manifest = json.loads(text)
            except ValueError:
                raise LeaveAlone("broken-manifest", f"{origin} is not valid JSON") from None
            if not isinstance(manifest, dict):
                raise LeaveAlone("broken-manifest", f"{origin} is not a JSON object")
            command, found = installs[-1]
            production = bool(_PRODUCTION.intersection(found[1])) or _environment(command) == "production"
            return _Project(folder, manifest, found[0], production)
    raise LeaveAlone("missing-file", f"no package.json of the build context lands in {folder}")


def _environment(command: ClassifiedCommand) -> str | None:
    """NODE_ENV at an install, with the default of a build argument of that name."""
    value = command.step.env.get("NODE_ENV")
    if value is None:
        steps = command.step.stage.steps[: command.step.index]
        words = [word.text for step in steps if step.keyword == "ARG" for word in step.instruction.words]
        value = next((word.partition("=")[2] for word in reversed(words) if word.startswith("NODE_ENV=")), None)
    return value


def _needs_development(build: BuildStage, project: _Project) -> None:
    """Why the application may need its development dependencies when it runs."""
    commands = started_commands(build.start.words, project.manifest)
    needed, development = project.names("dependencies"), project.names("devDependencies")
    for command in commands:
        words = command.split()
        program = posixpath.basename(words[0])
        if program == "npx" and len(words) > 1:
            program = words[1]
        package = _BINS.get(program, program)
        if package in development and package not in needed:
            raise LeaveAlone(
                "development-dependency", f"`{command}` starts the application with {package}, a development dependency"
            )
        loaded = [b for a, b in itertools.pairwise(words) if a in ("-r", "--require", "--loader", "--import")]
        for name in loaded:
            base = "/".join(name.split("/")[: 2 if name.startswith("@") else 1])
            if base in development and base not in needed:
                raise LeaveAlone("development-dependency", f"`{command}` loads {base}, a development dependency")
    only = development - needed
    for path, text in sources(build.context, ENDINGS["node"]):
        if _CONFIGURES.search(path) or path.endswith(".d.ts"):
            continue
        used = next((name for name in _IMPORTS.findall(text) if name in only and not name.startswith("@types/")), None)
        if used is not None and not project.production:
            raise LeaveAlone("development-dependency", f"{path} imports {used}, a development dependency")


def _counted(build: BuildStage, project: _Project) -> str:
    """How many packages are there for development alone, where npm's lock file tells, in brackets."""
    lock = posixpath.join(project.folder, "package-lock.json")
    origin = next((found for copy in build.context_copies if (found := copy.brought.origin(lock))), None)
    text = build.context.read(origin) if origin else None
    try:
        packages = json.loads(text or "{}").get("packages", {})
        count = sum(bool(entry.get("dev")) for entry in packages.values())
    except (ValueError, AttributeError):
        return ""
    return f" ({count} package{'' if count == 1 else 's'})" if count else ""


def _globals(build: BuildStage) -> None:
    """A package that is installed for the whole machine and may be needed when the container runs."""
    for command in build.build_commands:
        if not (_GLOBAL.intersection(command.arguments) and {"install", "i", "add"}.intersection(command.arguments)):
            continue
        for word in command.arguments:
            name = re.sub(r"(?<=.)@.*", "", word)
            if word.startswith("-") or word in ("install", "i", "add", "global"):
                continue
            if name not in _BUILD_TOOLS or name == build.start.program or build.start.program == _BINS.get(name):
                raise LeaveAlone("unknown-command", f"`{command.shortened}` may install what the program needs")


def _needs_more(build: BuildStage, project: _Project) -> str:
    """Why the slim image may lack something, as a phrase; "" where it does not."""
    place = starts_programs(build.context, "node")
    if place:
        return f"{place} may run other programs"
    names = sorted(_NEEDS_MORE & project.names("dependencies"))
    return f"{names[0]} needs programs or libraries of the full image" if names else ""


def _pruned(build: BuildStage, project: _Project) -> tuple[str, ...]:
    """The command that removes development dependencies from an installed project."""
    if project.manager != "npm" and project.manifest.get("workspaces"):
        raise LeaveAlone(
            "workspace",
            f"dfix does not know how to remove the development dependencies of a {project.manager} workspace",
        )
    major = build.base.version.split(".")[0]
    old = (major.isdigit() and int(major) < 16) or build.base.language != "node"
    frozen = (
        " --frozen-lockfile"
        if any("--frozen-lockfile" in command.arguments for command in build.build_commands)
        else ""
    )
    commands = {
        "npm": "npm prune --production" if old else "npm prune --omit=dev",
        "yarn": f"yarn install --production{frozen} --ignore-scripts --prefer-offline",
        "pnpm": "pnpm prune --prod --ignore-scripts",
        "bun": "rm -rf node_modules && bun install --production",
    }
    if project.manager == "yarn" and build.context.ships(".yarnrc.yml"):
        commands["yarn"] = "yarn workspaces focus --production"
    last = build.commands[-1].step
    installed = next(
        command.step for command in build.build_commands if project_install(command.located.words) is not None
    )
    if installed.user != last.user or any(
        step.keyword == "USER" for step in build.stage.steps[installed.index : last.index]
    ):
        raise LeaveAlone("user", "the user who installs the project is another than the one who builds it")
    after = [step for step in build.stage.steps if step.index >= last.index and step.keyword == "WORKDIR"]
    folder = after[-1].workdir if after else last.workdir
    move = "" if folder == project.folder else f"cd {project.folder} && "
    return (f"RUN {move}{commands[project.manager]}\n",)


def _standalone(build: BuildStage, project: _Project) -> StageCopy | None:
    """The folder in which Next.js traced all that its server needs (`output: "standalone"`)."""
    folder = posixpath.join(project.folder, ".next/standalone")
    starts = build.start.program == "node" and any(
        build.start.image_path(word).startswith(f"{folder}/") for word in build.start.words
    )
    return StageCopy(folder, folder) if starts else None


def _served(build: BuildStage) -> RuntimeStage | None:
    """What a server that was installed for the whole machine is told to serve."""
    install = next((command for command in build.build_commands if _installs(command, build.start.program)), None)
    if install is None:
        return None
    folder = next(
        (
            build.start.image_path(word)
            for word in build.start.words[1:]
            if not word.startswith("-") and _built(build, build.start.image_path(word))
        ),
        None,
    )
    if folder is None:
        return None
    globals_ = f"RUN npm install -g {build.start.program}\n"
    return RuntimeStage(
        build.base.smaller or build.base.reference,
        (StageCopy(folder, folder),),
        sources_only=True,
        extra_lines=(globals_,),
        left_behind="the project's dependencies and its sources",
        megabytes_saved=build.base.saves if build.base.smaller else 0,
        missing_programs=BUILD_IMAGE_PROGRAMS if build.base.smaller else frozenset(),
    )


def _installs(command: ClassifiedCommand, program: str) -> bool:
    return command.program == "npm" and bool(_GLOBAL.intersection(command.arguments)) and program in command.arguments


def _built(build: BuildStage, path: str) -> bool:
    """Whether a folder is one that the build makes: below the sources, and not brought by a COPY."""
    inside = any(path.startswith(f"{copy.destination}/") for copy in build.context_copies) or path.startswith(
        f"{build.start.workdir}/"
    )
    named = bool(_OUTPUTS.intersection(path.split("/")))
    return inside and named and not any(copy.brought.at_or_below(path) for copy in build.context_copies)

"""Node.js: ship the application without its development dependencies, or only the files that its build makes."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.knowledge.load import node_managers
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.development_dependencies import (
    DevelopmentOnly,
    check_development_dependencies,
    development_programs,
)
from dfix.transforms.multistage.full_image import runtime_image
from dfix.transforms.multistage.node_tools import fetch_run, installs_globally, needed_globally, tool_runs
from dfix.transforms.multistage.npm_lock import locked_packages
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)
from dfix.transforms.multistage.system_packages import linked_libraries

NAME = "Node.js"
PROGRAMS = node_managers()
DEFAULT_COMMAND = ()
_BUILD_PROGRAMS = PROGRAMS | frozenset("npx pnpx bunx corepack tsc node-gyp".split())
_PRODUCTION = frozenset(
    ("--production", "--production=true", "--omit=dev", "--only=prod", "--only=production", "--prod", "-P")
)
_ROOT = ("/", "?")
"""The project's folder where no WORKDIR is set, as in the official images: https://github.com/nodejs/docker-node"""
_HOOKS = frozenset(("preinstall", "install", "postinstall", "prepare", "prepublish"))
"""Scripts of package.json that an install runs: https://docs.npmjs.com/cli/v11/using-npm/scripts"""
_MEMBERS = expression(r"^packages\s*:", re.MULTILINE)
_OUTPUT_FOLDERS = frozenset(("build", "dist", "out", "public", "www", "_site", "site", "storybook-static"))


class _Project(NamedTuple):
    """The project that the stage installs."""

    folder: str
    """The image folder of its package.json."""
    manifest: dict[str, Any]
    """Its package.json."""
    manager: str
    """The package manager that installs it, "npm"."""
    production: bool
    """Whether it is installed without development dependencies."""

    def names(self, kind: str) -> set[str]:
        """The names of `dependencies` or `devDependencies`."""
        table = self.manifest.get(kind)
        return set(table) if isinstance(table, dict) else set()


def is_build_command(command: Located) -> bool:
    """Whether a command runs a package manager or compiler of Node.js, or moves what was built."""
    program = program_name(command.words[0])
    return program in _BUILD_PROGRAMS or program in COPY_COMMANDS


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """The application's folder without development dependencies; for a globally installed server, what it serves."""
    served = _served(build)
    if served is not None:
        return served
    project = _project(build)
    tools = needed_globally(build, project.manifest)
    lock = _lock(build, project)
    only = DevelopmentOnly(
        frozenset(project.names("devDependencies") - project.names("dependencies")), development_programs(lock)
    )
    check_development_dependencies(build, project.manifest, only, installed=not project.production)
    prunes = bool(project.names("devDependencies")) and not project.production
    locked = locked_packages(lock)
    packages = locked.shipped | project.names("dependencies") | tools
    image = runtime_image(build, "node", packages, scripts=locked.with_scripts, prunes=prunes)
    if image is None:
        return None
    is_new = image != build.base.reference
    prune = _prune_run(build, project) if prunes else ()
    standalone = _next_standalone(build, project)
    folder = standalone or _project_folder(build, project)
    left_behind = f"development dependencies{_package_count(locked.development)}" if prunes else ""
    if is_new:
        left_behind = f"{left_behind} and the compilers of {build.base.reference}".removeprefix(" and ")
    return RuntimeStage(
        image,
        (folder,),
        replaces=(project.folder if standalone else folder.source,),
        extra_packages=linked_libraries(build, packages, language_facts("node")) if is_new else (),
        extra_lines=tool_runs(build, project.manifest, tools),
        setup_runs=fetch_run(build, project.manifest),
        build_stage_runs=() if standalone else prune,
        left_behind=left_behind,
        megabytes_saved=build.base.saves if is_new else 0,
        missing_programs=FULL_IMAGE_PROGRAMS | {"python3"} if is_new else frozenset(),
        may_lack_libraries=is_new and not locked.listed,
    )


def _project(build: BuildStage) -> _Project:
    installs = [
        (command, install)
        for command in build.build_commands
        if (install := project_install(command.located.words)) is not None
    ]
    folders = {command.located.folder for command, _ in installs}
    if len(folders) != 1:
        raise LeaveAlone(
            "several-installs",
            "the stage installs several projects" if folders else "dfix finds no install of a project",
        )
    folder = folders.pop()
    if folder is None or (folder.startswith("?") and not (folder == "?" and build.base.language == "node")):
        raise LeaveAlone("unknown-folder", "the project's folder in the image is unknown")
    for copy in reversed(build.context_copies):
        origin = copy.brought.context_path_of(posixpath.join(folder, "package.json"))
        text = build.context.read(origin) if origin else None
        if text is not None:
            try:
                manifest = json_value(text)
            except ValueError:
                raise LeaveAlone("broken-manifest", f"{origin} is not valid JSON") from None
            if not isinstance(manifest, dict):
                raise LeaveAlone("broken-manifest", f"{origin} is not a JSON object")
            command, install = installs[-1]
            production = bool(_PRODUCTION.intersection(install[1])) or _environment(command) == "production"
            return _Project(folder, manifest, install[0], production)
    raise LeaveAlone("missing-file", f"no COPY brings a package.json from the build context to {folder}")


def _project_folder(build: BuildStage, project: _Project) -> StageCopy:
    """The copy of the project's folder; of its packages alone if it is the root folder.

    Raises LeaveAlone where something else that the build makes there may be needed.
    """
    if project.folder not in _ROOT:
        return StageCopy(project.folder, project.folder)
    scripts = project.manifest.get("scripts")
    makes_more = not all(map(_only_installs, build.build_commands)) or not _HOOKS.isdisjoint(
        scripts if isinstance(scripts, dict) else ()
    )
    elsewhere = project.manifest.get("workspaces") or any(
        build.context.ships_any(path) for path in ("node_modules", ".yarnrc.yml", "pnpm-workspace.yaml")
    )
    if makes_more or elsewhere:
        raise LeaveAlone(
            "unknown-folder",
            "the project is in the root folder, and dfix cannot tell what the build makes there",
            "add a WORKDIR",
        )
    return StageCopy("/node_modules", "/node_modules")


def _only_installs(command: ClassifiedCommand) -> bool:
    """Whether a command only installs packages, or sets up a package manager."""
    return (
        command.program == "corepack"
        or installs_globally(command)
        or project_install(command.located.words) is not None
    )


def _environment(command: ClassifiedCommand) -> str | None:
    """NODE_ENV at an install; where it is unset, the default of `ARG NODE_ENV=…`."""
    value = command.step.env.get("NODE_ENV")
    if value is None:
        steps = command.step.stage.steps[: command.step.index]
        words = [word.text for step in steps if step.keyword == "ARG" for word in step.instruction.words]
        value = next((word.partition("=")[2] for word in reversed(words) if word.startswith("NODE_ENV=")), None)
    return value


def _lock(build: BuildStage, project: _Project) -> str | None:
    """The text of npm's lock file; None where the context has none."""
    lock = posixpath.join(project.folder, "package-lock.json")
    origin = next((path for copy in build.context_copies if (path := copy.brought.context_path_of(lock))), None)
    return build.context.read(origin) if origin else None


def _package_count(count: int) -> str:
    """How many packages are for development only, as " (12 packages)"; "" where npm's lock file doesn't tell."""
    return f" ({count} package{'' if count == 1 else 's'})" if count else ""


def _prune_run(build: BuildStage, project: _Project) -> tuple[str, ...]:
    """The RUN that removes the development dependencies from the installed project."""
    members = project.manifest.get("workspaces")
    if project.manager == "pnpm":
        members = any(_MEMBERS.search(text) for _, text in sources(build.context, ("pnpm-workspace.yaml",)))
    if project.manager != "npm" and members:
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
    prune_commands = {
        "npm": "npm prune --production" if old else "npm prune --omit=dev",
        "yarn": f"yarn install --production{frozen} --ignore-scripts --prefer-offline",
        "pnpm": "pnpm prune --prod --ignore-scripts",
        "bun": "rm -rf node_modules && bun install --production",
    }
    if project.manager == "yarn" and build.context.ships(".yarnrc.yml"):
        prune_commands["yarn"] = "yarn workspaces focus --production"
    last = build.commands[-1].step
    installed = next(
        command.step for command in build.build_commands if project_install(command.located.words) is not None
    )
    if installed.user != last.user or any(
        step.keyword == "USER" for step in build.stage.steps[installed.index : last.index]
    ):
        raise LeaveAlone(
            "user", "the user changes between the install and the build", "install and build as the same user"
        )
    after = [step for step in build.stage.steps if step.index >= last.index and step.keyword == "WORKDIR"]
    folder = after[-1].workdir if after else last.workdir
    move = "" if folder == project.folder else f"cd {project.folder} && "
    return (f"RUN {move}{prune_commands[project.manager]}\n",)


def _next_standalone(build: BuildStage, project: _Project) -> StageCopy | None:
    """The folder with everything that a Next.js server needs (`output: "standalone"`); None where it isn't started."""
    folder = posixpath.join(project.folder, ".next/standalone")
    starts = build.start.program == "node" and any(
        build.start.image_path(word).startswith(f"{folder}/") for word in build.start.words
    )
    return StageCopy(folder, folder) if starts else None


def _served(build: BuildStage) -> RuntimeStage | None:
    """For a server that is installed globally (`npm i -g serve`): the build output that it serves."""
    install = next(
        (command for command in build.build_commands if _installs_globally(command, build.start.program)), None
    )
    if install is None:
        return None
    folder = next(
        (
            build.start.image_path(word)
            for word in build.start.words[1:]
            if not word.startswith("-") and _is_build_output(build, build.start.image_path(word))
        ),
        None,
    )
    if folder is None:
        return None
    install_server = f"RUN npm install -g {build.start.program}\n"
    return RuntimeStage(
        build.base.smaller or build.base.reference,
        (StageCopy(folder, folder),),
        sources_only=True,
        extra_lines=(install_server,),
        left_behind="the project's dependencies and its sources",
        megabytes_saved=build.base.saves if build.base.smaller else 0,
        missing_programs=FULL_IMAGE_PROGRAMS if build.base.smaller else frozenset(),
    )


def _installs_globally(command: ClassifiedCommand, program: str) -> bool:
    return command.program == "npm" and installs_globally(command) and program in command.arguments


def _is_build_output(build: BuildStage, path: str) -> bool:
    """Whether the build creates a folder: it is below the sources, and no COPY brings it."""
    inside = any(path.startswith(f"{copy.destination}/") for copy in build.context_copies) or path.startswith(
        f"{build.start.workdir}/"
    )
    named = bool(_OUTPUT_FOLDERS.intersection(path.split("/")))
    return inside and named and not any(copy.brought.brings_anything_below(path) for copy in build.context_copies)

"""The folders into which the commands of a stage install Python packages, each of which a runtime stage can copy whole.

Nothing is installed differently: what a virtual environment, the user's home or the base image's own packages contain
after the build is what the runtime stage contains, the package managers too.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.python_environments import Installer, project_managers
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.source_evidence import sources
from dfix.rewriter.model.start_scripts import healthcheck_commands, scripts_named
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.python_commands import called, installer_of
from dfix.transforms.multistage.runtime_stage import BuildStage

SYSTEM = "/usr/local"
"""Where the official images have their interpreter and its packages: https://github.com/docker-library/python"""
SYSTEM_MEGABYTES = 60
"""About how large it is without further packages, all of which a second stage has twice."""
LOCATION_VARIABLES = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONUSERBASE", "PIP_ROOT")
_LOCATION_OPTIONS = frozenset(("--target", "-t", "--prefix", "--root"))
_UV_PLACES = frozenset(("--target", "-t", "--prefix", "--python", "-p"))
_POETRY_CACHES = {"POETRY_CACHE_DIR": "virtualenvs", "XDG_CACHE_HOME": "pypoetry/virtualenvs"}
"""Variables that move Poetry's environments: https://python-poetry.org/docs/configuration/#cache-dir"""
_NAMES_PROJECT = frozenset(("--project", "-p", "--directory", "-C", "-g", "--global", "--active"))
_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
_AT_LEAST = expression(r"^[^\S\n]*requires-python\s*=\s*[\"'][^\"'\n]*(?:>=|~=|==)\s*(\d+)\.(\d+)", re.MULTILINE)
_EDITABLE = expression(r"^[^\S\n]*(?:-e|--editable)\b|\beditable\s*=\s*true", re.MULTILINE)


def install_places(build: BuildStage) -> tuple[str, ...]:
    """These folders, without those that are in another one. Raises LeaveAlone where one is unknown."""
    places: dict[str, None] = {}
    for command in build.build_commands:
        for place in _places(build, command):
            if place is None or not place.startswith("/") or place == "/":
                raise LeaveAlone(
                    "unknown-folder",
                    f"dfix cannot tell a folder for `{command.shortened}`, or it is the root folder",
                    "add a WORKDIR before it",
                )
            places[place] = None
    return tuple(place for place in places if not any(within(place, other) for other in places if other != place))


def runs_manager(build: BuildStage) -> bool:
    """Whether a container runs one of the package managers: as its program, from a start script or a health check.

    It may where nothing says what it runs, and one of them installs the project.
    """
    names = {*project_managers(), "pip", "pip3"}
    used = {called(command.program, command.arguments)[0] for command in build.build_commands}
    if build.start.assumed and not used.isdisjoint(project_managers()):
        return True
    checks = [
        words for step in build.stage.steps if step.keyword == "HEALTHCHECK" for words in healthcheck_commands(step)
    ]
    started = [build.start.words, *checks]
    if any(names.intersection(re.findall(r"[\w-]+", word)) for words in started for word in words):
        return True
    scripts = scripts_named(build.context, build.context_copies, started, build.start.workdir)
    return any(names.intersection(re.findall(r"[\w-]+", script.text)) for script in scripts)


def _places(build: BuildStage, command: ClassifiedCommand) -> Iterator[str | None]:
    """The folders into which one command installs; a None for one that is unknown."""
    program, words = called(command.program, command.arguments)
    installer = installer_of(command.located.words)
    if installer is not None:
        yield from _of_installer(command, installer)
    elif program in ("venv", "virtualenv"):
        yield _last_operand(command, words)
    elif program.startswith("pip") and program != "pipenv":
        if words[:1] == ("install",) or program == "pip-sync":
            yield from _of_pip(build, command, words)
    elif program.startswith("python") and words[:1] == ("setup.py",):
        _check_user(command)
        yield SYSTEM
        yield from [command.located.folder] if "develop" in words else []
    elif program == "uv" and words[:1] == ("venv",):
        yield _last_operand(command, words[1:], command.step.env.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    elif program == "uv" and words[:1] == ("pip",):
        yield from _of_uv_pip(build, command, words)
    elif program in project_managers():
        verb = next((word for word in words if not word.startswith("-")), "")
        if verb in project_managers()[program].verbs:
            yield from _of_project(build, command, program)
        elif verb == "config" and len(words) > 2:
            yield from _of_settings(command, program)


def _of_installer(command: ClassifiedCommand, installer: Installer) -> Iterator[str | None]:
    _check_user(command)
    env = command.step.env
    moved = next((name for name in installer.moved_by if name in env), None)
    if moved is not None:
        raise LeaveAlone("install-place", f"{moved} may make `{command.shortened}` install elsewhere")
    if installer.home in env:
        yield env[installer.home]
    else:
        yield from (_home(command, folder.removeprefix("~/")) for folder in installer.folders)


def _of_pip(build: BuildStage, command: ClassifiedCommand, words: tuple[str, ...]) -> Iterator[str | None]:
    _check_user(command)
    variable = next((name for name in LOCATION_VARIABLES if name in command.step.env), None)
    if variable is not None:
        raise LeaveAlone("install-place", f"{variable} makes packages go to another folder")
    if any(word.split("=")[0] in _LOCATION_OPTIONS for word in words):
        raise LeaveAlone("install-place", f"`{command.shortened}` installs to another folder")
    program = command.located.words[0].text
    own = posixpath.dirname(posixpath.dirname(program)) if program.startswith("/") else ""
    if own and not within(own, SYSTEM) and own != "/usr":
        yield own  # the pip of a virtual environment
    elif "VIRTUAL_ENV" in command.step.env:
        yield command.step.env["VIRTUAL_ENV"]
        yield SYSTEM  # where PATH does not lead to the environment
    else:
        yield _home(command, ".local") if "--user" in words else SYSTEM
    if any(word in ("-e", "--editable") or word.startswith("--editable=") for word in words) or _links(build):
        yield command.located.folder


def _of_uv_pip(build: BuildStage, command: ClassifiedCommand, words: tuple[str, ...]) -> Iterator[str | None]:
    """With `uv pip`: the active environment or `.venv`, unless it is told to use the system's interpreter."""
    if words[1:2] not in (("install",), ("sync",)):
        return
    if any(word.split("=")[0] in _UV_PLACES for word in words):
        raise LeaveAlone("install-place", f"`{command.shortened}` installs to another folder")
    if "--system" in words or (command.step.env.get("UV_SYSTEM_PYTHON") or "").lower() in _TRUE:
        _check_user(command)
        yield SYSTEM
    else:
        yield command.step.env.get("VIRTUAL_ENV") or command.image_path(".venv")
    if any(word in ("-e", "--editable") or word.startswith("--editable=") for word in words) or _links(build):
        yield command.located.folder


def _of_project(build: BuildStage, command: ClassifiedCommand, program: str) -> Iterator[str | None]:
    """The environment of a project and, where the environment may link to it, the project."""
    manager = project_managers()[program]
    _check_user(command)
    variable = next((name for name in manager.moved_by if name in command.step.env), None)
    if variable is not None:
        raise LeaveAlone("install-place", f"{variable} may make {program} use another folder")
    options = {word.partition("=")[0] for word in command.arguments}
    if not options.isdisjoint(_NAMES_PROJECT):
        raise LeaveAlone("install-place", f"`{command.shortened}` names the project's folder")
    if program != "uv" and build.context.ships_any(".venv"):
        raise LeaveAlone("install-place", f"the build context has a .venv, into which {program} may install")
    if program == "uv":
        yield from _of_uv(build, command)
    elif program == "poetry":
        yield _of_poetry(build, command)
        yield from [] if "--no-root" in options else [command.located.folder]
    elif program == "pipenv":
        yield from _of_pipenv(build, command, options)
    else:
        yield command.located.folder


def _of_settings(command: ClassifiedCommand, program: str) -> Iterator[str | None]:
    """Where `config` writes settings, which the manager reads when a container runs it."""
    if "--local" in command.arguments:
        yield command.located.folder
    else:
        _check_user(command)
        yield _home(command, project_managers()[program].settings.removeprefix("~/"))


def _of_uv(build: BuildStage, command: ClassifiedCommand) -> Iterator[str | None]:
    check_interpreter(build)
    environment = command.step.env.get("UV_PROJECT_ENVIRONMENT")
    yield from [command.image_path(environment)] if environment else []
    yield command.located.folder


def _of_pipenv(build: BuildStage, command: ClassifiedCommand, options: set[str]) -> Iterator[str | None]:
    env = {name: (value or "").lower() for name, value in command.step.env.items()}
    if "--system" in options or env.get("PIPENV_SYSTEM") in _TRUE:
        yield SYSTEM
    elif env.get("PIPENV_VENV_IN_PROJECT") in _TRUE:
        yield command.located.folder
    else:
        yield _home(command, project_managers()["pipenv"].folder.removeprefix("~/"))
    if any(_EDITABLE.search(text) for _, text in sources(build.context, ("Pipfile",))):
        yield command.located.folder


def _of_poetry(build: BuildStage, command: ClassifiedCommand) -> str | None:
    """Where Poetry installs: its settings come from variables, then poetry.toml, then `poetry config`."""
    env = command.step.env
    if "VIRTUAL_ENV" in env:
        return env["VIRTUAL_ENV"]
    create = _poetry_setting(build, command, "create")
    if create in _FALSE:
        return SYSTEM
    in_project = _poetry_setting(build, command, "in-project")
    if in_project in _TRUE:
        return command.located.folder
    moved = _poetry_setting(build, command, "path")
    if moved or create not in ("", *_TRUE) or in_project not in ("", *_FALSE):
        raise LeaveAlone("install-place", f"dfix cannot tell where `{command.shortened}` makes its environment")
    for name, below in _POETRY_CACHES.items():
        if name in env:
            value = env[name]
            return None if value is None else posixpath.join(value, below)
    return _home(command, project_managers()["poetry"].folder.removeprefix("~/"))


def _poetry_setting(build: BuildStage, command: ClassifiedCommand, name: str) -> str:
    """The value of a setting `virtualenvs.NAME` in lower case; "" where it is not set."""
    value = command.step.env.get(f"POETRY_VIRTUALENVS_{name.upper().replace('-', '_')}")
    if value is not None:
        return value.lower()
    for _, text in sources(build.context, ("poetry.toml",)):
        table: dict[str, Any] = {}
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            raise LeaveAlone("broken-manifest", "poetry.toml is not valid TOML") from None
        if table.get("cache-dir") is not None:
            raise LeaveAlone("install-place", "poetry.toml moves Poetry's caches")
        section = table.get("virtualenvs")
        if isinstance(section, dict) and name in section:
            return str(section[name]).lower()
    found = ""
    for other in build.build_commands:
        if other is command:
            break
        words = [word for word in other.arguments if not word.startswith("-")]
        if "poetry" in (other.program, *other.arguments[:2]) and "config" in words:
            if "cache-dir" in words:
                raise LeaveAlone("install-place", f"`{other.shortened}` moves Poetry's caches")
            if f"virtualenvs.{name}" in words:
                found = words[-1].lower()
    return found


def check_interpreter(build: BuildStage) -> None:
    """Raise LeaveAlone where uv may download an interpreter of its own, because the image's is not what is asked for.

    Source: https://docs.astral.sh/uv/concepts/python-versions/#automatic-python-downloads
    """
    numbers = tuple(int(number) for number in re.findall(r"\d+", build.base.version))
    for path, text in sources(build.context, ("pyproject.toml",)):
        least = _AT_LEAST.search(text) if "/" not in path else None
        if least is not None and numbers and numbers[:2] < (int(least[1]), int(least[2])):
            raise LeaveAlone(
                "install-place", f"{path} asks for Python {least[1]}.{least[2]}, which uv downloads itself"
            )
    for path, text in sources(build.context, (".python-version",)):
        wanted = text.strip()
        if "/" not in path and wanted and not f"{build.base.version}.".startswith(f"{wanted}."):
            raise LeaveAlone("install-place", f"{path} asks for Python {wanted}, which uv may download itself")


def _check_user(command: ClassifiedCommand) -> None:
    if command.step.user not in (None, "root", "0"):
        raise LeaveAlone(
            "install-place",
            f"`{command.shortened}` runs as {command.step.user}, who installs into a folder of their own",
        )


def _home(command: ClassifiedCommand, below: str) -> str:
    """A folder in root's home."""
    return posixpath.join(command.step.env.get("HOME") or "/root", below)


def _last_operand(command: ClassifiedCommand, words: tuple[str, ...], default: str = "") -> str | None:
    operands = [word for word in words if not word.startswith("-")]
    return command.image_path(operands[-1] if operands else default) if operands or default else None


def _links(build: BuildStage) -> bool:
    """Whether a requirements file installs links to sources."""
    return any(_EDITABLE.search(text) for _, text in sources(build.context, ("requirements.txt",)))

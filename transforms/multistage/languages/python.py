"""Python: ship what pip, poetry or uv installed, without compilers."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.knowledge.language_facts import language_facts
from dfix.rewriter.knowledge.python_environments import project_managers
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import ENDINGS, compiles_later, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.full_image import runtime_image
from dfix.transforms.multistage.python_commands import (
    application_steps,
    called,
    check_pipes,
    installer_of,
    is_piped_interpreter,
)
from dfix.transforms.multistage.python_places import (
    LOCATION_VARIABLES,
    SYSTEM,
    SYSTEM_MEGABYTES,
    check_interpreter,
    install_places,
    runs_manager,
)
from dfix.transforms.multistage.runtime_stage import BuildStage, RuntimeStage, StageCopy
from dfix.transforms.multistage.system_packages import linked_libraries

NAME = "pip"
PROGRAMS = frozenset(("pip", "pip3", "poetry", "pdm", "pipenv", "uv", "python", "python3", "virtualenv"))
DEFAULT_COMMAND = ()
RUNS_SCRIPTS = True
_INSTALLERS = frozenset("pip setuptools wheel poetry pdm uv pipenv virtualenv pip-tools build".split())
_SETUP = frozenset(("install", "develop", "build", "build_ext"))
_LOCATION_OPTIONS = frozenset(("--target", "-t", "--prefix", "--root", "--user"))
_UV_PLACES = frozenset(("--system", "--python", "-p", "--target", "-t", "--prefix"))
_NAME = expression(r"^[^\S\n]*([A-Za-z0-9][\w.-]*)", re.MULTILINE)


def is_build_command(command: Located) -> bool:
    """Whether a command installs Python packages, or makes a virtual environment."""
    if installer_of(command.words) is not None or is_piped_interpreter(command.words):
        return True
    words = tuple(word.literal_or_text for word in command.words)
    program, words = called(program_name(command.words[0]), words[1:])
    manager = project_managers().get(program)
    if manager is not None:
        verb = next((word for word in words if not word.startswith("-")), "".join(words[:1]))
        return verb in (*manager.verbs, *manager.prepare) or (program == "uv" and verb in ("pip", "venv"))
    if program.startswith("python"):
        return words[:1] == ("setup.py",) and not _SETUP.isdisjoint(words)
    return program.startswith("pip") or program in ("venv", "virtualenv", "ensurepip")


def runtime_stage(build: BuildStage) -> RuntimeStage | None:
    """What was installed, on the same interpreter."""
    if build.base.language != "python":
        raise LeaveAlone("base-image", f"dfix does not know where {build.base.reference} keeps Python's packages")
    if not any(_installs(command) for command in build.build_commands):
        return None
    check_pipes(build)
    required = _required_packages(build)
    _check_compiles_later(build, required)
    image = runtime_image(build, "python", required)
    if image is None:
        return None
    is_new = image != build.base.reference
    libraries = linked_libraries(build, required, language_facts("python")) if is_new else ()
    packages = _packages(build)
    saved = build.base.saves if is_new else 0
    if any(copy.source == SYSTEM for copy in packages.copies):
        saved = max(saved - SYSTEM_MEGABYTES, 0)
    return RuntimeStage(
        image,
        packages.copies,
        runs_there=frozenset(application_steps(build)),
        replaces=tuple(copy.source for copy in packages.copies),
        keeps_copied_tools=packages.all_places,
        extra_packages=libraries,
        build_stage_edits=packages.edits,
        left_behind=f"the compilers of {build.base.reference}" if is_new else "",
        megabytes_saved=saved,
        missing_programs=FULL_IMAGE_PROGRAMS | {"file", "xz"} if is_new else frozenset(),
        may_lack_libraries=is_new,
    )


class _Packages(NamedTuple):
    """How the runtime stage gets the installed packages."""

    copies: tuple[StageCopy, ...]
    edits: tuple[Edit, ...] = ()
    all_places: bool = False
    """Whether the copies are all folders into which anything is installed, package managers included."""


def _packages(build: BuildStage) -> _Packages:
    """The environment alone; the packages under a prefix of their own; else all folders into which the stage installs.

    All of them where the container runs a package manager (`poetry run`), or where the packages can't be told from
    others by where they are.
    """
    if not runs_manager(build):
        found = attempt(_environment, build)
        if found is None and not any(command.arguments[:1] == ("venv",) for command in build.build_commands):
            found = attempt(_with_prefix, build)
        if isinstance(found, _Packages):
            return found
    return _Packages(tuple(StageCopy(place, place) for place in install_places(build)), all_places=True)


def _check_compiles_later(build: BuildStage, required: set[str]) -> None:
    """Raise LeaveAlone for a program that needs a compiler in the container, too."""
    place = compiles_later(build.sources(*ENDINGS["python"]))
    if not place:
        place = next(iter(sorted(language_facts("python").compiles_at_run_time & required)), "")
    if place:
        raise LeaveAlone("needs-programs", f"{place} may call a compiler when the program runs")


def _installs(command: ClassifiedCommand) -> bool:
    program, words = called(command.program, command.arguments)
    if program in project_managers():
        return not {"install", "sync", "add"}.isdisjoint(words[:2])
    if program.startswith("python"):
        return words[:1] == ("setup.py",) and not {"install", "develop"}.isdisjoint(words)
    return program == "pip-sync" or (words[:1] == ("install",) and not _installs_installers(command))


def _installs_installers(command: ClassifiedCommand) -> bool:
    """Whether a command only installs or upgrades installers (`pip install -U pip wheel`)."""
    operands = [re.split(r"[=<>~\[]", word)[0].lower() for word in command.arguments if not word.startswith("-")]
    packages = [word for word in operands if word not in ("install", "pip") or word == operands[-1]]
    reads = any(
        word.startswith(("-r", "--requirement", "-c", "--constraint", "-e", "--editable")) for word in command.arguments
    )
    return not reads and all(word in _INSTALLERS for word in packages)


def _environment(build: BuildStage) -> _Packages | None:
    """The copy of the virtual environment into which everything is installed; None where there is none."""
    for command in build.build_commands:
        words = command.arguments
        venv_words = (
            words[2:]
            if words[:2] in (("-m", "venv"), ("-m", "virtualenv"))
            else words
            if command.program == "virtualenv"
            else ()
        )
        operands = [word for word in venv_words if not word.startswith("-")]
        if operands:
            path = command.image_path(operands[-1])
            if path is None:
                raise LeaveAlone(
                    "install-place", f"dfix cannot tell where `{command.shortened}` makes its virtual environment"
                )
            _check_installs_into(build, path)
            return _Packages((StageCopy(path, path),))
    for command in build.build_commands:
        if command.program in ("poetry", "uv") and _installs(command):
            folder = command.located.folder
            inside = command.program == "uv" or (
                command.step.env.get("POETRY_VIRTUALENVS_IN_PROJECT") or ""
            ).lower() in (
                "1",
                "true",
            )
            if not inside:
                hint = "set POETRY_VIRTUALENVS_IN_PROJECT=1, and start the program from .venv/bin"
                raise LeaveAlone(
                    "install-place", f"Poetry chooses the folder into which `{command.shortened}` installs", hint
                )
            if _installs_into_system(command):
                return None
            variable = "VIRTUAL_ENV" if "pip" in command.arguments[:1] else "UV_PROJECT_ENVIRONMENT"
            path = command.step.env.get(variable) if command.program == "uv" else None
            path = path or posixpath.join(folder or "?", ".venv")
            if "?" in path:
                raise LeaveAlone("unknown-folder", f"dfix cannot tell in which folder `{command.shortened}` runs")
            if command.program == "uv":
                check_interpreter(build)
            if not build.start.image_path(build.start.words[0]).startswith(f"{path}/") and not _on_path(build, path):
                raise LeaveAlone(
                    "install-place", f"dfix cannot tell whether the container runs in the virtual environment {path}"
                )
            return _Packages((StageCopy(path, path),))
    return None


def _installs_into_system(command: ClassifiedCommand) -> bool:
    """Whether it is a `uv pip` that installs into no virtual environment, or into one that an option names.

    Source: docs.astral.sh/uv ("Using Python environments").
    """
    if command.program != "uv" or command.arguments[:1] != ("pip",):
        return False
    options = {word.partition("=")[0] for word in command.arguments}
    system = (command.step.env.get("UV_SYSTEM_PYTHON") or "").lower()
    return not options.isdisjoint(_UV_PLACES) or system in ("1", "true", "yes", "on")


def _on_path(build: BuildStage, environment: str) -> bool:
    value = build.stage.env.get("PATH")
    text = " ".join(step.instruction.value for step in build.stage.steps if step.keyword == "ENV")
    return f"{environment}/bin" in (value or text)


def _check_installs_into(build: BuildStage, environment: str) -> None:
    """Raise LeaveAlone for an install that may not go into the virtual environment."""
    for command in build.build_commands:
        if _installs(command) and command.program not in ("poetry", "uv"):
            runs_its_program = command.located.words[0].text.startswith(f"{environment}/")
            if not runs_its_program and f"{environment}/bin" not in _path_text(command):
                raise LeaveAlone(
                    "install-place", f"dfix cannot tell whether `{command.shortened}` installs into {environment}"
                )


def _path_text(command: ClassifiedCommand) -> str:
    steps = command.step.stage.steps[: command.step.index]
    values = [step.expand(step.instruction.value) or step.instruction.value for step in steps if step.keyword == "ENV"]
    variables = {name: value for name, value in command.step.env.items() if value}
    text = " ".join(values)
    for name, value in variables.items():
        text = text.replace(f"${name}", value).replace(f"${{{name}}}", value)
    return text


def _with_prefix(build: BuildStage) -> _Packages:
    """The only install, which gets `--prefix=/install` so that its packages can be told from the base image's."""
    installs = [command for command in build.build_commands if _installs(command)]
    if len(installs) != 1:
        raise LeaveAlone(
            "several-installs",
            "several commands install packages, and a later one may skip what an earlier one installed",
            "install them with one command",
        )
    (command,) = installs
    if not called(command.program, command.arguments)[0].startswith("pip") or command.program in ("pipenv", "pip-sync"):
        raise LeaveAlone(
            "install-place",
            f"`{command.shortened}` installs among the base image's packages, or into a folder that it chooses",
        )
    if command.step.user not in (None, "root", "0"):
        raise LeaveAlone(
            "install-place",
            f"`{command.shortened}` runs as {command.step.user}, who cannot write to a new prefix",
        )
    variable = next((name for name in LOCATION_VARIABLES if name in command.step.env), None)
    if variable is not None:
        raise LeaveAlone("install-place", f"{variable} makes packages go to another folder")
    for word in command.arguments:
        if word.split("=")[0] in _LOCATION_OPTIONS:
            raise LeaveAlone("install-place", f"`{command.shortened}` installs to another folder")
        if word in ("-e", "--editable") or word.startswith("--editable="):
            raise LeaveAlone("editable", f"`{command.shortened}` installs only links to the sources")
    if _links_to_sources(build):
        raise LeaveAlone("editable", f"`{command.shortened}` installs only links to the sources")
    verb = next(word for word in command.located.words if word.literal_or_text == "install")
    has_upgraded_installers = any(
        _installs_installers(other) for other in build.build_commands if "install" in other.arguments
    )
    options = " --prefix=/install" + (" --ignore-installed" if has_upgraded_installers else "")
    return _Packages((StageCopy("/install", SYSTEM),), (Edit(Span(verb.span.end, verb.span.end), options),))


def _links_to_sources(build: BuildStage) -> bool:
    return any(
        re.search(r"^[^\S\n]*-e\s", text, re.MULTILINE) for _, text in sources(build.context, ("requirements.txt",))
    )


_MANIFESTS = (
    ".txt", ".in", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "Pipfile.lock", "poetry.lock",
    "uv.lock", "pdm.lock",
)  # fmt: skip


def _required_packages(build: BuildStage) -> set[str]:
    """The packages that manifests and commands name, in PyPI's normal form."""
    names: set[str] = set()
    for path, text in sources(build.context, _MANIFESTS):
        if path.endswith(("Pipfile.lock", "setup.py", "setup.cfg")):
            names |= set(re.findall(r"[A-Za-z][\w.-]*", text))
        elif path.endswith(".lock"):
            names |= set(re.findall(r'^name = "([\w.-]+)"', text, re.MULTILINE))
        elif path.endswith(".toml"):
            names |= set(re.findall(r'^[^\S\n]*"?([A-Za-z][\w.-]*)', text, re.MULTILINE))
        elif "require" in path or path.endswith(("Pipfile", ".in")):
            names |= set(_NAME.findall(text))
    for command in build.build_commands:
        names |= {re.split(r"[=<>~\[]", word)[0] for word in command.arguments}
    return {name.lower().replace("_", "-") for name in names}

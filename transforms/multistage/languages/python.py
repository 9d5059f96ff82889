"""Python: what pip, poetry or uv installed, without the compilers that it took."""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources, starts_programs
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.multistage.command_purpose import Act
from dfix.transforms.multistage.runtime_stage import LACKS, Brought, Parts, Work
from dfix.transforms.multistage.system_packages import leaves, linked

NAME = "pip"
MAIN = frozenset(("pip", "pip3", "poetry", "uv", "python", "python3"))
_TOOLS = frozenset("pip setuptools wheel poetry uv pipenv virtualenv pip-tools build".split())
_ELSEWHERE = frozenset(("--target", "-t", "--prefix", "--root", "--user"))
_MOVED_BY = ("PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PYTHONUSERBASE", "PIP_ROOT")
_LINKS = {
    "psycopg2": "libpq-dev",
    "psycopg": "libpq-dev",
    "mysqlclient": "default-libmysqlclient-dev",
    "pycurl": "libcurl4-openssl-dev",
    "python-magic": "libmagic-dev",
    "pyodbc": "unixodbc-dev",
    "pymssql": "freetds-dev",
}
"""Packages that link or load a library which the full image has and the slim one lacks."""
_NEEDS_MORE = frozenset(
    "gitpython wand uwsgi xmlsec pygraphviz graphviz mod-wsgi python-ldap pdf2image pytesseract gdal".split()
)
_NAME = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)", re.MULTILINE)


def builds(command: Located) -> bool:
    """Whether a command belongs to an installation of Python packages."""
    words = [word.literal_or_text for word in command.words]
    program = program_name(command.words[0])
    if program.startswith("pip") or program in ("poetry", "uv", "virtualenv"):
        return True
    return (
        program.startswith("python")
        and words[1:2] == ["-m"]
        and words[2:3] in (["pip"], ["venv"], ["virtualenv"], ["ensurepip"])
    )


def parts(work: Work) -> Parts | None:
    """The environment, or the packages put under a prefix of their own, on the same interpreter."""
    if work.base.language != "python":
        raise LeaveAlone("base-image", f"where {work.base.reference} keeps Python's packages is not known")
    if not any(_installs(act) for act in work.builds):
        return None
    more = _needs_more(work)
    image = work.base.smaller if work.base.smaller and not more else work.base.reference
    if image == work.base.reference and not leaves(work):
        if more and work.base.smaller:
            raise LeaveAlone("needs-programs", f"{work.base.reference} stays: {more}")
        return None
    if work.start.program in ("poetry", "uv", "pipenv", "pip"):
        raise LeaveAlone("runs-build-tool", f"the command runs {work.start.program} itself, which would stay behind")
    libraries = linked(work, _required(work), _LINKS) if image != work.base.reference else ()
    found = _environment(work) or _prefixed(work)
    brought, edits = found
    return Parts(
        image,
        (brought,),
        covered=(brought.source,),
        packages=libraries,
        edits=edits,
        left=f"the compilers of {work.base.reference}" if image != work.base.reference else "",
        megabytes=work.base.saves if image != work.base.reference else 0,
        lacks=LACKS | {"file", "xz"} if image != work.base.reference else frozenset(),
    )


def _installs(act: Act) -> bool:
    words = [word for word in act.arguments if word not in ("-m", "pip")]
    if act.program in ("poetry", "uv", "pipenv") or act.program == "pip-sync":
        return act.program == "pip-sync" or words[:1] in (["install"], ["sync"])
    return words[:1] == ["install"] and not _is_tool(act)


def _is_tool(act: Act) -> bool:
    """Whether only installers themselves are installed or brought up to date."""
    operands = [re.split(r"[=<>~\[]", word)[0].lower() for word in act.arguments if not word.startswith("-")]
    named = [word for word in operands if word not in ("install", "pip") or word == operands[-1]]
    reads = any(
        word.startswith(("-r", "--requirement", "-c", "--constraint", "-e", "--editable")) for word in act.arguments
    )
    return bool(named) and not reads and all(word in _TOOLS for word in named)


def _environment(work: Work) -> tuple[Brought, tuple[Edit, ...]] | None:
    """The virtual environment into which everything is installed; None where there is none."""
    for act in work.builds:
        words = act.arguments
        made = (
            words[2:]
            if words[:2] in (("-m", "venv"), ("-m", "virtualenv"))
            else words
            if act.program == "virtualenv"
            else ()
        )
        operands = [word for word in made if not word.startswith("-")]
        if operands:
            path = act.path(operands[-1])
            if path is None:
                raise LeaveAlone("install-place", f"where `{act.shown}` makes its environment is not known")
            _installs_into(work, path)
            return Brought(path, path), ()
    for act in work.builds:
        if act.program in ("poetry", "uv") and _installs(act):
            folder = act.located.folder
            inside = act.program == "uv" or (act.step.env.get("POETRY_VIRTUALENVS_IN_PROJECT") or "").lower() in (
                "1",
                "true",
            )
            if not inside:
                hint = "set POETRY_VIRTUALENVS_IN_PROJECT=1, and start the program from .venv/bin"
                raise LeaveAlone("install-place", f"`{act.shown}` installs where poetry chooses", hint)
            path = act.step.env.get("UV_PROJECT_ENVIRONMENT") if act.program == "uv" else None
            path = path or posixpath.join(folder or "?", ".venv")
            if "?" in path:
                raise LeaveAlone("unknown-folder", f"the folder in which `{act.shown}` runs is not known")
            if not work.start.path(work.start.words[0]).startswith(f"{path}/") and not _on_path(work, path):
                raise LeaveAlone("install-place", f"the command does not say that it runs in {path}")
            return Brought(path, path), ()
    return None


def _on_path(work: Work, environment: str) -> bool:
    value = work.stage.env.get("PATH")
    text = " ".join(step.instruction.value for step in work.stage.steps if step.keyword == "ENV")
    return f"{environment}/bin" in (value or text)


def _installs_into(work: Work, environment: str) -> None:
    """Raises LeaveAlone for an install that does not go into the environment."""
    for act in work.builds:
        if _installs(act) and act.program not in ("poetry", "uv"):
            own = act.located.words[0].text.startswith(f"{environment}/")
            if not own and f"{environment}/bin" not in _path_text(act):
                raise LeaveAlone("install-place", f"`{act.shown}` does not say that it installs into {environment}")


def _path_text(act: Act) -> str:
    steps = act.step.stage.steps[: act.step.index]
    values = [step.expand(step.instruction.value) or step.instruction.value for step in steps if step.keyword == "ENV"]
    variables = {name: value for name, value in act.step.env.items() if value}
    text = " ".join(values)
    for name, value in variables.items():
        text = text.replace(f"${name}", value).replace(f"${{{name}}}", value)
    return text


def _prefixed(work: Work) -> tuple[Brought, tuple[Edit, ...]]:
    """The one install among the base image's packages, told to use a prefix of its own."""
    installs = [act for act in work.builds if _installs(act)]
    if len(installs) != 1:
        raise LeaveAlone(
            "several-installs", "packages are installed by several commands, of which the later see the earlier ones'"
        )
    (act,) = installs
    if act.program in ("poetry", "uv", "pipenv", "pip-sync"):
        raise LeaveAlone(
            "install-place", f"`{act.shown}` installs among the packages of the base image, or where it chooses"
        )
    if act.step.user not in (None, "root", "0"):
        raise LeaveAlone(
            "install-place", f"`{act.shown}` runs as {act.step.user}, who cannot write to a prefix of its own"
        )
    moved = next((name for name in _MOVED_BY if name in act.step.env), None)
    if moved is not None:
        raise LeaveAlone("install-place", f"{moved} puts packages to a place of its own")
    for word in act.arguments:
        if word.split("=")[0] in _ELSEWHERE:
            raise LeaveAlone("install-place", f"`{act.shown}` installs to a place of its own")
        if word in ("-e", "--editable") or word.startswith("--editable="):
            raise LeaveAlone("editable", f"`{act.shown}` installs links to the sources")
    if _links_to_sources(work):
        raise LeaveAlone("editable", f"`{act.shown}` installs links to the sources")
    verb = next(word for word in act.located.words if word.literal_or_text == "install")
    earlier = any(_is_tool(other) for other in work.builds if other is not act and "install" in other.arguments)
    options = " --prefix=/install" + (" --ignore-installed" if earlier else "")
    return Brought("/install", "/usr/local"), (Edit(Span(verb.span.end, verb.span.end), options),)


def _links_to_sources(work: Work) -> bool:
    return any(re.search(r"^\s*-e\s", text, re.MULTILINE) for _, text in sources(work.context, ("requirements.txt",)))


def _required(work: Work) -> set[str]:
    """The names of packages that manifests and commands name."""
    found: set[str] = set()
    for path, text in sources(work.context, (".txt", ".in", "pyproject.toml", "Pipfile", "poetry.lock", "uv.lock")):
        if path.endswith((".lock",)):
            found |= set(re.findall(r'^name = "([\w.-]+)"', text, re.MULTILINE))
        elif path.endswith(".toml"):
            found |= set(re.findall(r'^\s*"?([A-Za-z][\w.-]*)', text, re.MULTILINE))
        elif "require" in path or path.endswith(("Pipfile", ".in")):
            found |= set(_NAME.findall(text))
    for act in work.builds:
        found |= {re.split(r"[=<>~\[]", word)[0] for word in act.arguments}
    return {name.lower().replace("_", "-") for name in found}


def _needs_more(work: Work) -> str:
    """Why the slim image may lack something, as a phrase; "" where it does not."""
    place = starts_programs(work.context, "python")
    if place:
        return f"{place} may run other programs"
    names = sorted(_NEEDS_MORE & _required(work))
    return f"{names[0]} needs programs or libraries of the full image" if names else ""

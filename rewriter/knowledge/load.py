"""Loads the package managers' .toml files, each once and only when a command's name contains its stem.

A file's stem is a substring of every command name that it describes (`apt` of `apt-get`), so that a Dockerfile
without that text never loads it. The fields of `Manager`, `Project`, `Prefetch`, `CleanUp` (clean_up_row.py) and
`CacheMount` (mount_row.py) describe the keys of a file; a key that has another name than its field is given in
parentheses.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from dfix.rewriter.knowledge.clean_up_row import CleanUp, clean_up_of
from dfix.rewriter.knowledge.mount_row import CacheMount, mount_of
from dfix.rewriter.knowledge.program_table import ProgramRow, parse_row
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table, own_text

_LETTERS = expression(r"[A-Za-z]+")
FOLDER = os.path.join(os.path.dirname(__file__), "managers")
SUFFIX = ".toml"


class Project(NamedTuple):
    """How a manager installs a project's own dependencies; a manager may have several ways (`[[project]]`)."""

    reader: str
    """The module of `manifests` that tells which files such an install reads."""
    verbs: frozenset[str]
    """The sub-commands that install the project: "ci", "mod download". None: the manager has no sub-commands."""
    bare: bool
    """Whether the command without a sub-command installs the project too: `yarn`."""
    everywhere: frozenset[str]
    """Options that install for the whole machine instead: "--global"."""
    named_by: frozenset[str]
    """Options that name the project's files: "-r". A command installs the project if it has one, or a local path.

    If there are none, every command without operands installs it.
    """
    folder_by: frozenset[str]
    """(`folder-by`) Options that name the project's folder: "--working-dir"."""
    takes_paths: bool
    """Whether operands are files or folders of the project, and not packages."""
    dependencies_only: tuple[str, ...]
    """The options of which one installs the dependencies without the project: "--no-root"; some are several words."""
    repeats: bool
    """Whether an install that rewrites its lock file fetches nothing and writes the same file when it runs again."""
    mentions: str
    """A text that one of the command's words has to contain; "" for none."""


class Prefetch(NamedTuple):
    """A command that downloads a build's dependencies ahead of the build (`[early]`): `go mod download`."""

    what: str
    """What it downloads, in words: "the modules"."""
    reader: str
    """The module of `manifests` that tells which files `command` reads."""
    command: str
    """What follows the program's name: "mod download"."""
    only_caches: bool
    """(`only-caches`) Whether it writes only the manager's `caches` and what the build itself writes, too: may ship."""
    builds: frozenset[str]
    """The sub-commands that build, and so download. None: any; "install --path": with that option."""
    builds_without_lock: frozenset[str]
    """(`builds-without-lock`) Those of `builds` that write no lock file, although `command` does."""
    resolves: frozenset[str]
    """The sub-commands that download like a build, but also decide which versions; only without packages by name."""
    fetch_verbs: frozenset[str]
    """(`fetches`) The sub-commands that already download everything, so that nothing is left to download."""
    without_fetch: frozenset[str]
    """(`without-fetch`) The other sub-commands that download nothing for the project; empty if unknown."""
    forwarded_options: frozenset[str]
    """(`carries`) Options that `command` takes over from the build; "*" for all of them."""
    forwarded_since: dict[str, int]
    """(`carries-since`) Those of them that `command` only has from a major version of `version-image` on."""
    version_image: str
    """(`version-image`) The image whose tag tells the manager's version; "" if none does."""
    forwarded_prefixes: tuple[str, ...]
    """(`properties`) What the words begin with that `command` takes over although they are no options: `/p:A=b`."""
    writes: tuple[str, ...]
    """Folders beside the manifests that it fills, as the build does after it."""
    only_needed: bool
    """(`only-needed`) Whether it fetches what the build fetches itself, and no more."""
    given_as: dict[str, str]
    """(`given-as`) Options of the build, and the words that say the same to `command`, before the option's value."""
    versions: frozenset[str]
    """Properties that `command` does not need where their values are unknown: they only name what is built."""
    forwards_operands: bool
    """(`operands`) Whether `command` takes over the build's operands too."""
    unsupported_options: frozenset[str]
    """(`elsewhere`) Options with which the build downloads in another way."""
    variables: tuple[str, ...]
    """Prefixes of variables that may change how the build downloads."""
    harmless: frozenset[str]
    """Variables with such a prefix that do not."""
    settings: dict[str, str]
    """Variables that are allowed unless their value contains this text."""
    cache_variables: tuple[str, ...]
    """(`keeps`) Variables that say where downloaded files are kept."""
    moved_by: tuple[str, ...]
    """(`moves`) Variables, properties and settings of files with which downloaded files are kept elsewhere."""
    vendored_in: tuple[str, ...]
    """(`brings`) Files and folders of the context with which nothing is downloaded: "vendor"."""
    workspace: str
    """The file of a workspace, in a folder above: next to it, `vendored_in` counts too; "" for none."""
    may_fail: str
    """(`may-fail`) The form of `command` whose failure changes nothing, with `{}` in its place; "" for none."""
    then: str
    """(`then`) What removes all that `command` leaves besides the caches; "" for nothing."""


class Manager(NamedTuple):
    """A package manager: what its file says."""

    name: str
    """The stem of its file."""
    source: str
    """The documentation that the file was written from."""
    commands: frozenset[str]
    """The names of its programs."""
    module: str
    """The name with which `python -m` runs it; "" for none."""
    interpreter: str
    """The program that runs its file, which may also be called by its own name: "php"; "" for none."""
    versioned: bool
    """Whether a command's name may end in a version: `pip3.11`."""
    verbs: dict[str, str]
    """What each sub-command does: "update" (the package lists), "install", "query" (the lists), "remove" or "clean"."""
    values: frozenset[str]
    """The options that take the next word as their value."""
    single_dash: bool
    """Whether `-trimpath` is one option, and not a bundle of one-letter options."""
    asks: frozenset[str]
    """The options with which it only prints."""
    manifests: tuple[str, ...]
    locks: tuple[str, ...]
    caches: tuple[str, ...]
    """Its cache folders; `~` is the home of the user who runs it."""
    projects: tuple[Project, ...]
    prefetch: Prefetch | None
    outputs: tuple[str, ...]
    """Folders that it, or a build with it, creates next to its manifest on the host."""
    outputs_beside: tuple[str, ...]
    """The names of files next to which `outputs` are its own."""
    outputs_hold: tuple[str, ...]
    """Names of which an output holds at least one, where authors have folders of that name too; () for no check."""
    clean_up: CleanUp | None
    mount: CacheMount | None
    system: bool
    """Whether it is a distribution's, which installs named packages for the whole machine."""
    settings_at: tuple[str, ...]
    """The folders of its settings."""
    one_folder: bool
    """Whether its packages keep their programs in one folder, so that no program can hide another one."""
    same: frozenset[str]
    """Programs of which it makes no difference which of two with the same name runs."""
    family: str
    """Managers of the same family read each other's settings."""
    virtual: frozenset[str]
    """Options that give the packages of one install a name: `apk add --virtual .build`."""
    rows: dict[str, ProgramRow]
    """What its sub-commands do with files, as rows of the table of programs."""


@cache
def stems() -> tuple[str, ...]:
    """The stem of each file: "apt", "npm"."""
    return tuple(sorted(name[: -len(SUFFIX)] for name in os.listdir(FOLDER) if name.endswith(SUFFIX)))


@cache
def lock_names() -> frozenset[str]:
    """The names of all managers' lock files."""
    return frozenset(name for stem in stems() for name in load(stem).locks)


@cache
def load(stem: str) -> Manager:
    """The package manager that `stem`.toml describes."""
    data = own_table(FOLDER, stem + SUFFIX)
    caches = tuple(data.get("caches", ()))
    verbs = {word: kind for kind, words in data["verbs"].items() for word in words}
    clean_up = clean_up_of(data["clean-up"], caches) if "clean-up" in data else None
    return Manager(
        name=stem,
        source=data["source"],
        commands=frozenset(data["commands"]),
        module=data.get("module", ""),
        interpreter=data.get("interpreter", ""),
        versioned=data.get("versioned", False),
        verbs=verbs,
        values=frozenset(data.get("values", ())),
        single_dash=data.get("single-dash", False),
        asks=frozenset(data.get("asks", ())),
        manifests=tuple(data.get("manifests", ())),
        locks=tuple(data.get("locks", ())),
        caches=caches,
        projects=tuple(map(_project, data.get("project", ()))),
        prefetch=_prefetch(data["early"]) if "early" in data else None,
        outputs=tuple(data.get("outputs", {}).get("folders", ())),
        outputs_beside=tuple(data.get("outputs", {}).get("beside", ())),
        outputs_hold=tuple(data.get("outputs", {}).get("hold", ())),
        clean_up=clean_up,
        mount=mount_of(data["mount"], clean_up) if "mount" in data else None,
        system=data.get("system", False),
        settings_at=tuple(data.get("settings-at", ())),
        one_folder=data.get("one-folder", False),
        same=frozenset(data.get("same", ())),
        family=data.get("family", stem),
        virtual=frozenset(data.get("virtual", ())),
        rows={name: row for row in (parse_row(table, stem) for table in data.get("command", ())) for name in row.names},
    )


@cache
def _texts() -> dict[str, str]:
    """The text of each file, in which a few keys are found without parsing all the files."""
    return {stem: own_text(FOLDER, stem + SUFFIX) for stem in stems()}


def is_named(table: str, script: str) -> bool:
    """Whether a script names a command of a manager whose file has a table ("project", "early").

    Most scripts name none, and don't need to be parsed.
    """
    return not _named_with(table).isdisjoint(_LETTERS.findall(script))


@cache
def node_managers() -> frozenset[str]:
    """The programs of the managers that install what a package.json names, and run its scripts."""
    texts = (text for text in _texts().values() if '\nreader = "node.install"' in text)
    return frozenset(name for text in texts for name in _words(text, "commands"))


@cache
def _named_with(table: str) -> frozenset[str]:
    """The leading letters of those commands: "pip" of pip3 and pip-sync."""
    texts = (text for text in _texts().values() if f"[{table}]" in text)
    return frozenset(_LETTERS.findall(name)[0] for text in texts for name in _words(text, "commands"))


def _words(text: str, key: str) -> list[str]:
    """The strings in a key's list, which has to be on one line."""
    at = text.find(f"\n{key} = ")
    return text[at : text.find("\n", at + 1)].split('"')[1::2] if at >= 0 else []


@cache
def settings_folders() -> tuple[tuple[str, str], ...]:
    """The folders of the system package managers' settings, each with the manager's name."""
    return tuple((folder, stem) for stem, text in _texts().items() for folder in _words(text, "settings-at"))


def managers() -> tuple[Manager, ...]:
    """Every known package manager, sorted by name."""
    return tuple(load(stem) for stem in stems())


@cache
def named(program: str) -> Manager | None:
    """The manager that a program belongs to, None for any other program: "pip3.11" is pip."""
    for stem in stems():
        if stem in program:
            manager = load(stem)
            if program in manager.commands:
                return manager
            if manager.versioned and program.rstrip("0123456789.") in manager.commands:
                return manager
    return None


def _project(data: dict[str, Any]) -> Project:
    return Project(
        reader=data["reader"],
        verbs=frozenset(data.get("verbs", ())),
        bare=data.get("bare", False),
        everywhere=frozenset(data.get("everywhere", ())),
        named_by=frozenset(data.get("named-by", ())),
        folder_by=frozenset(data.get("folder-by", ())),
        takes_paths=data.get("takes-paths", False),
        dependencies_only=tuple(data.get("dependencies-only", ())),
        repeats=data.get("repeats", False),
        mentions=data.get("mentions", ""),
    )


def _prefetch(data: dict[str, Any]) -> Prefetch:
    return Prefetch(
        what=data["what"],
        reader=data["reader"],
        command=data["command"],
        only_caches=data.get("only-caches", False),
        builds=frozenset(data.get("builds", ())),
        builds_without_lock=frozenset(data.get("builds-without-lock", ())),
        resolves=frozenset(data.get("resolves", ())),
        fetch_verbs=frozenset(data.get("fetches", ())),
        without_fetch=frozenset(data.get("without-fetch", ())),
        forwarded_options=frozenset(data.get("carries", ())),
        forwarded_since=data.get("carries-since", {}),
        version_image=data.get("version-image", ""),
        forwarded_prefixes=tuple(data.get("properties", ())),
        writes=tuple(data.get("writes", ())),
        only_needed=data.get("only-needed", False),
        given_as=data.get("given-as", {}),
        versions=frozenset(data.get("versions", ())),
        forwards_operands=data.get("operands", False),
        unsupported_options=frozenset(data.get("elsewhere", ())),
        variables=tuple(data.get("variables", ())),
        harmless=frozenset(data.get("harmless", ())),
        settings=data.get("settings", {}),
        cache_variables=tuple(data.get("keeps", ())),
        moved_by=tuple(data.get("moves", ())),
        vendored_in=tuple(data.get("brings", ())),
        workspace=data.get("workspace", ""),
        may_fail=data.get("may-fail", ""),
        then=data.get("then", ""),
    )

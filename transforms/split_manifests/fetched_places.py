"""Where a separate download puts its packages, and whether another stage would get them from there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cache

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import Manager, load
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import overlaps, resolve
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context

_NEW_USER = expression(r"\b(?:useradd|adduser|usermod)\b")
_NEW_HOME = expression(r"\s(?:-d|-h|--home|--home-dir)[ =](/[\w./-]*)")
_OF_BUILD = "`{}` of the build"
_ARCHIVE = expression(r".*\.(?:jar|war|ear|zip|tar|gz|tgz)")
"""Paths that are files, and so no folders with packages."""
_OPTIONS = ("MAVEN_OPTS", "MAVEN_ARGS", "SBT_OPTS", "JAVA_TOOL_OPTIONS", "JAVA_OPTS", "JDK_JAVA_OPTIONS")
"""Variables whose values are options of the build."""
_UNREAD = expression(r"https?:|type=secret|--from=")
"""How settings get into an image that dfix does not read."""
_MAVEN_FOLDER = expression(r"(?:\.m2|maven/conf|maven/ref)\b")
_SETTINGS_OPTIONS = ("-s", "--settings", "-gs", "--global-settings")


class FetchedPlaces(NamedTuple):
    """Where the packages go."""

    folders: tuple[str, ...]
    """Absolute paths, among them those where the manager puts packages if nothing says otherwise."""
    moved: str = ""
    """The setting that names another place: "GOPATH", "maven.repo.local"; "" for none."""
    by: str = ""
    """Where it is, as the begin of a sentence: "`-Dmaven.repo.local=.m2` of the build"; "" without one."""
    unknown: bool = False
    """Whether the place is not known."""


class _Saying(NamedTuple):
    """A text that may say where packages go."""

    where: str
    """As in `FetchedPlaces.by`, with `{}` for the setting."""
    text: str
    folder: str | None
    """To what a relative path is relative; None if unknown."""


def fetched_places(
    step: Step, build: Located, manager: Manager, files: Iterable[tuple[str, str]] = ()
) -> FetchedPlaces:
    """Where a build and its separate download put their packages. `files` are paths with the text of each."""
    env = {**build.env, **build.assigned}
    assert manager.prefetch is not None
    homes = tuple(_homes(step, env.get("HOME")))
    folders = [home.rstrip("/") + path[1:] if path[0] == "~" else path for path in manager.caches for home in homes]
    moved = by = ""
    names = (*manager.prefetch.cache_variables, "HOME")
    unknown = any(name in env and env[name] is None for name in (*names, *_OPTIONS))
    if unknown:
        moved = next(name for name in (*names, *_OPTIONS) if name in env and env[name] is None)
        by = f"{moved}, whose value is unknown,"
    if env.get("HOME"):
        moved, by = moved or "HOME", by or f"`HOME={env['HOME']}` of the build"
    for saying in _sayings(step, build, files):
        for match in _moving(manager.prefetch.moved_by).finditer(saying.text):
            moved, by = moved or match[1], by or saying.where.replace("{}", match[0][:60])
            place = None if re.search(r"[$~`*]", match[2]) or not match[2] else resolve(saying.folder, match[2])
            unknown = unknown or place is None or place[0] != "/"
            folders += () if place is None else (place,)
    return FetchedPlaces(tuple(folders), moved, by, unknown)


def places_with_files(copies: StageCopies, step: Step, build: Located, name: str, read: Needed) -> FetchedPlaces:
    """As `fetched_places`, with what the build's files say: `.mvn/maven.config`, `settings.xml`, `NuGet.config`."""
    manager = load(name)
    texts = [(path, copies.context.read(path) or "") for path in _settings(copies, manager, read)]
    places = fetched_places(step, build, manager, texts)
    unread = _unread_settings(copies, step, build) if name == "mvn" else ""
    return places._replace(moved=places.moved or unread, by=places.by or unread, unknown=True) if unread else places


def check_not_copied(model: Model, stage: Stage, places: FetchedPlaces) -> None:
    """Raises LeaveAlone where fetched files could get into another stage."""
    reason = _used_by_other_stage(model, stage, places)
    if reason:
        raise LeaveAlone("fetch-ships", reason)


def _homes(step: Step, home: str | None) -> Iterator[str]:
    """The folders that may be the home of the user who builds."""
    yield "/root"
    if home:
        yield home
    user = (step.user or "root").partition(":")[0]
    if user not in ("root", "0"):
        yield "/" if user.isdigit() else f"/home/{user}"
        for earlier in steps_before(step):
            if earlier.keyword == "RUN" and _NEW_USER.search(earlier.source_text):
                yield from _NEW_HOME.findall(earlier.source_text)


@cache
def _moving(names: tuple[str, ...]) -> re.Pattern[str]:
    """A setting with its value: `GOPATH=/src`, `<localRepository>/m2<`, `key="globalPackagesFolder" value="x"`."""
    either = "|".join(map(re.escape, names)) or r"(?!)"
    return re.compile(rf"({either})(?:=|>|\"\s{{1,20}}value=)[\"']?([^\s\"'<;&|)]*)")


def _sayings(step: Step, build: Located, files: Iterable[tuple[str, str]]) -> Iterator[_Saying]:
    words = " ".join(word.literal_or_text for word in build.words)
    yield _Saying(_OF_BUILD, words, build.folder)
    for name, value in {**build.env, **build.assigned}.items():
        if value is not None:
            yield _Saying(_OF_BUILD, f"{name}={value}", build.folder)
    for earlier in steps_before(step):
        if earlier.keyword in ("RUN", "COPY", "ADD"):
            yield _Saying(f"`{{}}` on line {earlier.instruction.line}", earlier.source_text, None)
    yield from (_Saying(f"a setting in {path}", text, build.folder) for path, text in files)


def _settings(copies: StageCopies, manager: Manager, read: Needed) -> Iterator[str]:
    """The files of the build context that may have settings of the manager."""
    yield from (file.source for file in read.files if posixpath.basename(file.source) not in manager.locks)
    for folder in read.folders:
        yield from (f"{folder.source}/{name}" for name in copies.context.names_in(folder.source))
    if manager.name == "mvn":
        for copy in copies.clear:
            yield from (path for path in copy.brought.paths() if posixpath.basename(path).endswith("settings.xml"))


def _unread_settings(copies: StageCopies, step: Step, build: Located) -> str:
    """The settings of Maven that dfix does not read; "" for none."""
    for word in build.words:
        if word.literal_or_text.startswith(("--settings=", "--global-settings=")):
            return f"`{word.text}`, which dfix does not read,"
    for option, word in zip(build.words, build.words[1:], strict=False):
        path = named_by(build, word) if option.value in _SETTINGS_OPTIONS else ""
        if path is None or (path and not any(copy.brought.source_of(path) for copy in copies.clear)):
            return f"`{option.text} {word.text}`, which dfix does not read,"
    for earlier in steps_before(step):
        text = earlier.source_text
        brings = earlier.keyword in ("RUN", "COPY", "ADD") and not copies_from_context(earlier)
        if brings and "settings" in text and _UNREAD.search(text) and _MAVEN_FOLDER.search(text):
            return f"line {earlier.instruction.line}, which brings settings of Maven that dfix does not read,"
    return ""


def _used_by_other_stage(model: Model, stage: Stage, places: FetchedPlaces) -> str:
    """How fetched files could get into another stage, as a sentence; "" when they cannot."""
    names = {str(stage.index), stage.name or str(stage.index)}
    for other in model.stages:
        for step in other.steps:
            line = step.instruction.line
            if step.keyword == "RUN" and any((mount.from_ or "").lower() in names for mount in step.mounts):
                return f"the RUN on line {line} mounts this stage, which may contain fetched files"
            flag = step.instruction.flag("from")
            if flag is None or (flag.value or "").lower() not in names:
                continue
            for word in step.instruction.words[:-1]:
                path = known_part(step.expand(word.text) or word.text)
                if any(overlaps(path, folder) for folder in places.folders):
                    return f"line {line} copies {word.text} from this stage, which may contain fetched files"
                if places.unknown and not _ARCHIVE.fullmatch(word.text):
                    moves = f"{places.by} may move them to any folder"
                    return f"line {line} copies {word.text} from this stage, which may contain fetched files: {moves}"
        if other.parent is stage and other.ships:
            return f"the stage on line {other.instruction.line} is based on this one and would ship fetched files"
    return ""


def known_part(source: str) -> str:
    """The path, or the folder up to which it is known: `/src/target` for `/src/target/*.jar`."""
    path = posixpath.normpath(posixpath.join("/", source))
    before_wildcard = re.split(r"[*?\[$]", path, maxsplit=1)[0]
    return path if before_wildcard == path else posixpath.dirname(before_wildcard)

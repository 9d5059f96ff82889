"""Whether a separate download fetches only what the build fetches too: what it fetches beyond that may be unavailable.

A private module that only a tool or a test of the project needs stays unfetched in today's build. `go mod download`
would ask for it, and fail. Then the download is written so that its failure changes nothing, where the manager's file
says how (`may-fail`): the author's own command, which follows, decides what the build needs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.public_packages import public_packages
from dfix.rewriter.manifests.build_needs import (
    conditional_reference,
    crate_from_elsewhere,
    depends_on_configuration,
    scoped_task,
    unneeded_plugin,
)
from dfix.rewriter.manifests.go_modules import GoProject
from dfix.rewriter.manifests.go_packages import GoBuild
from dfix.rewriter.manifests.maven import may_not_resolve
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.file_map.install_reads import Needed, view_from
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.fetch_first import SeparateDownload
from dfix.transforms.split_manifests.fetched_places import FetchedPlaces
from dfix.transforms.split_manifests.pnpm_store import pnpm_may_fail
from dfix.transforms.split_manifests.stage_copies import StageCopies

_GO_BUILDS = frozenset(("build", "get", "install", "run", "test", "vet"))
_GO_TESTS = frozenset(("test", "vet"))
_GO_VALUES = frozenset(
    "-o -ldflags -gcflags -asmflags -gccgoflags -mod -p -pkgdir -toolexec -buildmode -compiler -installsuffix -pgo "
    "-tags -run -count -timeout -bench -benchtime -cpu -parallel -covermode -coverpkg -coverprofile -exec "
    "-outputdir".split()
)
_PRIVATE = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")
_EDITION_2024 = (1, 85)
_MAVEN_FOLDER = expression(r"(?:\.m2|maven/conf|maven/ref)\b")
"""A folder in which Maven looks for settings."""
_CACHE = "keep downloads between builds with a cache mount instead"


def with_what_counts(copies: StageCopies, download: SeparateDownload, read: Needed) -> SeparateDownload:
    """The download with the configuration of the build, where packages or projects are only for one configuration."""
    if not download.given:
        return download
    if not depends_on_configuration(copies.context, [file.source for file in read.files]):
        return download
    return download._replace(command=f"{download.command} {download.given}")


def why_it_may_fail(
    copies: StageCopies, step: Step, download: SeparateDownload, read: Needed, places: FetchedPlaces
) -> str:
    """Why the download may fail where the build does not, as a sentence; "" where it does not.

    `places` are where it puts the packages. Raises LeaveAlone where a failure could not be ignored.
    """
    install = download.run.installs[0]
    context = copies.context
    files = [file.source for file in read.files]
    shown = f"{install.manager} {download.prefetch.command}"
    words = [word.literal_or_text for word in install.located.words]
    why = ""
    match install.manager:
        case "go":
            why = _go(copies, step, install.located, read)
        case "mvn":
            groups = public_packages()["maven"]["groups"]
            why = may_not_resolve(context, files) or unneeded_plugin(context, files, words, groups)
        case "cargo":
            why = crate_from_elsewhere(context, files)
        case "dotnet":
            why = conditional_reference(context, files, download.given, download.left_out)
        case "sbt":
            why = scoped_task(words)
        case "pnpm":
            why = pnpm_may_fail(step, install.located)
    older = _newer_crates(step, files) if install.manager == "cargo" else ""
    if older or (why and not download.prefetch.may_fail):
        raise LeaveAlone("fetch-more", f"`{shown}` may fetch more than the build needs: {older or why}", _CACHE)
    if why and install.manager == "mvn":
        _check_repository(copies, places)
    return why


def _check_repository(copies: StageCopies, places: FetchedPlaces) -> None:
    """Raises LeaveAlone where Maven's repository may be elsewhere, so that what a failure leaves would stay there."""
    if places.moved:
        verb = "may move" if places.unknown else "moves"
        reason = f"{places.by} {verb} Maven's repository: a failed download would leave its record there"
        raise LeaveAlone("fetch-settings", reason)
    touched = _MAVEN_FOLDER.search(everything_before(copies.run))
    if touched is not None:
        reason = (
            f"an instruction before the build names `{touched[0]}`, where Maven's settings may be, and they may move "
            "Maven's repository: a failed download would leave its record there"
        )
        raise LeaveAlone("fetch-settings", reason)


def _newer_crates(step: Step, files: Sequence[str]) -> str:
    """Why an old Cargo may not understand a crate that the build does not need, as a sentence; "" if it does.

    `cargo fetch` also reads manifests of crates for other systems. Without a lock file it takes the newest ones, and
    Cargo before 1.85 refuses those of the edition 2024 (doc.rust-lang.org/edition-guide, "Rust 2024").
    """
    if any(posixpath.basename(path) == "Cargo.lock" for path in files):
        return ""
    name, tag = repository(step.stage.base.image)
    version = re.match(r"(\d+)\.(\d+)", tag)
    if name == "rust" and (version is None or (int(version[1]), int(version[2])) >= _EDITION_2024):
        return ""
    return f"without a Cargo.lock it takes the newest crates, which the Cargo of {step.stage.base.image} may not know"


def _go(copies: StageCopies, step: Step, first: Located, read: Needed) -> str:
    project = GoProject(copies.context, [file.source for file in read.files])
    needed: set[str] = set()
    builds = [command for command in located(step) if command.folder == first.folder and _go_verb(command)]
    for command in builds:
        build = _go_build(copies, command)
        imported = None if build is None else project.needed_by(build)
        if imported is None:
            return f"dfix can't tell which packages `{' '.join(word.text for word in command.words)[:60]}` builds"
        needed |= imported
    settings = {name: first.assigned.get(name, first.env.get(name, "")) for name in (*_PRIVATE, "GOPROXY")}
    return project.unavailable(needed, settings, public_packages()["go"])


def _go_verb(command: Located) -> str:
    used = usage(command.words)
    if used is None or used.manager.name != "go" or used.subcommand is None:
        return ""
    return used.subcommand.literal_or_text


def _go_build(copies: StageCopies, command: Located) -> GoBuild | None:
    """What a command builds; None where that is unknown."""
    verb = _go_verb(command)
    folder = _context_folder(copies, command.folder or "?")
    words = [word.literal_or_text for word in command.words]
    rest = words[words.index(verb) + 1 :] if verb in words else []
    if verb == "mod" and rest[:1] in (["tidy"], ["vendor"]):
        return GoBuild(folder, ("./...",), frozenset(), tests=True)
    if verb not in _GO_BUILDS:
        return None
    packages: list[str] = []
    tags: set[str] = set()
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition("=")
        name = f"-{name.lstrip('-')}" if name.startswith("-") else name
        if not name.startswith("-"):
            packages.append(word)
            if verb == "run" and not word.endswith(".go"):
                break
            continue
        if not sign and name in _GO_VALUES and rest:
            value = rest.pop(0)
        if name == "-tags":
            tags |= set(re.split(r"[\s,]+", value.strip("\"'")))
    settings = {**command.env, **command.assigned}
    system = settings.get("GOOS", "linux")
    machine = settings.get("GOARCH")
    if any(value is not None and "$" in value for value in (system, *tags)) or system is None:
        return None
    platform = {system, *([machine] if machine and "$" not in machine else [])}
    # an absolute path names a folder of the image
    named = tuple(_relative(copies, folder, package) for package in packages)
    return GoBuild(folder, named, frozenset(tags | platform), verb in _GO_TESTS)


def _context_folder(copies: StageCopies, image_folder: str) -> str:
    return view_from(copies.file_map, image_folder).folder


def _relative(copies: StageCopies, folder: str, package: str) -> str:
    if not package.startswith("/"):
        return package
    head, dots, _ = package.partition("...")
    path = _context_folder(copies, posixpath.normpath(head))
    return "./" + posixpath.relpath(path or ".", folder or ".") + ("/..." if dots else "")

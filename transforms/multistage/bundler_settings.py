"""Bundler's settings: where it puts the gems, and which files tell that to `bundle exec`.

Bundler keeps a setting of the application in $BUNDLE_APP_CONFIG/config (/usr/local/bundle in the official images), and
one of the user in ~/.bundle/config. The options of `bundle install` are kept too. Of several settings, that of the
application wins, then the environment's, then the user's: https://bundler.io/man/bundle-config.1.html
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import BuildStage, StageCopy

PROGRAMS = frozenset(("bundle", "bundler"))
_GEM_HOME = "/usr/local/bundle"
"""GEM_HOME and BUNDLE_APP_CONFIG of the official images: https://github.com/docker-library/ruby"""
_KEPT_OPTIONS = frozenset(("path", "deployment", "without", "with", "frozen"))
"""Options of `bundle install` that become settings of the application."""
_ONLY_FOR_INSTALLING = expression(
    r"build\..*|mirror\..*|https?:.*|(?!path\.|local\.)[\w-]+(?:\.[\w-]+)+|jobs|retry|timeout|redirect|clean|no_prune|cache_all\w*"
    r"|silence_\w+|ignore_messages|global_gem_cache|ssl_\w+|user_agent|disable_checksum_validation|gem\..*"
)
"""Settings that nothing reads once the gems are installed; a name with dots is a host with its credentials."""
_LOCAL_SINCE, _GLOBAL_UNTIL = (3, 2), (3, 0)
"""`bundle config set` without a scope is for the user up to Bundler 2.2, which Ruby 3.0 contains, and for the
application since some 2.3; Ruby 3.2 contains 2.4: https://github.com/rubygems/rubygems/commit/aed98be9d3 (2021)"""
_WITHOUT_BUNDLE_PATH = 3
"""The images of Ruby 2 set BUNDLE_PATH until 2020: https://github.com/docker-library/ruby/commit/82eecb759"""
_FALSE = expression(r"(?:false|f|no|n|0|)", re.IGNORECASE)
_PLATFORMS = expression(r"^PLATFORMS\n((?:  .*(?:\n|\Z))+)", re.MULTILINE)

_Scope = Literal["application", "user"]


class _Setting(NamedTuple):
    """A setting that a command of the build writes."""

    name: str
    value: str
    scope: _Scope
    command: ClassifiedCommand


class BundlerFiles(NamedTuple):
    """What the build stage has, and the runtime stage needs."""

    gem_folder: str
    """The image folder into which the gems are installed."""
    others: tuple[StageCopy, ...]
    """Copies of the files with the settings, and of a Gemfile.lock that only the build has."""


def subcommand(command: ClassifiedCommand) -> str:
    """What a call of Bundler does: "install" also without a word (`bundle --jobs 4`)."""
    words = [word for word in command.arguments if not re.fullmatch(r"_[\d.]+_", word)]
    return words[0] if words and not words[0].startswith("-") else "install"


def bundler_files(build: BuildStage) -> BundlerFiles:
    """The gems' folder, and the other files. Raises LeaveAlone where one of them is unknown."""
    calls = [command for command in build.build_commands if command.program in PROGRAMS]
    install = next((command for command in reversed(calls) if subcommand(command) in ("install", "update")), None)
    if install is None:
        raise LeaveAlone("install-place", "dfix finds no `bundle install` that installs the gems")
    settings = [setting for command in calls for setting in _settings(build, command)]
    gems = _gem_folder(build, install, settings)
    files = {path: None for setting in settings if (path := _settings_file(setting)) and not within(path, gems)}
    lock = _lock_of_the_build(build, install)
    return BundlerFiles(gems, tuple(StageCopy(path, path) for path in (*files, *((lock,) if lock else ()))))


def _settings(build: BuildStage, command: ClassifiedCommand) -> Iterator[_Setting]:
    if subcommand(command) == "config":
        yield from _configured(build, command)
    elif subcommand(command) in ("install", "update"):
        words = (*command.arguments, "")
        for word, following in itertools.pairwise(words):
            name, sign, value = word.removeprefix("--").partition("=")
            if word.startswith("--") and name in _KEPT_OPTIONS:
                given = "true" if name in ("deployment", "frozen") else following
                yield _Setting(name, value if sign else given, "application", command)


def _configured(build: BuildStage, command: ClassifiedCommand) -> Iterator[_Setting]:
    """The setting that a `bundle config` writes; none where it shows one, or nothing reads it after the install."""
    words = [word for word in command.arguments[command.arguments.index("config") + 1 :] if not word.startswith("-")]
    verb = words[0] if words[:1] in (["set"], ["get"], ["list"], ["unset"]) else ""
    name, *values = words[1 if verb else 0 :] or [""]
    removes = verb == "unset" or "--delete" in command.arguments
    if not name or verb in ("get", "list") or not (values or removes) or _ONLY_FOR_INSTALLING.fullmatch(name):
        return
    if removes or name in ("gemfile", "path.system", "disable_shared_gems") or name.startswith("local."):
        raise LeaveAlone("install-place", f"dfix cannot tell which gems a program finds after `{command.shortened}`")
    yield _Setting(name, " ".join(values), _scope(build, command), command)


def _scope(build: BuildStage, command: ClassifiedCommand) -> _Scope:
    """For whom a setting holds. Raises LeaveAlone where the command doesn't say so and Bundler's version is unknown."""
    if "--local" in command.arguments:
        return "application"
    if "--global" in command.arguments:
        return "user"
    numbers = tuple(int(number) for number in re.findall(r"\d+", build.base.version)[:2])
    other_bundler = any(
        other.program == "gem"
        and {"bundler", "--system"}.intersection(re.split(r":", " ".join(other.arguments))[0].split())
        for other in build.build_commands
    )
    if len(numbers) == 2 and not other_bundler:
        if numbers <= _GLOBAL_UNTIL:
            return "user"
        if numbers >= _LOCAL_SINCE:
            return "application" if _gemfile(build, command) else "user"
    raise LeaveAlone(
        "install-place",
        f"where `{command.shortened}` stores its setting depends on Bundler's version",
        "add --local",
    )


def _settings_file(setting: _Setting) -> str:
    """The image path of the file with a setting. Raises LeaveAlone where it is unknown."""
    variables = setting.command.located.env
    place: str | None = variables.get("BUNDLE_APP_CONFIG", _GEM_HOME)
    if setting.scope == "user":
        elsewhere = {"BUNDLE_CONFIG", "BUNDLE_USER_CONFIG", "BUNDLE_USER_HOME", "HOME"}.intersection(variables)
        known_user = setting.command.step.user in (None, "root", "0")
        place = "/root/.bundle" if known_user and not elsewhere else None
    if place is None or not place.startswith("/") or "BUNDLE_APP_CONFIG" in setting.command.located.assigned:
        raise LeaveAlone("install-place", f"dfix cannot tell where `{setting.command.shortened}` stores its setting")
    return posixpath.join(posixpath.normpath(place), "config")


def _gem_folder(build: BuildStage, install: ClassifiedCommand, settings: list[_Setting]) -> str:
    variables = install.located.env
    unknown = install.located.assigned.keys() & {"BUNDLE_PATH", "BUNDLE_DEPLOYMENT", "BUNDLE_APP_CONFIG", "GEM_HOME"}
    unknown |= {"BUNDLE_PATH__SYSTEM"}.intersection(variables)
    if unknown:
        raise LeaveAlone("install-place", f"{min(unknown)} is set, so dfix cannot tell where the gems are")
    paths = {setting.scope: setting for setting in settings if setting.name == "path"}
    if "application" in paths:
        return _below_project(build, install, paths["application"].value, f"`{paths['application'].command.shortened}`")
    if "BUNDLE_PATH" in variables or _is_argument(build, "BUNDLE_PATH"):
        return _below_project(build, install, variables.get("BUNDLE_PATH"), "BUNDLE_PATH")
    if "user" in paths:
        return _below_project(build, install, paths["user"].value, f"`{paths['user'].command.shortened}`")
    if _deploys(build, install, settings):
        if int(build.base.version.partition(".")[0] or "0") < _WITHOUT_BUNDLE_PATH:
            raise LeaveAlone(
                "install-place",
                f"whether {build.base.reference} sets BUNDLE_PATH, where the gems are then, depends on its date",
                "set BUNDLE_PATH",
            )
        return _below_project(build, install, "vendor/bundle", f"`{install.shortened}`")
    if "GEM_HOME" in variables or _is_argument(build, "GEM_HOME"):
        return _below_project(build, install, variables.get("GEM_HOME"), "GEM_HOME")
    return _GEM_HOME


def _deploys(build: BuildStage, install: ClassifiedCommand, settings: list[_Setting]) -> bool:
    """Whether gems go to vendor/bundle, because nothing but `deployment` says where."""
    values = {setting.scope: setting.value for setting in settings if setting.name == "deployment"}
    name = "BUNDLE_DEPLOYMENT"
    if name in install.located.env or _is_argument(build, name):
        value = install.located.env.get(name)
        if value is None:
            raise LeaveAlone(
                "install-place", f"dfix does not know the value of {name}, which decides where the gems are"
            )
        values.setdefault("application", value)
    value = values.get("application", values.get("user", ""))
    return _FALSE.fullmatch(value) is None


def _is_argument(build: BuildStage, name: str) -> bool:
    return any(
        re.match(rf"{name}\b", word.text)
        for step in build.stage.steps
        if step.keyword == "ARG"
        for word in step.instruction.words
    )


def _below_project(build: BuildStage, install: ClassifiedCommand, written: str | None, origin: str) -> str:
    """An image path that may be relative to the folder of the Gemfile. Raises LeaveAlone where that is unknown."""
    if written is not None and not written.startswith(("/", "~", "$")):
        gemfile = _gemfile(build, install)
        written = resolve(posixpath.dirname(gemfile), written) if gemfile else None
    if written is None or set("$~?").intersection(written):
        raise LeaveAlone("install-place", f"dfix cannot tell into which folder {origin} makes Bundler put the gems")
    return posixpath.normpath(written)


def _gemfile(build: BuildStage, command: ClassifiedCommand) -> str:
    """The image path of the Gemfile that a command finds; "" where no COPY before it brings one."""
    named = command.located.env.get("BUNDLE_GEMFILE")
    if "BUNDLE_GEMFILE" in command.located.env or "BUNDLE_GEMFILE" in command.located.assigned:
        return (resolve(command.located.folder, named) or "") if named and "$" not in named else ""
    if any(word.startswith("--gemfile") for word in command.arguments) or command.located.folder is None:
        return ""
    for name in ("Gemfile", "gems.rb"):
        path = posixpath.join(command.located.folder, name)
        if _brought(build, path, until=command.step.index):
            return path
    return ""


def _lock_of_the_build(build: BuildStage, install: ClassifiedCommand) -> str:
    """The image path of a lock file that only the install writes or completes; "" where the context's is used."""
    gemfile = _gemfile(build, install)
    if not gemfile:
        return ""
    lock = (
        posixpath.join(posixpath.dirname(gemfile), "gems.locked") if gemfile.endswith("/gems.rb") else f"{gemfile}.lock"
    )
    brought = _brought(build, lock)
    if not brought:
        return lock
    copied_after = brought != _brought(build, lock, until=install.step.index)
    platforms = _PLATFORMS.search(build.context.read(brought) or "")
    complete = platforms is None or {"ruby", "x86_64-linux", "x86_64-linux-gnu"}.intersection(platforms[1].split())
    return "" if copied_after or complete else lock


def _brought(build: BuildStage, path: str, until: int | None = None) -> str:
    """The context path of the file that a COPY, before the step `until`, puts at an image path; "" for none."""
    for copy in reversed(build.context_copies):
        if until is None or copy.step.index < until:
            origin = copy.brought.context_path_of(path)
            if origin is not None and build.context.ships(origin):
                return origin
    return ""

"""Ruby: the installed gems and the application, without the compilers that they took."""

from __future__ import annotations

import itertools
import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.source_evidence import sources, starts_programs
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import LACKS, MOVERS, Brought, Parts, Work
from dfix.transforms.multistage.system_packages import leaves, linked

NAME = "Bundler"
MAIN = frozenset(("bundle", "bundler"))
_GEMS = "/usr/local/bundle"
"""GEM_HOME of the official images: https://github.com/docker-library/docs/tree/master/ruby"""
_LINKS = {
    "pg": "libpq-dev",
    "mysql2": "default-libmysqlclient-dev",
    "sqlite3": "libsqlite3-dev",
    "curb": "libcurl4-openssl-dev",
    "ffi": "libffi-dev",
    "charlock_holmes": "libicu-dev",
    "psych": "libyaml-dev",
}
_NEEDS_MORE = frozenset("rmagick mini_magick git rugged execjs wkhtmltopdf-binary ruby-vips".split())
_LOCKED = re.compile(r"^    ([\w.-]+) \(", re.MULTILINE)


def builds(command: Located) -> bool:
    """Whether a command belongs to an installation of gems."""
    program = program_name(command.words[0])
    return program in MAIN or program in MOVERS or program in ("gem", "rake", "bootsnap")


def parts(work: Work) -> Parts | None:
    """The folder of the gems on the same Ruby."""
    if work.base.language != "ruby":
        raise LeaveAlone("base-image", f"where {work.base.reference} keeps its gems is not known")
    more = _needs_more(work)
    image = work.base.smaller if work.base.smaller and not more else work.base.reference
    if image == work.base.reference and not leaves(work):
        if more and work.base.smaller:
            raise LeaveAlone("needs-programs", f"{work.base.reference} stays: {more}")
        return None
    libraries = linked(work, _named(work), _LINKS) if image != work.base.reference else ()
    gems = _folder(work)
    settings = _settings(work)
    brought = [Brought(gems, gems), *settings]
    covered = [gems]
    if any(
        act.arguments[:1] not in (("install",), ("config",), ("update",), ())
        for act in work.builds
        if act.program != "gem"
    ):
        folder = work.start.workdir
        if folder == "/" or folder.startswith("?"):
            raise LeaveAlone("unknown-folder", "the folder of the application is not known, or the root of the image")
        brought.append(Brought(folder, folder))
        covered.append(folder)
    return Parts(
        image,
        tuple(brought),
        covered=tuple(covered),
        packages=libraries,
        left=f"the compilers of {work.base.reference}" if image != work.base.reference else "",
        megabytes=work.base.saves if image != work.base.reference else 0,
        lacks=LACKS if image != work.base.reference else frozenset(),
    )


def _folder(work: Work) -> str:
    """Where the gems are installed."""
    for act in work.builds:
        words = act.arguments
        if act.program in MAIN and (words[:1] == ("config",) or any(word.startswith("--path") for word in words)):
            names = [word for word in words if word not in ("config", "set", "--local", "--global")]
            path = next((b for a, b in itertools.pairwise(names) if a in ("path", "--path")), None)
            path = path or next((word.partition("=")[2] for word in words if word.startswith("--path=")), None)
            if path is not None:
                place = act.path(path)
                if not place:
                    raise LeaveAlone("install-place", f"where `{act.shown}` puts the gems is not known")
                return place
            if names[:1] == ["deployment"] or "--deployment" in words:
                return posixpath.join(act.located.folder or "?", "vendor/bundle")
    for name in ("BUNDLE_PATH", "GEM_HOME", "BUNDLE_DEPLOYMENT"):
        if any(name in step.instruction.value for step in work.stage.steps if step.keyword in ("ENV", "ARG")):
            value = work.stage.env.get(name)
            if name == "BUNDLE_DEPLOYMENT" or value is None:
                raise LeaveAlone("install-place", f"where the gems are put is not known: {name} is set")
            return value
    return _GEMS


def _settings(work: Work) -> tuple[Brought, ...]:
    """Bundler's settings where they lie in the user's home: `bundle exec` has to know which groups were left out."""
    for act in work.builds:
        if act.program not in MAIN or act.arguments[:1] != ("config",):
            continue
        if "--global" in act.arguments:
            if act.step.user not in (None, "root", "0"):
                raise LeaveAlone("install-place", f"where `{act.shown}` keeps its setting is not known")
            return (Brought("/root/.bundle", "/root/.bundle"),)
        if "set" not in act.arguments and "--local" not in act.arguments:
            raise LeaveAlone(
                "install-place", f"where `{act.shown}` keeps its setting depends on Bundler's version", "add --local"
            )
    return ()


def _named(work: Work) -> set[str]:
    found: set[str] = set()
    for path, text in sources(work.context, ("Gemfile", "Gemfile.lock")):
        found |= (
            set(_LOCKED.findall(text))
            if path.endswith(".lock")
            else set(re.findall(r"^\s*gem ['\"]([\w.-]+)", text, re.MULTILINE))
        )
    return found


def _needs_more(work: Work) -> str:
    place = starts_programs(work.context, "ruby")
    if place:
        return f"{place} may run other programs"
    names = sorted(_NEEDS_MORE & _named(work))
    return f"{names[0]} needs programs or libraries of the full image" if names else ""

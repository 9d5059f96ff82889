"""What `bundle install` reads: Gemfile, Gemfile.lock, .ruby-version, gems in folders of the project.

Sources: bundler.io ("gemfile(5)", "bundle install", "bundle config"). A Gemfile is a program: only its plain lines are
followed. Bundler leaves a lock file alone that names the same dependencies and the platform of the build.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path, whole_project
from dfix.rewriter.manifests.shared.missing import in_the_way, missing

_FROZEN = frozenset(("--deployment", "--frozen"))
_ELSEWHERE = frozenset(("--gemfile", "--standalone", "--path", "--binstubs"))
_EVERY_LINUX = frozenset(("x86_64-linux", "aarch64-linux"))
_STRING = r"""(?:"[^"#\\]*"|'[^'\\]*')"""
_VALUE = rf"(?:{_STRING}|[\d.]++|:\w++|\w++:|=>|true|false|nil|%[iw]\[[\w\s.-]*\]|[\[\]{{}},\s])"
_PLAIN = re.compile(
    rf"(?:(?P<word>source|ruby|gem|group|platforms?|path|git|github|git_source|gemspec|eval_gemfile)\b"
    rf"[\s(]*(?P<rest>{_VALUE}*+)\)?\s*(?P<block>do|\{{\s*\|\w+\|.*\}})?|end)\s*"
)
_GIT_SOURCE = re.compile(r"(?m)^git_source\(:\w+\) do \|\w+\|\n(?:[ \t]+.*\n|\n)*end$")
_RUNS = re.compile(r"File|Dir|IO\.|system|require|`|eval|ENV")
_NAME = re.compile(_STRING)
_PATH = re.compile(rf"(?:\bpath:|:path\s*=>)\s*(?P<value>{_STRING})")
_FILE = re.compile(rf"(?:\bfile:|:file\s*=>)\s*(?P<value>{_STRING})")
_LOCKED = re.compile(r"  (?P<name>[\w.-]+)(?: \((?P<requirement>[^)]*)\))?(?P<pinned>!?)")
_REQUIREMENT = re.compile(rf",\s*(?P<value>{_STRING}(?:\s*,\s*{_STRING})*)\s*(?:,|$)")


class _Gemfile(NamedTuple):
    """Gems with their requirements, folders of gems, files that it reads besides, and whether it names a Ruby."""

    gems: dict[str, frozenset[str]]
    folders: tuple[str, ...]
    files: tuple[str, ...]
    names_ruby: bool


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _ELSEWHERE
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads or writes")
    path, lock = (posixpath.join(install.folder, name) for name in ("Gemfile", "Gemfile.lock"))
    text = context.read(path)
    if text is None:
        raise missing(context, path)
    gemfile = _read(context, path, text)
    locked = context.read(lock)
    if locked is not None and not flags & _FROZEN:
        why = _rewritten(locked, gemfile)
        if why:
            raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}: {why}", "set BUNDLE_FROZEN=true")
    in_the_way(context, install.folder, ".bundle", "vendor/bundle")
    cached = posixpath.join(install.folder, "vendor/cache")
    folders = (*gemfile.folders, *((cached,) if context.ships_any(cached) else ()))
    return Inputs((path, *((lock,) if locked is not None else ()), *gemfile.files), folders)


def _read(context: Context, path: str, text: str) -> _Gemfile:
    folder = posixpath.dirname(path)
    gems: dict[str, frozenset[str]] = {}
    folders: list[str] = []
    files: list[str] = []
    names_ruby = False
    for number, line in _statements(_without_sources(text)):
        match = _PLAIN.fullmatch(line)
        if match is None:
            raise LeaveAlone("build-script", f"{path}:{number} is more than a list of gems: `{line[:40]}`")
        word, rest = match["word"], match["rest"] or ""
        if word in ("gemspec", "eval_gemfile"):
            raise LeaveAlone("build-script", f"{path}:{number} takes in another program (`{line[:40]}`)")
        if word == "gem":
            found = _NAME.match(rest)
            if found is None:
                raise LeaveAlone("broken-manifest", f"{path}:{number} names no gem")
            given = _REQUIREMENT.match(rest[found.end() :])
            values = _NAME.findall(given["value"]) if given else []
            gems[_bare(found[0])] = frozenset(_requirement(_bare(value)) for value in values)
        place = _PATH.search(rest) or (_NAME.match(rest) if word == "path" else None)
        if place is not None:
            written = _bare(place["value"] if "value" in place.groupdict() else place[0])
            target = local_path(folder, written, f"{path}:{number} names {written}")
            if target == folder:
                raise whole_project(f"{path}:{number} names {written}")
            if not context.ships_any(target):
                raise missing(context, target)
            folders.append(target)
        names_ruby = names_ruby or word == "ruby"
        named = _FILE.search(rest) if word == "ruby" else None
        if named is not None:
            files.append(posixpath.normpath(posixpath.join(folder, _bare(named["value"]))))
    for file in files:
        if not context.ships(file):
            raise missing(context, file)
    return _Gemfile(gems, tuple(dict.fromkeys(folders)), tuple(files), names_ruby)


def _without_sources(text: str) -> str:
    """Blocks that make an address of a repository's short name, which Rails writes into new Gemfiles, left out."""
    return _GIT_SOURCE.sub(lambda match: match[0] if _RUNS.search(match[0]) else "\n" * match[0].count("\n"), text)


def _statements(text: str) -> list[tuple[int, str]]:
    """Each statement with its line; one that ends in a comma goes on in the next line."""
    found: list[tuple[int, str]] = []
    begun = ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        if not line:
            continue
        begun = f"{begun} {line}".strip()
        if not begun.endswith(","):
            found.append((number, begun))
            begun = ""
    return [*found, (0, begun)] if begun else found


def _rewritten(lock: str, gemfile: _Gemfile) -> str:
    """Why Bundler may write the lock file anew; "" when it leaves it alone."""
    sections = {part.partition("\n")[0].strip(): part.partition("\n")[2] for part in re.split(r"\n\n+", lock.strip())}
    platforms = set(sections.get("PLATFORMS", "").split())
    if "ruby" not in platforms and not platforms >= _EVERY_LINUX:
        return f"its platforms are {', '.join(sorted(platforms)) or 'missing'}, and that of the build may be another"
    locked = {
        match["name"]: frozenset(part.strip() for part in (match["requirement"] or "").split(",") if part.strip())
        for line in sections.get("DEPENDENCIES", "").splitlines()
        if (match := _LOCKED.fullmatch(line.rstrip())) is not None
    }
    if locked != gemfile.gems:
        differing = {name for name in {*locked, *gemfile.gems} if locked.get(name) != gemfile.gems.get(name)}
        return f"`{min(differing)}` is not the same there as in the Gemfile"
    if gemfile.names_ruby and "RUBY VERSION" not in sections:
        return "the Gemfile names a version of Ruby, which it does not hold"
    version = sections.get("BUNDLED WITH", "").strip()
    return "" if version.startswith(("2.", "4.")) else f"Bundler {version or 'of unknown version'} wrote it"


def _requirement(written: str) -> str:
    """`5.0` is `= 5.0`."""
    written = " ".join(written.split())
    return f"= {written}" if written[:1].isdigit() else re.sub(r"^([<>=~!]+)\s*", r"\1 ", written)


def _bare(string: str) -> str:
    return string[1:-1]

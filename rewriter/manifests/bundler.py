"""What `bundle install` reads: Gemfile, Gemfile.lock, .ruby-version, gems in folders of the project.

Sources: bundler.io ("gemfile(5)", "bundle install", "bundle config"). A Gemfile is a Ruby program: dfix only follows
its plain lines. Bundler does not change a lock file that lists the same dependencies and the platform of the build.

One that another Bundler wrote, or for another platform of Linux, is written in another form, and `bundle install` may
simply run twice: the second time, it installs nothing and writes the same file (builds with Bundler 2.2.5, 2.3.15 and
2.6.7 and a registry of files, 2026-11-30).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.local_paths import local_path, whole_project
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_LOCK_ANEW = (
    "run `bundle lock --add-platform x86_64-linux aarch64-linux` with Bundler 2 or later, and commit Gemfile.lock"
)
_FROZEN = frozenset(("--deployment", "--frozen"))
_FREEZING = ("BUNDLE_FROZEN", "BUNDLE_DEPLOYMENT")
"""Variables with which Bundler never changes the lock file (`bundle config`, "frozen" and "deployment")."""
_KEEPING = frozenset((*_FROZEN, "--no-prune", "--no-cache"))
"""Options with which Bundler leaves vendor/cache as it is (bundler.io, "bundle install")."""
_ELSEWHERE = frozenset(("--gemfile", "--standalone", "--path", "--binstubs"))
"""Options that name another Gemfile, or another place for the gems."""
_EVERY_LINUX = frozenset(("x86_64-linux", "aarch64-linux"))
_STRING = r"""(?:"[^"#\\]*"|'[^'\\]*')"""
_READ = rf"File\.read\(\s*+{_STRING}\s*+\)(?:\.(?:strip|chomp)(?:\(\))?)*+"
"""The content of a file as a value: `File.read(".ruby-version").strip`."""
_VALUE = rf"(?:{_STRING}|{_READ}|[\d.]++|:\w++|\w++:|=>|true|false|nil|%[iw]\[[\w\s.-]*\]|[\[\]{{}},\s])"
_PLAIN = expression(
    rf"(?:(?P<word>source|ruby|gem|group|platforms?|path|git|github|git_source|gemspec|eval_gemfile)\b"
    rf"[\s(]*+(?P<rest>{_VALUE}*+)\)?\s*+(?P<block>do|\{{\s*\|\w+\|.*\}})?|end)\s*"
)
"""A line of literals: `gem "rails", "~> 7.1", require: false`, `group :test do`, `end`."""
_GIT_SOURCE = expression(r"(?m)^git_source\(:\w+\) do \|\w+\|\n(?:[ \t].*\n|\n)*end$")
_FROM_SOURCES = expression(
    r"(?:\bgit:|:git\s*=>|^git\b|^source\b|\bsource:|:source\s*=>)\s*\(?"
    r"[\"'](?:file:|[./]|[\w.-]+/(?!/)(?!.*:))"
)
"""A repository or an index that is a path, not an address."""
_LEAVES = expression(r"""\.\./|["']\.\.["']|git ls-files|\bENV\b|%x|`|\bsystem\b""")
"""What a gemspec reads outside of its folder, or asks of a program."""
_RUNS = expression(r"File|Dir|IO\.|system|require|`|eval|ENV")
"""What a `git_source` block must not contain, because it may read files or run programs."""
_NAME = expression(_STRING)
_PATH = expression(rf"(?:\bpath:|:path\s*=>)\s*(?P<value>{_STRING})")
_FILE = expression(rf"(?:\bfile:|:file\s*=>|\bFile\.read\()\s*(?P<value>{_STRING})")
_LOCKED = expression(r"  (?P<name>[\w.-]+)(?: \((?P<requirement>[^)]*)\))?(?P<pinned>!?)")
"""A line of DEPENDENCIES in Gemfile.lock: `  rails (~> 7.1)`; gems from git or a folder end with `!`."""
_SPEC = expression(r"    (?P<name>[\w.-]+) \((?P<version>[\w.]+)(?:-[\w.-]+)?\)")
"""A gem of Gemfile.lock: `    nokogiri (1.16.0-x86_64-linux)`."""
_REVISION = expression(r"(?m)^  revision: (\w+)$")
_REQUIREMENT = expression(rf",\s*(?P<value>{_STRING}(?:\s*,\s*{_STRING})*)\s*(?:,|$)")


class _Gemfile(NamedTuple):
    """The parts of a Gemfile that an install depends on."""

    gems: dict[str, frozenset[str]]
    """Names with their requirements, as Gemfile.lock writes them: {"rails": {"= 7.1"}}."""
    folders: tuple[str, ...]
    """Context folders of gems with a `path:`."""
    files: tuple[str, ...]
    """Files that it reads (`ruby file: ".ruby-version"`)."""
    names_ruby: bool
    """Whether it has a `ruby` line."""


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _ELSEWHERE
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads or writes")
    path, lock = (posixpath.join(install.folder, name) for name in ("Gemfile", "Gemfile.lock"))
    text = context.read(path)
    if text is None:
        _refuse_gemfile_above(context, install)
        raise missing(context, path)
    gemfile = _read(context, path, text)
    locked = context.read(lock)
    if locked is not None and not flags & _FROZEN and not any(_is_set(dict(install.env), name) for name in _FREEZING):
        _check_lock(install, lock, locked, gemfile)
    refuse_host_output(context, install.folder, ".bundle", "vendor/bundle")
    packed = posixpath.join(install.folder, "vendor/cache")
    if not install.runs_again:
        _check_packed(context, install, packed, locked or "")
    folders = (*gemfile.folders, *((packed,) if context.ships_any(packed) else ()))
    return Inputs((path, *((lock,) if locked is not None else ()), *gemfile.files), folders)


def _check_packed(context: Context, install: Install, folder: str, locked: str) -> None:
    """Raises LeaveAlone where the install removes gems of vendor/cache, which a later copy would bring back.

    Unless it is frozen, Bundler removes those that Gemfile.lock doesn't name (`bundle cache`, "--no-prune").
    """
    env = dict(install.env)
    if any(_is_set(env, name) for name in (*_FREEZING, "BUNDLE_NO_PRUNE")) or _KEEPING & {*install.arguments}:
        return
    kept = {f"{match['name']}-{match['version']}" for match in map(_SPEC.fullmatch, locked.splitlines()) if match}
    revisions = [revision[:12] for revision in _REVISION.findall(locked)]
    for name in context.names_in(folder):
        path = posixpath.join(folder, name)
        if name.endswith(".gem") and context.ships(path):
            parts = name.removesuffix(".gem").split("-")
            known = any("-".join(parts[:end]) in kept for end in range(2, len(parts) + 1))
        else:
            known = not context.ships(f"{path}/.bundlecache") or name.endswith(tuple(revisions))
        if not known:
            reason = (
                f"Gemfile.lock does not name {path}: `{install.shown}` removes it, and a later copy would bring it back"
            )
            raise LeaveAlone("host-output", reason, "run `bundle cache`, which removes it, or add `--frozen`")


def _refuse_gemfile_above(context: Context, install: Install) -> None:
    """Raises LeaveAlone where Bundler finds a Gemfile in a folder above (bundler.io, "bundle config")."""
    for folder in above(install.folder):
        path = posixpath.join(folder, "Gemfile")
        if context.ships(path):
            reason = f"`{install.shown}` runs in {install.folder}, and Bundler finds {path} in a folder above"
            raise LeaveAlone("unknown-folder", reason, "run it in the folder of the Gemfile")


def _is_set(env: Mapping[str, str | None], name: str) -> bool:
    """Whether Bundler takes a variable for true; an unknown value may be anything."""
    value = env.get(name)
    return value is not None and value.lower() not in ("", "0", "false", "f", "n", "no")


def _read(context: Context, path: str, text: str) -> _Gemfile:
    folder = posixpath.dirname(path)
    gems: dict[str, frozenset[str]] = {}
    folders: list[str] = []
    files: list[str] = []
    names_ruby = False
    for number, line in _statements(_without_git_sources(text)):
        match = _PLAIN.fullmatch(line)
        if match is None:
            raise LeaveAlone("build-script", f"{path}:{number} is code that dfix does not follow: `{line[:60]}`")
        _check_source(f"{path}:{number}", line)
        word, rest = match["word"], match["rest"] or ""
        if word in ("gemspec", "eval_gemfile"):
            raise LeaveAlone("build-script", f"{path}:{number} loads another file of code (`{line[:60]}`)")
        if word == "gem":
            name = _NAME.match(rest)
            if name is None:
                raise LeaveAlone("broken-manifest", f"{path}:{number} has a `gem` without a name")
            required = _REQUIREMENT.match(rest[name.end() :])
            values = _NAME.findall(required["value"]) if required else []
            gems[_unquoted(name[0])] = frozenset(_requirement(_unquoted(value)) for value in values)
        local = _PATH.search(rest) or (_NAME.match(rest) if word == "path" else None)
        if local is not None:
            written = _unquoted(local["value"] if "value" in local.groupdict() else local[0])
            target = local_path(folder, written, f"{path}:{number} names {written}")
            if target == folder:
                raise whole_project(f"{path}:{number} names {written}")
            if not context.ships_any(target):
                raise missing(context, target)
            _check_gemspecs(context, target)
            folders.append(target)
        names_ruby = names_ruby or word == "ruby"
        reads = (match for match in _FILE.finditer(rest) if word == "ruby" or match[0].startswith("File"))
        files += [posixpath.normpath(posixpath.join(folder, _unquoted(match["value"]))) for match in reads]
    for file in files:
        if not context.ships(file):
            raise missing(context, file)
    return _Gemfile(gems, tuple(dict.fromkeys(folders)), tuple(files), names_ruby)


def _without_git_sources(text: str) -> str:
    """The Gemfile without blocks such as `git_source(:github) do |repo| … end`, which Rails writes into new Gemfiles.

    Lines keep their numbers. A block that does more than build a URL stays.
    """
    return _GIT_SOURCE.sub(lambda match: match[0] if _RUNS.search(match[0]) else "\n" * match[0].count("\n"), text)


def _statements(text: str) -> list[tuple[int, str]]:
    """Statements with the number of their last line: a line that ends with a comma continues on the next one."""
    statements: list[tuple[int, str]] = []
    begun = ""
    number = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", raw).strip()
        if not line:
            continue
        begun = f"{begun} {line}".strip()
        if not begun.endswith(","):
            statements.append((number, begun))
            begun = ""
    return [*statements, (number, begun)] if begun else statements


def _check_source(place: str, line: str) -> None:
    if _FROM_SOURCES.search(line):
        raise LeaveAlone("build-script", f"{place} takes gems from the sources: `{line[:60]}`")


def _check_gemspecs(context: Context, folder: str) -> None:
    """Raises LeaveAlone where the gemspec of a gem in the context reads more than its own folder."""
    for name in context.names_in(folder):
        if name.endswith(".gemspec"):
            gemspec = posixpath.join(folder, name)
            found = _LEAVES.search(context.read(gemspec) or "")
            if found is not None:
                raise LeaveAlone("build-script", f"{gemspec} may read more than its folder (`{found[0]}`)")


def _check_lock(install: Install, path: str, text: str, gemfile: _Gemfile) -> None:
    """Raises LeaveAlone where Bundler may rewrite the lock file."""
    if install.lock_stays and not install.runs_again:
        return
    sections = {part.partition("\n")[0].strip(): part.partition("\n")[2] for part in re.split(r"\n\n+", text.strip())}
    difference = _other_packages(sections, gemfile)
    if not difference and not install.runs_again:
        difference = _other_form(sections)
    if difference:
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {path}: {difference}", _LOCK_ANEW)


def _other_packages(sections: dict[str, str], gemfile: _Gemfile) -> str:
    """Why Bundler may lock other gems, to follow "may rewrite Gemfile.lock: "; "" when it does not."""
    platforms = sections.get("PLATFORMS", "").split()
    if not any(platform == "ruby" or "linux" in platform for platform in platforms):
        return f"it is for {', '.join(sorted(platforms)) or 'no platform'}, none of which is Linux"
    locked = {
        match["name"]: frozenset(part.strip() for part in (match["requirement"] or "").split(",") if part.strip())
        for line in sections.get("DEPENDENCIES", "").splitlines()
        if (match := _LOCKED.fullmatch(line.rstrip())) is not None
    }
    if locked == gemfile.gems:
        # Bundler then resolves all versions anew, with the registry
        unnamed = gemfile.names_ruby and "RUBY VERSION" not in sections
        return "it lacks the Ruby version that the Gemfile names" if unnamed else ""
    differing = {name for name in {*locked, *gemfile.gems} if locked.get(name) != gemfile.gems.get(name)}
    return f"`{min(differing)}` differs from the Gemfile"


def _other_form(sections: dict[str, str]) -> str:
    """Why Bundler may write the same gems in another form; "" when it does not."""
    platforms = set(sections.get("PLATFORMS", "").split())
    if "ruby" not in platforms and not platforms >= _EVERY_LINUX:
        return f"it is for {', '.join(sorted(platforms))}, which may not include the image's platform"
    version = sections.get("BUNDLED WITH", "").strip()
    return "" if version.startswith(("2.", "4.")) else f"it was written by Bundler {version or 'of unknown version'}"


def _requirement(written: str) -> str:
    """A requirement as Gemfile.lock writes it: "5.0" becomes "= 5.0", ">=5" becomes ">= 5"."""
    written = " ".join(written.split())
    return f"= {written}" if written[:1].isdigit() else re.sub(r"^([<>=~!]+)\s*", r"\1 ", written)


def _unquoted(string: str) -> str:
    return string[1:-1]

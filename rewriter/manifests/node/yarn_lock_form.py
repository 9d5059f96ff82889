"""Whether `yarn install` of Yarn 1 would write yarn.lock anew.

It leaves the file alone if it lists just what package.json and its own entries ask for, each at the address and with
the checksum that the download has. Source: github.com/yarnpkg/yarn, v1.22.22, src/cli/commands/install.js
(saveLockfileAndIntegrity) and src/lockfile/parse.js; compared with real installs on 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.semver_ranges import fits
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_VERSION_1 = "# yarn lockfile v1"
_NAMES = expression(r'"([^"\\]*)"|([^\s",:][^\s",]*)')
_ONE_CHECKSUM = expression(r"sha\d+-[\w+/]+={0,2}")
_ADDRESS = expression(r"https?://[^\s\"]+\.(?:tgz|tar\.gz)(?:#[0-9a-f]{40})?")
"""An archive with, or without, its checksum."""
_COMMIT = expression(
    r"(?:(?:git(?:\+(?:https?|ssh))?|ssh)://[^\s\"#]+|https://(?:github\.com|gitlab\.com|bitbucket\.org)/[^/\s\"#]+/[^/\s\"#]+)"
    r"#[0-9a-f]{40}"
)
"""A commit of a git repository. Yarn keeps it, without a checksum, also when the branch has moved on."""
_TABLES = ("dependencies:", "optionalDependencies:")
_REWRITING = ("--force", "--flat", "--update-checksums", "--har", "--link-duplicates")


class _Entry(NamedTuple):
    fields: dict[str, str]
    needs: tuple[str, ...]
    """Names with ranges: "mime-types@~2.1.34"."""


def yarn_rewrites_because(
    text: str, settings: str, arguments: Iterable[str], root: Manifest, members: list[Manifest]
) -> str:
    """Why Yarn 1 would, or may, write another yarn.lock, as a clause; "" if it leaves the file alone.

    `text` is that of the lock file, `settings` that of .yarnrc.
    """
    option = next((word for word in arguments if word.partition("=")[0] in _REWRITING), "")
    if option:
        return f"{option} makes Yarn write it"
    setting = next((line for line in settings.splitlines() if not _harmless(line)), "")
    if setting:
        return f".yarnrc has `{setting.strip()[:60]}`"
    wanted = str(root.data.get("packageManager", "yarn@1"))
    if not wanted.startswith(("yarn@1.", "yarn@1")) or wanted[6:7].isdigit():
        return f"{root.path} asks for {wanted}"
    if _VERSION_1 not in text[:400]:
        return "Yarn 1 did not write it"
    if any(manifest.table("resolutions") for manifest in (root, *members)):
        return f"{root.path} has `resolutions`"
    entries = _entries(text)
    return "a line of it is not as Yarn writes it" if entries is None else _difference(entries, root, members)


def _harmless(line: str) -> bool:
    """Whether a line of .yarnrc has nothing to do with what is in the lock file."""
    words = line.split()
    return (
        not words
        or words[0].startswith("#")
        or words[0] in ("network-timeout", "lastUpdateCheck", "disable-self-update-check")
    )


def _entries(text: str) -> dict[str, _Entry] | None:
    """The entries by pattern ("accepts@~1.3.8"); None if a line is not of the usual form (a merge conflict)."""
    entries: dict[str, _Entry] = {}
    patterns: list[str] = []
    fields: dict[str, str] = {}
    needs: list[str] = []
    table = ""

    def keep() -> None:
        for pattern in patterns:
            entries[pattern] = _Entry(fields, tuple(needs))

    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words = [quoted or plain for quoted, plain in _NAMES.findall(line.removesuffix(":"))]
        depth = len(line) - len(line.lstrip(" "))
        if depth == 0 and line.endswith(":") and words:
            keep()
            patterns, fields, needs, table = words, {}, [], ""
        elif depth == 2 and patterns and line.endswith(":"):
            table = line.strip()
        elif depth == 2 and patterns and len(words) == 2:
            fields[words[0]], table = words[1], ""
        elif depth == 4 and table and len(words) == 2:
            needs += [f"{words[0]}@{words[1]}"] if table in _TABLES else []
        else:
            return None
    keep()
    return entries


def _difference(entries: dict[str, _Entry], root: Manifest, members: list[Manifest]) -> str:
    by_name = {str(member.data.get("name")): str(member.data.get("version", "")) for member in members}
    pending = [pattern for manifest in (root, *members) for pattern in _asked(manifest, by_name)]
    if not pending:
        return "the project asks for no package"
    reached: set[str] = set()
    while pending:
        pattern = pending.pop()
        if pattern in reached or _is_member(pattern, by_name):
            continue
        entry = entries.get(pattern)
        if entry is None:
            return f"it does not list {pattern}"
        why = _not_kept(entry)
        if why:
            return f"{pattern} {why}"
        reached.add(pattern)
        pending += entry.needs
    needless = next((pattern for pattern in entries if pattern not in reached), "")
    return f"nothing needs {needless}" if needless else ""


def _asked(manifest: Manifest, members: dict[str, str]) -> Iterator[str]:
    """What a package.json asks for; of a package that is optional too, only the optional range counts."""
    optional = manifest.table("optionalDependencies")
    tables = (manifest.table("dependencies"), manifest.table("devDependencies"))
    wanted = [(name, value) for table in tables for name, value in table.items() if name not in optional]
    for name, value in (*wanted, *optional.items()):
        if not str(value).startswith("link:"):
            yield f"{name}@{value}"


def _is_member(pattern: str, members: dict[str, str]) -> bool:
    """Whether Yarn takes the member of the workspace: its version has to satisfy the range."""
    name, _, wanted = pattern.rpartition("@")
    return name in members and fits(members[name], wanted) is True


def _not_kept(entry: _Entry) -> str:
    """Why an entry may be written anew, to follow its pattern; "" if it is kept."""
    if "integrity" not in entry.fields and _COMMIT.fullmatch(entry.fields.get("resolved", "")):
        return ""
    if not _ADDRESS.fullmatch(entry.fields.get("resolved", "")):
        return "comes from a place whose address Yarn may write differently"
    if not _ONE_CHECKSUM.fullmatch(entry.fields.get("integrity", "")):
        return "has no checksum, and Yarn would add one"
    return ""

"""Which files of a project change far less often than its sources do, going by their names."""

from __future__ import annotations

from dfix.rewriter.knowledge.load import lock_names

_ENDINGS = (
    ".txt .toml .cfg .ini .conf .json .lock .lockb .mod .sum .gradle .gemspec .csproj .patch .diff .key .asc .gpg .pgp "
    ".pub .crt .pem .repo .list .tgz .gz .xz .bz2 .zst .zip .deb .rpm .apk .whl .jar".split()
)
_NAMES = frozenset(("Gemfile", "Pipfile", "Brewfile", "Rakefile", "pom.xml", "cpanfile", "setup.py"))


def changes_rarely(source: str | None) -> bool:
    """Whether a source of a COPY is a manifest, a lock file, settings, a key or an archive.

    Not a folder or a pattern, which may bring sources. None is a source that is not known.
    """
    if source is None or any(mark in source for mark in "*?[") or source.endswith("/"):
        return False
    name = source.rpartition("/")[2]
    return name in _NAMES or name in lock_names() or name.endswith(tuple(_ENDINGS))

"""What `pipenv install` reads: Pipfile, Pipfile.lock, packages in folders of the project.

Sources: pipenv.pypa.io ("Commands", "Pipfile & Pipfile.lock"). Pipenv rewrites a lock file that does not contain the
hash of the Pipfile, unless the command has `--deploy` or `--ignore-pipfile`, or is `pipenv sync`.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import local_paths, refuse_local_sources
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output
from dfix.rewriter.text.json_text import json_value

_KEEPS_LOCK = frozenset(("--deploy", "--ignore-pipfile", "sync"))
_IMPORTS = frozenset(("-r", "--requirements", "-e", "--editable", "-c", "--code"))
_NO_PACKAGES = frozenset(("source", "requires", "scripts", "pipenv"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    if flags & _IMPORTS:
        raise LeaveAlone("option", f"`{install.shown}` adds packages from other files to the Pipfile")
    path, lock = (posixpath.join(install.folder, name) for name in ("Pipfile", "Pipfile.lock"))
    data = read_toml(context, path)
    _refuse_rewritten_lock(context, install, path, lock, data if not flags & _KEEPS_LOCK else None)
    groups = {key: value for key, value in data.items() if key not in _NO_PACKAGES and isinstance(value, dict)}
    entries = [(name, entry) for group in groups.values() for name, entry in group.items()]
    for name, entry in entries:
        archive = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(archive, str) and "://" not in archive:
            raise LeaveAlone("local-source", f"{path}: {name} comes from {archive}, a file that dfix does not follow")
        if isinstance(entry, dict) and entry.get("path") in (".", "./"):
            reason = f"{path}: {name} is the project itself, so the install reads the sources"
            raise LeaveAlone("installs-project", reason)
    refuse_local_sources(path, (table(source).get("url") for source in listed(data.get("source"))))
    local = local_paths(context, path, entries)
    why = "which pipenv uses today, but which would overwrite the new one after a split"
    if "--system" not in flags:
        refuse_host_output(context, install.folder, ".venv", why=why)
    archives = tuple(filter(context.ships, local))
    locks = (lock,) if context.ships(lock) else ()
    return Inputs((path, *locks, *archives), tuple(path for path in local if path not in archives))


def _refuse_rewritten_lock(
    context: Context, install: Install, path: str, lock: str, data: dict[str, Any] | None
) -> None:
    """Raises LeaveAlone when the lock file would be rewritten; `data` is None if the command does not compare it."""
    text = context.read(lock)
    if text is None or "--skip-lock" in install.arguments or install.lock_stays:
        return
    try:
        locked = json_value(text)["_meta"]["hash"]["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LeaveAlone("broken-manifest", f"{lock} does not contain the hash of a Pipfile") from None
    if data is not None and locked != pipfile_hash(data):
        reason = f"`{install.shown}` may rewrite {lock}: its hash does not match {path}"
        raise LeaveAlone("lock-rewritten", reason, f"run `pipenv lock` and commit {lock}")


def pipfile_hash(data: dict[str, Any]) -> str:
    """The hash that Pipenv writes into the lock file of a Pipfile (source: plette, `Pipfile.get_hash`)."""
    hashed: dict[str, Any] = {
        "_meta": {"sources": data.get("source", []), "requires": data.get("requires", {})},
        "default": data.get("packages", {}),
        "develop": data.get("dev-packages", {}),
    }
    standard = {*_NO_PACKAGES, "packages", "dev-packages", "default", "develop"}
    hashed |= {name: table(data, name) for name in data if name not in standard}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

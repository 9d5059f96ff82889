"""What `pipenv install` reads: Pipfile, Pipfile.lock, packages in folders of the project.

Sources: pipenv.pypa.io ("Commands", "Pipfile & Pipfile.lock"). A lock file is in step when it holds the hash of the
Pipfile; one that is not is written anew, unless `--deploy`, `--ignore-pipfile` or `sync` say otherwise.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import local_paths
from dfix.rewriter.manifests.shared.formats import read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output

_KEEPS_LOCK = frozenset(("--deploy", "--ignore-pipfile", "sync"))
_IMPORTS = frozenset(("-r", "--requirements", "-e", "--editable", "-c", "--code"))
_NO_PACKAGES = frozenset(("source", "requires", "scripts", "pipenv"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    if flags & _IMPORTS:
        raise LeaveAlone("option", f"`{install.shown}` adds to the Pipfile from other files")
    path, lock = (posixpath.join(install.folder, name) for name in ("Pipfile", "Pipfile.lock"))
    data = read_toml(context, path)
    _lock(context, install, path, lock, data if not flags & _KEEPS_LOCK else None)
    groups = {key: value for key, value in data.items() if key not in _NO_PACKAGES and isinstance(value, dict)}
    entries = [(name, entry) for group in groups.values() for name, entry in group.items()]
    for name, entry in entries:
        archive = entry.get("file") if isinstance(entry, dict) else None
        if isinstance(archive, str) and "://" not in archive:
            raise LeaveAlone("local-source", f"{path}: {name} is the file {archive}")
        if isinstance(entry, dict) and entry.get("path") in (".", "./"):
            raise LeaveAlone("installs-project", f"{path}: {name} is the project itself, whose sources are read")
    folders = local_paths(context, path, entries)
    why = "which pipenv would use and the later copy replace"
    if "--system" not in flags:
        refuse_host_output(context, install.folder, ".venv", why=why)
    alone = tuple(place for place in folders if context.ships(place))
    locks = (lock,) if context.ships(lock) else ()
    return Inputs((path, *locks, *alone), tuple(place for place in folders if place not in alone))


def _lock(context: Context, install: Install, path: str, lock: str, data: dict[str, Any] | None) -> None:
    """A lock file that would be written; `data` is the Pipfile where the command compares it with its lock file."""
    text = context.read(lock)
    if text is None or "--skip-lock" in install.arguments:
        return
    try:
        known = json.loads(text)["_meta"]["hash"]["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise LeaveAlone("broken-manifest", f"{lock} holds no hash of its Pipfile") from None
    if data is not None and known != pipfile_hash(data):
        reason = f"`{install.shown}` may rewrite {lock}, which does not fit {path}"
        raise LeaveAlone("lock-rewritten", reason, "run `pipenv lock`, or add `--deploy`")


def pipfile_hash(data: dict[str, Any]) -> str:
    """The hash of a Pipfile that its lock file holds (plette, `Pipfile.get_hash`)."""
    hashed: dict[str, Any] = {
        "_meta": {"sources": data.get("source", []), "requires": data.get("requires", {})},
        "default": data.get("packages", {}),
        "develop": data.get("dev-packages", {}),
    }
    known = {*_NO_PACKAGES, "packages", "dev-packages", "default", "develop"}
    hashed |= {name: table(data, name) for name in data if name not in known}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

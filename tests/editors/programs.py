"""Editors from Debian's packages, unpacked into a cache folder with all that they need, C library included.

Nothing is installed and no root is needed; the programs are started with the loader that came with them, so that they run on
an older Debian, too.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.engine.home import NoEngineError
from tests.engine.packages import sources
from tests.tools.home import NoToolError, kept, run

SUITE = "trixie"
VERSION = "1"
"""Part of the folder's name: another one is unpacked when what is in it changes."""
_PACKAGES = {
    "neovim": ("neovim",),
    "vim": ("vim",),
    "emacs": ("emacs-nox", "elpa-dockerfile-mode"),
    "helix": ("hx",),
}


class Program(NamedTuple):
    """How to start an editor: the command's first words and the environment that its files need."""

    command: tuple[str, ...]
    environment: dict[str, str]
    root: Path

    def env(self, **more: str) -> dict[str, str]:
        """A whole environment, without the user's settings where `HOME` is among `more`."""
        own = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**own, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **self.environment, **more}


@cache
def program(editor: str) -> Program:
    """An editor of `_PACKAGES`, fetched when it is first asked for. Raises NoToolError."""
    root = kept(f"{editor}-{SUITE}-{VERSION}", lambda folder: _fetch(_PACKAGES[editor], folder))
    (loader,) = root.glob("usr/lib/*/ld-linux*.so.?")
    libraries = loader.parent
    start = (str(loader), "--library-path", str(libraries))
    match editor:
        case "neovim":
            found = {"VIMRUNTIME": f"{root}/usr/share/nvim/runtime"}
            return Program((*start, f"{root}/usr/bin/nvim"), found, root)
        case "vim":
            (runtime,) = root.glob("usr/share/vim/vim9*")
            return Program((*start, f"{root}/usr/bin/vim.basic"), {"VIMRUNTIME": str(runtime)}, root)
        case "emacs":
            return _emacs(root, start)
        case _:
            found = {"HELIX_RUNTIME": f"{root}/usr/lib/hx/runtime"}
            return Program((*start, f"{root}/usr/lib/hx/hx"), found, root)


def _emacs(root: Path, start: tuple[str, ...]) -> Program:
    (lisp,) = root.glob("usr/share/emacs/*/lisp")
    (dump,) = root.glob("usr/libexec/emacs/*/*/*.pdmp")
    folders = [lisp, *(path for path in sorted(lisp.rglob("*")) if path.is_dir())]
    packages = sorted(root.glob("usr/share/emacs/site-lisp/elpa-src/*"))
    found = {
        "EMACSLOADPATH": os.pathsep.join(map(str, [*packages, *folders])),
        "EMACSDATA": str(lisp.parent / "etc"),
        "EMACSDOC": str(lisp.parent / "etc"),
        "EMACSPATH": str(dump.parent),
    }
    return Program((*start, f"{root}/usr/bin/emacs-nox", f"--dump-file={dump}"), found, root)


def _fetch(packages: tuple[str, ...], root: Path) -> None:
    """Download packages and everything that they depend on, as if nothing were installed, and unpack them."""
    try:
        archive = sources()[0]
    except NoEngineError as error:
        raise NoToolError(str(error).replace("no engine", "no editor")) from error
    folder = root.parent / f"{root.name}.fetching"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "sources.list").write_text(archive.line(SUITE) + "\n")
    (folder / "status").touch()
    options = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Install-Recommends": "0",
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "1",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    run([*apt, "update"], folder)
    run([*apt, "--yes", "--download-only", "install", *packages], folder)
    for deb in sorted((folder / "cache" / "archives").glob("*.deb")):
        run(["dpkg-deb", "-x", deb, root], folder)
    shutil.rmtree(folder)

"""K1: installs that need or change files of workspace members and of local packages."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.attack.node import Manifest, Member, dumped, manifest, package_lock, pnpm_lock, sources, yarn_lock
from tests.attack.probe import Files, Probe, script
from tests.attack.shapes import chores, copy_all, folder, last, written

CLI = "#!/usr/bin/env node\nconsole.log('tool');\n"


def members(rng: Random) -> Probe:
    """K1: commands and content of workspace members and local packages."""
    return rng.choice((_npm, _npm, _yarn, _pnpm, _npm_file, _egg_info))(rng)


def _member(rng: Random, place: str, name: str) -> tuple[Member, Files]:
    """A member with a command of its own, or without one, and its files."""
    found: Manifest = {"name": name, "version": "1.0.0"}
    files: Files = {f"{place}/index.js": "module.exports = 2;\n"}
    mode = rng.choice((0o644, 0o644, 0o755))
    how = rng.choice(("none", "none", "string", "table", "folder", "missing", "built", "nested"))
    if how == "string":
        found["bin"] = rng.choice(("cli.js", "./cli.js"))
        files[f"{place}/cli.js"] = script(CLI, mode)
    elif how == "table":
        found["bin"] = {f"{name}-run": "bin/run.js", name: "./cli.js"}
        files |= {f"{place}/cli.js": script(CLI, mode), f"{place}/bin/run.js": script(CLI, mode)}
    elif how == "folder":
        found["directories"] = {"bin": "./commands"}
        files[f"{place}/commands/{name}"] = script(CLI, mode)
    elif how == "missing":
        found["bin"] = "lib/gone.js"
    elif how == "built":
        found |= {"bin": "dist/cli.js", "main": "dist/index.js"}
    elif how == "nested":
        found["bin"] = {name: "src/cli/main.js"}
        files[f"{place}/src/cli/main.js"] = script(CLI, mode)
    return Member(place, found), files


def _workspace(rng: Random) -> tuple[str, list[Member], Files]:
    parent = rng.choice(("packages", "tools", "libs", "modules/own"))
    some, files = [], dict[str, Any]()
    for name in rng.sample(("mytool", "core", "lint-config", "ui"), rng.randint(1, 3)):
        member, own = _member(rng, f"{parent}/{name}", name)
        some.append(member)
        files |= own | {f"{member.folder}/package.json": dumped(member.manifest, rng)}
    return (
        rng.choice((f"{parent}/*", f"{parent}/*", parent + "/" + some[0].name if len(some) == 1 else f"{parent}/*")),
        some,
        files,
    )


def _npm(rng: Random) -> Probe:
    pattern, some, files = _workspace(rng)
    has_command = [member for member in some if isinstance(member.manifest.get("bin"), str)]
    scripts = {}
    if has_command and rng.random() < 0.4 and f"{has_command[0].folder}/cli.js" in files:
        scripts = {"scripts": {"build": has_command[0].name}}
    root = manifest(rng, workspaces=[pattern] if rng.random() < 0.8 else {"packages": [pattern]}, **scripts)
    files |= {"package.json": dumped(root), "package-lock.json": package_lock(root, some)} | sources(rng)
    install = rng.choice(("npm ci", "npm ci", "npm ci --ignore-scripts", "npm install", "npm ci --omit=dev"))
    build = rng.choice((" && npm run build", "\nRUN npm run build")) if scripts else ""
    return _probe(rng, "npm workspaces", files, f"RUN {install}{build}")


def _yarn(rng: Random) -> Probe:
    pattern, some, files = _workspace(rng)
    root = manifest(rng, workspaces=[pattern])
    lock = yarn_lock(root, *(member.manifest for member in some))
    files |= {"package.json": dumped(root), "yarn.lock": lock} | sources(rng)
    install = rng.choice(
        ("yarn install --frozen-lockfile", "yarn --frozen-lockfile", "yarn install --frozen-lockfile --production")
    )
    return _probe(rng, "Yarn 1 workspaces", files, f"RUN {install}")


def _pnpm(rng: Random) -> Probe:
    pattern, some, files = _workspace(rng)
    used = {member.name: "workspace:*" for member in rng.sample(some, rng.randint(0, len(some)))}
    root = manifest(rng, dependencies=used)
    if used and rng.random() < 0.25:
        root["dependenciesMeta"] = {next(iter(used)): {"injected": True}}
        return _injected(rng, root, some, files)
    lock = pnpm_lock(root, some)
    files |= {
        "package.json": dumped(root),
        "pnpm-lock.yaml": lock,
        "pnpm-workspace.yaml": f"packages:\n  - '{pattern}'\n",
    }
    return _probe(rng, "pnpm workspaces", files | sources(rng), "RUN pnpm install --frozen-lockfile")


def _injected(rng: Random, root: Manifest, some: list[Member], files: Files) -> Probe:
    """Without a lock file: the content of a member is copied into node_modules."""
    pattern = some[0].folder.rpartition("/")[0] + "/*"
    files |= {"package.json": dumped(root), "pnpm-workspace.yaml": f"packages:\n  - {pattern}\n"} | sources(rng)
    return _probe(rng, "pnpm, injected member", files, "RUN pnpm install --no-frozen-lockfile")


def _npm_file(rng: Random) -> Probe:
    member, files = _member(rng, rng.choice(("tools/mytool", "vendor/mytool", "mytool")), "mytool")
    root = manifest(rng, dependencies={"mytool": rng.choice(("file:", "file:./")) + member.folder})
    files |= {f"{member.folder}/package.json": dumped(member.manifest), "package.json": dumped(root)}
    files |= {"package-lock.json": package_lock(root, [member])} | sources(rng)
    after = rng.choice(("", "", "RUN npx --no-install mytool || true"))
    return _probe(rng, "npm, file: package", files, "RUN npm ci", after)


def _egg_info(rng: Random) -> Probe:
    """An editable or plain install of a folder that may ship what an earlier install left there."""
    place = rng.choice(("libs/x", "x", "src/x"))
    setup = "from setuptools import setup\nsetup(name='xlib', version='2.0', py_modules=['xlib'])\n"
    files: Files = {f"{place}/setup.py": setup, f"{place}/xlib.py": "x = 2\n", "requirements.txt": "tinya==1.0\n"}
    if rng.random() < 0.5:
        old = "Metadata-Version: 2.1\nName: xlib\nVersion: 1.0\n"
        files |= {f"{place}/xlib.egg-info/PKG-INFO": old, f"{place}/xlib.egg-info/top_level.txt": "xlib\n"}
        files[f"{place}/xlib.egg-info/SOURCES.txt"] = "setup.py\n"
    if rng.random() < 0.3:
        files[f"{place}/build/lib/xlib.py"] = "x = 1\n"
    flag = rng.choice(("-e ", "-e ", ""))
    install = rng.choice((f"pip install {flag}./{place}", f"pip install -r requirements.txt {flag}./{place}"))
    if rng.random() < 0.3:
        files["requirements.txt"] = f"tinya==1.0\n{flag}./{place}\n"
        install = "pip install -r requirements.txt"
    files |= {"app.py": "import xlib\n", "README.md": "# x\n"}
    place = folder(rng)
    text = written(
        "FROM python:3.11-slim", *chores(rng), f"WORKDIR {place}", copy_all(rng, place), f"RUN {install}", last(rng)
    )
    return Probe("K1", "pip, local folder", files, text)


def _probe(rng: Random, what: str, files: Files, *lines: str) -> Probe:
    place = folder(rng)
    text = written("FROM node:22", *chores(rng), f"WORKDIR {place}", copy_all(rng, place), *lines, last(rng))
    return Probe("K1", what, files, text)

"""K3 for npm, Yarn and pnpm: options, variables, settings files and lock files that name files of the tree."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.attack.node import Manifest, dumped, manifest, package_lock, pnpm_lock, sources, yarn_lock
from tests.attack.packages import ADDRESS, npm_archive, npm_package
from tests.attack.probe import Data, Files, Link, Probe, script
from tests.attack.shapes import chores, copy_all, folder, last, written

Found = tuple[Files, list[str]]


def settings_node(rng: Random) -> Probe:
    """K3, Node.js."""
    way = rng.choice(
        (
            _npmrc,
            _npm_option,
            _npm_option,
            _environment,
            _lock_file,
            _archive,
            _yarn1,
            _yarn4,
            _pnpm,
            _redirect,
            _home,
            _search_path,
            _harmless,
        )
    )
    place = "/root" if way is _home and rng.random() < 0.5 else folder(rng)
    more, lines = way(rng, place)
    base = "node:22-bookworm" if way is _yarn4 else "node:22"
    text = written(
        f"FROM {base}", *chores(rng), f"WORKDIR {place}", *lines[:-1], copy_all(rng, place), lines[-1], last(rng)
    )
    return Probe("K3", way.__name__.strip("_").replace("_", " "), sources(rng) | more, text)


def _npm_project(root: Manifest) -> Files:
    return {"package.json": dumped(root), "package-lock.json": package_lock(root, [])}


def _npmrc(rng: Random, place: str) -> Found:
    """Settings of the project that name something of it, or nothing."""
    root = manifest(rng, scripts=rng.choice(({}, {"postinstall": "echo done"})))
    ways: list[tuple[str, Files]] = [
        ("script-shell=./tools/sh", {"tools/sh": script('#!/bin/sh\nexec sh "$@"\n')}),
        ("globalconfig=conf/npmrc", {"conf/npmrc": f"registry={ADDRESS}/npm/\n"}),
        ("cafile=certs/ca.pem", {"certs/ca.pem": ""}),
        ("node-options=--require=./tools/hook.js", {"tools/hook.js": "require('fs').writeFileSync('/hooked', '');\n"}),
        ("engine-strict=true", {}),
        ("fund=false\naudit=false", {}),
        ("loglevel=error", {}),
        ("save-exact=true", {}),
        ("cache=.npm-cache", {".npm-cache/keep": ""}),
        ("prefix=vendor", {"vendor/x": ""}),
        ("logs-dir=logs", {"logs/x": ""}),
    ]  # fmt: skip
    line, files = rng.choice(ways)
    return _npm_project(root) | files | {".npmrc": line + "\n"}, [
        f"RUN {rng.choice(('npm ci', 'npm ci --omit=dev', 'npm install'))}"
    ]


def _npm_option(rng: Random, place: str) -> Found:
    root = manifest(rng, scripts=rng.choice(({}, {"postinstall": "echo done"})))
    files: Files = {
        "ci.npmrc": rng.choice(("omit=dev\n", "ignore-scripts=true\nloglevel=error\n", "install-links=true\n"))
    }
    files |= {
        "tools/sh": script('#!/bin/sh\nexec sh "$@"\n'),
        "sub/package.json": dumped(root),
        "sub/package-lock.json": package_lock(root, []),
    }
    words = rng.choice(
        (
            "--userconfig ./ci.npmrc",
            "--userconfig=ci.npmrc",
            f"--globalconfig {place}/ci.npmrc",
            "--script-shell=./tools/sh",
            "--prefix sub",
            "-C sub",
            "--cache /tmp/cache",
            "--loglevel=error",
            "--no-audit --no-fund",
            "--omit=dev --ignore-scripts",
            "--node-options=--no-warnings",
        )
    )
    return _npm_project(root) | files, [f"RUN npm ci {words}"]


def _environment(rng: Random, place: str) -> Found:
    root = manifest(rng, scripts=rng.choice(({}, {"postinstall": 'node -e ""'})))
    name, value = rng.choice((
        ("NPM_CONFIG_USERCONFIG", f"{place}/ci.npmrc"), ("npm_config_userconfig", "ci.npmrc"), ("NODE_OPTIONS", "--require=./tools/hook.js"),
        ("NODE_OPTIONS", f"--require={place}/tools/hook.js"), ("NODE_OPTIONS", "--max-old-space-size=4096"), ("npm_config_script_shell", "./tools/sh"),
        ("NODE_EXTRA_CA_CERTS", f"{place}/certs/ca.pem"), ("NODE_ENV", "production"), ("NODE_PATH", f"{place}/tools"), ("npm_config_loglevel", "warn"),
        ("CI", "true"), ("npm_config_prefix", f"{place}/.global"), ("NODE_EXTRA_CA_CERTS", "/etc/ssl/certs/ca-certificates.crt"),
    ))  # fmt: skip
    files: Files = {
        "ci.npmrc": "omit=dev\nignore-scripts=true\n",
        "tools/hook.js": "require('fs').appendFileSync('/hooked', '');\n",
    }
    files |= {"tools/sh": script('#!/bin/sh\nexec sh "$@"\n'), "certs/ca.pem": "", ".global/keep": ""}
    before, run = rng.choice(
        (
            ([f"ENV {name}={value}"], "npm ci"),
            ([f"ARG {name}={value}"], "npm ci"),
            ([], f"export {name}={value} && npm ci"),
            ([], f"env {name}={value} npm ci"),
            ([], f"{name}={value} npm ci"),
        )
    )
    return _npm_project(root) | files, [*before, f"RUN {run}"]


def _lock_file(rng: Random, place: str) -> Found:
    """The lock file names a tarball of the tree that package.json does not."""
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    lock: dict[str, Any] = json.loads(package_lock(root, []))
    name = rng.choice(("vendor/tiny-a-1.0.0.tgz", "node_shrinkwrap/tiny-a-1.0.0.tgz", "a.tgz"))
    if rng.random() < 0.7:
        lock["packages"]["node_modules/tiny-a"]["resolved"] = f"file:{name}"
    return _npm_project(root) | {
        "package-lock.json": dumped(lock),
        name: Data(npm_archive(npm_package("tiny-a", "1.0.0"))),
    }, ["RUN npm ci"]


def _archive(rng: Random, place: str) -> Found:
    """A dependency is a tarball of the tree, written in one of the ways that npm takes."""
    wish = rng.choice(
        (
            "tiny-a-1.0.0.tgz",
            "./tiny-a-1.0.0.tgz",
            "file:tiny-a-1.0.0.tgz",
            "./vendor/tiny-a-1.0.0.tgz",
            "file:./vendor/tiny-a-1.0.0.tgz",
            "file:vendor/tiny-a-1.0.0.tgz",
        )
    )
    path = wish.removeprefix("file:").removeprefix("./")
    package = npm_package("tiny-a", "1.0.0")
    root: Manifest = {"name": "a", "version": "1.0.0", "dependencies": {"tiny-a": wish}}
    entry = {"version": "1.0.0", "resolved": f"file:{path}", "integrity": package.integrity}
    packages = {"": {**root, "dependencies": {"tiny-a": wish}}, "node_modules/tiny-a": entry}
    lock = {"name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    files: Files = {"package.json": dumped(root), path: Data(npm_archive(package))}
    if rng.random() < 0.8:
        return files | {"package-lock.json": dumped(lock)}, ["RUN npm ci"]
    return files, ["RUN npm install"]


def _yarn1(rng: Random, place: str) -> Found:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    closure = ("tiny-a-1.0.0.tgz", "tiny-b-1.0.0.tgz", "tiny-c-2.0.0.tgz")
    archives: Files = {
        f"npm-packages/{name}": Data(npm_archive(npm_package(*name.removesuffix(".tgz").rsplit("-", 1))))
        for name in closure
    }
    lines, files, flag = rng.choice((
        ('yarn-offline-mirror "./npm-packages"', archives, " --offline"),
        ('yarn-offline-mirror "./npm-packages"', archives, ""),
        ('yarn-path "./tools/yarn.js"', {"tools/yarn.js": _shim("/usr/local/lib/node_modules/yarn/lib/cli.js")}, ""),
        ('--install.silent true', {}, ""),
        ('--modules-folder "lib_modules"', {}, ""),
        ('network-timeout 60000', {}, ""),
        ('cache-folder "./.yarn-cache"', {".yarn-cache/x": ""}, ""),
    ))  # fmt: skip
    return {"package.json": dumped(root), "yarn.lock": yarn_lock(root), ".yarnrc": lines + "\n", **files}, [
        f"RUN yarn install --frozen-lockfile{flag}"
    ]


def _shim(target: str) -> str:
    return f"require('fs').writeFileSync('/through-the-shim', '');\nrequire('{target}');\n"


def _yarn4(rng: Random, place: str) -> Found:
    cli = "/usr/local/lib/node_modules/@yarnpkg/cli-dist/bin/yarn.js"
    ways: list[tuple[str, Files]] = [
        ("yarnPath: tools/yarn.cjs", {"tools/yarn.cjs": _shim(cli)}),
        ("yarnPath: .yarn/releases/yarn-4.6.0.cjs", {".yarn/releases/yarn-4.6.0.cjs": _shim(cli)}),
        ('npmAuthToken: "${NPM_TOK}"', {".env.yarn": "NPM_TOK=x\n"}),
        ("injectEnvironmentFiles:\n  - conf/settings.env\nnpmAuthToken: \"${NPM_TOK}\"", {"conf/settings.env": "NPM_TOK=x\n"}),
        ("plugins:\n  - path: tools/plugin.cjs\n    spec: tools/plugin.cjs", {"tools/plugin.cjs": "module.exports = {name: 'p', factory: () => ({})};\n"}),
        ("enableTelemetry: false", {}),
        ("nmMode: classic", {}),
        ("caFilePath: certs/ca.pem", {"certs/ca.pem": ""}),
    ]  # fmt: skip
    lines, files = rng.choice(ways)
    root = '{\n  "name": "a",\n  "version": "1.0.0",\n  "private": true\n}\n'
    lock = (
        '# This file is generated by running "yarn install" inside your project.\n'
        "# Manual changes might be lost - proceed with caution!\n\n__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"
        '"a@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "a@workspace:."\n  languageName: unknown\n  linkType: soft\n'
    )
    files = {"package.json": root, "yarn.lock": lock, ".yarnrc.yml": f"nodeLinker: node-modules\n{lines}\n", **files}
    return files, [
        f"RUN {rng.choice(('yarn install --immutable', 'yarn --immutable', 'yarn install --immutable --inline-builds'))}"
    ]


def _pnpm(rng: Random, place: str) -> Found:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    hooks = (
        "module.exports = {hooks: {readPackage: (p) => { require('fs').appendFileSync('/hooked', '.'); return p; }}};\n"
    )
    files, words = rng.choice([
        ({".npmrc": "pnpmfile=tools/hooks.cjs\n", "tools/hooks.cjs": hooks}, ""),
        ({".npmrc": "global-pnpmfile=tools/hooks.cjs\n", "tools/hooks.cjs": hooks}, ""),
        ({"tools/hooks.cjs": hooks}, " --pnpmfile=tools/hooks.cjs"),
        ({".pnpmfile.cjs": hooks}, ""),
        ({".npmrc": "shamefully-hoist=true\n"}, ""),
        ({".npmrc": "strict-peer-dependencies=false\nnode-linker=hoisted\n"}, ""),
        ({"deep/x.js": ""}, " --prod"),
        ({".npmrc": "patches-dir=fixes\nmodules-dir=lib_modules\n", "fixes/x": ""}, ""),
    ])  # fmt: skip
    return {"package.json": dumped(root), "pnpm-lock.yaml": pnpm_lock(root, []), **files}, [
        f"RUN pnpm install{rng.choice(('', ' --frozen-lockfile'))}{words}"
    ]


def _redirect(rng: Random, place: str) -> Found:
    name = rng.choice(("install.log", "logs/npm.txt", "answers.txt"))
    sign = "<" if name == "answers.txt" else rng.choice((">", ">>", "2>"))
    run = f"npm ci --silent {sign} {name}"
    if rng.random() < 0.3:
        run = rng.choice(("npm ci > /dev/null", "npm ci 2> /dev/null", "npm ci --silent > /var/log/npm.log"))
    return _npm_project(manifest(rng)) | {name: "of the developer\n"}, [f"RUN {run}"]


def _home(rng: Random, place: str) -> Found:
    files: Files = {
        rng.choice(
            (".npmrc", ".config/npm/npmrc", ".profile", ".bashrc", ".yarnrc", ".netrc", ".node_modules/x/index.js")
        ): "# mine\n"
    }
    before, run = rng.choice(
        (([f"ENV HOME={place}"], "npm ci"), ([], f"HOME={place} npm ci"), ([], 'export HOME="$PWD" && npm ci'))
    )
    before = [] if place == "/root" else before
    root = manifest(rng)
    return _npm_project(root) | files, [*before, f"RUN {'npm ci' if place == '/root' else run}"]


def _search_path(rng: Random, place: str) -> Found:
    shim = script('#!/bin/sh\ntouch /shimmed\nexec /usr/local/bin/npm "$@"\n', rng.choice((0o755, 0o755, 0o644)))
    name = rng.choice(("bin/npm", "bin/node-gyp", "bin/unrelated", "tools/npm"))
    before = rng.choice(
        (
            f"ENV PATH={place}/bin:$PATH",
            f"ENV PATH=$PATH:{place}/bin",
            f"ENV PATH={place}/node_modules/.bin:$PATH",
            "ENV PATH=bin:$PATH",
        )
    )
    files: Files = {name: shim}
    if name == "tools/npm" and rng.random() < 0.5:
        files["bin/npm"] = Link("../tools/npm")
    return _npm_project(manifest(rng)) | files, [before, "RUN npm ci"]


def _harmless(rng: Random, place: str) -> Found:
    before = rng.choice(
        (
            "ENV NODE_ENV=production",
            "ENV PORT=3000 HOST=0.0.0.0",
            "ARG BUILD_ID=1",
            "ENV NPM_CONFIG_LOGLEVEL=warn",
            "ENV TZ=UTC",
            "ENV CONFIG=config/default.json",
        )
    )
    run = rng.choice(("npm ci", "npm ci --omit=dev", "CI=true npm ci", "npm ci && echo installed", "npm ci --no-audit"))
    return _npm_project(manifest(rng)) | {"config/default.json": "{}\n"}, [before, f"RUN {run}"]

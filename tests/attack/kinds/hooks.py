"""K4: scripts of package.json that run at the install."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, pnpm_lock, sources, yarn_lock
from tests.attack.probe import Files, Probe, script
from tests.attack.shapes import chores, copy_all, folder, last, written

Scripts = dict[str, str]
_NAMES = ("preinstall", "install", "postinstall", "prepare", "dependencies", "preprepare", "postprepare", "prepublish")
_PRINTS = (
    "echo installed",
    "node -e \"console.log('done')\"",
    "true",
    "echo one && echo two",
    "node scripts/hello.js",
    "exit 0",
    "echo done > /dev/null",
    "node -p process.version",
    ":",
)
_TOUCHES = (
    "node scripts/build.js",
    "node scripts/read.js",
    "node scripts/bundle.js",
    "node scripts/where.js",
    "node scripts/lazy.js",
    "node ./scripts/list",
    'echo "made = 1" > src/generated.js',
    "echo x >> src/generated.js",
    "mkdir -p src && touch src/generated.js",
    "sh scripts/prepare.sh",
    "./scripts/prepare.sh",
    "cp src/index.js /copied.js",
    "cat src/*.js > /all.js",
    "npm run setup",
    "npm run --silent setup",
    "node -e \"require('./scripts/read.js')\"",
    "node -e \"require('fs').readdirSync('src')\"",
    "test -f src/index.js && echo found > /found || true",
    "[ -d .git ] || echo no > /no-git",
    "ls > /listed",
    "ls src && echo yes",
    "node --require ./scripts/hello.js -e 1",
    "tiny-b || true",
    "cd src && cat index.js",
    "node < scripts/read.js",
)
_SCRIPTS: Files = {
    "scripts/hello.js": "const os = require('os');\nconsole.log(os.EOL.length);\n",
    "scripts/read.js": "require('fs').writeFileSync('/read', require('fs').readFileSync('src/index.js'));\n",
    "scripts/build.js": "require('tiny-bundler').buildSync({entryPoints: ['src/app.js'], outfile: '/bundle.js'});\n",
    "scripts/bundle.js": "import('tiny-bundler').then((b) => b.default.buildSync({entryPoints: ['src/index.js'], outfile: '/b.js'}));\n",
    "scripts/where.js": "const path = require('path');\nrequire('fs').writeFileSync('/where', '' + require('fs').existsSync(path.join(__dirname, '..', 'src')));\n",
    "scripts/lazy.js": "const name = ['.', 'read.js'].join('/');\nrequire(name);\n",
    "scripts/list": "require('child_process').execSync('ls src > /list');\n",
    "scripts/prepare.sh": script("#!/bin/sh\nset -e\ncat src/index.js > /prepared\n"),
    "src/index.js": "module.exports = 1;\n",
    "src/app.js": "require('./index');\n",
}


def hooks(rng: Random) -> Probe:
    """K4: scripts of package.json that run at the install."""
    name = rng.choice(_NAMES[:5] if rng.random() < 0.8 else _NAMES)
    body = rng.choice(_PRINTS if rng.random() < 0.4 else _TOUCHES)
    scripts: Scripts = {name: body, "start": "node server.js"}
    if "setup" in body:
        first, second = rng.choice(
            ((_TOUCHES[6], "echo set up"), ("echo before", _TOUCHES[11]), ("echo before", "echo set up"))
        )
        scripts |= {"presetup": first, "setup": second} if rng.random() < 0.5 else {"setup": second, "postsetup": first}
    if rng.random() < 0.2:
        scripts["pre" + name] = rng.choice(_PRINTS)
    root = manifest(rng, dependencies={"tiny-bundler": "1.0.0", "tiny-b": "1.0.0"}, scripts=scripts)
    files = sources(rng) | _SCRIPTS | {"package.json": dumped(root)}
    install, lock, text = rng.choice((
        ("npm ci", "package-lock.json", package_lock(root, [])),
        ("npm ci --omit=dev", "package-lock.json", package_lock(root, [])),
        ("npm install", "package-lock.json", package_lock(root, [])),
        ("yarn install --frozen-lockfile", "yarn.lock", yarn_lock(root)),
        ("pnpm install --frozen-lockfile", "pnpm-lock.yaml", pnpm_lock(root, [])),
    ))  # fmt: skip
    files[lock] = text
    if rng.random() < 0.15 and install.startswith("npm"):
        install += " --ignore-scripts"
    place = folder(rng)
    dockerfile = written(
        "FROM node:22", *chores(rng), f"WORKDIR {place}", copy_all(rng, place), f"RUN {install}", last(rng)
    )
    return Probe("K4", f"{name}: {body}", files, dockerfile)

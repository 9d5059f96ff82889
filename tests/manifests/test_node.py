from __future__ import annotations

import json
import time
from typing import Any

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext
from tests.processor import allowed

Files = dict[str, str]


def package(**fields: Any) -> str:
    return json.dumps({"name": "a", "version": "1.0.0", **fields})


def lock(**fields: Any) -> str:
    root = {"name": "a", "version": "1.0.0", **fields}
    head = {"name": "a", "version": "1.0.0", "lockfileVersion": 3, "requires": True}
    return json.dumps({**head, "packages": {"": root}}, indent=2) + "\n"


def read(make_context: MakeContext, files: Files, command: str = "npm install", folder: str = "") -> Inputs | Reason:
    manager, *arguments = command.split()
    return attempt(inputs, make_context(files), Install(manager, tuple(arguments), folder, "node.install"))


KNOWN: list[tuple[str, str, Files, tuple[str, ...], tuple[str, ...]]] = [
    (
        "manifest, lock and settings",
        "npm ci",
        {"package.json": package(), "package-lock.json": lock(), ".npmrc": "legacy-peer-deps=true", "src/a.js": ""},
        ("package.json", "package-lock.json", ".npmrc"),
        (),
    ),
    (
        "settings of puppeteer",
        "npm ci",
        {
            "package.json": package(dependencies={"puppeteer": "24"}),
            "package-lock.json": lock(dependencies={"puppeteer": "24"}),
            ".puppeteerrc.cjs": 'const { join } = require("path");\nmodule.exports = { cacheDirectory: join("x") };\n',
            "src/a.js": "",
        },
        ("package.json", "package-lock.json", ".puppeteerrc.cjs"),
        (),
    ),
    (
        "a lock file of pnpm that lists something to download, in another order",
        "pnpm install --frozen-lockfile",
        {
            "package.json": package(),
            "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  b: {}\n\n  a: {}\n\npackages:\n\n  c@1.0.0: {}\n",
        },
        ("package.json", "pnpm-lock.yaml"),
        (),
    ),
    (
        "settings of puppeteer, on which any package may depend",
        "npm install",
        {"package.json": package(dependencies={"left-pad": "1"}), ".puppeteerrc.json": "{}"},
        ("package.json", ".puppeteerrc.json"),
        (),
    ),
    (
        "settings of puppeteer in the folder .config",
        "npm install",
        {"package.json": package(dependencies={"left-pad": "1"}), ".config/puppeteerrc": "{}", ".config/other": ""},
        ("package.json", ".config/puppeteerrc"),
        (),
    ),
    (
        "settings of puppeteer, which the lock file does not have",
        "npm ci",
        {"package.json": package(), "package-lock.json": lock(), "puppeteer.config.js": "require('./src/settings')"},
        ("package.json", "package-lock.json"),
        (),
    ),
    (
        "settings of puppeteer without its script",
        "npm ci --ignore-scripts",
        {"package.json": package(), "package-lock.json": lock(), ".puppeteerrc.cjs": "require(x)"},
        ("package.json", "package-lock.json"),
        (),
    ),
    (
        "shrinkwrap wins over the lock file",
        "npm ci",
        {"package.json": package(), "package-lock.json": lock(), "npm-shrinkwrap.json": lock()},
        ("package.json", "npm-shrinkwrap.json"),
        (),
    ),
    (
        "workspaces with globs, folders and exclusions",
        "npm install",
        {
            "package.json": package(workspaces=["packages/*", "tools/one", "!packages/skip"]),
            "packages/a/package.json": package(),
            "packages/skip/package.json": package(),
            "packages/deep/inner/package.json": package(),
            "tools/one/package.json": package(),
            "tools/two/package.json": package(),
        },
        ("package.json", "packages/a/package.json", "tools/one/package.json"),
        (),
    ),
    (
        "workspaces as a table and with **",
        "yarn install --frozen-lockfile",
        {
            "package.json": package(workspaces={"packages": ["libs/**"]}),
            "yarn.lock": "",
            "libs/x/y/package.json": package(),
            "libs/x/node_modules_not/package.json": package(),
        },
        ("package.json", "yarn.lock", "libs/x/node_modules_not/package.json", "libs/x/y/package.json"),
        (),
    ),
    (
        "local dependencies as folders and archives, theirs included",
        "npm install",
        {
            "package.json": package(dependencies={"x": "file:./libs/x", "t": "file:vendor/t.tgz", "p": "^1"}),
            "libs/x/package.json": package(dependencies={"y": "../y"}),
            "libs/y/package.json": package(),
            "vendor/t.tgz": "",
        },
        ("package.json", "vendor/t.tgz"),
        ("libs/x", "libs/y"),
    ),
    (
        "yarn berry's own files and patches",
        "yarn install --immutable",
        {
            "package.json": json.dumps({"dependencies": {"x": "patch:x@npm%3A1#./.yarn/patches/x.patch"}}, indent=2)
            + "\n",
            "yarn.lock": "",
            ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.cjs",
            ".yarn/releases/yarn-4.cjs": "",
            ".yarn/patches/x.patch": "",
        },
        ("package.json", "yarn.lock", ".yarnrc.yml"),
        (".yarn/releases", ".yarn/patches"),
    ),
    (
        "a hook that calls another script, and harmless ones",
        "npm install",
        {
            "package.json": package(
                scripts={
                    "prepare": "husky install || true",
                    "postinstall": "npm run after",
                    "after": "node tools/x && echo ok",
                }
            ),
            "tools/x.js": "import './y.mjs'\nconst z = require('./z')\nimport('node:path')",
            "tools/y.mjs": "",
            "tools/z/index.js": "require('../../package.json')",
        },
        ("package.json", "tools/x.js", "tools/z/index.js", "tools/y.mjs"),
        (),
    ),
    (
        "scripts that are switched off are not read",
        "npm install --ignore-scripts",
        {"package.json": package(scripts={"postinstall": "tsc"}), "binding.gyp": ""},
        ("package.json",),
        (),
    ),
    (
        "scripts switched off in .npmrc",
        "npm install",
        {"package.json": package(scripts={"postinstall": "tsc"}), ".npmrc": "ignore-scripts=true\n"},
        ("package.json", ".npmrc"),
        (),
    ),
    (
        "npm install with a lock in step",
        "npm install",
        {"package.json": package(dependencies={"b": "1"}), "package-lock.json": lock(dependencies={"b": "1"})},
        ("package.json", "package-lock.json"),
        (),
    ),
    (
        "another folder by option",
        "npm --prefix web install",
        {"web/package.json": package(), "package.json": package()},
        ("web/package.json",),
        (),
    ),
    (
        "patch-package with a folder of its own",
        "npm install",
        {"package.json": package(scripts={"postinstall": "patch-package --patch-dir fixes"}), "fixes/a.patch": ""},
        ("package.json",),
        ("fixes",),
    ),
]


@pytest.mark.parametrize(("name", "command", "files", "expected", "folders"), KNOWN, ids=[case[0] for case in KNOWN])
def test_known(
    make_context: MakeContext,
    name: str,
    command: str,
    files: Files,
    expected: tuple[str, ...],
    folders: tuple[str, ...],
) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Inputs), found
    assert (found.files, found.folders) == (expected, folders)


BLOCKED: list[tuple[str, str, Files, str, str]] = [
    ("no manifest", "npm ci", {"a.js": ""}, "missing-file", "package.json is not in the build context"),
    (
        "ignored manifest",
        "npm ci",
        {"package.json": package(), ".dockerignore": "# x\n*.json"},
        "missing-file",
        "left out by line 2 of .dockerignore",
    ),
    ("no lock for npm ci", "npm ci", {"package.json": package()}, "no-lock", "needs package-lock.json"),
    ("broken JSON", "npm ci", {"package.json": '{\n"a":,}'}, "broken-manifest", "package.json:2 is not valid JSON"),
    ("no object", "npm ci", {"package.json": "[]"}, "broken-manifest", "is not a JSON object"),
    ("very deep", "npm ci", {"package.json": "[" * 200_000}, "broken-manifest", "package.json"),
    (
        "hook that compiles",
        "npm ci",
        {"package.json": package(scripts={"prepare": "tsc"})},
        "hook-script",
        "the hook `prepare` runs `tsc`",
    ),
    (
        "hook of a member",
        "npm ci",
        {"package.json": package(workspaces=["m"]), "m/package.json": package(scripts={"install": "make"})},
        "hook-script",
        "m/package.json: the hook `install` runs `make`",
    ),
    (
        "hook script that reads files",
        "npm ci",
        {"package.json": package(scripts={"postinstall": "node a.js"}), "a.js": "require('fs').readdirSync('src')"},
        "hook-script",
        "runs a.js, which uses `fs`",
    ),
    (
        "hook script with a computed import",
        "npm ci",
        {"package.json": package(scripts={"postinstall": "node a.js"}), "a.js": "require(process.argv[2])"},
        "hook-script",
        "imports a computed path",
    ),
    (
        "hook script that is ignored",
        "npm ci",
        {"package.json": package(scripts={"postinstall": "node a.js"}), "a.js": "", ".dockerignore": "a.js"},
        "hook-script",
        "runs a.js, which the build context does not ship",
    ),
    ("unwritten hook", "npm ci", {"package.json": package(), "binding.gyp": ""}, "reads-sources", "binding.gyp"),
    (
        "git hooks beside a shipped repository",
        "npm ci",
        {"package.json": package(scripts={"prepare": "husky"}), ".git/config": ""},
        "git-history",
        "husky",
    ),
    (
        "local dependency outside",
        "npm ci",
        {"package.json": package(dependencies={"x": "file:../x"})},
        "outside-context",
        "outside the build context",
    ),
    (
        "local dependency ignored",
        "npm ci",
        {"package.json": package(dependencies={"x": "file:x"}), "x/package.json": package(), ".dockerignore": "x"},
        "missing-file",
        "which the build context does not ship",
    ),
    (
        "host output",
        "npm ci",
        {"package.json": package(), "node_modules/b/i.js": ""},
        "host-output",
        "ships node_modules",
    ),
    (
        "host output of a member",
        "npm ci",
        {"package.json": package(workspaces=["m"]), "m/package.json": package(), "m/node_modules/b.js": ""},
        "host-output",
        "ships m/node_modules",
    ),
    (
        "lock out of step",
        "npm install",
        {"package.json": package(dependencies={"b": "2"}), "package-lock.json": lock(dependencies={"b": "1"})},
        "lock-rewritten",
        "`dependencies` differs from package.json",
    ),
    (
        "old lock",
        "npm install",
        {"package.json": package(), "package-lock.json": '{"lockfileVersion": 1}'},
        "lock-rewritten",
        "neither 2 nor 3",
    ),
    (
        "a yarn.lock that npm keeps up to date",
        "npm install",
        {"package.json": package(), "package-lock.json": lock(), "yarn.lock": ""},
        "lock-rewritten",
        "yarn.lock",
    ),
    ("yarn", "yarn", {"package.json": package(), "yarn.lock": ""}, "lock-rewritten", "`yarn` may rewrite yarn.lock"),
    ("pnpm", "pnpm install", {"package.json": package(), "pnpm-lock.yaml": ""}, "lock-rewritten", "pnpm-lock.yaml"),
    ("bun", "bun install", {"package.json": package(), "bun.lock": ""}, "lock-rewritten", "bun.lock"),
    (
        "pnpmfile",
        "pnpm install --frozen-lockfile",
        {"package.json": package(), ".pnpmfile.cjs": ""},
        "hook-script",
        "code that the install runs",
    ),
    (
        "prisma with a program for its settings",
        "npm ci",
        {"package.json": package(dependencies={"@prisma/client": "5"}), "prisma.config.ts": ""},
        "hook-script",
        "prisma.config.ts is a program that Prisma runs",
    ),
    (
        "a lock file of pnpm that lists nothing to download, in another order",
        "pnpm install --frozen-lockfile",
        {
            "package.json": package(),
            "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  b: {}\n\n  a: {}\n",
        },
        "lock-rewritten",
        "would write pnpm-lock.yaml anew",
    ),
    (
        "puppeteer with settings that read other files",
        "npm ci",
        {
            "package.json": package(dependencies={"puppeteer": "24"}),
            "package-lock.json": lock(dependencies={"puppeteer": "24"}),
            "puppeteer.config.js": "module.exports = require('./src/settings')",
        },
        "plugin",
        "puppeteer.config.js, which Puppeteer runs during the install, may read other files",
    ),
    (
        "a package that installs git hooks",
        "npm ci",
        {
            "package.json": package(devDependencies={"lefthook": "1"}),
            "package-lock.json": lock(devDependencies={"lefthook": "1"}),
            ".git/HEAD": "",
        },
        "git-history",
        "package.json: the install of lefthook writes to .git, which the build context ships",
    ),
    (
        "workspace glob that escapes",
        "npm ci",
        {"package.json": package(workspaces=["../*"])},
        "outside-context",
        "outside the build context",
    ),
    (
        "missing patch",
        "pnpm install --frozen-lockfile",
        {"package.json": package(pnpm={"patchedDependencies": {"x": "patches/x.patch"}})},
        "missing-file",
        "patches/x.patch",
    ),
    (
        "YAML that multiplies itself",
        "pnpm install --frozen-lockfile",
        {"package.json": package(), "pnpm-workspace.yaml": "a: &a [x]\npackages: [*a, *a]\n"},
        "broken-manifest",
        "aliases",
    ),
    ("a folder from a variable", "npm --prefix $DIR ci", {"package.json": package()}, "unknown-folder", "cannot find"),
]


@pytest.mark.parametrize(("name", "command", "files", "code", "reason"), BLOCKED, ids=[case[0] for case in BLOCKED])
def test_blocked(make_context: MakeContext, name: str, command: str, files: Files, code: str, reason: str) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Reason), found
    assert found.code == code
    assert reason in found.text


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        (
            {"package-lock.json": lock(dependencies={"b": "1"})},
            "run `npm install`, commit package-lock.json, and use `npm ci` in the Dockerfile",
        ),
        ({"package-lock.json": lock(), "yarn.lock": ""}, "use `npm ci`"),
        (
            {"yarn.lock": ""},
            "run `npm install`, commit package-lock.json, and use `npm ci` in the Dockerfile",
        ),
    ],
    ids=["out of step", "yarn.lock beside it", "only yarn.lock"],
)
def test_what_keeps_npm_from_writing_a_lock_file(make_context: MakeContext, files: Files, hint: str) -> None:
    found = read(make_context, {"package.json": package(), **files})
    assert isinstance(found, Reason)
    assert (found.code, found.hint) == ("lock-rewritten", hint)


def test_a_member_of_an_outer_workspace(make_context: MakeContext) -> None:
    files = {"package.json": package(workspaces=["m"]), "m/package.json": package()}
    found = read(make_context, files, "npm ci", "m")
    assert isinstance(found, Reason)
    assert found.code == "workspace"


def test_a_token_is_told(make_context: MakeContext) -> None:
    found = read(make_context, {"package.json": package(), ".npmrc": "//r/:_authToken=abc\n"})
    assert isinstance(found, Inputs)
    assert found.warnings == (".npmrc contains an access token; the image contained it before as well",)
    found = read(make_context, {"package.json": package(), ".npmrc": "//r/:_authToken=${NPM_TOKEN}\n"})
    assert isinstance(found, Inputs)
    assert found.warnings == ()


def test_only_npm_7_leaves_a_lock_in_step_alone(make_context: MakeContext) -> None:
    files = {"package.json": package(), "package-lock.json": lock()}
    installs = [read(make_context, files, command) for command in ("npm install", "npm ci")]
    assert [isinstance(found, Inputs) and found.newest_npm for found in installs] == [True, False]


def test_local_dependencies_in_a_circle(make_context: MakeContext) -> None:
    files = {
        "package.json": package(dependencies={"x": "file:x"}),
        "x/package.json": package(dependencies={"y": "file:../y"}),
        "y/package.json": package(dependencies={"x": "file:../x"}),
    }
    found = read(make_context, files)
    assert isinstance(found, Inputs)
    assert found.folders == ("x", "y")


def test_two_thousand_members(make_context: MakeContext) -> None:
    files = {f"packages/p{number}/package.json": package() for number in range(2000)}
    context = make_context({"package.json": package(workspaces=["packages/*"]), **files})
    start = time.process_time()
    found = attempt(inputs, context, Install("npm", ("install",), "", "node.install"))
    assert time.process_time() - start < allowed(2)
    assert isinstance(found, Inputs)
    assert len(found.files) == 2001

"""Lifecycle hooks of a package.json: which scripts an install runs, and which files they read.

Source: docs.npmjs.com ("scripts"). dfix leaves an install alone if it does not understand a hook; it never runs one.
"""

from __future__ import annotations

import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.node.prisma import schema
from dfix.rewriter.shell.nodes import Command
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands, invoked, program_name

HOOKS = (
    "pnpm:devPreinstall",
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
)
_HARMLESS = frozenset(
    "echo true : exit is-ci only-allow opencollective opencollective-postinstall test [ command which".split()
)
"""Programs that read no file of the project."""
_GIT_HOOKS = frozenset(("husky", "simple-git-hooks", "lefthook", "yorkie"))
"""Programs that install git hooks: without a .git folder they do nothing."""
_RUNNERS = frozenset(("npm", "yarn", "pnpm", "bun"))
_PREFIXES = frozenset(("npx", "pnpx", "bunx"))
_IMPORT = re.compile(
    r"""(?:\brequire\s*\(\s*|\bimport\s*\(\s*|\bfrom\s+|\bimport\s+)(?P<quote>['"])(?P<target>[^'"]+)(?P=quote)"""
)
"""An import of a literal: `require("./x")`, `import y from './y.mjs'`, `import('left-pad')`."""
_COMPUTED_IMPORT = re.compile(r"\b(?:require|import)\s*\(\s*(?!['\"])")
"""An import of anything else: `require(name)`."""
_READS = re.compile(
    r"\b(?:fs|fs/promises|child_process|readFile\w*|readdir\w*|existsSync|exec\w*|spawn\w*|glob|fork|chdir|cwd|__dirname|"
    r"__filename|Bun|Deno|worker_threads)\b|import\.meta"
)
"""What a script must not use, because it may read any file or run any program."""
_SUFFIXES = ("", ".js", ".cjs", ".mjs", ".json", ".ts", "/index.js")
MOST_FILES = 50
MOST_STEPS = 200


class Hooks:
    """Follows the hooks of one manifest, and collects in `files` and `folders` what they read."""

    def __init__(self, context: Context, manifest: Manifest) -> None:
        self.context = context
        self.manifest = manifest
        self.files: list[str] = []
        self.folders: list[str] = []
        self.steps = 0

    def follow(self) -> None:
        """Follow every hook that an install runs. Raises LeaveAlone for one that dfix does not understand."""
        scripts = self.manifest.table("scripts")
        for hook in HOOKS:
            script = scripts.get(hook)
            if isinstance(script, str):
                self._script(hook, script, 0)
        if not any(hook in scripts for hook in ("install", "preinstall")):
            binding = posixpath.join(self.manifest.folder, "binding.gyp")
            if self.context.ships(binding):
                reason = f"{binding} makes the install compile the sources (node-gyp rebuild)"
                raise LeaveAlone("reads-sources", reason)

    def _unclear(self, hook: str, what: str) -> LeaveAlone:
        """The refusal for a hook; `what` is what it does ("runs `make`")."""
        return LeaveAlone(
            "hook-script",
            f"{self.manifest.path}: the hook `{hook}` {what}, so dfix can't tell what it reads",
            "if the image does not need the hook, add `--ignore-scripts` to the install",
        )

    def _script(self, hook: str, script: str, depth: int) -> None:
        """Follow a script; `depth` counts the scripts that called it (`npm run after` in `postinstall`)."""
        parsed = parse(script, 0, script)
        if parsed.opaque or depth > 5:
            raise self._unclear(hook, f"is `{script[:60]}`")
        for command in commands(parsed):
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise self._unclear(hook, f"runs more than {MOST_STEPS} commands")
            self._command(hook, command, depth)

    def _command(self, hook: str, command: Command, depth: int) -> None:
        values = [word.value for word in invoked(command)]
        if not values:
            return
        shown = " ".join(word.text for word in command.words)[:60]
        if None in values or any(r.op not in (">", ">>", ">&", "&>") for r in command.redirects):
            raise self._unclear(hook, f"runs `{shown}`")
        words = [value for value in values if value is not None]
        words[0] = program_name(invoked(command)[0])
        while words and words[0] in _PREFIXES:
            words = [word for word in words[1:] if word not in ("--no-install", "-y", "--yes", "--no")]
        if not words or words[0] in _HARMLESS:
            return
        if words[0] in _GIT_HOOKS:
            if self.context.exists(".git") and not self.context.ignore.ignored(".git"):
                raise LeaveAlone(
                    "git-history",
                    f"{self.manifest.path}: the hook `{hook}` runs {words[0]}, and the build context ships .git",
                    f"add `.git` to {self.context.ignore_name}",
                )
            return
        if words[0] == "patch-package":
            self._patch_package(words)
            return
        if words[:2] == ["prisma", "generate"]:
            self._prisma(hook, words[2:])
            return
        if words[0] == "node" and len(words) >= 2 and not words[1].startswith("-"):
            self._file(hook, posixpath.normpath(posixpath.join(self.manifest.folder, words[1])))
            return
        if words[0] in _RUNNERS and len(words) >= 2:
            name = words[2] if words[1] in ("run", "run-script") and len(words) > 2 else words[1]
            script = self.manifest.table("scripts").get(name)
            if isinstance(script, str) and not name.startswith("-"):
                self._script(hook, script, depth + 1)
                return
        raise self._unclear(hook, f"runs `{shown}`")

    def _prisma(self, hook: str, words: list[str]) -> None:
        """Add what `prisma generate` reads; its only option may be `--schema`."""
        named = words[1] if words[:1] == ["--schema"] and len(words) == 2 else ""
        if words and not named:
            named = words[0].removeprefix("--schema=") if words[0].startswith("--schema=") and len(words) == 1 else ""
            if not named:
                raise self._unclear(hook, f"runs `prisma generate {words[0]}`")
        prisma = schema(self.context, self.manifest, named)
        self.files += prisma.files
        self.folders += prisma.folders

    def _patch_package(self, words: list[str]) -> None:
        folder = "patches"
        for index, word in enumerate(words):
            if word == "--patch-dir" and index + 1 < len(words):
                folder = words[index + 1]
            elif word.startswith("--patch-dir="):
                folder = word.partition("=")[2]
        self.folders.append(posixpath.normpath(posixpath.join(self.manifest.folder, folder)))

    def _file(self, hook: str, path: str) -> None:
        """Add a script file and what it imports by relative literal paths."""
        script = self._resolve(path)
        if script is None:
            raise self._unclear(hook, f"runs {path}, which the build context does not ship")
        pending = [script]
        while pending:
            current = pending.pop()
            if current in self.files:
                continue
            if len(self.files) >= MOST_FILES:
                raise self._unclear(hook, f"runs {path}, which imports more than {MOST_FILES} files")
            self.files.append(current)
            if current.endswith(".json"):
                continue
            text = self.context.read(current)
            if text is None:
                raise self._unclear(hook, f"runs {current}, which dfix cannot read")
            reads = _READS.search(text)
            if reads is not None:
                raise self._unclear(hook, f"runs {current}, which uses `{reads[0]}`")
            if _COMPUTED_IMPORT.search(text):
                raise self._unclear(hook, f"runs {current}, which imports a computed path")
            for match in _IMPORT.finditer(text):
                target = match["target"]
                if not target.startswith("."):
                    continue
                imported = self._resolve(posixpath.normpath(posixpath.join(posixpath.dirname(current), target)))
                if imported is None:
                    raise self._unclear(hook, f"runs {current}, which imports {target}, a file that does not ship")
                pending.append(imported)

    def _resolve(self, path: str) -> str | None:
        """The file that `require("./path")` loads: Node.js adds an extension or index.js."""
        return next((path + suffix for suffix in _SUFFIXES if self.context.ships(path + suffix)), None)

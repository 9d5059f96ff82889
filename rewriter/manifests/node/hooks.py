"""Lifecycle hooks of a package.json: which scripts an install runs, and which files they read.

Source: docs.npmjs.com ("scripts"). dfix leaves an install alone if it does not understand a hook; it never runs one.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.git_hooks import ships_git, without_git
from dfix.rewriter.manifests.node.hook_programs import hook_programs
from dfix.rewriter.manifests.node.lock_files import MANAGERS
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.shell.nodes import Command, Redirect
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
    "predependencies",
    "dependencies",
    "postdependencies",
)
MOST_STEPS = 200


class InstallHooks:
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
        written = [f"{r.op} {r.target.text}" for r in command.redirects if r.target is not None]
        shown = " ".join([*(word.text for word in command.words), *written])[:60]
        assigns_path = any("/" in word.text or "$" in word.text for word in command.assigns)
        if None in values or assigns_path or not all(map(_is_silent, command.redirects)):
            raise self._unclear(hook, f"runs `{shown}`")
        words = [value for value in values if value is not None]
        words[0] = program_name(invoked(command)[0])
        while words and words[0] in hook_programs().prefixes:
            words = [word for word in words[1:] if word not in ("--no-install", "-y", "--yes", "--no")]
        if words and words[0] not in hook_programs().harmless and not self._known(hook, words, depth):
            raise self._unclear(hook, f"runs `{shown}`")

    def _known(self, hook: str, words: list[str], depth: int) -> bool:
        """Follow a command; False where it is unknown."""
        if words[0] in hook_programs().asking:
            self._test(hook, words[1:])
        elif words[0] in hook_programs().install_git_hooks:
            self._git_hooks(hook, words[0])
        elif words[0] == "patch-package":
            self._patch_package(words)
        elif words[:2] == ["prisma", "generate"]:
            self._prisma(hook, words[2:])
        elif words[0] == "node" and len(words) >= 2 and not words[1].startswith("-"):
            self._file(hook, posixpath.normpath(posixpath.join(self.manifest.folder, words[1])))
        else:
            return words[0] in MANAGERS and len(words) >= 2 and self._run_script(hook, words, depth)
        return True

    def _run_script(self, hook: str, words: list[str], depth: int) -> bool:
        """Follow `npm run NAME`, with the scripts that run before and after it; False where there is no such script."""
        name = words[2] if words[1] in ("run", "run-script") and len(words) > 2 else words[1]
        scripts = self.manifest.table("scripts")
        if not isinstance(scripts.get(name), str) or name.startswith("-"):
            return False
        for around in (f"pre{name}", name, f"post{name}"):
            if isinstance(scripts.get(around), str):
                self._script(hook, scripts[around], depth + 1)
        return True

    def _git_hooks(self, hook: str, program: str) -> None:
        if ships_git(self.context):
            reason = f"{self.manifest.path}: the hook `{hook}` runs {program}, and the build context ships .git"
            raise LeaveAlone("git-history", reason, without_git(self.context))

    def _test(self, hook: str, words: list[str]) -> None:
        """Refuse a test of a file that ships: before the install, only the manifests are there."""
        for word in words:
            path = posixpath.normpath(posixpath.join(self.manifest.folder, word))
            if path != self.manifest.path and (self.context.ships(path) or self.context.ships_any(path)):
                raise self._unclear(hook, f"looks whether {path} is there")

    def _prisma(self, hook: str, words: list[str]) -> None:
        """Add what `prisma generate` reads; its only option may be `--schema`."""
        named = words[1] if words[:1] == ["--schema"] and len(words) == 2 else ""
        if words and not named:
            named = words[0].removeprefix("--schema=") if words[0].startswith("--schema=") and len(words) == 1 else ""
            if not named:
                raise self._unclear(hook, f"runs `prisma generate {words[0]}`")
        from dfix.rewriter.manifests.node.prisma import schema

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
        folder = posixpath.normpath(posixpath.join(self.manifest.folder, folder))
        elsewhere = self.context.put_elsewhere(folder)
        if elsewhere:
            reason = f"patch-package looks for patches in {folder}/, but {elsewhere}"
            hint = (
                f"copy the folder with an instruction of its own: `COPY {folder} ./{folder}/` (this changes the image)"
            )
            raise LeaveAlone("incomplete-split", reason, hint)
        self.folders.append(folder)

    def _file(self, hook: str, path: str) -> None:
        """Add a script file and what it imports."""
        from dfix.rewriter.manifests.node.hook_scripts import ScriptFiles

        script = ScriptFiles(self.context, self.manifest, self.files)
        why = script.add(path)
        if why:
            raise self._unclear(hook, why)


def _is_silent(redirect: Redirect) -> bool:
    """Whether a redirect writes no file: `2>&1`, `> /dev/null`."""
    if redirect.op in (">&", "<&"):
        return True
    return redirect.op in (">", ">>", "&>") and redirect.target is not None and redirect.target.value == "/dev/null"

"""The files that a hook's script is made of: the script itself, and what it imports.

dfix reads the scripts as text and never runs one. A script that may read a file in another way is not followed.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.hook_programs import hook_programs
from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.text.expression import expression

_CODE = (".js", ".cjs", ".mjs", ".ts", ".json")
_IMPORT = expression(
    r"""(?:\brequire\s*\(\s*|\bimport\s*\(\s*|\bfrom\s*|\bimport\s*)(?P<quote>['"])(?P<target>[^'"]+)(?P=quote)"""
)
"""An import of a literal: `require("./x")`, `import y from './y.mjs'`, `import('left-pad')`."""
_COMPUTED_IMPORT = expression(
    r"\b(?:require|import)\s*\(\s*(?!(?P<quote>['\"])[^'\"]*(?P=quote)\s*[,)])|\brequire\b(?!\s*\()"
)
"""An import of anything else: `require(name)`, `require("./x" + name)`, `const r = require`."""
_READS = expression(
    r"\b(?:fs|fs/promises|child_process|readFile\w*|readdir\w*|existsSync|exec\w*|spawn\w*|glob|fork|chdir|cwd|__dirname|"
    r"__filename|Bun|Deno|worker_threads|eval|Function|binding|dlopen|mainModule|getBuiltinModule|createRequire)\b"
    r"|import\.meta"
)
"""What a script must not use, because it may read any file or run any program."""
_SUFFIXES = ("", ".js", ".cjs", ".mjs", ".json", ".ts", "/index.js")
MOST_FILES = 50


class ScriptFiles:
    """Adds scripts to `files`, which may have others already."""

    def __init__(self, context: Context, manifest: Manifest, files: list[str]) -> None:
        self.context = context
        self.manifest = manifest
        self.files = files

    def add(self, path: str) -> str:
        """Add a script and what it imports by relative literal paths; why that fails, as a phrase, else ""."""
        script = self._resolve(path)
        if script is None:
            return f"runs {path}, which the build context does not ship"
        pending = [script]
        while pending:
            current = pending.pop()
            if current in self.files:
                continue
            if len(self.files) >= MOST_FILES:
                return f"runs {path}, which imports more than {MOST_FILES} files"
            self.files.append(current)
            self._package_of(current)
            if current.endswith(".json"):
                continue
            text = self.context.read(current)
            if text is None or ("." in posixpath.basename(current) and not current.endswith(_CODE)):
                return f"runs {current}, which dfix cannot read"
            why = _unfollowed(text) or self._imports(current, text, pending)
            if why:
                return f"runs {current}, which {why}"
        return ""

    def _imports(self, current: str, text: str, pending: list[str]) -> str:
        """Add the files that a script imports to `pending`; why it may read others, as a phrase, else ""."""
        for match in _IMPORT.finditer(text):
            target = match["target"]
            if target.startswith("."):
                imported = self._resolve(posixpath.normpath(posixpath.join(posixpath.dirname(current), target)))
                if imported is None:
                    return f"imports {target}, a file that does not ship"
                pending.append(imported)
            elif target.removeprefix("node:") not in hook_programs().harmless_modules:
                return f"imports {target}"
        return ""

    def _package_of(self, script: str) -> None:
        """Add the package.json in the script's folder or above it, which says what kind of module the script is."""
        for folder in above(script):
            path = posixpath.join(folder, "package.json")
            if path == self.manifest.path:
                return
            if self.context.ships(path) and path not in self.files:
                self.files.append(path)

    def _resolve(self, path: str) -> str | None:
        """The file that `require("./path")` loads: Node.js adds an extension or index.js."""
        return next((path + suffix for suffix in _SUFFIXES if self.context.ships(path + suffix)), None)


def _unfollowed(text: str) -> str:
    """What a script does with which it may read any file, as a phrase; "" if nothing."""
    reads = _READS.search(text)
    if reads is not None:
        return f"uses `{reads[0]}`"
    return "imports a computed path" if _COMPUTED_IMPORT.search(text) else ""

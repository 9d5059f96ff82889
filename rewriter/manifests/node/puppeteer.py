"""The settings files that Puppeteer's install script reads: what it downloads, and to which folder.

Source: pptr.dev ("Configuration"), and the places where cosmiconfig searches (its README), 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.expression import expression

_DATA = ("", ".json", ".yaml", ".yml")
_CODE = (".js", ".cjs", ".mjs", ".ts")
_PLACES = (
    *(f"{start}{end}" for start in (".puppeteerrc", ".config/puppeteerrc") for end in (*_DATA, *_CODE)),
    *(f"puppeteer.config{end}" for end in _CODE),
)
_IMPORT = expression(r"""\b(?:require|import)\s*\(([^)]{0,500})\)|\b(?:from|import)\s*(['"][^'"]*['"])""")
_READS_NOTHING = frozenset(("path", "os", "url", "puppeteer"))
"""Modules with which a settings file reads no file of the project; source: nodejs.org/api."""


def puppeteer_settings(context: Context, folders: Iterable[str]) -> Iterator[str]:
    """The settings files that ship in the folders of manifests and above them.

    Raises LeaveAlone for code that may read other files.
    """
    for place in dict.fromkeys(place for folder in folders for place in (folder, *above(folder))):
        for path in context.files_of(place, _PLACES):
            if path.endswith(_CODE) and _reads_more(context.read(path) or ""):
                hint = "if the image does not need that, add `--ignore-scripts` to the install"
                reason = f"{path}, which Puppeteer runs during the install, may read other files"
                raise LeaveAlone("plugin", reason, hint)
            yield path


def _reads_more(text: str) -> bool:
    targets = ((match[1] or match[2] or "").strip() for match in _IMPORT.finditer(text))
    return any(target.strip("\"'").removeprefix("node:") not in _READS_NOTHING for target in targets)

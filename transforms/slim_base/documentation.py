"""Whether a stage may read documentation or translations, which the slim variants of Debian's images leave out.

Source: https://github.com/debuerreotype/debuerreotype (.slimify-excludes, not opened), 2026-11-29.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.official_images import BaseImage
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.text.expression import expression

_DOCUMENTS = expression(
    r"/usr/share/(?:doc|man|info|groff|linda|lintian|locale)\b[^\s\"']*"
    r"|(?:^[^\S\n]*|(?<=[;&|(]) *|(?<=-c ))(?:man|apropos|whatis) [a-z]\w*",
    re.MULTILINE,
)
_READERS = frozenset(("man-db", "info", "doc-base", "dwww", "dhelp"))
"""Packages of programs that show documentation."""
_LOCALES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def check_documentation(base: BaseImage, stage: Stage, installed: Set[str]) -> None:
    """Raise LeaveAlone where the commands, settings or `installed` packages of a stage may read it."""
    language = next((value for name in _LOCALES if (value := stage.env.get(name))), "")
    if language and not language.startswith(("C", "POSIX", "en")):
        raise LeaveAlone("needs-programs", f"the locale {language} has translations that {base.smaller} lacks")
    readers = sorted(installed & _READERS)
    if readers:
        raise LeaveAlone("needs-programs", f"{readers[0]} shows documentation that {base.smaller} lacks")
    for step in stage.steps:
        for text in _commands(step):
            check_text(base, f"the {step.keyword} on line {step.instruction.line}", text)


def check_text(base: BaseImage, subject: str, text: str) -> None:
    """Raise LeaveAlone where the text of a script or command names documentation."""
    found = _DOCUMENTS.search(text)
    if found is not None:
        raise LeaveAlone("needs-programs", f"{subject} reads `{found[0].strip()}`, which {base.smaller} may lack")


def _commands(step: Step) -> Iterator[str]:
    """The texts of the commands that a step runs or sets, without those that remove files."""
    if step.keyword == "RUN":
        if step.script.opaque:
            return
        for command in located(step):
            text = " ".join(word.text for word in command.words)
            if not text.startswith("rm "):
                yield text
    elif step.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        yield " ".join(re.findall(r"[^\s\"',\[\]]+", step.instruction.value.removeprefix("CMD ")))

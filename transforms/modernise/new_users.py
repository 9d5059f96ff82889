"""`useradd -l` for users with high numbers, for which useradd else writes long files of zeros."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.commands import located
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.model import Model

_CHECKS = ("DL3046",)
_HIGH = expression(r"(?:-[a-zA-Z]*u|--uid)(?:=|\s+|\s*)([0-9]{6,})")
_WITHOUT_LOG = expression(r"(?:^|\s)(?:-[a-km-zA-Z]*l[a-zA-Z]*|--no-log-init)(?:\s|$)")


def new_users(model: Model) -> Iterator[Change]:
    """Add the option, which leaves out the entries in /var/log/lastlog and /var/log/faillog."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword != "RUN" or step.onbuild or "useradd" not in step.instruction.text:
                continue
            for command in located(step):
                words = command.words
                if not words or program_name(words[0]) != "useradd":
                    continue
                options = " ".join(word.literal_or_text for word in words[1:])
                if _HIGH.search(options) and not _WITHOUT_LOG.search(options):
                    reason = "`useradd` writes up to its number into /var/log/lastlog and faillog: 29 MB for 100000"
                    edit = Edit(Span(words[0].span.end, words[0].span.end), " -l")
                    yield answered(step.instruction, _CHECKS, (edit,), reason, "changed-image")

"""`useradd -l` for users with high numbers, for which useradd else writes long files of zeros."""

from __future__ import annotations

from getopt import GetoptError, gnu_getopt
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
_SHORT = "b:c:d:De:f:Fg:G:hk:K:lmMNop:P:rR:s:u:UvZ:"
_LONG = (
    "base-dir= comment= home-dir= home= defaults expiredate= inactive= gid= groups= add-subids-for-system help skel= "
    "key= no-log-init create-home no-create-home no-user-group non-unique password= prefix= system root= shell= uid= "
    "user-group selinux-user="
).split()
"""The options of useradd (src/useradd.c of shadow 4.13, which Debian 12 has); `:` and `=`: with a value."""
_HIGH = expression(r"[0-9]{6,}")


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
                if _is_logged_far_out([word.literal_or_text for word in words[1:]]):
                    reason = "`useradd` writes up to its number into /var/log/lastlog and faillog: 29 MB for 100000"
                    edit = Edit(Span(words[0].span.end, words[0].span.end), " -l")
                    yield answered(step.instruction, _CHECKS, (edit,), reason, "changed-image")


def _is_logged_far_out(arguments: list[str]) -> bool:
    """Whether the arguments of useradd give a high number, and leave the entries in."""
    try:
        options = dict(gnu_getopt(arguments, _SHORT, _LONG)[0])
    except GetoptError:
        return False
    number = options.get("-u") or options.get("--uid") or ""
    return _HIGH.fullmatch(number) is not None and not options.keys() & {"-l", "--no-log-init", "-D", "--defaults"}

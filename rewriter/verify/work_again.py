"""What somebody else's rewrite makes of rebuilds: which slow commands run again after a usual edit, by the model.

Nothing is built for it, so that it is known without measuring, too. The images may be the same and rebuilds slower.
"""

from __future__ import annotations

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model
from dfix.rewriter.model import build as build_model
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.model.reruns.slow_commands import same_commands
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.verify.proof import WorkAgain
from dfix.rewriter.verify.usual_edits import choose


def work_again(result: Result, before: Context, after: Context) -> tuple[WorkAgain, ...]:
    """For each usual edit after which other slow commands run again than before; each version has its own context."""
    old = build_model(parse(result.before), "", lambda: before)
    new = build_model(parse(result.after), "", lambda: after)
    if old.opaque or new.opaque:
        return ()
    edits = choose(new, after)
    found = (_after(path, (old, Reruns(old, before)), (new, Reruns(new, after))) for path in edits if path)
    return tuple(one for one in found if one.slower or one.faster)


def _after(path: str, before: tuple[Model, Reruns], after: tuple[Model, Reruns]) -> WorkAgain:
    (old, was), (new, now) = before, after
    ran, runs = was.again((path,)), now.again((path,))
    slower: list[str] = []
    faster: list[str] = []
    for command, same in same_commands(old, new):
        if same is not None and (command.step in ran) != (same.step in runs):
            (slower if same.step in runs else faster).append(same.shown)
    return WorkAgain(path, tuple(dict.fromkeys(slower)), tuple(dict.fromkeys(faster)))

"""What a change may do that repairs a build which fails: add copies of single files, and remove copies that fail."""

from __future__ import annotations

from collections import Counter

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.copied import missing_source
from dfix.rewriter.pipeline.guards.stage_pair import line_of
from dfix.rewriter.pipeline.guards.trace import Trace, conflict


def not_only_repaired(before: Trace, after: Trace, context: Context) -> str:
    """What else differs in a stage, as a phrase; "" if nothing does.

    Where such a file is copied, no other copy puts another.
    """
    if [ran.words for ran in before.runs.commands] != [ran.words for ran in after.runs.commands]:
        return "it runs other commands"
    left = Counter(put.same() for put in before.puts)
    added = []
    for put in after.puts:
        if left[put.same()] > 0:
            left[put.same()] -= 1
        else:
            added.append(put)
    for put in before.puts:
        if left[put.same()] > 0 and not missing_source(put.step, context):
            return f"{line_of(put)} is gone, or copies something else"
    for put in added:
        if put.entry is None or put.entry.folder:
            return f"{line_of(put)} of the result brings more than one file"
        if any(conflict(put, other, context) for other in (*before.puts, *after.puts)):
            return f"{line_of(put)} of the result puts another file where one is today"
    return ""

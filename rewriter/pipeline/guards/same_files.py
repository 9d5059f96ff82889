"""The fifth guard: every stage ends with the same files of the context, and every command finds those that it reads.

It knows no rule. It compares what the stages of two texts copy and run:

1. Each COPY and ADD of the author is still there.
2. What the copies leave at the end of a stage is the same: files, owners, modes, and which one comes last.
3. A command that finds other files than before reads none of those that differ. What an install reads, its manifest
   reader says; of another command its effects; and one that may read anything must find the same files.
4. A fetch or an install that is added finds what it reads.

A change that repairs a build which fails or leaves out packages may add copies of single files and remove copies whose
source is missing, and is not asked what commands find: it is made so that an install finds more.

Copies are compared by what they say. An added line that a later copy of the same files overwrites changes nothing.
"""

from __future__ import annotations

from dfix.rewriter.model import Model
from dfix.rewriter.pipeline.guards.order import nothing_moved


def same_files(before: Model, after: Model, *, new_image: bool = False, repairs: bool = False) -> str:
    """What is wrong with `after`, as a phrase that names a line of `before`; "" if nothing is.

    With `new_image`, the change may add stages, and only COPY lines that are gone are wrong. With `repairs`, it may add
    copies of single files, and remove those that fail. Without a build context, nothing is compared.
    """
    if nothing_moved(before.stages, after.stages) or after.context is None:
        return ""
    from dfix.rewriter.pipeline.guards.stage_files import difference  # with much that few results need

    return difference(before, after, after.context, new_image=new_image, repairs=repairs)

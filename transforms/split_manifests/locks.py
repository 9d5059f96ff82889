"""A lock file that an install rewrites must not be copied again by a copy that moves after the install."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import lock_names
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.move import Move


def check_locks_stay(run: InstallRun, move: Move, read: Needed) -> None:
    """Raises LeaveAlone where an install of which that is asked may rewrite a lock file that a moved copy brings."""
    if not any(install.lock_stays for install in run.installs):
        return
    for file in read.files:
        if posixpath.basename(file.path) in lock_names() and file.copy in move.copies:
            raise LeaveAlone("lock-rewritten", f"`{run.installs[0].shown}` may rewrite {file.source}")

"""A reader that takes in one file after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install


class Reader(ABC):
    """What an install reads, as far as it has been found. A module's `inputs` is that of its reader."""

    def __init__(self, context: Context, install: Install) -> None:
        self.context = context
        self.install = install
        self.files: list[str] = []
        self.folders: list[str] = []

    @classmethod
    def inputs(cls, context: Context, install: Install) -> Inputs:
        """What the install reads. Raises LeaveAlone where that cannot be known."""
        return cls(context, install).answer()

    @abstractmethod
    def answer(self) -> Inputs:
        """Go through the files."""

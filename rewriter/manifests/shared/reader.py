"""The base class of readers that collect one file after the other."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install


class Reader(ABC):
    """Collects what an install reads in `files` and `folders`. A module exports `inputs` of its own subclass."""

    def __init__(self, context: Context, install: Install) -> None:
        self.context = context
        self.install = install
        self.files: list[str] = []
        self.folders: list[str] = []

    @classmethod
    def inputs(cls, context: Context, install: Install) -> Inputs:
        """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
        return cls(context, install).answer()

    @abstractmethod
    def answer(self) -> Inputs:
        """Read the files and return what the install needs; called once."""

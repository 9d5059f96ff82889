"""What dfix knows about package managers: one .toml each, read when its name occurs in a command."""

from dfix.rewriter.knowledge.clean_up_row import CleanUp
from dfix.rewriter.knowledge.load import Manager, Prefetch, managers
from dfix.rewriter.knowledge.project import project_install
from dfix.rewriter.knowledge.usage import Usage, usage

__all__ = ["CleanUp", "Manager", "Prefetch", "Usage", "managers", "project_install", "usage"]

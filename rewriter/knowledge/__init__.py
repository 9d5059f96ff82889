"""What dfix knows of package managers: one .toml for each, read when its name occurs in a command."""

from dfix.rewriter.knowledge.load import CleanUp, Early, Manager, managers
from dfix.rewriter.knowledge.project import project_install
from dfix.rewriter.knowledge.usage import Usage, usage

__all__ = ["CleanUp", "Early", "Manager", "Usage", "managers", "project_install", "usage"]

"""What dfix knows of package managers: one .toml for each, read when its name occurs in a command."""

from rewriter.knowledge.load import CleanUp, Early, Manager, managers
from rewriter.knowledge.project import project_install
from rewriter.knowledge.usage import Usage, usage

__all__ = ["CleanUp", "Early", "Manager", "Usage", "managers", "project_install", "usage"]

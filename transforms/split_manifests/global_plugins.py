"""Plugins of Composer that are installed for every project: they run in this install too, and no lock file names them.

Source: https://getcomposer.org/doc/articles/plugins.md ("Using Plugins").
"""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun

_GLOBAL_PLUGIN = expression(
    r"composer\s+(?:-[\w-]+\s+)*+global\s+(?:-[\w-]+\s+)*+require\b(?!\s+hirak/prestissimo)[^\n;&|]{0,60}"
)


def check_global_plugins(run: InstallRun, install: ProjectInstall) -> None:
    """Raises LeaveAlone where a plugin that is installed for all projects may read or write this one."""
    words = [word.text for word in install.located.words]
    if install.manager == "composer" and "--no-plugins" not in words:
        plugin = _GLOBAL_PLUGIN.search(everything_before(run.step))
        if plugin is not None:
            reason = f"`{plugin[0].strip()}` may install a plugin that reads or writes the project"
            raise LeaveAlone("plugin", reason, "if the image does not need the plugin, add `--no-plugins`")

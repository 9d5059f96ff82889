"""Settings that make an install read other files without naming one, in every form in which they are given."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import pairwise

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.install_table import switches
from dfix.rewriter.model.file_map.install_reads import ProjectInstall, view_from
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies

_PREFIXES = ("npm_config_", "pnpm_config_", "yarn_")
"""Of variables; sources: docs.npmjs.com ("config"), pnpm.io ("Configuring"), yarnpkg.com ("Settings")."""

_SETTING = expression(r"""(?<![\w.-])([A-Za-z][\w-]{4,60})["']?(?=(?:[ \t]*[=:][ \t]*|[ \t]+)["']?([\w*.]+))""")
"""A setting and its value, but no option of a command."""


def check_switch(copies: StageCopies, install: ProjectInstall, name: str, value: str, cause: str) -> None:
    """Raises LeaveAlone where a setting makes the install read other files; `cause`: what sets it, as a clause."""
    plain = name.lower().removesuffix(".*").replace("-", "").replace("_", "")
    for switch in switches(install.manager):
        if plain in switch.names and switch.is_on(value.strip("\"'").lower() or "true"):
            if switch.needs and not _has_one_of(copies, install, switch.needs):
                continue
            raise LeaveAlone("setting", f"{cause}, so `{install.shown}` {switch.why}", "write the COPY lines yourself")


def check_given_switches(copies: StageCopies, run: InstallRun, install: ProjectInstall) -> None:
    """The same for the variables in force and the options of the install."""
    if not switches(install.manager):
        return
    for name, value in values_in_force(run.step, install.located).items():
        prefix = next((prefix for prefix in _PREFIXES if name.lower().startswith(prefix)), None)
        if prefix is not None:
            check_switch(copies, install, name[len(prefix) :], value, f"{name} is set")
    for text, name, value in _options(install):
        check_switch(copies, install, name, value, f"{text} is set")


def check_switches_in(copies: StageCopies, install: ProjectInstall, text: str, what: str) -> None:
    """The same for a text that an earlier step leaves in settings, or that sets them (`npm config set a b`)."""
    names = {name for switch in switches(install.manager) for name in switch.names}
    for match in _SETTING.finditer(text) if names else ():
        if match[1].lower().replace("-", "").replace("_", "") in names:
            check_switch(copies, install, match[1], match[2], f"{what} sets {match[1]} to {match[2]}")


def _options(install: ProjectInstall) -> Iterator[tuple[str, str, str]]:
    """Each long option as written, its name and its value: "true" and "false" for those without one."""
    texts = [word.literal_or_text for word in install.located.words]
    for text, following in pairwise((*texts, "")):
        name, sign, value = text.removeprefix("--").removeprefix("config.").partition("=")
        if text.startswith("--no-") and not sign:
            yield text, name.removeprefix("no-"), "false"
        elif text.startswith("--"):
            yield text, name, value if sign else following if following in ("true", "false") else "true"


def _has_one_of(copies: StageCopies, install: ProjectInstall, patterns: tuple[str, ...]) -> bool:
    """Whether a file of one of these names is in the install's folder."""
    if install.located.folder is None:
        return True
    view = view_from(copies.file_map, install.located.folder)
    return any(fnmatch(name, pattern) for name in view.names_in(view.folder) for pattern in patterns)

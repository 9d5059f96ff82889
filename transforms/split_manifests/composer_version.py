"""Whether the Composer that runs is 2.2 or later: since then it runs no plugin that composer.json does not allow.

Sources: getcomposer.org/doc/06-config.md#allow-plugins, getcomposer.org/download (the installer's options), read on
2026-11-30. The installer, `latest` and `2` mean the newest version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model import Stage
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.text.expression import expression
from dfix.transforms.split_manifests.installs import InstallRun

_OLDEST = (2, 2)
_VARIABLE = expression(r"\$\{?(\w+)\}?")
_IMAGE = expression(r"(?:^|[\s=/])composer(?::([\w.-]+))?(?=[\s@]|$)", re.MULTILINE)
_FROM = expression(r"--from=(\S+)")
_INSTALLER = expression(r"(?:getcomposer\.org/(?:web/)?installer|composer/getcomposer\.org/\w+/web/installer)")
_INSTALLER_VERSION = expression(r"--version[=\s]\s*[\"']?([^\s\"';&|]+)")
_INSTALLER_CHANNEL = expression(r"\s--([12](?:\.\d+)?)(?=\s|$)")
_DOWNLOAD = expression(r"getcomposer\.org/(?:download/)?([\w.-]+?)(?:/composer|\.phar)")
_NEWEST = ("latest", "lts", "composer", "composer-stable", "composer-2", "latest-stable", "latest-2", "2", "")
_UPDATES = expression(r"self-?update|composer/releases/")
_COMMANDS = expression(r"[\n;&|]")
_INSTALLS = frozenset(("install", "add"))


def check_composer(stages: Sequence[Stage], run: InstallRun, install: ProjectInstall, read: Needed) -> None:
    """Raises LeaveAlone where an older Composer may run, with which any package may be a plugin that runs."""
    before = _with_values(everything_before(run.step).replace("\\\n", " "), install.located.env)
    if "allow-plugins" in before:
        reason = f"`{install.shown}` has no lock file that names its plugins, and the Dockerfile allows some"
        raise LeaveAlone("no-lock", reason, "commit composer.lock, or add `--no-plugins`")
    archive = any(word.text.endswith(".phar") for word in install.located.words[: -len(install.arguments)])
    downloaded = _INSTALLER.search(before) or _DOWNLOAD.search(before)
    brought = any(file.source.endswith("composer.phar") for file in read.files)
    versions = (
        []
        if brought or (archive and not downloaded)
        else list(_versions(before, dict(_images(stages[: run.step.stage.index]))))
    )
    if not versions or _may_be_other(before) or not all(map(_is_new, versions)):
        reason = f"`{install.shown}` has no lock file that names its plugins, and Composer may be older than 2.2"
        raise LeaveAlone("no-lock", reason, "commit composer.lock, or add `--no-plugins`")


def _may_be_other(text: str) -> bool:
    """Whether Composer may come in another way, with a version that is not known here."""
    commands = (command.split() for command in _COMMANDS.split(text) if "composer" in command)
    packaged = (any(map(_is_package, _after_install(words))) for words in commands)
    return _UPDATES.search(text) is not None or any(packaged)


def _after_install(words: Sequence[str]) -> Sequence[str]:
    """What follows `install` or `add` in a command."""
    return words[next((at for at, word in enumerate(words) if word in _INSTALLS), len(words)) :]


def _is_package(word: str) -> bool:
    """Whether it is a distribution's package, with or without a version: composer, php83-composer, composer=2."""
    name = word.partition("=")[0]
    return name in ("composer", "php-composer") or (name.startswith("php") and name.endswith("-composer"))


def _with_values(text: str, env: Mapping[str, str | None]) -> str:
    """The text, in lower case, with the values that ENV sets."""
    values = {name.lower(): (value or "$").lower() for name, value in env.items()}
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def _images(stages: Sequence[Stage]) -> Iterator[tuple[str, str]]:
    """The names of stages, and the image of each; "?" for one in which something runs."""
    for stage in stages:
        runs = any(step.keyword == "RUN" for above in stage.ancestry() for step in above.steps)
        image = "?" if runs else stage.base.image.lower()
        yield str(stage.index), image
        if stage.name:
            yield stage.name, image


def _versions(text: str, images: Mapping[str, str]) -> Iterator[str]:
    """The versions that the text names, for each way to get a Composer; "?" for one that is unknown."""
    for line in text.splitlines():
        copied = _FROM.search(line) if line.startswith(("copy ", "add ")) and "composer" in line else None
        image = images.get(copied[1], copied[1]) if copied is not None else line if line.startswith("composer") else ""
        if image:
            match = _IMAGE.search(image)
            tag = "?" if match is None else match[1] or ""
            yield "?" if "@" in image and tag in _NEWEST else tag  # a digest may be that of an old image
        if _INSTALLER.search(line):
            yield from _INSTALLER_VERSION.findall(line) or _INSTALLER_CHANNEL.findall(line) or [""]
        yield from (one for one in _DOWNLOAD.findall(line) if one not in ("installer", "web"))


def _is_new(version: str) -> bool:
    if version in _NEWEST:
        return True
    number = re.match(r"(\d+)\.(\d+)", version.removeprefix("v"))
    return number is not None and (int(number[1]), int(number[2])) >= _OLDEST

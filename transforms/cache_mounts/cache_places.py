"""Which folders of the image a RUN's package manager keeps its cache in."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.image_users import ImageUser, image_user
from dfix.rewriter.model.images import repository
from dfix.rewriter.shell.walk import invocation
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.transforms.cache_mounts.cached_run import CachedRun, SharedCache

ROOT = ImageUser("/root", 0, 0)
_USERS = expression(r"\b(?:usermod|groupmod|userdel|groupdel|deluser|delgroup|passwd)\b")
_ODD = expression(r"[^A-Za-z0-9.]+")
_VERSION = expression(r"\d{1,4}\.\d{1,4}")
_ENDS_IN_VARIABLE = expression(r"\$(?:\w+|\{[^{}]*\})$")


class CacheFolder(NamedTuple):
    """A folder that a RUN gets as a mount."""

    path: str
    written: str
    """As the table of the manager has it: `~/.npm`."""
    user: ImageUser


def cache_folders(cache: SharedCache, run: CachedRun) -> list[CacheFolder]:
    """The folders of a RUN. Raises LeaveAlone where they, the user or the home are not known."""
    step = run.step
    written = _written(cache, step)
    name = repository(step.stage.base.image.lower())[0]
    if all(folder[0] == "/" for folder in written) and cache.manager.system:
        user = _root(cache, run)
    else:
        user = _user(cache, run, name)
    found = []
    for folder in written:
        path = user.home + folder[1:] if folder[0] == "~" else folder
        if user.uid and posixpath.dirname(path) != user.home:
            told = f"{step.user} may not write to {path}: BuildKit makes {posixpath.dirname(path)} for root"
            raise LeaveAlone("unknown-home", told)
        found.append(CacheFolder(path, folder, user))
    return found


def _written(cache: SharedCache, step: Step) -> tuple[str, ...]:
    mount, manager = cache.mount, cache.manager
    for variable, below in mount.below.items():
        if variable in step.env:
            value = step.env[variable]
            if not value or value[0] != "/":
                raise LeaveAlone("moved-cache", f"{variable} moves {manager.name}'s cache to another folder")
            return (posixpath.normpath(posixpath.join(value, below)),)
    image = step.stage.base.image
    name = repository(image.lower())[0]
    folders = mount.folders_by_image.get(name, mount.folders)
    _has_folder(cache, image, name)
    if not folders:
        raise LeaveAlone("base-image", f"dfix does not know where {manager.name} keeps its cache in {image}")
    return folders


def _has_folder(cache: SharedCache, image: str, name: str) -> None:
    """Raise LeaveAlone where the image has a version that has no such cache yet."""
    first = cache.mount.since.get(name, "")
    tag = _VERSION.match(repository(image.lower())[1]) if first else None
    if tag is not None and tuple(map(int, tag[0].split("."))) < tuple(map(int, first.split("."))):
        raise LeaveAlone("tool-version", f"{cache.manager.name} has kept such a cache since version {first}")


def _root(cache: SharedCache, run: CachedRun) -> ImageUser:
    """The user of a distribution's package manager, whose folders are absolute."""
    for use in run.uses:
        if invocation(use.located.command).words != use.located.command.words:
            raise LeaveAlone("unknown-home", f"`{use.shown}` runs through another program, perhaps as another user")
    if run.step.user not in (None, "root", "0", "root:root", "0:0"):
        raise LeaveAlone("unknown-home", f"`{run.uses[0].shown}` runs as {run.step.user}")
    return ROOT


def _user(cache: SharedCache, run: CachedRun, name: str) -> ImageUser:
    step = run.step
    for use in run.uses:
        if invocation(use.located.command).user is not None:
            raise LeaveAlone("unknown-home", f"`{use.shown}` runs as another user than the RUN")
        if "HOME" in use.located.assigned:
            raise LeaveAlone("unknown-home", f"the RUN sets another HOME for `{use.shown}`")
    user = image_user(name, step.user)
    if user is None:
        image = step.stage.base.image
        who = f"the home of {step.user} in {image}" if step.user else f"the user and home of {image}"
        hint = "write the mount yourself, with `uid=` and `gid=` if the user is not root"
        raise LeaveAlone("unknown-home", f"dfix does not know {who}", hint)
    if user.uid and any(_changes_users(other) for stage in step.stage.ancestry() for other in stage.steps):
        raise LeaveAlone("unknown-home", f"a RUN changes the users of the image, perhaps {step.user}")
    if "HOME" not in step.env:
        return user
    home = step.env["HOME"]
    if not home or home[0] != "/":
        raise LeaveAlone("unknown-home", "HOME is set to a value that is not known before the build")
    return user._replace(home=posixpath.normpath(home))


def _changes_users(step: Step) -> bool:
    return step.keyword == "RUN" and _USERS.search(step.source_text) is not None


def flag(cache: SharedCache, step: Step, folder: CacheFolder) -> str:
    """The option of the RUN that mounts a folder."""
    fields = ["type=cache"]
    if folder.written in cache.mount.by_image:
        fields.append(f"id={_id(cache, step, folder)}")
    fields.append(f"target={folder.path}")
    if cache.mount.locked:
        fields.append("sharing=locked")
    if folder.user.uid:
        fields += [f"uid={folder.user.uid}", f"gid={folder.user.gid}"]
    return f"--mount={','.join(fields)}"


def _id(cache: SharedCache, step: Step, folder: CacheFolder) -> str:
    """A name for what was compiled in this base image: a wheel for glibc and one for musl have the same name."""
    image = step.stage.base.image
    if "$" in image and (_ENDS_IN_VARIABLE.search(image) or "$" in image.partition(":")[0]):
        told = f"{image} may be any distribution, and what is compiled for one may not run on another"
        raise LeaveAlone("variable", told)
    name = cache.manager.name
    last = posixpath.basename(folder.path)
    words = last if last.startswith(name) else f"{name}-{last}"
    reference = image.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]
    return f"{words}-{_ODD.sub('-', reference).strip('-')}"

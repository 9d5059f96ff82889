"""Asking a registry, by the tool that the user has: skopeo or docker buildx.

dfix opens no connection itself. Both tools know the user's registries, proxies and credentials, and start the
credential helpers that the user's own settings name. Nothing of a Dockerfile but an image name that was checked part by
part gets into a command, as one argument, and no shell reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dfix.rewriter.bases.image_reference import ImageReference
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple

SECONDS = 30.0
"""After which a tool is stopped."""
MOST_BYTES = 4_000_000
"""Registries refuse larger manifests (distribution-spec: at least 4 MB must be accepted)."""
_SAID = 1 << 20
_LOOPBACK = expression(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")
_FATAL = expression(r'level=(?:fatal|error) msg="((?:[^"\\]|\\.)*)"', re.DOTALL)


class RegistryError(Exception):
    """Why there is no answer to rely on, as a phrase, and what to do. `whole` is a registry that gives none at all."""

    def __init__(self, said: str, hint: str, whole: str = "") -> None:
        super().__init__(said)
        self.hint = hint
        self.whole = whole


class RegistryTool(NamedTuple):
    """A program that asks registries."""

    name: str
    command: tuple[str, ...]


def found_tool() -> RegistryTool | None:
    """The first program that is installed."""
    if shutil.which("skopeo") is not None:
        return RegistryTool("skopeo", ("skopeo",))
    if shutil.which("docker") is not None:
        with suppress(OSError, RegistryError):
            if _run(("docker", "buildx", "version"), SECONDS)[0] == 0:
                return RegistryTool("buildx", ("docker", "buildx", "imagetools"))
    return None


def digest(tool: RegistryTool, image: ImageReference, platform: str) -> str:
    """The digest that a tag has now: that of the index of all platforms, where there is one.

    `platform` must be among them, unless it is "". Raises RegistryError.
    """
    raw = _asked(tool, image)
    try:
        manifest = json_value(raw.decode("utf-8", "strict"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("schemaVersion") != 2:
        raise RegistryError("the answer is not a whole manifest of version 2", "Try again later")
    if platform and "manifests" in manifest:
        _check_platform(manifest, platform)
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _check_platform(index: dict[str, Any], platform: str) -> None:
    entries = index.get("manifests")
    offered = []
    for entry in entries if isinstance(entries, list) else ():
        told = entry.get("platform") if isinstance(entry, dict) else None
        if isinstance(told, dict) and told.get("os") != "unknown":
            offered.append("/".join(str(told[key]) for key in ("os", "architecture", "variant") if told.get(key)))
    wanted = platform if "/" in platform else f"linux/{platform}"
    if not any(one == wanted or one.startswith(f"{wanted}/") or wanted.startswith(f"{one}/") for one in offered):
        has = ", ".join(offered[:4]) or "none that it names"
        raise RegistryError(f"it has no image for {platform} (it has {has})", "Correct --platform or the tag")


def _asked(tool: RegistryTool, image: ImageReference) -> bytes:
    """The bytes of the manifest of a tag."""
    name = f"{image.location}:{image.tag or 'latest'}"
    if tool.name == "skopeo":
        config = os.environ.get("DOCKER_CONFIG", "")
        file = os.path.join(config, "config.json")
        own = ["--authfile", file] if config and "REGISTRY_AUTH_FILE" not in os.environ and os.path.isfile(file) else []
        plain = ["--tls-verify=false"] if _LOOPBACK.fullmatch(image.registry) else []  # as docker does
        command = [*tool.command, "--debug", "inspect", "--raw", *own, *plain, f"docker://{name}"]
    else:
        command = [*tool.command, "inspect", "--raw", name]
    try:
        status, out, said = _run(command, SECONDS)
    except OSError:
        raise RegistryError(f"{tool.name} can't be started", "Install skopeo") from None
    if status == 0 and len(out) <= MOST_BYTES:
        return out
    raise _explained(status, said, image)


def _run(command: Sequence[str], seconds: float) -> tuple[int | None, bytes, str]:
    """The exit status, output and messages of a command; the status is None if it was stopped after `seconds`."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True
        )
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _stop(process)

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            assert process.stdout is not None
            out = process.stdout.read(MOST_BYTES + 1)
            if len(out) > MOST_BYTES:
                _stop(process)
            status = process.wait()
        finally:
            timer.cancel()
            _stop(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        said.seek(0, os.SEEK_END)
        said.seek(max(said.tell() - _SAID, 0))
        return None if late.is_set() else status, out, said.read().decode("utf-8", "replace")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a command with all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


_MEANINGS = (
    ("toomanyrequests|too many requests", "limits how often it may be asked", "Log in, or try again later", True),
    (
        "no such host|connection refused|network is unreachable|no route to host|name resolution|dial tcp",
        "can't be reached",
        "Check the connection and the proxy",
        True,
    ),
    ("x509|http response to https client|tls:", "has no certificate to trust", "Set it up as for docker pull", True),
    ("manifest unknown|name unknown|not found|404", "has no such image", "Correct the name or the tag", False),
    (
        "unauthorized|authentication required|denied|401|403",
        "refuses access, or has no such image",
        "Log in with docker login, or correct the name",
        False,
    ),
    ("unexpected eof|unexpected end of json", "broke off its answer", "Try again later", False),
)
"""Words of the tools' messages, what they mean, what to do, and whether that holds for all images of the registry."""


def _explained(status: int | None, said: str, image: ImageReference) -> RegistryError:
    """What a tool's messages mean."""
    lowered = said.lower()
    registry = image.registry
    if status is not None:
        errors = _FATAL.findall(said)
        told = errors[-1] if errors else (said.strip().splitlines() or [""])[-1]
        lowered = f"{told.lower()} {'too many requests' if 'too many requests to' in lowered else ''}"
    elif "too many requests to" not in lowered:
        return RegistryError(f"{registry} gave no answer within {SECONDS:.0f} s", "Try again later", registry)
    for words, meaning, hint, whole in _MEANINGS:
        if any(word in lowered for word in words.split("|")):
            return RegistryError(f"{registry} {meaning}", hint, registry if whole else "")
    shown = " ".join(lowered.split())[:200]
    return RegistryError(f"{registry} gives an error ({shown or 'without a message'})", "")

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

from dfix.rewriter.bases.image_reference import ImageReference, is_tag
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple

SECONDS = 30.0
"""After which a tool is stopped."""
MOST_BYTES = 4_000_000
"""Registries refuse larger manifests (distribution-spec: at least 4 MB must be accepted)."""
MOST_BYTES_OF_TAGS = 16_000_000
"""Several hundred thousand tags."""
SKOPEO = "skopeo"
_SAID = 1 << 20
_LOOPBACK = expression(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?")
_FATAL = expression(r'level=(?:fatal|error) msg="((?:[^"\\]|\\.)*)"', re.DOTALL)


class RegistryError(Exception):
    """Why there is no answer to rely on, as a phrase, and what to do. `whole` is a registry that gives none at all."""

    def __init__(self, said: str, hint: str, whole: str = "") -> None:
        super().__init__(said)
        self.hint = hint
        self.whole = whole


class NoImageError(RegistryError):
    """The registry has no image of that name and tag."""


class RegistryManifest(NamedTuple):
    """What a tag names."""

    digest: str
    platforms: frozenset[str] | None
    """Those of an index, as "linux/arm64/v8"; None for a lone image, which doesn't tell here."""

    def has(self, platform: str) -> bool:
        """Whether a platform that somebody names is among them."""
        wanted = platform if "/" in platform else f"linux/{platform}"
        return self.platforms is None or any(
            one == wanted or one.startswith(f"{wanted}/") or wanted.startswith(f"{one}/") for one in self.platforms
        )


class RegistryTool(NamedTuple):
    """A program that asks registries."""

    name: str
    command: tuple[str, ...]


def found_tool() -> RegistryTool | None:
    """The first program that is installed."""
    if shutil.which("skopeo") is not None:
        return RegistryTool(SKOPEO, ("skopeo",))
    if shutil.which("docker") is not None:
        with suppress(OSError, RegistryError):
            if _run(("docker", "buildx", "version"), SECONDS, MOST_BYTES)[0] == 0:
                return RegistryTool("buildx", ("docker", "buildx", "imagetools"))
    return None


def manifest_of(tool: RegistryTool, image: ImageReference) -> RegistryManifest:
    """What a tag names now: the index of all platforms, where there is one. Raises RegistryError."""
    raw = _asked(tool, image, _manifest_command(tool, image), MOST_BYTES)
    value = _json(raw)
    if not isinstance(value, dict) or value.get("schemaVersion") != 2:
        raise RegistryError("the answer is not a whole manifest of version 2", "Try again later")
    return RegistryManifest(
        f"sha256:{hashlib.sha256(raw).hexdigest()}", _platforms(value) if "manifests" in value else None
    )


def tags_of(tool: RegistryTool, image: ImageReference) -> frozenset[str]:
    """All tags of the repository of an image. Raises RegistryError. Only skopeo lists them."""
    command = [*tool.command, "--debug", "list-tags", *_options(image), f"docker://{image.location}"]
    value = _json(_asked(tool, image, command, MOST_BYTES_OF_TAGS))
    tags = value.get("Tags") if isinstance(value, dict) else None
    if not isinstance(tags, list):
        raise RegistryError("the answer is not a list of tags", "Try again later")
    return frozenset(tag for tag in tags if isinstance(tag, str) and is_tag(tag))


def _platforms(index: dict[str, Any]) -> frozenset[str]:
    entries = index.get("manifests")
    offered = set()
    for entry in entries if isinstance(entries, list) else ():
        told = entry.get("platform") if isinstance(entry, dict) else None
        if isinstance(told, dict) and told.get("os") != "unknown":
            offered.add("/".join(str(told[key]) for key in ("os", "architecture", "variant") if told.get(key)))
    return frozenset(offered)


def _json(raw: bytes) -> Any:
    try:
        return json_value(raw.decode("utf-8", "strict"))
    except ValueError:
        return None


def _manifest_command(tool: RegistryTool, image: ImageReference) -> list[str]:
    name = f"{image.location}:{image.tag or 'latest'}"
    if tool.name == SKOPEO:
        return [*tool.command, "--debug", "inspect", "--raw", *_options(image), f"docker://{name}"]
    return [*tool.command, "inspect", "--raw", name]


def _options(image: ImageReference) -> list[str]:
    """What skopeo needs to do as docker does."""
    config = os.environ.get("DOCKER_CONFIG", "")
    file = os.path.join(config, "config.json")
    own = ["--authfile", file] if config and "REGISTRY_AUTH_FILE" not in os.environ and os.path.isfile(file) else []
    return [*own, *(["--tls-verify=false"] if _LOOPBACK.fullmatch(image.registry) else [])]


def _asked(tool: RegistryTool, image: ImageReference, command: Sequence[str], most: int) -> bytes:
    """What a command prints."""
    try:
        status, out, said = _run(command, SECONDS, most)
    except OSError:
        raise RegistryError(f"{tool.name} can't be started", "Install skopeo") from None
    if len(out) > most:
        raise RegistryError(f"the answer is longer than {most // 1_000_000} MB", "")
    if status == 0:
        return out
    raise _explained(status, said, image)


def _run(command: Sequence[str], seconds: float, most: int) -> tuple[int | None, bytes, str]:
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
            out = process.stdout.read(most + 1)
            if len(out) > most:
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


_ABSENT = "has no such image"
_MEANINGS = (
    ("toomanyrequests|too many requests", "limits how often it may be asked", "Log in, or try again later", True),
    (
        "no such host|connection refused|network is unreachable|no route to host|name resolution|dial tcp",
        "can't be reached",
        "Check the connection and the proxy",
        True,
    ),
    ("x509|http response to https client|tls:", "has no certificate to trust", "Set it up as for docker pull", True),
    (
        "getting credentials|getting username and password",
        "can't be asked, since the credential helper for it gives no answer",
        "Correct credHelpers in your Docker configuration",
        True,
    ),
    ("manifest unknown|name unknown|not found", _ABSENT, "Correct the name or the tag", False),
    (
        "unauthorized|authentication required|denied|forbidden",
        "refuses access, or has no such image",
        "Log in with skopeo login or docker login, or correct the name",
        False,
    ),
    ("unexpected eof|unexpected end of json", "broke off its answer", "Try again later", False),
    (
        "looking for beginning of value",
        "gives an answer that is no JSON",
        "Check the proxy, and whether the network wants a login",
        False,
    ),
)
"""Words of the tools' messages, what they mean, what to do, and whether that holds for all images of the registry."""


def _explained(status: int | None, said: str, image: ImageReference) -> RegistryError:
    """What a tool's messages mean."""
    lowered = said.lower()
    registry = image.registry
    said = said.replace(image.location.removeprefix(registry), "/IMAGE")  # its own words mean nothing
    if status is not None:
        errors = _FATAL.findall(said)
        told = errors[-1] if errors else (said.strip().splitlines() or [""])[-1]
        lowered = f"{told.lower()} {'too many requests' if 'too many requests to' in lowered else ''}"
    elif "too many requests to" not in lowered:
        return RegistryError(f"{registry} gave no answer within {SECONDS:.0f} s", "Try again later", registry)
    for words, meaning, hint, whole in _MEANINGS:
        if any(word in lowered for word in words.split("|")):
            kind = NoImageError if meaning == _ABSENT else RegistryError
            return kind(f"{registry} {meaning}", hint, registry if whole else "")
    shown = " ".join(lowered.split())[:200]
    return RegistryError(f"{registry} gives an error ({shown or 'without a message'})", "")

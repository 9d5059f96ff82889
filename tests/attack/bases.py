"""The base images of the campaign: those of the tests' engine, with tools in place and the small registry for all of them.

A Dockerfile names the official image; a named build context puts one of these in its place.
"""

from __future__ import annotations

import hashlib
import subprocess
from typing import NamedTuple

from tests.attack.packages import ADDRESS
from tests.engine.fixture import Engine

_APT = (
    f"RUN rm -f /etc/apt/sources.list /etc/apt/sources.list.d/* && echo 'deb [trusted=yes] {ADDRESS}/apt ./'"
    " > /etc/apt/sources.list && apt-get update && rm -rf /var/lib/apt/lists/*\n"
)
_TOOLS = (
    "RUN apt-get update && apt-get install -y --no-install-recommends make ca-certificates adduser"
    " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt/*\n"
)
_NPMRC = f"RUN printf 'registry={ADDRESS}/npm/\\naudit=false\\nfund=false\\nupdate-notifier=false\\nlogs-max=0\\n' > /usr/local/etc/npmrc\n"
_BACKENDS = (
    "setuptools==75.8.0 wheel==0.45.1 hatchling==1.27.0 flit_core==3.10.1 poetry-core==2.0.1 setuptools-scm==8.1.0"
)
_PIP = (
    f"RUN python3 -m pip download --quiet --no-cache-dir --dest /opt/wheels {_BACKENDS}"
    " && python3 -m pip install --quiet --no-cache-dir --root-user-action=ignore uv==0.5.29\n"
    f"RUN printf '[global]\\nindex-url = {ADDRESS}/simple/\\nfind-links = /opt/wheels\\n"
    "disable-pip-version-check = true\\nroot-user-action = ignore\\n' > /etc/pip.conf\n"
    f"ENV UV_INDEX_URL={ADDRESS}/simple/ UV_FIND_LINKS=/opt/wheels UV_NO_CACHE=1\n"
)


class Base(NamedTuple):
    """A base of the campaign: the names that a Dockerfile may use, the base of the engine below it, and what is added."""

    tags: tuple[str, ...]
    below: str
    lines: str


BASES = {
    "debian": Base(("debian:12", "debian:bookworm-slim"), "debian", _TOOLS + _APT),
    "tools": Base(("debian:bookworm",), "debian", _TOOLS.replace(" make ", " curl make ") + _APT),
    "node": Base(
        ("node:22", "node:22-slim"),
        "node22",
        _TOOLS + "RUN npm install -g --silent yarn@1.22.22 pnpm@9.15.4 && rm -rf /root/.npm /tmp/*\n" + _NPMRC + _APT,
    ),
    "yarn4": Base(
        ("node:22-bookworm",),
        "node22",
        _TOOLS
        + "RUN npm install -g --silent @yarnpkg/cli-dist@4.6.0 && rm -rf /root/.npm /tmp/*\n"
        + _NPMRC
        + _APT
        + f"ENV YARN_NPM_REGISTRY_SERVER={ADDRESS}/npm YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1 YARN_ENABLE_TELEMETRY=0\n",
    ),
    "python": Base(("python:3.11-slim", "python:3.11"), "python", _TOOLS + _PIP + _APT),
    "go": Base(("golang:1.19", "golang:1.19-bookworm"), "go", f"ENV GOPROXY={ADDRESS}/go\n" + _APT),
}
PLAIN = {"busybox": "busybox:latest"}


def names(dockerfile: str) -> tuple[str, ...]:
    """The bases that a Dockerfile names."""
    words = dockerfile.split()
    return tuple(name for name, base in BASES.items() if any(tag in words for tag in base.tags))


def make(engine: Engine, wanted: tuple[str, ...]) -> dict[str, str]:
    """Make sure that bases are there; the image for each tag that a Dockerfile may name."""
    found = {}
    for name in wanted:
        base = BASES[name]
        image = f"dfix-attack-{name}:{hashlib.sha256((base.lines + base.below).encode()).hexdigest()[:12]}"
        if not _exists(engine, image):
            engine.bases(base.below)
            _build(engine, image, base)
        found.update(dict.fromkeys(base.tags, image))
    return found


def _exists(engine: Engine, image: str) -> bool:
    command = ["docker", "image", "inspect", image]
    return subprocess.run(command, env=engine.environment, capture_output=True, check=False).returncode == 0


def _build(engine: Engine, image: str, base: Base) -> None:
    command = ["docker", "buildx", "build", "--quiet", "--load", "--network=host", "--tag", image, "-"]
    text = f"FROM {base.tags[0]}\n{base.lines}"
    subprocess.run(command, input=text, text=True, env=engine.environment, check=True, stdout=subprocess.DEVNULL)

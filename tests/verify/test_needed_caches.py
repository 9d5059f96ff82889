"""A cache that a container installs from when it starts is a part of the image."""

from __future__ import annotations

from typing import Any

import pytest

from dfix.rewriter.knowledge import managers
from dfix.rewriter.verify.compare import compare
from dfix.rewriter.verify.image import Entry, Image
from dfix.rewriter.verify.needed_caches import needed_at_start

CACHES = tuple(cache for manager in managers() for cache in manager.caches)
NPM = {"root/.npm/_cacache/content/a": 100, "root/.npm/_logs/1.log": 10}
LISTS = {"var/lib/apt/lists/deb": 100}


def image(files: dict[str, int], **config: Any) -> Image:
    entries = {path: Entry("file", 0o644, 0, 0, size, str(size)) for path, size in files.items()}
    return Image({"config": config}, (), entries)


@pytest.mark.parametrize(
    ("files", "config", "how"),
    [
        (NPM, {"Cmd": ["npm", "ci", "--offline"]}, "`npm ci --offline` installs from the cache"),
        (NPM, {"Cmd": ["/bin/sh", "-c", "cd /app && npm ci --offline"]}, "installs from the cache"),
        (NPM, {"Entrypoint": ["/usr/local/bin/npm"], "Cmd": ["i", "--offline"]}, "installs from the cache"),
        (NPM, {"Cmd": ["npm", "ci"], "Env": ["npm_config_offline=true"]}, "installs from the cache"),
        (LISTS, {"Cmd": ["apt-get", "install", "-y", "bc"]}, "installs without updating the package lists"),
        (LISTS, {"Healthcheck": {"Test": ["CMD-SHELL", "apt-get install -y bc"]}}, "without updating"),
        (NPM, {"Cmd": ["npm", "start"]}, ""),
        (NPM, {"Cmd": ["npm", "ci"], "Env": ["npm_config_offline=false", "A"]}, ""),
        (NPM, {"Cmd": ["yarn", "install", "--offline"]}, ""),
        (NPM, {"Cmd": ["node", "server.js", "--offline"]}, ""),
        (LISTS, {"Cmd": ["sh", "-c", "apt-get update && apt-get install -y bc"]}, ""),
        (LISTS, {"Cmd": ["apt-get", "--version"]}, ""),
        (LISTS, {}, ""),
        (LISTS, {"Healthcheck": {"Test": ["NONE"]}}, ""),
    ],
)
def test_what_the_command_of_an_image_needs(files: dict[str, int], config: dict[str, Any], how: str) -> None:
    before, after = image(files, **config), image({}, **config)
    compared = compare(before, after, CACHES)
    assert compared.differences == ()
    found = needed_at_start(compared, before, after)
    assert bool(found.differences) == bool(how)
    assert all(how in one.what for one in found.differences)
    assert len(found.differences) + len(found.caches) == len(compared.caches)
    assert found.cache_bytes == sum(one.bytes for one in found.caches)


def test_a_log_with_another_name_is_no_fault() -> None:
    config = {"Cmd": ["npm", "ci", "--offline"]}
    before, after = (
        image(NPM, **config),
        image({"root/.npm/_cacache/content/a": 100, "root/.npm/_logs/2.log": 10}, **config),
    )
    compared = compare(before, after, CACHES)
    assert compared.caches
    assert needed_at_start(compared, before, after) == compared
    emptied = image({"root/.npm/_logs/2.log": 10}, **config)
    (gone,) = needed_at_start(compare(before, emptied, CACHES), before, emptied).differences
    assert gone.path == "/root/.npm/_cacache/content/a"

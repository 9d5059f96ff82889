from __future__ import annotations

import pytest

from dfix.rewriter.model.cache_folders import relation


@pytest.mark.parametrize(
    "path",
    [
        "/var/lib/apt/lists",
        "/var/lib/apt/lists/",
        "/var/lib/apt/lists/*",
        "/var/lib/apt/lists/partial",
        "/var/lib/apt/lists*",
        "/var/lib/{apt,dpkg,cache}/lists",
        "/var/lib/{apt/lists,dpkg}/*",
        "/var/lib/apt/*/x",
    ],
)
def test_within_the_lists(path: str) -> None:
    assert relation(path, "/var/lib/apt/lists") == "within"


@pytest.mark.parametrize("path", ["/var/lib/apt", "/var/lib/apt/", "/var/*", "/var/lib/{apt,dpkg}"])
def test_above_the_lists(path: str) -> None:
    assert relation(path, "/var/lib/apt/lists") == "above"


@pytest.mark.parametrize(
    "path", ["/", "", "/var/lib/dpkg", "/var/cache/apt", "/etc/apt", "/tmp/*", "/x/var/lib/apt/lists"]
)
def test_something_else(path: str) -> None:
    assert relation(path, "/var/lib/apt/lists") == ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/root/.cache/pip", "within"),
        ("~/.cache/pip/*", "within"),
        ("$HOME/.cache/pip", "within"),
        ("${HOME}/.cache/pip", "within"),
        ("/home/node/.cache/pip", "within"),
        ("/app/.cache/pip", "within"),
        ("/root/.cache", "above"),
        ("/root/.c*", "above"),
        ("/root/.*", "above"),
        ("/root", "above"),
        ("/app/.cache", "above"),
        ("/app/.cache/pip/.cache", "within"),
        ("/root/*", ""),
        ("/root/.n*", ""),
        ("/app/.n*", ""),
        ("/root/.cachet", ""),
        ("/root/.cache/yarn", ""),
        ("/app/pip", ""),
        ("/roots/x", ""),
    ],
)
def test_a_cache_in_the_home(path: str, expected: str) -> None:
    assert relation(path, "~/.cache/pip") == expected

"""README.md as a package index shows it: its links and pictures lead to the files of this version in the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[((?:!\[[^\]]*\]\([^)]*\)|[^\]])*)\]\((?!https?:|#)([^)\s]+)\)")


class Description(MetadataHookInterface):
    """What `[tool.hatch.metadata.hooks.custom]` in pyproject.toml names."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the description to the metadata of pyproject.toml."""
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = with_addresses(readme, metadata["urls"]["Source"], f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_addresses(markdown: str, source: str, revision: str) -> str:
    """Turn each relative link into the address of that file in the repository `source`."""
    return _LINK.sub(lambda link: f"{link[1]}[{link[2]}]({_address(link[3], source, revision, link[1])})", markdown)


def _address(path: str, source: str, revision: str, picture: str) -> str:
    return f"{source}/{'raw' if picture else 'blob'}/{revision}/{path}"

"""Which stages other files of the project build by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.model.source_evidence import sources

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context

_ENDINGS = (".yml", ".yaml", ".hcl", ".json", ".sh", "Makefile")


def file_that_targets(context: Context, name: str) -> str:
    """The compose file, Makefile or the like that builds a stage by this name; "" where none does."""
    asks = re.compile(rf"\btarget\b\s*[:=]\s*[\"']?{re.escape(name)}\b|--target[= ]{re.escape(name)}\b", re.IGNORECASE)
    return next((path for path, text in sources(context, _ENDINGS) if asks.search(text)), "")

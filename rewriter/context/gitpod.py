"""The workspace that a .gitpod.yml declares: its image, and the tasks that run in it.

Source: Gitpod's schema of the file (components/gitpod-protocol/data/gitpod-schema.json in gitpod-io/gitpod: `image`,
`tasks`), 2026-11-30.
"""

from __future__ import annotations

import os

from dfix.rewriter.context.image_records import (
    Container,
    ImageUses,
    declared_build,
    image_name,
    reference,
    tables_in,
)
from dfix.rewriter.context.parsed_files import table_of, text_of, yaml_of

FILE = ".gitpod.yml"
_TASKS = ("before", "init", "prebuild", "command")


def read_gitpod(path: str, uses: ImageUses) -> None:
    """Add the build and the container of a .gitpod.yml to `uses`."""
    folder = os.path.dirname(path)
    data = yaml_of(text_of(path, uses.within) or "")
    if not isinstance(data, dict):
        return
    image = data.get("image")
    names = {reference(path, "workspace")} | ({image_name(image)} if isinstance(image, str) else set())
    file = table_of(data, "image").get("file")
    if isinstance(file, str):
        # the Dockerfile is relative to the repository, not to the context
        context = table_of(data, "image").get("context") or "."
        uses.builds.extend(
            declared_build(path, {"context": context, "dockerfile": os.path.join(folder, file)}, names, None)
        )
    tasks = (task.get(key) for task in tables_in(data.get("tasks")) for key in _TASKS)
    scripts = tuple(text for text in tasks if isinstance(text, str))
    place = f"/workspace/{os.path.basename(folder)}"
    uses.containers.append(Container(path, frozenset(names), None, None, scripts, place, ((folder, place),), {}))

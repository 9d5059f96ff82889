"""Programs of Debian packages, unpacked beside the system once."""

from __future__ import annotations

from pathlib import Path

from tests.engine.home import NoEngineError
from tests.engine.packages import Wanted, codename, unpack
from tests.tools.home import NoToolError, kept


def unpacked(*names: str) -> Path:
    """The folder with the files of these packages of the host's release, and of none that they need. Raises NoToolError."""
    try:
        wanted = [Wanted(name, codename()) for name in names]
        return kept(
            f"debian-{'-'.join(names)}", lambda folder: unpack(wanted, folder, folder.with_name(f"{names[0]}.fetching"))
        )
    except NoEngineError as error:
        raise NoToolError(str(error).replace("no engine", f"no {names[0]}")) from error

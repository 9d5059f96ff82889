"""The question that a reader is asked, and its answer."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone


class Install(NamedTuple):
    """One install command. `arguments` follow the manager's name; `folder` is the context folder in which it runs.

    `reader` is the module of this package that knows what it reads, `program` the command's first word ("./mvnw").
    """

    manager: str
    arguments: tuple[str, ...]
    folder: str
    reader: str
    program: str = ""

    @property
    def shown(self) -> str:
        """The command for messages."""
        return " ".join((self.program if "/" in self.program else self.manager, *self.arguments))


class Inputs(NamedTuple):
    """What the install reads: `files` in the order in which people name them, `folders` needed as a whole.

    `newest_npm` is set when the answer holds only for npm 7 or newer (Node.js 16 brings npm 8): an older one would
    rewrite the lock file.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    newest_npm: bool = False


class ReplacedOutput(LeaveAlone):
    """The context ships output of the host that the install replaces: a line of the ignore file takes it away.

    With that line the image stays the same. `path` is the line.
    """

    def __init__(self, code: str, text: str, hint: str, path: str) -> None:
        super().__init__(code, text, hint)
        self.path = path

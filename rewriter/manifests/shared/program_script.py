"""What a script that a project brings (`./mvnw`, `bin/bundle`) names, apart from what the manager's reader knows."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs
from dfix.rewriter.text.expression import expression

_LARGEST = 200_000
"""Characters; larger ones are programs, such as composer.phar, that read what the reader of their manager knows."""
_COMMENT = expression(r"(?:^|(?<=\s))#.*")
_URL = expression(r"(?<![\w+.-])[A-Za-z][\w+.-]*+://\S*")
_VARIABLE = expression(r"\$(?:\{[^}]*\}|\w+|\([^()]*\))[\"']?/")
_NAME = expression(r"[\w.%+-]+(?:/[\w.@%+-]+)*")


def check_program_script(context: Context, path: str, folder: str, read: Inputs) -> None:
    """Raises LeaveAlone where the script at `path` names a file or folder of the project that is not in `read`.

    `folder` is where it runs. A name without a slash counts only if it is that of a file.
    """
    text = context.read(path, _LARGEST) or ""
    if not text.startswith("#!"):
        return
    for number, name in _names(text):
        for base in dict.fromkeys((posixpath.dirname(path), folder)):
            target = inside(base, name)
            if target and target != path and _is_unread(context, target, name, read):
                reason = f"{path}:{number} names {name}, and dfix can't tell what the script reads there"
                raise LeaveAlone("wrapper-script", reason, "use the script as its program makes it")


def _names(text: str) -> Iterator[tuple[int, str]]:
    """Each word that may be a path, with the number of its line; what follows `$DIR/` is one."""
    for number, line in enumerate(text.splitlines(), 1):
        plain = _VARIABLE.sub(" ", _URL.sub(" ", _COMMENT.sub("", line)))
        yield from ((number, match[0]) for match in _NAME.finditer(plain))


def _is_unread(context: Context, target: str, name: str, read: Inputs) -> bool:
    if target in read.files or any(f"{target}/".startswith(f"{folder}/") for folder in read.folders):
        return False
    if context.ships(target):
        return True
    return "/" in name and not all(path in read.files for path in context.some_below(target, 100))

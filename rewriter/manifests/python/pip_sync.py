"""What `pip-sync` reads: the requirements files that it names, or requirements.txt, and what they include.

Source: pip-tools.readthedocs.io ("pip-sync").
"""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python import pip
from dfix.rewriter.manifests.shared.inputs import Inputs, Install

_WITH_VALUE = frozenset(("-f", "--find-links", "-i", "--index-url", "--extra-index-url", "--trusted-host"))
_OTHER = frozenset(("--python-executable", "--pip-args", "--config", "--cert", "--client-cert"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    options: list[str] = []
    files: list[str] = []
    words = iter(install.arguments)
    for word in words:
        if word.partition("=")[0] in _OTHER:
            raise LeaveAlone("option", f"`{install.shown}` has {word}, which may change what it reads")
        if word.startswith("-"):
            options += [word, *([next(words, "")] if word in _WITH_VALUE else ())]
        else:
            files.append(word)
    named = [word for name in files or ["requirements.txt"] for word in ("-r", name)]
    return pip.inputs(context, install._replace(arguments=("install", *options, *named)))

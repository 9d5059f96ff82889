"""Hints for failed builds, derived from the engine's message or the Dockerfile."""

from __future__ import annotations

import re

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.text.expression import expression

_SECRET = expression(r"secret (?P<id>[\w.-]+): not found|secret required but no value provided")
_SIGNS = (
    (expression(r"no space left on device", re.IGNORECASE), "The disk is full: free some space"),
    (expression(r"took longer than"), "--timeout SECONDS sets a longer limit"),
    (
        expression(
            r"(could not|failure|failed).{0,20}resolv|no such host|EAI_AGAIN|network is unreachable", re.IGNORECASE
        ),
        "Check the network; --network sets which one the build uses",
    ),
)


def hint(message: str, tree: Tree, args: tuple[str, ...]) -> str:
    """What may help, as a sentence, or "". `args` are the given build arguments."""
    secret = _SECRET.search(message)
    if secret:
        return f"Pass it with --secret id={secret['id'] or 'NAME'},src=FILE"
    for sign, advice in _SIGNS:
        if sign.search(message):
            return advice
    lacking = _lacking(tree, {arg.partition("=")[0] for arg in args})
    if lacking:
        first = lacking[0]
        others = f" (also {', '.join(lacking[1:])})" if lacking[1:] else ""
        return f"ARG {first} has no value{others}. Set it with --set {first}=VALUE"
    return ""


def _lacking(tree: Tree, given: set[str]) -> list[str]:
    """The arguments without a default that were not given, except the platform arguments that BuildKit sets."""
    words = [word.text for i in tree.instructions if i.keyword == "ARG" for word in i.words]
    defaults = {word.partition("=")[0] for word in words if "=" in word}
    names = dict.fromkeys(word for word in words if "=" not in word and word not in defaults | given)
    return [name for name in names if not name.startswith(("TARGET", "BUILD")) and not name.lower().endswith("_proxy")]

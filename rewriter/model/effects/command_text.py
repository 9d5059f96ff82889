"""How messages quote a command."""

from __future__ import annotations

from dfix.rewriter.model.commands import Located

_LONGEST_SHOWN = 60


def shown(command: Located) -> str:
    """The command as its author wrote it, shortened."""
    node = command.command
    named = [word for word in node.words if word.span.start < word.span.end]
    text = " ".join(word.text for word in named or node.assigns)
    if len(named) < len(node.words) or not text:
        # a compound command has no program that names it
        targets = (
            f"{redirect.op} {redirect.target.text}" for redirect in node.redirects if redirect.target is not None
        )
        text = " ".join(filter(None, (text, *targets)))
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "…"

"""Commands that name a cache folder, and those within words, loops and conditions that need a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_use import CacheUse, run_commands, updates
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.substitutions import substitutions
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.clean_up.hidden_needs import given_to_shell
from dfix.transforms.clean_up.mentions import need
from dfix.transforms.clean_up.named_paths import word_in_cache

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.transforms.clean_up.removed_files import Removal


def unneeded_by_conditions(removal: Removal, step: Step, commands: tuple[Located, ...]) -> None:
    """Raise LeaveAlone for what runs within a loop's words or a condition: `for p in $(apt-cache depends git)`."""
    manager, clean_up = removal.cache_use.manager, removal.cache_use.clean_up
    own = {id(command.command) for command in commands}
    uses = (use for use in run_commands(commands).uses if use.usage.manager is manager and updates(use.usage, clean_up))
    updated = min((use.located.command.span.start for use in uses), default=None)
    for one in located(step, conditions=True):
        if id(one.command) not in own and (updated is None or one.command.span.start <= updated):
            unneeded_within(removal, step, one)


def unneeded_within(removal: Removal, step: Step, command: Located) -> None:
    """Raise LeaveAlone for a command within the words of another that needs what is removed: `V=$(apt-cache …)`."""
    for inner in substitutions(command):
        shown = f"`{_shortened(inner.text)}` {removal.search.at(step)}"
        told = need(removal, inner.text)
        if told:
            raise LeaveAlone("needed-later", f"{shown} {told}")
        for within in inner.commands:
            unused_by(removal.cache_use, step, within, shown)


def unused_by(cache_use: CacheUse, step: Step, command: Located, shown: str) -> None:
    """Raise LeaveAlone for a command that names the cache folder, unless it creates it or removes it with `rm -f`."""
    words = command.words
    if not words:
        return
    program = program_name(words[0])
    if program in ("echo", "printf", "mkdir", "export", "install"):
        return
    if program == "rm" and any(w.text[:1] == "-" and ("f" in w.text or w.text == "--force") for w in words):
        return
    for cache in cache_use.clean_up.empties:
        word = word_in_cache(step, command, cache)
        if word:
            raise LeaveAlone("needed-later", f"{shown} uses {word}")
    for inner in given_to_shell(command):
        unused_by(cache_use, step, inner, shown)


def shown_command(command: Located) -> str:
    """A command as a reason shows it, shortened."""
    return _shortened(" ".join(word.text for word in command.command.words))


def _shortened(text: str) -> str:
    return text if len(text) <= 50 else text[:49] + "…"

"""What a RUN does to keep its cache out of the layer, which a mount makes needless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_folders import relation
from dfix.rewriter.shell.nodes import AndOr, Command
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.cache_mounts.named_folders import paths_of

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import ManagerUse
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.cache_mounts.cache_places import CacheFolder
    from dfix.transforms.cache_mounts.cached_run import CachedRun, SharedCache

_CLEANS = ("clean", "clear", "clear-cache", "clearcache", "cc", "purge", "prune", "rm")


class Emptying(NamedTuple):
    """How a RUN avoids leaving a cache behind."""

    edits: tuple[Edit, ...]
    """What removes it from the RUN."""
    commands: frozenset[int]
    """The commands that it is, by id."""
    complete: bool
    """Whether the RUN leaves nothing in the folders."""


def emptying(cache: SharedCache, run: CachedRun, folders: list[CacheFolder]) -> Emptying:
    """What a RUN does to leave no cache in the folders. Raises LeaveAlone where that cannot be removed."""
    edits, flagged = _flags(cache, run)
    last = max(use.order for use in run.uses)
    own = {use.order: use for use in cache.run_index.of(run.step).uses if use.usage.manager is cache.manager}
    removed: set[int] = set()
    shortened: set[int] = set()
    emptied: set[str] = set()
    for order, command in enumerate(cache.run_index.of(run.step).commands):
        if order in own and _is_clean(cache, own[order], folders):
            removed.add(id(command.command))
            emptied.update(folder.path for folder in folders if order > last)
            continue
        gone, left = _operands(cache, run.step, command, folders)
        if order > last:
            emptied.update(folder.path for folder in folders for _, path in gone if _covers(path, folder))
        if gone and left:
            shortened.add(id(command.command))
            edits += [_without(run.step, command.words, word) for word, _ in gone]
        elif gone:
            removed.add(id(command.command))
    edits += _without_commands(run.step, frozenset(removed))
    decisive = {f.path for f in folders if not cache.mount.in_place_of or f.written in cache.mount.in_place_of}
    return Emptying(tuple(edits), frozenset(removed | shortened), flagged or emptied >= decisive)


def _flags(cache: SharedCache, run: CachedRun) -> tuple[list[Edit], bool]:
    """The edits that remove options such as `--no-cache-dir`, and whether every command of the RUN has one."""
    edits, all_have = [], True
    for use in run.uses:
        words = {option.word for option in use.usage.options if option.name in cache.mount.uncached}
        all_have = all_have and bool(words)
        for word in words:
            if word.text.partition("=")[0] not in cache.mount.uncached:
                raise LeaveAlone(
                    "cache-off", f"`{use.shown} {word.text}` turns the cache off in a way that dfix does not remove"
                )
            _same_install(cache, run, use)
            edits.append(_without(run.step, use.located.command.words, word))
    return edits, all_have


def _same_install(cache: SharedCache, run: CachedRun, use: ManagerUse) -> None:
    """Raise LeaveAlone where the manager may be so old that it installs in another way without a cache."""
    from fnmatch import fnmatchcase

    clean_up = cache.manager.clean_up
    patterns = (*clean_up.too_old, *clean_up.flag_changes) if clean_up is not None else ()
    image = run.step.stage.base.image.removeprefix("docker.io/").removeprefix("library/").partition("@")[0]
    old = False
    for pattern in patterns:
        if fnmatchcase(image, pattern.removeprefix("!")):
            old = pattern[0] != "!"
    if old:
        told = f"{image} may have a {cache.manager.name} that installs in another way without the option"
        raise LeaveAlone("tool-version", told)


def _is_clean(cache: SharedCache, use: ManagerUse, folders: list[CacheFolder]) -> bool:
    """Whether a command is the manager's own clean-up of the folders."""
    words = [word.literal_or_text for word in use.usage.arguments[:2]]
    if use.usage.verb != "clean" and not (words[:1] in (["cache"], ["store"]) and words[1:] and words[1] in _CLEANS):
        return False
    if cache.manager.name != "apt":
        return True
    archives = any(folder.path == "/var/cache/apt" for folder in folders)
    if words[0] in ("distclean", "dist-clean") and not archives:
        raise LeaveAlone("needed-later", f"`{use.shown}` empties the package lists, too, which a mount would keep")
    return archives


def _operands(
    cache: SharedCache, step: Step, command: Located, folders: list[CacheFolder]
) -> tuple[list[tuple[Word, str]], bool]:
    """The operands of an `rm` that are in the folders, each with its path, and whether it has others."""
    words = command.words
    if not words or program_name(words[0]) != "rm":
        return [], False
    gone, left = [], False
    for word in words[1:]:
        if word.text.startswith("-"):
            continue
        paths = list(paths_of(step, command, word, cache.mount.defaults))
        if not paths or "{" in word.text or "$(" in word.text or "`" in word.text:
            if any(relation(path, folder.written) for path in paths for folder in folders):
                raise _broad(word)
            if cache.manager.name in word.text:  # it tells where its cache is: `rm -rf "$(pip cache dir)"`
                raise _broad(word)
            left = True
        elif any(_is_in(paths[0], folder) for folder in folders):
            gone.append((word, paths[0]))
        elif any(relation(paths[0], folder.written) for folder in folders):
            raise _broad(word)
        else:
            left = True
    return gone, left


def _broad(word: Word) -> LeaveAlone:
    told = f"`rm {word.text}` in the same RUN also removes the folder of the mount, which fails while it is mounted"
    return LeaveAlone("needed-later", told, "name the folders to remove one by one")


def _is_in(path: str, folder: CacheFolder) -> bool:
    """Whether everything that a path names is in a folder, or the folder itself."""
    named = _in_home(path, folder)
    return named == folder.path or named.startswith(folder.path + "/")


def _covers(path: str, folder: CacheFolder) -> bool:
    """Whether removing a path leaves nothing in a folder that matters."""
    return _in_home(path, folder) in (folder.path, folder.path + "/*")


def _in_home(path: str, folder: CacheFolder) -> str:
    for home in ("${HOME}", "$HOME", "~"):
        if path.startswith(home):
            return folder.user.home + path[len(home) :]
    return path


def _without(step: Step, words: tuple[Word, ...], word: Word) -> Edit:
    """The edit that removes a word of a command, with the blanks or the line break before it."""
    before = max((other.span.end for other in words if other.span.end <= word.span.start), default=word.span.start)
    return _gap(step, Span(before, word.span.end))


def _without_commands(step: Step, commands: frozenset[int]) -> list[Edit]:
    """The edits that remove commands from a chain of `&&`, or from the statements of a script."""
    if not commands:
        return []
    found: list[Edit] = []
    placed: set[int] = set()
    statements = step.script.statements
    for at, statement in enumerate(statements):
        node = statement.node
        parts = node.parts if isinstance(node, AndOr) else (node,)
        if isinstance(node, AndOr) and any(operator.text != "&&" for operator in node.operators):
            continue
        gone = [isinstance(part, Command) and id(part) in commands for part in parts]
        if not any(gone):
            continue
        placed.update(id(part) for part, is_gone in zip(parts, gone, strict=True) if is_gone)
        if all(gone):
            if at == 0 or statements[at - 1].terminator == "&" or statement.terminator == "&":
                raise _no_place(step)
            found.append(_gap(step, Span(statements[at - 1].node.span.end, node.span.end)))
            continue
        kept = next(index for index, is_gone in enumerate(gone) if not is_gone)
        if kept:
            found.append(_gap(step, Span(parts[0].span.start, parts[kept].span.start)))
        found += [
            _gap(step, Span(parts[index - 1].span.end, parts[index].span.end))
            for index in range(kept + 1, len(parts))
            if gone[index]
        ]
    if placed != commands:
        raise _no_place(step)
    return _joined(found)


def _joined(edits: list[Edit]) -> list[Edit]:
    """Removals that touch, as one."""
    spans: list[Span] = []
    for span in sorted(edit.span for edit in edits):
        if spans and span.start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(span.end, spans[-1].end))
        else:
            spans.append(span)
    return [Edit(span, "") for span in spans]


def _no_place(step: Step) -> LeaveAlone:
    told = f"the clean-up of the RUN on line {step.instruction.line} is not an element of a plain chain"
    return LeaveAlone("not-a-chain", told, "join its commands with `&&`")


def _gap(step: Step, span: Span) -> Edit:
    if any(span.start <= comment.start < span.end for comment in step.instruction.comments):
        told = f"a comment is beside the clean-up of the RUN on line {step.instruction.line}"
        raise LeaveAlone("comment", told, "remove the clean-up")
    return Edit(span, "")

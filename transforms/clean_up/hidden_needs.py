"""What a command runs out of sight that needs a cache: scripts of the context, `sh -c "apt-get …"`, package scripts."""

from __future__ import annotations

import posixpath
from itertools import chain
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import interprets, of_kind, row
from dfix.rewriter.knowledge.usage import usage
from dfix.rewriter.model.commands import located_in
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.clean_up.context_scripts import MOST_SCRIPTS, TooManyScriptsError
from dfix.transforms.clean_up.found_by_tools import texts_found, texts_found_by_script
from dfix.transforms.clean_up.mentions import need
from dfix.transforms.clean_up.named_paths import folders_of
from dfix.transforms.clean_up.package_scripts import HAVE_SCRIPTS, scripts_run
from dfix.transforms.clean_up.told_folders import named_in_script
from dfix.transforms.clean_up.unread_scripts import unread_in, unread_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.knowledge import CleanUp, Usage
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.clean_up.context_scripts import ContextScripts
    from dfix.transforms.clean_up.removed_files import Removal

_CONTEXT_HINT = "name the build context with --context, so that dfix can read the script"
_UPDATE_HINT = "update the package lists in that file before it uses them"
_OF_SCRIPTS = frozenset(" \n\t(")
"""What a word has that is a script itself, and names no file."""
_COMMAND_OPTION = expression(r"-[a-z]*c")
_OTHER_USER = frozenset(("su", "runuser"))
_RUNS_ITS_INPUT = ("xargs", "parallel")
_WORKING_FOLDER = frozenset(("--prefix", "-C", "--cwd", "--dir", "--workspace", "-w", "--working-dir", "-d"))
_EXECUTES = ("-exec", "-execdir", "-ok", "-okdir")
_LATER_RUN = frozenset(("hard-links", "make", "moves", "places", "shell", "sources", "unpacks"))
"""Kinds of known programs that run their operands, or give them a name by which another command may run them."""


def no_hidden_need(removal: Removal, step: Step, command: Located, shown: str, *, builds: bool) -> None:
    """Raise LeaveAlone for a command that may use the manager although it does not look like it.

    `builds` is False for what runs when a container starts: there a script that dfix cannot read is no reason.
    """
    words = command.words
    if not words:
        return
    manager, clean_up = removal.cache_use.manager, removal.cache_use.clean_up
    if program_name(words[0]) not in of_kind("mentions"):
        told = need(removal, " ".join(word.literal_or_text for word in words[1:]))
        if told.startswith("uses"):
            raise LeaveAlone("needed-later", f"{shown} may run {manager.name} without updating the package lists")
        if told:
            raise LeaveAlone("needed-later", f"{shown} {told}")
    if removal.lists and builds and _uses_lists(words, clean_up):
        raise LeaveAlone("needed-later", f"{shown} may install packages from the lists that this RUN fetches")
    try:
        _unneeded_by_files(removal, step, command, shown, builds=builds)
    except TooManyScriptsError:
        # a folder that is mounted may be large, because no ignore file applies to it
        if not removal.search.is_container:
            told = f"{shown} may run more scripts than dfix reads ({MOST_SCRIPTS})"
            raise LeaveAlone("unread-script", told) from None
    for inner in given_to_shell(command):
        no_hidden_need(removal, step, inner, shown, builds=builds)


def _uses_lists(words: tuple[Word, ...], clean_up: CleanUp) -> bool:
    """Whether a command needs package lists, also by a runner: `npx puppeteer@24 browsers install --install-deps`."""
    texts = [word.literal_or_text for word in words]
    named = {program_name(words[0]), *(path.rpartition("/.bin/")[2] for path in map(_without_version, texts))}
    with_option = (name for option, names in clean_up.needed_with.items() if option in texts for name in names)
    return program_name(words[0]) in clean_up.needed_by or not named.isdisjoint(with_option)


def _without_version(package: str) -> str:
    """A package of npm without its version: "@puppeteer/browsers" for "@puppeteer/browsers@2"."""
    return package[:1] + package[1:].partition("@")[0]


def hint_for(told: str) -> str:
    """What to do about a file that needs what is removed (`need`)."""
    return _UPDATE_HINT if told.startswith("uses") else ""


def _unneeded_by_files(removal: Removal, step: Step, command: Located, shown: str, *, builds: bool) -> None:
    """Raise LeaveAlone for a file that a command runs and that needs what is removed, or that dfix cannot read."""
    for scripts in removal.search.all_scripts:
        by_script: dict[str, None] = {}
        for path, text in _texts_run(scripts, command, step, anything=builds):
            by_script.setdefault(text, None)
            told = need(removal, text)
            if told:
                raise LeaveAlone("needed-later", f"{shown} may run {path}, which {told}", hint_for(told))
            folder = named_in_script(removal.cache_use.manager, text)
            if folder:
                raise LeaveAlone("needed-later", f"{shown} may run {path}, which names the cache (`{folder}`)")
        _unneeded_by_build_tool(removal, scripts, command, shown, by_script)
    if removal.lists and builds:
        _all_is_read(removal, command, step)


def _unneeded_by_build_tool(
    removal: Removal, scripts: ContextScripts, command: Located, shown: str, by_script: Iterable[str]
) -> None:
    """Raise LeaveAlone where a build tool that a command or a script runs finds a file that uses the manager."""
    if not removal.matters_to_texts:
        return
    words = [word.literal_or_text for word in _may_be_run(command.words)]
    manager = removal.cache_use.manager
    found = (texts_found_by_script(text, manager, scripts) for text in by_script)
    for path, text in chain(texts_found(words, manager, scripts), *found):
        told = need(removal, text, commands_only=True)
        if told:
            raise LeaveAlone("needed-later", f"{shown} may run {path}, which {told}", hint_for(told))


def _may_be_run(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words of a command that may name programs or sub-commands, such as those after `bundle exec`."""
    if _runs_nothing(words):
        return ()
    used = usage(words)
    return words[:1] if used is not None and _installs_others(used) else words


def _all_is_read(removal: Removal, command: Located, step: Step) -> None:
    """Raise LeaveAlone for a script that a command runs, directly or through others, and that dfix cannot read."""
    search = removal.search
    by, script = "", ""
    for scripts in search.all_scripts:
        by, script = search.line(step), unread_script(command, step, scripts)
        if not script and not _runs_nothing(command.words):
            for path in scripts.reached(_named(scripts, command, step), anything=False):
                missing = unread_in(path, scripts)
                if missing:
                    by, script = path, f"the script {missing}"
                    break
        if not script:
            return
    hint = "" if search.scripts.known else _CONTEXT_HINT
    raise LeaveAlone("unread-script", f"{by} runs {script}, which may install packages", hint)


def given_to_shell(command: Located) -> tuple[Located, ...]:
    """The commands of the script that a command gives to a shell: `bash -c "…"`, `su app -c "…"`, `eval "…"`."""
    words = command.words
    if program_name(words[0]) == "eval" and len(words) > 1 and all(word.value is not None for word in words):
        text = " ".join(word.literal_or_text for word in words[1:])
        return located_in(parse(text, 0, text), command.folder, command.env)
    for at in range(1, len(words) - 1):
        if not _COMMAND_OPTION.fullmatch(words[at].literal_or_text):
            continue
        before = {program_name(word) for word in words[:at]}
        if not before.isdisjoint(of_kind("shell") | _OTHER_USER):
            text = words[at + 1].literal_or_text.strip("\"'")
            return located_in(parse(text, 0, text), command.folder, command.env)
    return ()


def _texts_run(scripts: ContextScripts, command: Located, step: Step, *, anything: bool) -> Iterator[tuple[str, str]]:
    """The path and text of each file that a command may run, directly or through others."""
    if _runs_nothing(command.words):
        return
    paths = _named(scripts, command, step)
    used = _usage_within(command.words)
    # what a package manager runs is in its manifest, and known by its name
    anything = anything and used is None
    if anything and program_name(command.words[0]) in _RUNS_ITS_INPUT:
        paths += scripts.every_script
    for path in _with_scripts(scripts, command, used):
        text = scripts_run(scripts.whole_text(path) or "", used) if used is not None else ""
        yield f"a script of {path}", text
        paths += scripts.named_by(text, posixpath.dirname(path))
    manifests = () if used is None else used.manager.manifests
    # a manifest that is no program names many files and runs none
    listed = [path for path in paths if posixpath.basename(path) in manifests and not path.endswith(".py")]
    yield from ((path, scripts.text(path) or "") for path in listed)
    for path in scripts.reached([path for path in paths if path not in listed], anything=anything):
        yield path, scripts.text(path) or ""


def _usage_within(words: tuple[Word, ...]) -> Usage | None:
    """The command of a package manager that a command is, or that an unknown program runs: `corepack pnpm run x`."""
    used = usage(words)
    known = row(program_name(words[0]))
    if used is None and (known is None or known.operands == "anything"):
        return next((inner for at in range(1, len(words)) if (inner := usage(words[at:])) is not None), None)
    return used


def _with_scripts(scripts: ContextScripts, command: Located, used: Usage | None) -> list[str]:
    """The manifests whose scripts a package manager may run."""
    if used is None or _installs_others(used):
        return []
    folders = _project_folders(used, command.folder)
    names = HAVE_SCRIPTS.intersection(used.manager.manifests)
    places = [posixpath.join(folder, name) for folder in folders for name in names]
    return [path for place in places for path in scripts.named(place, None)]


def _runs_nothing(words: tuple[Word, ...]) -> bool:
    """Whether a known program runs none of its operands, and none can be run by another name later."""
    program = program_name(words[0])
    if program == "find":
        texts = [word.literal_or_text for word in words]
        after = [texts[at + 1] for at, text in enumerate(texts[:-1]) if text in _EXECUTES]
        return all(_is_harmless(name) for name in after)
    if program == "xargs":
        called = next((word.literal_or_text for word in words[1:] if row(program_name(word)) is not None), "")
        return _is_harmless(called)
    return _is_harmless(program)


def _is_harmless(program: str) -> bool:
    known = row(program.rpartition("/")[2])
    # a row with `requires` is that of an interpreter, which `-v` keeps from running anything
    names_only = known is not None and known.operands != "anything" and not known.requires
    return known is not None and names_only and known.kinds.isdisjoint(_LATER_RUN)


def _named(scripts: ContextScripts, command: Located, step: Step) -> list[str]:
    words, folder = command.words, command.folder
    program = program_name(words[0])
    paths = scripts.program(command, step)
    inputs = [r.target for r in command.command.redirects if r.op == "<" and r.target is not None]
    fed = command.fed_by[1:] if interprets(program) else ()  # `cat x.py | python3`
    for at, word in enumerate((*words[1:], *inputs, *fed), 1):
        text = word.literal_or_text
        if not _OF_SCRIPTS.isdisjoint(text):
            paths += scripts.named_by(text, "")
            paths += scripts.imported(text.strip("\"'"), "") if program.startswith("python") else []
            continue
        if text.startswith("-"):
            text = text.partition("=")[2]
        if at < len(words) and words[at - 1].literal_or_text == "-m":
            text = text.replace(".", "/") + ".py"
            paths += scripts.named(text.removesuffix(".py") + "/__main__.py", folder)
        if text:
            paths += scripts.named(text, folder)
        if text and at == 1 and interprets(program):
            paths += scripts.entry_points(text, folder)
        if text and program in ("find", "run-parts"):
            paths += scripts.below(text, folder)
    used = usage(words)
    rows = [found for word in _may_be_run(words) if (found := row(program_name(word))) is not None]
    defaults = [name for found in rows for name in found.runs]
    if used is not None and not any(used.has(project.everywhere) for project in used.manager.projects):
        defaults += used.manager.manifests
    for name in dict.fromkeys(defaults):
        if name not in HAVE_SCRIPTS:
            for place in folders_of(words, folder):
                paths += scripts.named(posixpath.join(place, name), None)
    return paths


def _installs_others(used: Usage) -> bool:
    """Whether a command installs packages that it names, which runs no script of the project."""
    everywhere = any(used.has(project.everywhere) for project in used.manager.projects)
    return everywhere or (used.verb == "install" and bool(used.operands))


def _project_folders(used: Usage, folder: str | None) -> list[str]:
    """The folders in which a manager may look for its manifest."""
    named = (
        o.value
        for o in used.options
        if o.name in ("--prefix", "-C", "--cwd", "--dir", "--workspace", "-w", *_WORKING_FOLDER)
    )
    return [folder or "?", *(posixpath.normpath(posixpath.join(folder or "?", name)) for name in named if name)]

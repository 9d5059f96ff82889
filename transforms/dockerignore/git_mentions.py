"""Words that speak of the git history: of a command, of a file that says how a project is built, of a source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from dfix.rewriter.knowledge.git_tools import git_tools
from dfix.rewriter.text.expression import expression

_ELSEWHERE = expression(
    r"""<scm>(?:(?!</?scm>).)*+</scm> | \bscm[^\S\n]*\{[^{}]*\} | \bgit_source\b | //\ indirect
    | "type"\s*:\s*"(?:git|vcs)"                                      # where a package is published
    # a dependency from another repository
    | :?\bgit["']?(?:\s++(?:=>|[=:(])?|=>|[=:(])\s*+["'](?=[^"'\n]*+["'])[^"'\n]*?(?:://|@)[^"'\n]*+["']
    | (?<![\w+.-])[\w+.-]*+:?//\S* | \bgit@\S* | \bgit\+\S* | \$\{?\w+ | github\.com/[\w.-]+/[\w.-]+\.git\b""",
    re.DOTALL | re.VERBOSE,
)
"""What names another repository, or a variable."""
_EXCLUDED = expression(r"\\?\.git\b(?![/.\w-])")
"""In settings of tools, the folder alone is one that they leave out."""
_PARTS = expression(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_IN_SOURCE = expression(
    r"[\"'/ ]\.git[\"'/ \n]|[\"'`(|]\s*(?:/usr/bin/)?git\s+-{0,2}[a-zC]"
    r"|\bgit(?: -C \S+)? (?:archive|blame|branch|cat-file|config|describe|diff|for-each-ref|log|ls-files|ls-tree"
    r"|name-rev|remote|rev-list|rev-parse|shortlog|show|status|submodule|symbolic-ref|tag)\b"
    r"|[\"'](?:git|(?:simple|isomorphic|last-commit)-git|nodegit|(?=[\w./@-]*+[\"'])[\w./@-]*?/go-git[\w./-]*|libgit2[\w./-]*)[\"']"
    r"|^[^\S\n]*(?:import|from|use|extern crate) (?:git|git2|gix|pygit2|dulwich|git_version)\b|\bgit_version!"
    r"|^import\s+(?:qualified\s+)?(?:GitHash|Development\.GitRev)\b"
    r"|\borg\.eclipse\.jgit\b|\bLibGit2Sharp\b|\brequire ['\"]rugged['\"]|%w\[git\b",
    re.MULTILINE,
)
"""A path, a command, or a package that reads a repository."""


def definition_mentions(text: str, *, settings: bool) -> bool:
    """Whether a file that says how a project is built speaks of the history.

    `settings`: whether it is of a format in which `.git` alone is a folder to be left out.
    """
    if "git" not in (lowered := text.lower()) and "scm" not in lowered and "vcs" not in lowered:
        return _names(lowered)
    kept = _ELSEWHERE.sub(" ", text)
    kept = _harmless().sub(" ", kept)
    if settings:
        kept = _EXCLUDED.sub(" ", kept)
    return _names(kept.lower()) or any(map(_is_git, _PARTS.findall(kept))) or source_mentions(kept)


def source_mentions(text: str) -> bool:
    """Whether a source file speaks of the history."""
    return _IN_SOURCE.search(text) is not None


def command_mentions(words: Sequence[str]) -> bool:
    """Whether the words of a command speak of the history, as an argument or as a tool that reads it."""
    text = " ".join(words)
    return definition_mentions(text, settings=False) or runs_git_tool(words)


def runs_git_tool(words: Sequence[str]) -> bool:
    """Whether the words of a command are those of a tool that reads the history without speaking of git."""
    if any(_in_order(command, words) for command in git_tools().commands):
        return True
    programs = {word.rpartition("/")[2] for word in words}
    return not git_tools().commits.isdisjoint(programs) and any(map(_names_commit, words))


def _names_commit(word: str) -> bool:
    """Whether a word has a commit in brackets, as the value of a filter: `--filter=...[HEAD^1]`, `"[origin/main]"`."""
    option, sign, value = word.partition("=")
    value = value if sign and option in git_tools().commit_options else word
    return re.fullmatch(r"[\"']?[^\[\]]*\[[^\[\]]+\][^\[\]]*", value) is not None


def _names(lowered: str) -> bool:
    return any(
        re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", lowered) for name in git_tools().names if name in lowered
    )


def _is_git(part: str) -> bool:
    word = part.lower()
    return word in ("scm", "vcs") or (
        (word.startswith("git") or word.endswith("git")) and word not in git_tools().harmless
    )


@cache
def _harmless() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(git_tools().harmless))})[a-z]*", re.IGNORECASE)


def _in_order(command: Sequence[str], words: Sequence[str]) -> bool:
    rest = iter(word.rpartition("/")[2].partition("=")[0] for word in words)
    return all(word in rest for word in command)

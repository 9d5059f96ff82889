"""The options of pip that matter to dfix, in a command or in a requirements file.

Source: pip.pypa.io ("pip install", "Requirements file format").
"""

from __future__ import annotations

from collections.abc import Iterator

_WITH_VALUE = frozenset(
    "--hash --trusted-host --proxy --retries --timeout --cert --client-cert --cache-dir "
    "--log --no-binary --only-binary --platform --python-version --implementation --abi --progress-bar "
    "--config-settings --upgrade-strategy --global-option --install-option --use-feature --use-deprecated "
    "--exists-action --report --root-user-action --python -C".split()
)
WRITES = frozenset(("-t", "--target", "--prefix", "--root", "--src"))
READS = frozenset("-r --requirement --requirements -c --constraint --build-constraint".split())
GROUPS = "--group"
"""A group of pyproject.toml, or of another file that its value names; source: pip.pypa.io, "pip install"."""
_FLAGS = frozenset("--pre --upgrade --user --no-deps --no-index --require-hashes".split())
"""Options without a value whose names are the beginning of others."""
INDEXES = frozenset(("-i", "--index-url", "--pypi-url", "--extra-index-url"))
PROJECTS = frozenset(("-e", "--editable"))
LINKS = frozenset(("-f", "--find-links"))
_KNOWN = READS | PROJECTS | LINKS | WRITES | INDEXES | _WITH_VALUE | {GROUPS}


def _full_name(name: str) -> str:
    """The option that pip takes `--constr` for: it accepts the beginning of a long option's name."""
    if not name.startswith("--") or name in _KNOWN or name in _FLAGS:
        return name
    longer = sorted((option for option in _KNOWN if option.startswith(name)), key=len)
    return longer[0] if longer and all(option.startswith(longer[0]) for option in longer) else name


def options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Options with their values, and operands as ("", operand); options without a value are left out.

    "-rreq.txt", "-r req.txt" and "--requirement=req.txt" are one option each.
    """
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, sign, value = word.partition("=")
        name = _full_name(name)
        word = name + sign + value
        if not word.startswith("-"):
            yield "", word
        elif word.startswith("--") and sign and name in _KNOWN:
            yield name, value
        elif word in _KNOWN:
            yield word, words[at] if at < len(words) else ""
            at += 1
        elif len(word) > 2 and word[:2] in _KNOWN and not word.startswith("--"):
            yield word[:2], word[2:]

"""Write docs/messages.md: every sentence in dfix's own code that a user can see.

`python scripts/message_list.py` writes the page, `--check` exits 1 when it is out of date. The page is for reading the
messages from top to bottom, as one text; it is made from the source, so that nothing is missing.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from generated_page import ROOT, keep_up_to_date

PAGE = Path("docs/messages.md")
_PARTS = {
    "What the rules say": (
        "transforms",
        "rewriter/manifests",
        "rewriter/model",
        "rewriter/neighbours",
        "rewriter/context",
        "rewriter/shell",
    ),
    "What is wrong with a file": ("rewriter/text", "rewriter/dockerfile", "rewriter/knowledge", "rewriter/pipeline"),
    "Settings": ("rewriter/settings",),
    "The command line": ("rewriter/cli",),
    "Reports": ("rewriter/report",),
    "dfix verify": ("rewriter/verify",),
    "dfix bases": ("rewriter/bases",),
    "The language server": ("rewriter/server",),
}
"""The sections of the page, and the folders whose messages each lists."""
_NO_MESSAGES = frozenset(("EXAMPLES", "HEADER"))
"""Names of constants whose text is data."""
_NO_SENTENCES = frozenset(("split", "compile", "expression", "frozenset"))
"""Functions whose argument is a list of words or a pattern."""
_SENTENCE = re.compile(r"[A-Za-z}`)]+[,:;]? [a-z{`(]")
_INSTRUCTION = re.compile(r"(?:FROM|RUN|COPY|ENV|USER|WORKDIR) ")
"""What dfix writes into a Dockerfile, not a message."""
_INTRODUCTION = """\
# Messages

Made by `make docs` from the source: every sentence that dfix can say, in the order of the code. `{…}` stands for what
is filled in. The pages of the rules and the help of each flag are printed from the same source.
"""


def page(root: Path) -> str:
    """The page, from the modules below `root`."""
    parts = [_INTRODUCTION]
    for title, folders in _PARTS.items():
        parts.append(f"## {title}\n")
        for folder in folders:
            for path in sorted((root / folder).rglob("*.py")):
                found = list(dict.fromkeys(messages(path.read_text(encoding="utf-8"))))
                if found:
                    listed = "\n".join(f"- {message}" for message in found)
                    parts.append(f"### {path.relative_to(root)}\n\n{listed}\n")
    return "\n".join(parts)


def messages(source: str) -> Iterator[str]:
    """The sentences of a module's source that are no docstrings, as Markdown."""
    tree = ast.parse(source)
    yield from _sentences(tree)


def _sentences(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr | ast.Constant):
        text = _text(node)
        if _SENTENCE.search(text) and not _INSTRUCTION.match(text):
            yield _markdown(text)
        return
    if _is_data(node):
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _sentences(child)


def _is_data(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(target, ast.Name) and target.id in _NO_MESSAGES for target in targets)
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _NO_SENTENCES
    return isinstance(node, ast.Assert)


def _text(node: ast.expr) -> str:
    """A literal's text, with the name of each value that is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    assert isinstance(node, ast.JoinedStr)
    return "".join(_text(part) if isinstance(part, ast.Constant) else _placeholder(part) for part in node.values)


def _placeholder(part: ast.expr) -> str:
    assert isinstance(part, ast.FormattedValue)
    value = part.value
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.args:
        value = value.args[0]
    names = re.findall(r"[A-Za-z_]\w*", ast.unparse(value))
    return f"{{{names[-1]}}}" if names else "{…}"


def _markdown(text: str) -> str:
    return " ".join(text.split()).replace("<", r"\<")


if __name__ == "__main__":
    sys.exit(keep_up_to_date(PAGE, page(ROOT), __doc__ or ""))

"""What `dfix rules`, `dfix rule NAME` and `dfix config` print, and the rules' pages in docs/rules."""

from __future__ import annotations

from collections.abc import Iterable

from dfix.rewriter.answers.code_table import Code, codes, codes_of
from dfix.rewriter.answers.example import Example
from dfix.rewriter.answers.spelling import LISTED, did_you_mean
from dfix.rewriter.knowledge.known_checks import known_checks
from dfix.rewriter.pipeline.registry import OWN, RuleInfo, plugin_faults, rules
from dfix.rewriter.report.check_page import check_page
from dfix.rewriter.report.diff import unified
from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.output import Output, visible
from dfix.rewriter.report.rendered import write_page
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.settings.files import FILES
from dfix.rewriter.settings.keys import KEYS
from dfix.rewriter.text.source import Source

_USAGE = "usage: dfix rules, dfix rule NAME-CODE-OR-CHECK, dfix config; for a file of that name: dfix ./{name}\n"
_HELP = ("-h", "--help")
_LONGEST_NAME = 60


def answer(words: list[str], out: Output, err: Output) -> int:
    """Carry out `rules`, `rule NAME`, `rule CODE`, `rule CHECK` or `config` and return the exit status."""
    if words[1:] and words[-1] in _HELP:
        out.write(_USAGE.format(name=words[0]))
        return 0
    if words[0] != "config":
        for fault in plugin_faults():
            err.write(f"dfix: {visible(str(fault))}\n")
    if words == ["rules"]:
        _write_listing(out)
    elif words == ["config"]:
        for line in settings().splitlines():
            out.write_folded([Painted(line, "cyan" if line.startswith("#") else "")], _CONTINUED)
    elif words[0] != "rule" or len(words) != 2 or words[1].startswith("-"):
        err.write(_USAGE.format(name=words[0]))
        return 2
    elif not (text := page_of(words[1])):
        err.write(f"dfix: {visible(unknown(words[1]))}\n")
        return 2
    else:
        write_page(out, text)
    return 0


_CONTINUED = (Painted("  "),)


def _write_listing(out: Output) -> None:
    for line in listing().splitlines():
        name, _, rest = line.partition(" ")
        out.write_folded([Painted(name, "bold yellow"), Painted(f" {rest}")], _CONTINUED)


def listing() -> str:
    """One line per rule: name, where it comes from, what it does, what it promises, and whether it must be selected."""
    infos = rules()
    width = max(len(info.name) for info in infos)
    origin = max(len(info.origin) for info in infos)
    lines = []
    for info in infos:
        lines.append(f"{info.name:<{width}}  {info.origin:<{origin}}  {info.summary} ({promise(info)})\n")
    return "".join(lines)


def promise(info: RuleInfo) -> str:
    """What a rule promises and, if it runs only by name, how to ask for it."""
    asked = f"; only with --select {info.name}" if info.opt_in else ""
    return PROMISES[info.contract] + asked


def settings() -> str:
    """The keys of the settings and the files that they are read from."""
    lines = [
        f"Settings are read from {', '.join(FILES[:-1])} or [tool.dfix] in {FILES[-1]}.\n",
        "Only the file nearest to the Dockerfile is used, with what it extends; command-line flags override it.\n",
    ]
    for key in KEYS:
        lines.append(f"\n# {key.about}\n{key.name} = {key.example}\n")
    return "".join(lines)


def page_of(name: str) -> str:
    """The page of a rule, of a reason's code or of another tool's check as Markdown; "" if nothing has that name."""
    return page(name) or reason(name) or check_page(name)


def unknown(name: str) -> str:
    """What is said of a name that nothing has."""
    names = {info.name for info in rules()} | {code.name for code in codes()} | set(known_checks())
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    return f"unknown rule, code or check `{shown}`. {did_you_mean(shown, names, LISTED)}"


def page(name: str) -> str:
    """A rule's page as Markdown; "" if there is no such rule."""
    info = next((info for info in rules() if info.name == name), None)
    if info is None:
        return ""
    out = [f"# {info.name}\n\n{info.doc.strip()}\n\nPromise: {promise(info)}."]
    if info.codes:
        out.append(f" Answers {', '.join(info.codes)}.")
    if info.origin != OWN:
        out.append(f" Comes from {info.origin}.")
    out.append("\n\n## Examples\n")
    out += [_example(example) for example in _changed_first(info)]
    out.append(_reasons(info.name))
    return "".join(out)


def reason(code: str) -> str:
    """The page of a reason's code as Markdown; "" if there is no such code."""
    found = next((found for found in codes() if found.name == code), None)
    return "" if found is None else reason_page(found, found.rules)


def reason_page(code: Code, rules: Iterable[str]) -> str:
    """The page of a code as Markdown; `rules` are the names or links of the rules that give such reasons."""
    return (
        f"# {code.name}\n\n{code.meaning} Given by {', '.join(rules)}.\n\n"
        f"## Why the place is left alone\n\n{code.why}\n\n## What you can do\n\n{code.do}\n"
    )


def _reasons(rule: str) -> str:
    """The list of a rule's reason codes as Markdown; "" if it has none."""
    found = codes_of(rule)
    rows = "".join(f"- `{code.name}`: {code.meaning}\n" for code in found)
    return f"\n## Reasons for leaving a place alone\n\n{rows}" if found else ""


def _changed_first(info: RuleInfo) -> list[Example]:
    return sorted(info.examples, key=lambda example: not example.changes)


def _example(example: Example) -> str:
    title = example.name[:1].upper() + example.name[1:]
    files = ""
    if example.files:
        files = f"Build context: {', '.join(f'`{name}`' for name in sorted(example.files))}.\n\n"
    if example.ignore_file and example.after is None:
        ignore = f"The ignore file becomes:\n\n```text\n{example.ignore_file}```\n"
        return f"\n### {title}\n\n{files}```dockerfile\n{example.before}```\n\n{ignore}"
    if example.after is None:
        reason = f": {example.because}" if example.because else ""
        return f"\n### {title}\n\n{files}Left alone{reason}.\n\n```dockerfile\n{example.before}```\n"
    diff = unified(Source("Dockerfile", example.before), Source("Dockerfile", example.after))
    body = "".join(line + "\n" for line in diff.split("\n")[3:-1])
    return f"\n### {title}\n\n{files}```diff\n{body}```\n"

"""What `dfix rule DL3009` prints: which rule fixes what a check of another tool reports, or why none does."""

from __future__ import annotations

from dfix.rewriter.knowledge.known_checks import KnownCheck, known_check, shellcheck_code
from dfix.rewriter.pipeline.registry import RuleInfo, rules

_TOOLS = {"hadolint": "hadolint", "buildkit": "`docker build --check`"}


def check_page(name: str) -> str:
    """The page of a check as Markdown; "" if dfix knows no check of that name."""
    check = known_check(name)
    if check is None:
        return _of_the_shell(shellcheck_code(name))
    said = f"# {check.check}\n\nA check of {_TOOLS[check.tool]}: {check.about}.\n\n"
    rule = next((info for info in rules() if info.name == check.rule), None)
    if rule is None:
        return f"{said}No rule of dfix fixes it: {check.note}.\n"
    note = f" {check.note}" if check.note else ""
    more = f"`dfix rule {rule.name}` explains the rule."
    return f"{said}**{rule.name}** fixes it, {_when(rule)}.{note} {more}\n\n{_off(check)}"


def _of_the_shell(code: str) -> str:
    """The page of a check of ShellCheck; "" for none."""
    if not code:
        return ""
    return (
        f"# {code}\n\nA check of ShellCheck, which hadolint runs on the shell of each RUN. No rule of dfix fixes what "
        "ShellCheck reports: dfix moves, joins and completes commands, and leaves their quoting and syntax alone. "
        f"ShellCheck's own page is https://www.shellcheck.net/wiki/{code}\n"
    )


def _when(rule: RuleInfo) -> str:
    if rule.opt_in:
        return f"if it is selected by name: `dfix --select {rule.name} .`"
    return "with `--unsafe`" if rule.contract == "changed-image" else "by default"


def _off(check: KnownCheck) -> str:
    comment = f"# hadolint ignore={check.check}" if check.tool == "hadolint" else f"# check=skip={check.check}"
    where = "above an instruction" if check.tool == "hadolint" else "at the top of the file"
    return f'dfix leaves it alone where `{comment}` is {where}, or with `ignore = ["{check.check}"]` in the settings.\n'

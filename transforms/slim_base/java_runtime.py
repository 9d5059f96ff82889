"""Decide whether a stage on a JDK runs on a JRE, of the same vendor or of the image that takes the place of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.official_images import BaseImage, jre_variant, successor_jre
from dfix.rewriter.model.source_evidence import ENDINGS, needs_jdk, sources
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.model.start_scripts import StartScript, healthcheck_commands, scripts_named
from dfix.rewriter.shell.walk import program_name

_TOOLS = frozenset(
    "javac jar jarsigner javadoc javap jcmd jconsole jdb jdeprscan jdeps jfr jhsdb jimage jinfo jlink jmap jmod "
    "jpackage jps jshell jstack jstat jstatd native-image".split()
)
"""Programs of the JDK: https://docs.oracle.com/en/java/javase/21/docs/specs/man/index.html"""
_OF_BOTH = frozenset(("java", "keytool", "apt-get", "apt", "apk", "curl", "wget"))
"""Programs that a JDK image and the JRE image of the same vendor and release have."""
_ACCOUNTS = {True: frozenset(("adduser", "addgroup")), False: frozenset(("useradd", "groupadd"))}
"""Programs that make accounts in every Alpine, and in every Debian and Ubuntu."""
_SYSTEM_ACCOUNT = frozenset(("-r", "--system"))


def java_runtime(model: Model, stage: Stage, base: BaseImage) -> str:
    """The reference of the JRE; "" if the base image is none with a JDK, or dfix knows of no JRE for it.

    Raises LeaveAlone where the stage may need the JDK, or something else that the image with the JRE lacks.
    """
    same = jre_variant(base)
    reference = same or successor_jre(base)
    if not reference:
        return ""
    for step in stage.steps:
        if step.onbuild:
            raise LeaveAlone("onbuild", f"`ONBUILD {step.keyword}` runs in builds that use this image as their base")
        if not same and ("JAVA_HOME" in step.instruction.logical or "/usr/local/openjdk" in step.instruction.logical):
            raise LeaveAlone("needs-programs", f"line {step.instruction.line} names a folder of {base.reference}")
    _check_runs(stage, base, reference, same=bool(same))
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    place = needs_jdk(sources(model.context, ENDINGS["java"]))
    if place:
        raise LeaveAlone("needs-programs", f"{place} needs the JDK at run time, which {reference} lacks")
    _check_start(model.context, stage, reference)
    return reference


def _check_runs(stage: Stage, base: BaseImage, reference: str, *, same: bool) -> None:
    """Raise LeaveAlone for a RUN of a program that the image with the JRE may lack, or in which it does something else.

    `same`: both images are of the same vendor and distribution.
    """
    known = of_kind("everywhere") | (_OF_BOTH if same else frozenset(("java", "keytool"))) | _ACCOUNTS[base.alpine]
    for step in stage.steps:
        if step.keyword != "RUN":
            continue
        line = step.instruction.line
        if step.script.opaque:
            raise LeaveAlone("unread-script", f"dfix cannot read the RUN on line {line}: {step.script.opaque}")
        for command in located(step):
            program = program_name(command.words[0]) if command.words else ""
            if program in _ACCOUNTS[False] and not same and not _SYSTEM_ACCOUNT.intersection(_texts(command)):
                # Ubuntu 24.04, on which the successor is, has a user 1000 of its own
                text = f"`{program}` on line {line} may take a number that {reference} gives to a user of its own"
                raise LeaveAlone("other-users", text, f"make a system account with `{program} --system`")
            if program and program not in known:
                raise LeaveAlone("needs-programs", f"`{program}` on line {line} may need what {reference} lacks")


def _texts(command: Located) -> set[str]:
    return {word.literal_or_text for word in command.words}


def _check_start(context: Context, stage: Stage, reference: str) -> None:
    """Raise LeaveAlone where a container does not run `java`, or a tool of the JDK too."""
    words: list[str] = []
    checks: list[tuple[str, ...]] = []
    for step in stage.steps:
        if step.keyword in ("ENTRYPOINT", "CMD"):
            words += [word.text for word in step.instruction.json or ()] or step.instruction.value.split()
        elif step.keyword == "HEALTHCHECK":
            checks += healthcheck_commands(step)
    scripts = list(_scripts(context, stage, [words, *checks]))
    named = {posixpath.basename(word.strip("\"'")) for text in words for word in text.split()}
    named |= {posixpath.basename(word) for check in checks for word in check}
    named |= {program for script in scripts for program in script.programs}
    if "java" not in named:
        shown = " ".join(words)
        said = f"`{shown}` does not run `java`" if shown else "the Dockerfile has no CMD or ENTRYPOINT"
        raise LeaveAlone("no-command", f"{said}, so dfix cannot tell whether a JRE is enough")
    source = next((word for text in words for word in text.split() if word.strip("\"'").endswith(".java")), "")
    if source:
        text = f"`java` compiles {source} when the container starts, for which {reference} has no compiler"
        raise LeaveAlone("needs-programs", text)
    tool = next(iter(sorted(named & _TOOLS)), "")
    if tool or any("--add-modules" in word for word in words):
        raise LeaveAlone(
            "needs-programs", f"the container runs `{tool or 'java --add-modules'}`, which {reference} lacks"
        )


def _scripts(context: Context, stage: Stage, started: list[tuple[str, ...] | list[str]]) -> Iterator[StartScript]:
    copies = [
        copied(step, context)
        for step in stage.steps
        if step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None
    ]
    brought = [copy for copy in copies if isinstance(copy, Copied)]
    yield from scripts_named(context, brought, started, stage.workdir or "/")

"""Running both images: they must have the same exit status, output and answers, and no missing library."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.containers import Containers, Ran
from dfix.rewriter.verify.declared import missing, programs
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.noise import spoken

LIMIT = 30.0
"""Seconds in which a server must answer and a command must end."""
PATIENCE = 8.0
"""Seconds after which a program without ports and health check counts as one that keeps running."""
_MOST = 160


class Smoke(NamedTuple):
    """What running both images showed, in words, and what differed."""

    said: str
    faults: tuple[Difference, ...]
    unshown: str = ""
    """Why the runs show nothing, as a sentence: the command fails in both images."""


class Runs(NamedTuple):
    """How images are run."""

    containers: Containers | None
    """None if the engine cannot run images."""
    words: tuple[str, ...] = ()
    """A command to run instead of the image's own."""
    declared: bool = False
    """Whether somebody else's rewrite is declared to be a different image."""
    cached: bool = False
    """Whether builds of a different image may reuse cached steps, because no seconds are measured."""


class Sides(NamedTuple):
    """The tags and contents of the images before and after."""

    before: str
    after: str
    was: Image
    now: Image


def smoke(containers: Containers, sides: Sides, words: tuple[str, ...], tell: Callable[[str], None]) -> Smoke:
    """Run `words` in both images, or without `words` their own command. Raises EngineError.

    What also differs between two runs of the original image is ignored.
    """
    tell("looking for missing libraries")
    faults = _libraries(containers, sides)
    tell("running both images")
    run = _runner(containers, sides.was, words)
    was, now = run(sides.before), run(sides.after)
    differing = _differences(was, now)
    if differing:
        noise = {difference.path for difference in _differences(was, run(sides.before))}
        differing = [difference for difference in differing if difference.path not in noise]
    return Smoke(_said(was, words), (*faults, *differing), _unshown(was, words))


def _runner(containers: Containers, image: Image, words: tuple[str, ...]) -> Callable[[str], Ran]:
    if words:
        return lambda tag: containers.run(tag, words, LIMIT)
    fields = image.config.get("config") or {}
    exposed = [port.partition("/") for port in fields.get("ExposedPorts") or ()]
    ports = tuple(sorted(int(number) for number, _, kind in exposed if kind in ("tcp", "") and number.isdigit()))
    checked = (fields.get("Healthcheck") or {}).get("Test") not in (None, [], ["NONE"])
    limit = LIMIT if ports or checked else PATIENCE
    return lambda tag: containers.serve(tag, ports, checked=checked, limit=limit)


def _differences(was: Ran, now: Ran) -> list[Difference]:
    found = []
    if was.status != now.status:
        found.append(_difference("exit", f"{_ended(now)}, before {_ended(was)}", now.output))
    elif was.status is not None and spoken(was.output) != spoken(now.output):
        found.append(_difference("output", f"differs, before `{_short(was.output)}`", now.output))
    before = dict(was.answers)
    after = dict(now.answers)
    for port, answer in before.items():
        if port not in after:
            found.append(_difference(f"port {port}", "does not answer", now.output))
        elif after[port] != answer:
            found.append(_difference(f"port {port}", f"answers differently, before `{_short(answer)}`", after[port]))
    if was.healthy and not now.healthy:
        found.append(_difference("health", "HEALTHCHECK does not pass", now.output))
    return found


def _difference(what: str, how: str, said: str) -> Difference:
    output = f", says `{_short(said)}`" if said.strip() else ""
    return Difference(f"run {what}", f"{how}{output}", 0, "run")


def _ended(ran: Ran) -> str:
    return "still runs" if ran.status is None else f"exits {ran.status}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST else "…" + line[1 - _MOST :]


def _said(was: Ran, words: tuple[str, ...]) -> str:
    what = f"`{' '.join(words)}`" if words else "its command"
    if was.answers:
        ports = ", ".join(str(port) for port, _ in was.answers)
        return f"{what} answers on port {ports}" + (" and is healthy" if was.healthy else "")
    if was.healthy:
        return f"{what} is healthy"
    return f"{what} {'keeps running' if was.status is None else f'exits {was.status} with the same output'}"


def _unshown(was: Ran, words: tuple[str, ...]) -> str:
    """Two programs that both end at once say nothing about a file that is only missed later."""
    if not was.status or was.answers or was.healthy:
        return ""
    what = f"`{' '.join(words)}`" if words else "the image's command"
    advice = "Name a command that works" if words else "Name a command that works with --smoke"
    return f"{what} exits {was.status} in both images, which shows nothing about what they lack. {advice}"


def _libraries(containers: Containers, sides: Sides) -> list[Difference]:
    """Libraries that the new image's programs are missing. Without ldd, any dynamically linked program counts."""
    paths = programs(sides.was, sides.now)
    if not paths:
        return []
    after = containers.run(sides.after, ("ldd", *paths), LIMIT)
    has_no_ldd = after.status in (125, 126, 127) and "ldd" in after.output
    here = [path for path in paths if path.lstrip("/") in sides.was.entries]
    if has_no_ldd:
        before = containers.run(sides.before, ("ldd", *here), LIMIT) if here else None
        linked = sorted(set(_linked(before.output))) if before is not None else []
        return (
            [Difference("run libraries", f"{linked[0]} is needed, but the image has no ldd", 0, "run")]
            if linked
            else []
        )
    lacking = set(missing(after.output))
    if lacking and here:
        lacking -= set(missing(containers.run(sides.before, ("ldd", *here), LIMIT).output))
    return [Difference("run libraries", f"{name} is missing", 0, "run") for name in sorted(lacking)]


def _linked(said: str) -> list[str]:
    return [line.split()[0] for line in said.splitlines() if " => /" in line]

"""How a stage could begin: the steps that may come first in it, and would be the same in another Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.common_base.own_settings import (
    SETTINGS,
    NotShared,
    check_argument,
    check_raised,
    given_names,
    needed,
)
from dfix.rewriter.dockerfile.expand import expand_known, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.measured.records import Took, kept, keys
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.effects import conflict
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.paths import is_address, overlaps, resolve
from dfix.rewriter.model.reruns.build_arguments import global_values
from dfix.rewriter.model.stage import METADATA, known
from dfix.rewriter.neighbours.destination import is_own, own_destination
from dfix.rewriter.neighbours.early_run import EarlyRun, early_run
from dfix.rewriter.neighbours.independent import check_folder, check_independent
from dfix.rewriter.neighbours.run_summary import RunSummary
from dfix.rewriter.neighbours.told_paths import ToldPaths
from dfix.rewriter.text.named_tuple import NamedTuple

_MOST_STEPS = 300
_MOST_ELEMENTS = 60
"""A stage with more steps is left alone, and no base gets more: each is compared with all before it. A choice."""
_MOST_PASSED = 12
"""A RUN with more COPYs, WORKDIRs or RUNs above it that stay is one of them: what it does is compared with each."""
_QUOTES = frozenset("\"'`\\")
_COMPARED = frozenset(("RUN", "COPY", "ADD", "WORKDIR"))
_SHARED_MOUNTS = frozenset(("cache", "tmpfs"))


class StartImage(NamedTuple):
    """On what a stage is built."""

    image: str
    """With the defaults of build arguments."""
    platform: str
    escape: str


class FirstStep(NamedTuple):
    """A step that may be one of the first of its stage, with the settings that it needs."""

    key: str
    """Equal in two files where the step and its settings are."""
    text: str
    """The step alone, without the layout of its lines."""
    step: int
    """The index of the step in its stage."""
    settings: tuple[int, ...]
    """The indexes of the settings that come along, and that no element before has."""
    along: tuple[str, ...]
    """Those in one line each."""
    line: int
    shown: str
    """The instruction in one line."""
    slow: bool
    moves: bool
    """Whether it has to go above a step that stays, other than a setting of the image's configuration."""
    so_far: str
    """Equal in two files where everything is, up to this step, that decides whether the cache has it."""
    took: Took | None


class StayingRun(NamedTuple):
    """A slow RUN that a base can't have."""

    text: str
    line: int
    shown: str
    reason: str


class Beginning(NamedTuple):
    """How a stage could begin."""

    path: str
    stage: str
    """Its name, or its number."""
    number: int
    line: int
    base: StartImage
    elements: tuple[FirstStep, ...]
    stays: tuple[StayingRun, ...]


def beginnings(model: Model) -> Iterator[Beginning]:
    """How each stage that is built on an image could begin."""
    took: dict[Step, Took] = {}
    record = kept(model.source.path)
    if record:
        took = {step: record[key] for step, key in keys(model) if key in record}
    for stage in model.stages:
        if stage.parent is None and len(stage.steps) <= _MOST_STEPS:
            found = _beginning(model, stage, took)
            if found is not None and (found.elements or found.stays):
                yield found


def _beginning(model: Model, stage: Stage, took: Mapping[Step, Took]) -> Beginning | None:
    if not any(step.keyword == "RUN" and not step.onbuild for step in stage.steps):
        return None
    name = stage.name or str(stage.index)
    try:
        base, why = base_of(model, stage), ""
    except NotShared as no:
        base, why = StartImage(stage.image, "", model.tree.escape), str(no)
    if base is None:
        return None
    walk = _Walk(model, stage, took, why)
    walk.go()
    line = stage.instruction.line
    return Beginning(model.source.path, name, stage.index, line, base, tuple(walk.elements), tuple(walk.stays))


def base_of(model: Model, stage: Stage) -> StartImage | None:
    """On which image a stage is built; None for none. Raises NotShared where the file alone doesn't tell."""
    words = stage.instruction.words
    raw = words[0].text if words else ""
    values, escape = global_values(model.tree), model.tree.escape
    try:
        used = names(raw, escape)
        image = expand_known(raw, values, escape) if used <= values.keys() else None
    except ExpansionError:
        image, used = None, frozenset()
    line = stage.instruction.line
    if image is None:
        raise NotShared(f"the image on line {line} is only known in a build")
    if image.lower() == "scratch" or any(image.lower() == one.name for one in model.stages[: stage.index]):
        return None
    platform = stage.instruction.flag("platform")
    if platform is not None and "$" in (platform.value or ""):
        raise NotShared(f"the platform on line {line} is only known in a build")
    if "onbuild" in repository(image.lower())[1]:
        raise NotShared(f"{image} has instructions (ONBUILD) that run in a build on it")
    if used and used & given_names(model):
        raise NotShared(f"other files give a value to a build argument of the image on line {line}")
    return StartImage(image, (platform.value or "") if platform is not None else "", escape)


class _Walk:
    """Goes through the steps of a stage. `why`: no step of it can be shared, and why, "" if some may be."""

    def __init__(self, model: Model, stage: Stage, took: Mapping[Step, Took], why: str) -> None:
        self.model, self.stage, self.took, self.why = model, stage, took, why
        self.elements: list[FirstStep] = []
        self.stays: list[StayingRun] = []
        self.shared: set[Step] = set()
        self.before: list[Step] = []
        self.told = ToldPaths()
        self.seen = sha256()

    def go(self) -> None:
        """Collect the elements, and why slow RUNs stay."""
        for step in self.stage.steps:
            if step.onbuild:
                continue
            is_portable = self._is_portable_copy(step)
            if step.keyword not in METADATA:
                is_own = step.keyword in ("COPY", "ADD") and not is_portable
                text = f"{self.model.source.path}\0" * is_own + f"{normal(step)}\0"
                self.seen.update(text.encode("utf-8", "surrogateescape"))
            if is_portable or (step.keyword == "RUN" and _own_paths(self.model, step) is None):
                self._take(step)
            self.before.append(step)

    def _take(self, step: Step) -> None:
        slow = step.keyword == "RUN" and (bool(step.script.opaque) or bool(RunSummary(step).slow))
        shown, line = " ".join(step.instruction.logical.split()), step.instruction.line
        try:
            if self.why:
                raise NotShared(self.why)
            if len(self.elements) >= _MOST_ELEMENTS:
                raise NotShared("too many steps are before it")
            self.elements.append(self._element(step, shown, slow))
        except NotShared as no:
            if slow:
                self.stays.append(StayingRun(normal(step), line, shown, str(no)))

    def _element(self, step: Step, shown: str, slow: bool) -> FirstStep:
        """Raises NotShared for a step that may not come first."""
        found = _known(self.model, step)
        run = found if isinstance(found, EarlyRun) else None
        own: set[Step] = set()
        if step.keyword == "RUN":
            folders = sum(one.keyword == "WORKDIR" for one in self.before)
            known_run = run if folders <= _MOST_PASSED else None
            own = needed(step, run, self.before, lambda folder: self._may_pass_folder(known_run, folder))
        new = sorted(own - self.shared, key=lambda one: one.index)
        staying = [one for one in self.before if one not in self.shared and one not in own]
        if run is not None and sum(one.keyword in _COMPARED for one in staying) > _MOST_PASSED:
            raise NotShared("too many steps that stay are above it")
        for one in staying:
            self._check_pass(found, one)
        for setting in new:
            if setting.keyword == "ARG":
                check_argument(self.model, setting)
            check_raised(setting, staying)
        self.shared.update((*new, step))
        text = normal(step)
        along = tuple(normal(setting) for setting in new)
        key = "\n".join([*along, text])
        moves = any(one.keyword not in METADATA and one.keyword not in SETTINGS for one in staying)
        return FirstStep(
            key,
            text,
            step.index,
            tuple(setting.index for setting in new),
            along,
            step.instruction.line,
            shown,
            slow,
            moves,
            self.seen.hexdigest(),
            self.took.get(step),
        )

    def _may_pass_folder(self, run: EarlyRun | None, folder: Step) -> bool:
        """Whether a RUN may come before a WORKDIR."""
        value = known(folder.instruction.value, folder.env, folder.instruction.escape)
        path = None if value is None else resolve(folder.workdir, value)
        if run is None or path is None or not path.startswith("/") or not is_own(path):
            return False
        checks = (
            attempt(check_folder, run, folder),
            attempt(check_independent, run, folder, path, self.told, self.model.context),
        )
        return checks == (None, None)

    def _check_pass(self, found: EarlyRun | str, other: Step) -> None:
        """Raises NotShared where a step may not go above another one that stays."""
        if other.keyword in METADATA or other.keyword in SETTINGS:
            return
        above = f"the {other.keyword} on line {other.instruction.line} is above it, and"
        is_copy = other.keyword in ("COPY", "ADD")
        if isinstance(found, str):
            raise NotShared(f"{above} {found}" if is_copy else f"{above} may change what it finds")
        if is_copy:
            target = attempt(own_destination, other)
            why = target if isinstance(target, Reason) else self._independent(found, other, target)
            if why is not None:
                raise NotShared(why.text)
        elif other.keyword != "RUN" or not self._is_apart(found, other):
            raise NotShared(f"{above} may change what it finds")

    def _independent(self, run: EarlyRun, other: Step, path: str) -> Reason | None:
        return attempt(check_independent, run, other, path, self.told, self.model.context)

    def _is_apart(self, run: EarlyRun, other: Step) -> bool:
        """Whether a RUN above only makes and reads files in folders of the author's own, which `run` leaves alone."""
        paths = _own_paths(self.model, other)
        if paths is None:
            return False

        def uses(place: str) -> bool:
            return any(overlaps(place, path) for path in paths)

        touches = any(conflict(command.effects, uses) for command in run.commands)
        return not touches and not any(self._independent(run, other, path) is not None for path in paths)

    def _is_portable_copy(self, step: Step) -> bool:
        """Whether a COPY or ADD brings the same files in every Dockerfile: those of an image or an address."""
        if step.keyword not in ("COPY", "ADD") or step.instruction.heredocs:
            return False
        words, flags = step.instruction.words, step.instruction.flags
        if len(words) < 2 or any("$" in word.text for word in words) or not words[-1].text.startswith("/"):
            return False
        source = step.instruction.flag("from")
        if source is None:
            return step.keyword == "ADD" and not flags and all(is_address(word.text) for word in words[:-1])
        value = source.value or ""
        is_image = bool(value) and "$" not in value and not used_stages(step, self.model.stages)
        return is_image and len(flags) == 1 and not value.isdigit()


def _own_paths(model: Model, step: Step) -> list[str] | None:
    """The paths of a quick RUN that only makes and reads files in folders of the author's own; None for any other."""
    if step.keyword != "RUN" or step.instruction.flags:
        return None
    run = attempt(early_run, model, step)
    if isinstance(run, Reason):
        return None
    paths = []
    for command in run.commands:
        does = command.effects
        paths += [place.path for place in (*does.reads, *does.writes)]
        if does.cost not in ("nothing", "quick") or does.leaves or does.network:
            return None
    return paths if all(path.startswith("/") and is_own(path) for path in paths) else None


def _known(model: Model, step: Step) -> EarlyRun | str:
    """The step as a RUN of which every command is known, or why it is none. Raises NotShared for one that stays."""
    if step.keyword != "RUN":
        return "it may bring files that this one does, too"
    for flag in step.instruction.flags:
        if flag.name != "mount":
            raise NotShared(f"it has --{flag.name}")
    for mount in step.mounts:
        if mount.kind in ("secret", "ssh"):
            raise NotShared(f"it mounts a secret ({mount.kind})")
        if mount.kind not in _SHARED_MOUNTS or mount.from_:
            raise NotShared("it mounts files of the build context, of another stage or of an image")
    run = attempt(early_run, model, step)
    return run.text if isinstance(run, Reason) else run


def normal(step: Step) -> str:
    """The text of a step, without the layout of its lines where that means nothing."""
    text = step.source_text
    if step.instruction.heredocs or not _QUOTES.isdisjoint(text):
        return f"{step.keyword} {text.strip().partition(' ')[2].strip()}"
    return " ".join([step.keyword, *text.split()[1:]])

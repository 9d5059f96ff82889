"""Contexts and edits drawn by a seed; what `model/reruns` predicts for each edit, and what BuildKit then runs.

Every RUN leaves something else behind each time it runs, so that what depends on it runs again, too: a prediction is
right if exactly the predicted steps run.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import uuid4

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Model, build
from dfix.rewriter.model.reruns import Reruns, edited
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.model.stage_sources import stages_behind
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engines.record import Record

EDITS = 10
_FILES = (
    "package.json",
    "package-lock.json",
    "README.md",
    "src/main.js",
    "src/util.js",
    "src/lib/deep.js",
    "src/lib/notes.md",
    "docs/guide.md",
    "docs/img/logo.svg",
    "conf/app.ini",
    "conf/dev.ini",
    "scripts/build.sh",
    "tools/gen/gen.py",
)
_COPIES = (
    "COPY package*.json {to}/",
    "COPY package.json package-lock.json {to}/",
    "COPY src {to}/src",
    "COPY src/lib {to}/lib/",
    "COPY src/*.js {to}/js/",
    "COPY docs conf {to}/both/",
    "COPY conf/app.ini {to}/app.ini",
    "COPY ./ {to}/all/",
    'COPY ["docs", "{to}/my docs/"]',
    "ADD scripts {to}/scripts/",
    "COPY --chmod=644 scripts/build.sh {to}/",
    "COPY --chown=1000:1000 tools {to}/tools/",
    "COPY --link src {to}/linked/",
    "COPY linked {to}/by-link/",
    "COPY $WHICH {to}/which/",
    "COPY <<EOF {to}/here\n${WHICH}\nEOF",
)
_SETTINGS = (
    "LABEL a={number}",
    "EXPOSE {number}",
    'CMD ["{number}"]',
    "VOLUME /v{number}",
    "STOPSIGNAL {number}",
    "ENV E{number}=x",
    "ARG A{number}=y",
    "USER 0:{number}",
    "WORKDIR /w{number}",
    "WORKDIR below{number}",
)
_THIS_RUN = uuid4().hex
"""In each file, so that the engine has nothing of earlier runs."""
_WRITES = "for d in / /s*/ /s*/*/; do cat /proc/sys/kernel/random/uuid > $d/first; done"
"""A script that leaves something else each time, wherever a later stage may look."""
_IGNORED = (
    "docs/img",
    "**/*.md",
    "conf/dev.ini",
    "*.md\n!README.md",
    "*\n!src\n!linked\n!package*.json\n!docs\n!conf\n!scripts\n!tools",
)


class Drawn(NamedTuple):
    """A Dockerfile and its context."""

    dockerfile: str
    files: dict[str, str]


class Kind(NamedTuple):
    """What a stage is like: `plain` ones only copy."""

    large: bool
    plain: bool


class Outcome(NamedTuple):
    """An edit, and the steps that were to run and did, as BuildKit numbers them within their stage: `build 3`."""

    edit: str
    predicted: frozenset[str]
    ran: frozenset[str]


def drawn(random: Random, *, large: bool) -> Drawn:
    """A context; a large one has three or more COPYs, ARGs and stages."""
    stages = random.randint(3, 5) if large else random.randint(1, 2)
    lines = ["ARG GLOBAL=1"] if random.random() < 0.5 else []
    names: list[str] = []
    made: dict[str, list[str]] = {}
    for index in range(stages):
        base = random.choice([name for name in names if random.random() < 0.4] or ["busybox"])
        name = f"s{index}"
        lines.append(f"FROM {base} AS {name}")
        plain = random.random() < 0.3
        if base == "busybox":
            # stages that begin alike share their steps
            first = f"COPY package.json /first{index}" if plain else f"RUN {_WRITES}; : {_THIS_RUN} {name}"
            lines.append(first)
        lines += _stage(
            random, {name: folders for name, folders in made.items() if name in names}, index, Kind(large, plain)
        )
        made[name] = [*made.get(base, ()), *_folders(lines, name)]
        names.append(name)
    own = random.random()  # contexts whose files are the same share their steps
    files = {path: f"{path} {_THIS_RUN} {own}\n" for path in _FILES}
    if random.random() < 0.6:
        files[".dockerignore"] = random.choice(_IGNORED) + "\n"
    return Drawn("\n".join(lines) + "\n", files)


def _folders(lines: list[str], name: str) -> list[str]:
    """The folders that the lines of a stage are sure to make."""
    text = "\n".join(lines)
    return sorted(set(re.findall(rf"(?<= )/{name}/\d+(?=/)", text[text.index(f" AS {name}\n") :])))


def _stage(random: Random, made: Mapping[str, list[str]], index: int, kind: Kind) -> Iterator[str]:
    yield "ARG WHICH=src"
    for number in range(random.randint(3, 6) if kind.large else random.randint(2, 4)):
        which = random.random()
        to = f"/s{index}/{number}"
        other = random.choice(sorted(made)) if made else ""
        taken = random.choice([*made[other], ""]) if made else ""
        if which < 0.25:
            yield random.choice(_SETTINGS).format(number=random.randint(1, 60))
        if which < 0.4 and taken:
            yield f"COPY --from={other} {taken} {to}/"
        elif which < 0.7 or kind.plain:
            yield random.choice(_COPIES).replace("{to}", to)
        elif which < 0.85:
            source = random.choice(("", ",source=src", ",source=conf/app.ini", ",source=docs"))
            yield f"RUN --mount=type=bind,target=/mnt{source} {_WRITES}; : {index} {number}"
        elif which < 0.9 and taken:
            yield f"RUN --mount=from={other},source={taken},target=/mnt {_WRITES}; : {index} {number}"
        else:
            yield f"RUN {_WRITES}; : {index} {number}"
    if made:
        yield f"COPY --from={other} {random.choice(made[other])} /from-before/" if made[other] else "ENV Z=1"
    if not kind.plain:
        yield f"RUN {_WRITES}; : last {index}"


def edit(random: Random, folder: Path, files: Mapping[str, str]) -> str:
    """Change, add, delete or rename a file, or touch one without changing it; what was done, in words."""
    present = sorted(path for path in files if path != ".dockerignore" and (folder / path).is_file())
    path = random.choice(present)
    kind = random.random()
    if kind < 0.55:
        (folder / path).write_text(f"{path} {random.random()} {_THIS_RUN}\n")
        return f"change {path}"
    if kind < 0.7:
        new = f"{path.rpartition('/')[0] or '.'}/new{random.randint(1, 99)}.{random.choice(('js', 'md', 'json'))}"
        (folder / new).write_text(f"{random.random()} {_THIS_RUN}\n")
        return f"add {new.removeprefix('./')}"
    if kind < 0.8 and "/" in path:
        (folder / path).write_bytes((folder / path).read_bytes())
        return f"touch {path}"
    if kind < 0.9 and not (folder / path).stat().st_mode & 0o100:
        (folder / path).chmod(0o755)
        return f"chmod {path}"
    return "nothing"


def put(folder: Path, context: Drawn) -> None:
    """Write a context, with one link."""
    for name, text in context.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
    (folder / "linked").symlink_to("src/lib")
    (folder / "Dockerfile").write_text(context.dockerfile)


class Builds:
    """The builds of one folder, and what is predicted for them."""

    def __init__(self, folder: Path, environment: Mapping[str, str], dockerfile: str = "Dockerfile") -> None:
        self.folder = folder
        self._environment, self._dockerfile = environment, dockerfile
        self.model, self.reruns = self._read()

    def read_again(self) -> Model:
        """Look at the folder as it is now; what the Dockerfile meant before."""
        before = self.model
        self.model, self.reruns = self._read()
        return before

    def _read(self) -> tuple[Model, Reruns]:
        path = str(self.folder / self._dockerfile)
        context = Context.open(str(self.folder), path)
        model = build(parse(Source(path, Path(path).read_text())), open_context=lambda: context)
        return model, Reruns(model, context, merges=False)  # as the engine of the tests

    def places(self, steps: set[Step]) -> frozenset[str]:
        """The steps of the stages that the last one needs, as BuildKit numbers them: `s1 3` is the third of s1."""
        built = stages_behind(self.model.stages[-1], self.model.stages)
        chosen = [step for step in steps if step.stage in built]
        own = {stage: [s for s in self.reruns.steps() if s.stage is stage] for stage in built}
        return frozenset(
            # the FROM of an image is number 1, that of a stage has none
            f"{_name(step.stage)} {own[step.stage].index(step) + 1 + (step.stage.parent is None)}"
            for step in chosen
        )

    def _place(self, name: str) -> str:
        """`[s1 3/5] RUN …` is the third step of s1; a file of one stage has no name there."""
        place = name[1 : name.index("]")].rsplit(" ", 1)
        stage = place[0].strip() if len(place) > 1 else _name(self.model.stages[-1])
        return f"{stage} {place[-1].partition('/')[0]}"

    def ran(self, arguments: tuple[str, ...] = ()) -> frozenset[str]:
        command = ["docker", "buildx", "build", "--progress", "rawjson", "--provenance=false", "--network", "none"]
        command += [word for argument in arguments for word in ("--build-arg", argument)]
        done = subprocess.run(
            [*command, "--file", str(self.folder / self._dockerfile), str(self.folder)],
            env=dict(self._environment),
            capture_output=True,
            timeout=300,
            check=False,
        )
        with (self.folder.parent / f"{self.folder.name}.log").open("w") as log:
            record = Record(log, lambda _: None)
            record.take(done.stderr + done.stdout)
            record.close()
        assert done.returncode == 0, record.error()
        return frozenset(self._place(step.name) for step in record.steps() if not step.cached)


def _name(stage: Stage) -> str:
    return stage.name or f"stage-{stage.index}"


class Trial:
    """One context, built once; `outcome` edits it and builds it again."""

    def __init__(self, folder: Path, context: Drawn, environment: Mapping[str, str], random: Random) -> None:
        self._folder, self._drawn, self._random = folder, context, random
        self._count = 60
        self._which = ["docs", "conf", "tools", "src/lib"]  # each once: the cache keeps all builds
        put(folder, context)
        self._builds = Builds(folder, environment)
        self._builds.ran()

    def outcome(self) -> Outcome:
        """Make an edit: to a file, a build argument or an instruction. Raises AssertionError if the build fails."""
        kind = self._random.random()
        builds = self._builds
        if kind < 0.15:
            name = self._random.choice(sorted({"WHICH", "GLOBAL", *self._arguments()}))
            if name == "WHICH" and not self._which:
                name = "GLOBAL"
            value = self._which.pop() if name == "WHICH" else self._new()
            again = {step for step, names in builds.reruns.arguments().items() if name in names}
            predicted = builds.places({step for step in again if isinstance(step, Step)})
            ran = builds.ran((f"{name}={value}",))
            builds.ran()  # back to the build without it, which is cached
            return Outcome(f"--build-arg {name}", predicted, ran)
        if kind < 0.3:
            done = self._edit_instruction()
            changed = edited(builds.read_again(), builds.model)
            return Outcome(done, builds.places(set(builds.reruns.again(("Dockerfile",), changed))), builds.ran())
        done = edit(self._random, self._folder, self._drawn.files)
        paths = () if done.startswith(("touch", "nothing")) else (done.partition(" ")[2],)
        builds.read_again()
        return Outcome(done, builds.places(set(builds.reruns.again(paths))), builds.ran())

    def _new(self) -> int:
        """A number that no build has seen."""
        self._count += 1
        return self._count

    def _arguments(self) -> set[str]:
        return {name for names in self._builds.reruns.arguments().values() for name in names}

    def _edit_instruction(self) -> str:
        """Add a setting, or change the text of an instruction, somewhere after the first FROM."""
        path = self._folder / "Dockerfile"
        lines = path.read_text().split("\n")
        places = [at for at, line in enumerate(lines) if line.startswith(("FROM", "RUN", "LABEL", "ENV"))]
        at = self._random.choice(places)
        new = self._random.choice(_SETTINGS[:7]).format(number=self._new())
        if lines[at].startswith("RUN") and self._random.random() < 0.5:
            lines[at] += f" # {self._random.random()}"
        else:
            lines.insert(at + 1, new)
        path.write_text("\n".join(lines))
        return f"edit line {at + 1}: {lines[at][:40]} / {new}"


def outcomes(
    folder: Path, seed: int, environment: Mapping[str, str], *, large: bool
) -> Iterator[tuple[Drawn, Outcome]]:
    """Ten edits of one context. The folder is removed at the end."""
    random = Random(seed)
    context = drawn(random, large=large)
    place = folder / f"context{seed}"
    place.mkdir()
    try:
        trial = Trial(place, context, environment, random)
        for _ in range(EDITS):
            yield context, trial.outcome()
    finally:
        shutil.rmtree(place)


def said(seed: int, context: Drawn, outcome: Outcome) -> str:
    """A wrong prediction, for people."""
    record = {"predicted": sorted(outcome.predicted), "ran": sorted(outcome.ran)}
    return f"seed {seed}, {outcome.edit}: {json.dumps(record)}\n{context.dockerfile}{context.files.get('.dockerignore', '')}"

"""K3: a step before the copy leaves a setting in the image that names a file of the tree; and settings in front of other commands."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, sources, yarn_lock
from tests.attack.packages import ADDRESS
from tests.attack.probe import Files, Probe, script
from tests.attack.shapes import chores, copy_all, folder, last, written

_HOOK = "require('fs').appendFileSync('/hooked', 'x');\n"
_SHELL = '#!/bin/sh\nexec sh "$@"\n'
_PIP_HEAD = f"[global]\\nindex-url = {ADDRESS}/simple/\\nfind-links = /opt/wheels\\n"
_NPM_HEAD = f"registry={ADDRESS}/npm/\\n"


def earlier_settings(rng: Random) -> Probe:
    """K3: what an install finds in the image, and what it names."""
    return rng.choice((_pip, _pip, _npm, _npm, _yarn, _in_front))(rng)


def _pip(rng: Random) -> Probe:
    """A constraint that pip finds in its settings: a file of the tree, or one that a RUN made."""
    place = folder(rng)
    name = rng.choice(("limits.txt", "etc/pins.txt", "c"))
    value = rng.choice((f"{place}/{name}", f"{place}/{name}", name, "/opt/limits.txt"))
    files: Files = {"requirements.txt": "tinya\n", name: "tinya==1.0\n", "app.py": "import tinya\n"}
    before = ["RUN echo tinya==1.0 > /opt/limits.txt"] if value.startswith("/opt") else []
    before += rng.choice((_pip_config, _pip_written, _pip_written, _pip_brought))(rng, place, value, files)
    lines = [*before, *([] if before[-1].startswith("WORKDIR") else [f"WORKDIR {place}"]), copy_all(rng, place)]
    lines.append(f"RUN {rng.choice(('pip', 'pip3', 'python -m pip'))} install -r requirements.txt")
    head = _head(rng, "python:3.11-slim", lines)
    return Probe("K3", f"an earlier step sets pip's {value}", files, written(*head, last(rng)))


def _head(rng: Random, base: str, lines: list[str]) -> list[str]:
    """A stage that starts with chores, and one for settings before it if a line takes them from there."""
    first = [line.removeprefix("stage ") for line in lines if line.startswith("stage ")]
    stage = [f"FROM {base} AS settings", *first] if first else []
    return [*stage, f"FROM {base}", *chores(rng), *(line for line in lines if not line.startswith("stage "))]


def _pip_config(rng: Random, place: str, value: str, files: Files) -> list[str]:
    key = rng.choice(
        ("global.constraint", "install.constraint", "--global install.constraint", "--user global.constraint")
    )
    if value.startswith(place):
        rest = value.removeprefix(place)
        return rng.choice((
            [f"RUN pip config set {key} {value}"],
            [f"ARG APP={place}", f"RUN pip config set {key} $APP{rest}"],
            [f"ENV APP={place}", f"RUN pip config set {key} ${{APP}}{rest}"],
            [f"WORKDIR {place}", f'RUN pip config set {key} "$(pwd){rest}"'],
            [f"WORKDIR {place}", f"RUN pip config set {key} $PWD{rest}"],
            [f"RUN A={place}; pip config set {key} $A{rest}"],
        ))  # fmt: skip
    return rng.choice(
        ([f"RUN pip config set {key} {value}"], ["RUN pip config set global.timeout 60"], ["RUN pip config list"])
    )


def _pip_written(rng: Random, place: str, value: str, files: Files) -> list[str]:
    text = _PIP_HEAD + rng.choice(
        (
            f"constraint = {value}\\n",
            f"constraint =\\n    {value}\\n",
            f"[install]\\nconstraint={value}\\n",
            "timeout = 60\\n",
        )
    )
    where = rng.choice(("/etc/pip.conf", "/root/.pip/pip.conf", "~/.config/pip/pip.conf"))
    folder_of = where.rpartition("/")[0]
    return rng.choice(
        (
            [f"RUN mkdir -p {folder_of} && printf '{text}' > {where}"],
            [f'RUN mkdir -p {folder_of} && printf "{text}" | tee {where}'],
            [f"RUN mkdir -p {folder_of}", f"RUN printf '{text}' > {where}"],
            [f"RUN printf '{text}' > /opt/pip.conf", "ENV PIP_CONFIG_FILE=/opt/pip.conf"],
            [f"RUN printf '{text}' > /opt/pip.conf && mkdir -p {folder_of} && ln -s /opt/pip.conf {where}"],
        )
    )


def _pip_brought(rng: Random, place: str, value: str, files: Files) -> list[str]:
    conf = (_PIP_HEAD + f"constraint = {value}\\n").replace("\\n", "\n")
    files["conf/pip.conf"] = conf
    written_there = f"RUN printf '{_PIP_HEAD}constraint = {value}\\n' > /etc/pip.conf"
    return rng.choice((
        ["COPY conf/pip.conf /etc/pip.conf"],
        [f"stage {written_there}", "COPY --from=settings /etc/pip.conf /etc/pip.conf"],
        ["RUN --mount=type=bind,source=conf,target=/mnt cp /mnt/pip.conf /etc/pip.conf"],
        [f"RUN rm -f /etc/pip.conf && ln -s {place}/conf/pip.conf /etc/pip.conf"],
        [f"RUN rm -f /etc/pip.conf && cp -s {place}/conf/pip.conf /etc/pip.conf"],
        [f"COPY <<EOF /etc/pip.conf\n{conf}EOF"],
        ["COPY conf/pip.conf /opt/unused.conf"],
    ))  # fmt: skip


def _npm(rng: Random) -> Probe:
    """A setting of npm that names a file of the tree, or nothing."""
    place = folder(rng)
    root = manifest(rng, scripts={"postinstall": "echo done"})
    files: Files = {"package.json": dumped(root), "package-lock.json": package_lock(root, [])} | sources(rng)
    files |= {"tools/hook.js": _HOOK, "tools/sh": script(_SHELL)}
    key, value = rng.choice((
        ("node-options", f"--require={place}/tools/hook.js"), ("script-shell", f"{place}/tools/sh"), ("script-shell", "/bin/bash"),
        ("fund", "false"), ("loglevel", "error"), ("fetch-retries", "5"), ("update-notifier", "false"),
    ))  # fmt: skip
    user = f"printf '{key}={value}\\n'"
    before = rng.choice((
        [f"RUN npm config set {key}={value}"], [f"RUN npm config set {key} {value}"], [f"RUN npm set {key}={value}"],
        [f"RUN npm config set -g {key}={value}"], [f"RUN {user} > ~/.npmrc"], [f"RUN {user} >> /root/.npmrc"],
        [f"RUN printf '{_NPM_HEAD}{key}={value}\\n' > /usr/local/etc/npmrc"],
        [f"ARG WHERE={place}", f"RUN npm config set {key}={value.replace(place, '$WHERE')}"],
        [f"stage RUN {user} > /root/.npmrc", "COPY --from=settings /root/.npmrc /root/.npmrc"],
        [f"ENV npm_config_{key.replace('-', '_')}={value}"],
    ))  # fmt: skip
    lines = [*before, f"WORKDIR {place}", copy_all(rng, place), f"RUN {rng.choice(('npm ci', 'npm ci --omit=dev'))}"]
    return Probe("K3", f"an earlier step sets npm's {key}", files, written(*_head(rng, "node:22", lines), last(rng)))


def _yarn(rng: Random) -> Probe:
    """Yarn 1 runs the program that its settings name."""
    place = folder(rng)
    root = manifest(rng)
    files: Files = {"package.json": dumped(root), "yarn.lock": yarn_lock(root)} | sources(rng)
    files["tools/yarn.js"] = "require('fs').mkdirSync('node_modules/ours', {recursive: true});\n"
    setting = rng.choice(
        (f"yarn-path {place}/tools/yarn.js", "--install.network-timeout 60000", "disable-self-update-check true")
    )
    before = rng.choice(
        (
            f"RUN echo '{setting}' > ~/.yarnrc",
            f"RUN echo '{setting}' >> /root/.yarnrc",
            f"RUN yarn config set {setting}",
        )
    )
    lines = [before, f"WORKDIR {place}", copy_all(rng, place), "RUN yarn install --frozen-lockfile"]
    return Probe(
        "K3", f"an earlier step sets Yarn's {setting}", files, written(*_head(rng, "node:22", lines), last(rng))
    )


def _in_front(rng: Random) -> Probe:
    """A command between the copy and the install, with a variable that may name a file of the tree."""
    place = folder(rng)
    root = manifest(rng)
    files: Files = {"package.json": dumped(root), "package-lock.json": package_lock(root, [])} | sources(rng)
    files |= {"tools/hook.js": _HOOK, "ci/apt.conf": 'APT::Install-Recommends "0";\n'}
    files["ci/npmrc"] = f"registry={ADDRESS}/npm/\nignore-scripts=true\nprefix=/opt/global\n"
    name, value, command = rng.choice((
        ("NODE_OPTIONS", "'-r ./tools/hook.js'", "npm install -g tiny-b"), ("NODE_OPTIONS", f"--require={place}/tools/hook.js", "npm install -g tiny-b"),
        ("NODE_OPTIONS", "--max-old-space-size=512", "npm install -g tiny-b"), ("NPM_CONFIG_USERCONFIG", "ci/npmrc", "npm install -g tiny-b"),
        ("npm_config_userconfig", f"{place}/ci/npmrc", "npm install -g tiny-b"), ("NPM_CONFIG_LOGLEVEL", "error", "npm install -g tiny-b"),
        ("APT_CONFIG", "ci/apt.conf", "apt-get update"), ("APT_CONFIG", f"{place}/ci/apt.conf", "apt-get install -y tiny-extra"),
        ("DEBIAN_FRONTEND", "noninteractive", "apt-get update"), ("LANG", "C", "mkdir -p /data/in"),
    ))  # fmt: skip
    whole = f"{command} && apt-get install -y tiny-extra" if command == "apt-get update" else command
    whole = f"apt-get update && {whole}" if command.startswith("apt-get install") else whole
    form = rng.choice(
        ([f"RUN {name}={value} {whole}"], [f"RUN env {name}={value} {whole}"], [f"RUN export {name}={value}; {whole}"])
    )
    if rng.random() < 0.3:
        form = [f"RUN export {name}={value} && {whole}"]
    lines = [f"WORKDIR {place}", copy_all(rng, place), *form, "RUN npm ci"]
    return Probe("K3", f"{name} in front of {command}", files, written(*_head(rng, "node:22", lines), last(rng)))

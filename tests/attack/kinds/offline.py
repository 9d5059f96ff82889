"""K10: caches that something needs later, or that settings have moved into the application."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, sources, yarn_lock
from tests.attack.probe import Files, Probe
from tests.attack.shapes import chores, written

Found = tuple[str, Files, list[str], str]
"""What, more files, the lines after WORKDIR, and the base."""


def offline(rng: Random) -> Probe:
    """K10: caches that are needed later, or that settings moved."""
    what, files, lines, base = rng.choice((_second_install, _start, _moved, _yarn_moved, _apt_start, _pip))(rng)
    runs = any(line.startswith(("CMD", "ENTRYPOINT")) for line in lines)
    return Probe(
        "K10", what, files, written(f"FROM {base}", *chores(rng, apt=False), "WORKDIR /app", *lines), runs=runs
    )


def _project(rng: Random, place: str = "") -> Files:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    return {f"{place}package.json": dumped(root), f"{place}package-lock.json": package_lock(root, [])}


def _second_install(rng: Random) -> Found:
    files = _project(rng) | _project(rng, "sub/")
    files["sub/package.json"], files["sub/package-lock.json"] = files["package.json"], files["package-lock.json"]
    between, run = rng.choice((
        ("ENV npm_config_offline=true", "npm ci"), ("", "npm ci --offline"), ("", "npm ci --prefer-offline"), ("ENV NPM_CONFIG_OFFLINE=true", "npm ci"),
        ("", "npm_config_offline=true npm ci"), ("RUN npm config set offline true", "npm ci"), ("", "npm ci"), ("", "export npm_config_offline=true && npm ci"),
        ("ENV NODE_ENV=production", "npm ci"), ("ENV npm_config_cache_min=999999", "npm ci"), ("ENV npm_config_registry=http://127.0.0.1:1/", "npm ci --offline"), ("", "npm install --offline"),
        ("RUN echo offline=true >> /root/.npmrc", "npm ci"), ("RUN echo offline=true > sub/.npmrc", "npm ci"),
    ))  # fmt: skip
    if rng.random() < 0.2:
        files["sub/.npmrc"] = rng.choice(("offline=true\n", "prefer-offline=true\n", "fund=false\n"))
    second = rng.choice((f"RUN cd sub && {run}", f"WORKDIR /app/sub\nRUN {run}"))
    return f"{between} / {run}", files, ["COPY . .", "RUN npm ci", between, second], "node:22"


def _start(rng: Random) -> Found:
    words = rng.choice(
        (
            '["npm", "ci", "--offline"]',
            '["sh", "-c", "npm ci --offline"]',
            "npm ci --offline",
            '["./start.sh"]',
            '["node", "-e", "0"]',
            '["npm", "run", "restore"]',
            '["npm", "ls"]',
            '["sh", "start.sh"]',
        )
    )
    files = _project(rng) | {"start.sh": "#!/bin/sh\nnpm ci --offline\n"}
    root = manifest(
        rng, dependencies={"tiny-a": "1.0.0"}, scripts={"restore": "rm -rf node_modules && npm ci --offline"}
    )
    if "restore" in words:
        files = {"package.json": dumped(root), "package-lock.json": package_lock(root, [])}
    if "./start.sh" in words:
        words = '["sh", "./start.sh"]'
    drop = rng.choice(("", " && rm -rf node_modules"))
    return (
        f"CMD {words}",
        files,
        ["COPY . .", f"RUN npm ci{drop}", f"{rng.choice(('CMD', 'ENTRYPOINT'))} {words}"],
        "node:22",
    )


def _moved(rng: Random) -> Found:
    files = _project(rng) | sources(rng)
    place = rng.choice(("/app/.npmcache", "/data/npm", "/app/cache", "/var/cache/npm"))
    ways: tuple[tuple[list[str], str, Files], ...] = (
        ([], "npm ci", {".npmrc": f"cache={place}\n"}),
        ([f"RUN npm config set cache {place}"], "npm ci", {}),
        ([f"RUN npm config set cache {place} --global"], "npm ci", {}),
        ([f"ENV npm_config_cache={place}"], "npm ci", {}),
        ([f"ENV NPM_CONFIG_CACHE={place}"], "npm ci", {}),
        ([], f"npm ci --cache {place}", {}),
        ([], f"npm_config_cache={place} npm ci", {}),
        ([f"RUN echo cache={place} > /root/.npmrc"], "npm ci", {}),
        ([], "npm ci", {}),
        ([], f"npm config set cache {place} && npm ci", {}),
        (["ENV HOME=/app/home"], "npm ci", {}),
    )
    before, run, more = rng.choice(ways)
    return f"{before} {run} {sorted(more)}", files | more, [*before, "COPY . .", f"RUN {run}"], "node:22"


def _yarn_moved(rng: Random) -> Found:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    files: Files = {"package.json": dumped(root), "yarn.lock": yarn_lock(root)} | sources(rng)
    before, run, more = rng.choice((
        ([], "yarn install --frozen-lockfile", {".yarnrc": 'cache-folder "./.yarn-cache"\n'}), (["RUN yarn config set cache-folder /data/yarn"], "yarn install --frozen-lockfile", {}),
        (["ENV YARN_CACHE_FOLDER=/app/.cache"], "yarn install --frozen-lockfile", {}), ([], "yarn install --frozen-lockfile --cache-folder ./.yc", {}),
        ([], "yarn install --frozen-lockfile", {}), ([], "yarn install --frozen-lockfile && yarn install --offline --frozen-lockfile --force", {}),
    ))  # fmt: skip
    after = rng.choice(("", "", "RUN rm -rf node_modules && yarn install --offline --frozen-lockfile"))
    return f"yarn, {before} {run}", files | more, [*before, "COPY . .", f"RUN {run}", after], "node:22"


def _apt_start(rng: Random) -> Found:
    words = rng.choice(
        (
            '["apt-get", "install", "-y", "tiny-extra"]',
            "apt-get install -y tiny-extra",
            '["sh", "-c", "apt-get install -y tiny-extra"]',
            '["/start.sh"]',
            '["tiny-tool"]',
            '["sh", "-c", "apt-get update && apt-get install -y tiny-extra"]',
            '["true"]',
        )
    )
    files: Files = {"start.sh": "#!/bin/sh\nset -e\napt-get install -y tiny-extra\n"}
    copy = "COPY --chmod=755 start.sh /start.sh" if "start" in words else ""
    return (
        f"CMD {words}",
        files,
        ["RUN apt-get update && apt-get install -y tiny-tool", copy, f"{rng.choice(('CMD', 'ENTRYPOINT'))} {words}"],
        "debian:12",
    )


def _pip(rng: Random) -> Found:
    before = rng.choice(
        (
            "",
            "ENV PIP_CACHE_DIR=/app/.pipcache",
            "ENV XDG_CACHE_HOME=/data/cache",
            "RUN pip config set global.cache-dir /data/pip",
        )
    )
    after = rng.choice(("", "RUN pip cache list", "RUN pip cache dir > /dir", "RUN ls /data/pip || true"))
    files: Files = {"requirements.txt": "tinya==1.0\ntinyb\n", "app.py": ""}
    return (
        f"pip, {before} {after}",
        files,
        [before, "COPY . .", "RUN pip install -r requirements.txt", after],
        "python:3.11-slim",
    )

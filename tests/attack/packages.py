"""The packages that the campaign's installs fetch: a few hundred bytes each, the same bytes on every machine."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

PORT = 8977
ADDRESS = f"http://127.0.0.1:{PORT}"
_BEGIN = (1980, 1, 1, 0, 0, 0)
_BUNDLE = (
    "const fs = require('fs');\n"
    "exports.buildSync = (o) => fs.writeFileSync(o.outfile, o.entryPoints.map((p) => fs.readFileSync(p)).join(''));\n"
)


class NpmPackage(NamedTuple):
    """A package of the registry: what it depends on, its commands, and its only module."""

    name: str
    version: str
    dependencies: Mapping[str, str] = MappingProxyType({})
    command: str = ""
    module: str = "module.exports = 1;\n"

    @property
    def url(self) -> str:
        return f"{ADDRESS}/npm/{self.name}/-/{self.name}-{self.version}.tgz"

    @property
    def integrity(self) -> str:
        return "sha512-" + base64.b64encode(hashlib.sha512(npm_archive(self)).digest()).decode()

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "version": self.version, "main": "index.js"}
        if self.dependencies:
            found["dependencies"] = dict(self.dependencies)
        if self.command:
            found["bin"] = {self.command: "cli.js"}
        return found


NPM = (
    NpmPackage("tiny-a", "1.0.0"),
    NpmPackage("tiny-a", "1.1.0", module="module.exports = 11;\n"),
    NpmPackage("tiny-b", "1.0.0", command="tiny-b"),
    NpmPackage("tiny-c", "2.0.0", {"tiny-a": "^1.0.0"}),
    NpmPackage("tiny-bundler", "1.0.0", module=_BUNDLE),
)
WHEELS = (("tinya", "1.0", ()), ("tinya", "1.1", ()), ("tinyb", "1.0", ()), ("tinyc", "2.0", ("tinya",)))
DEBS = ("tiny-tool", "tiny-extra", "tiny-more")
GO_MODULES = ("example.org/alpha", "example.org/beta", "example.org/gamma")


def npm_package(name: str, version: str) -> NpmPackage:
    """A package by its name and version. Raises StopIteration for one that is not there."""
    return next(package for package in NPM if (package.name, package.version) == (name, version))


@cache
def _npm_archive(name: str, version: str) -> bytes:
    package = npm_package(name, version)
    files = {
        "package/package.json": json.dumps(package.manifest()).encode(),
        "package/index.js": package.module.encode(),
    }
    if package.command:
        files["package/cli.js"] = f"#!/usr/bin/env node\nconsole.log('{package.name}');\n".encode()
    return packed(files)


def npm_archive(package: NpmPackage) -> bytes:
    """The package's tarball, also for a context that brings one."""
    return _npm_archive(package.name, package.version)


def npm_document(name: str) -> bytes:
    """What a registry answers for a name; b"" for one that is not there."""
    versions = {
        package.version: {**package.manifest(), "dist": {"tarball": package.url, "integrity": package.integrity}}
        for package in NPM
        if package.name == name
    }
    if not versions:
        return b""
    return json.dumps({"name": name, "dist-tags": {"latest": max(versions)}, "versions": versions}).encode()


def packed(files: dict[str, bytes]) -> bytes:
    """A .tar.gz of files, without times."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for path, data in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o755 if data.startswith(b"#!") else 0o644
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)


def wheel_name(name: str, version: str) -> str:
    """The file name of a wheel."""
    return f"{name}-{version}-py3-none-any.whl"


@cache
def wheel(name: str, version: str) -> bytes:
    """A wheel with one module, which knows its version."""
    needs = next(found[2] for found in WHEELS if found[:2] == (name, version))
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f'version = "{version}"\n',
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {other}\n" for other in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    return zipped({path: text.encode() for path, text in files.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """A .zip of files, without times."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, _BEGIN), data)
    return raw.getvalue()


@cache
def deb(name: str) -> bytes:
    """A Debian package with one program."""
    control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: a program\n"
    program = {f"./usr/bin/{name}": f"#!/bin/sh\necho {name}\n".encode()}
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": packed({"./control": control.encode()}),
        "data.tar.gz": packed(program),
    }
    return b"!<arch>\n" + b"".join(_ar_member(part, data) for part, data in parts.items())


def _ar_member(name: str, data: bytes) -> bytes:
    head = f"{name:16}{0:<12}{0:<6}{0:<6}{'100644':8}{len(data):<10}`\n".encode()
    return head + data + b"\n" * (len(data) % 2)


def apt_index() -> bytes:
    """The list of packages of a flat repository."""
    return "".join(
        f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: a program\n"
        f"Filename: ./{name}.deb\nSize: {len(deb(name))}\nSHA256: {hashlib.sha256(deb(name)).hexdigest()}\n\n"
        for name in DEBS
    ).encode()


def go_mod(module: str) -> bytes:
    """The go.mod of a module of the proxy."""
    return f"module {module}\n\ngo 1.19\n".encode()


@cache
def go_archive(module: str) -> bytes:
    """A module's zip as a proxy serves it."""
    package = module.rpartition("/")[2]
    files = {"go.mod": go_mod(module), "a.go": f'package {package}\n\nconst Name = "{package}"\n'.encode()}
    return zipped({f"{module}@v1.0.0/{path}": data for path, data in files.items()})


def go_sum(module: str) -> str:
    """The lines of go.sum for a module of the proxy."""
    with zipfile.ZipFile(io.BytesIO(go_archive(module))) as archive:
        whole = _hash1({name: archive.read(name) for name in archive.namelist()})
    return f"{module} v1.0.0 {whole}\n{module} v1.0.0/go.mod {_hash1({'go.mod': go_mod(module)})}\n"


def _hash1(files: dict[str, bytes]) -> str:
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()

"""Debian packages beside the system: fetched with the host's own apt and sources, unpacked into a folder, not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.engine.home import NoEngineError


class Source(NamedTuple):
    """One entry of the host's apt sources, for Debian's own archives: `suites` belong to the host's release."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    key: str

    def line(self, suite: str) -> str:
        """As sources.list has it, for another suite at the same place."""
        option = f"[signed-by={self.key}] " if self.key else ""
        return f"deb {option}{self.uri} {suite} {' '.join(self.components)}"


def codename() -> str:
    """The release of the host ("bookworm"). Raises NoEngineError where this is not Debian."""
    told = Path("/etc/os-release")
    pairs = dict(line.split("=", 1) for line in told.read_text().splitlines() if "=" in line) if told.exists() else {}
    found = pairs.get("VERSION_CODENAME", "").strip('"')
    if pairs.get("ID", "").strip('"') != "debian" or not found:
        raise NoEngineError("no engine: its packages are Debian's, and this is not Debian")
    return found


def sources() -> tuple[Source, ...]:
    """The host's sources of its own release, the one with the release itself first. Raises NoEngineError without one."""
    release = codename()
    folder = Path("/etc/apt/sources.list.d")
    found = [one for file in sorted(folder.glob("*.sources")) for one in _stanzas(file.read_text())]
    for file in [Path("/etc/apt/sources.list"), *sorted(folder.glob("*.list"))]:
        if file.exists():
            found += [one for one in map(_one_line, file.read_text().splitlines()) if one]
    ours = [one for one in found if any(suite.split("-")[0] == release for suite in one.suites)]
    ours.sort(key=lambda one: release not in one.suites)
    if not ours or release not in ours[0].suites:
        raise NoEngineError(f"no engine: no apt source of this host has {release}")
    return tuple(ours)


def _stanzas(text: str) -> list[Source]:
    """Reads the deb822 form (sources.list(5))."""
    found = []
    for stanza in text.split("\n\n"):
        lines = [line for line in stanza.splitlines() if ":" in line and not line.startswith(("#", " ", "\t"))]
        fields = {key.lower(): value.split() for key, value in (line.split(":", 1) for line in lines)}
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        key = next((word for word in fields.get("signed-by", []) if word.startswith("/")), "")
        suites, components = tuple(fields.get("suites", [])), tuple(fields.get("components", []))
        found += [Source(uri, suites, components, key) for uri in fields.get("uris", [])]
    return found


def _one_line(line: str) -> Source | None:
    """Reads the one-line form: `deb [options] URI SUITE COMPONENT…`."""
    options, words = "", line.split("#", maxsplit=1)[0].strip()
    if "[" in words and "]" in words:
        options = words[words.index("[") + 1 : words.index("]")]
        words = words[: words.index("[")] + words[words.index("]") + 1 :]
    match words.split():
        case ["deb", uri, suite, *components]:
            key = next((word.split("=", 1)[1] for word in options.split() if word.startswith("signed-by=")), "")
            return Source(uri, (suite,), tuple(components), key)
    return None


class Wanted(NamedTuple):
    """A package and the suite to take it from."""

    package: str
    suite: str


def unpack(wanted: list[Wanted], into: Path, folder: Path) -> None:
    """Download `wanted` and unpack them over each other into `into`; `folder` is scratch space, made anew and removed.

    Uses lists and caches of its own, so that apt's state on the host stays as it was. Raises NoEngineError.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoEngineError("no engine: it needs root and apt-get")
    archive = sources()[0]
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (folder / name).mkdir(parents=True)
    suites = sorted({one.suite for one in wanted})
    (folder / "sources.list").write_text("".join(archive.line(suite) + "\n" for suite in suites))
    options = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    _run([*apt, "update"], folder)
    _run([*apt, "download", *(f"{one.package}/{one.suite}" for one in wanted)], folder / "debs")
    into.mkdir(parents=True, exist_ok=True)
    for deb in sorted((folder / "debs").glob("*.deb")):
        _run(["dpkg-deb", "-x", str(deb), str(into)], folder)
    shutil.rmtree(folder)


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no word why").splitlines()[-1]
        raise NoEngineError(f"no engine: {command[0]} failed: {said}")

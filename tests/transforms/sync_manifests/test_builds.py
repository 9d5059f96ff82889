"""Real builds: each Dockerfile of `contexts` fails today; the repaired one gives the image of a build with one COPY."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.engine.fixture import Engine

CONTEXTS = Path(__file__).parent / "contexts"
BASES = {"go": "go", "pip": "python"}
CAUSES = {
    "berry": "Workspace not found|YN0028",
    "go": "reading internal/words/go.mod",
    "gone": "packages/old",
    "npm": "Cannot find module 'is-odd'",
    "patch": "is-odd@3.0.1.patch",
    "pip": "Could not open requirements file",
    "pnpm": "Cannot find module 'is-number'",
    "yarn": "Couldn't find package",
}
"""Why each build fails today: a part of the engine's output."""
NOISE = re.compile(
    r"(^|/)(\.modules\.yaml|\.pnpm-workspace-state[^/]*|\.yarn-state\.yml|\.yarn-integrity|\.package-lock\.json|_logs/.*"
    r"|[^/]*\.pyc|install-state\.gz)$|^(tmp|proc|sys|dev|etc|var)/|^root/(\.npm|\.cache|\.local|\.yarn|go)(/|$)"
)
"""What two builds of the same Dockerfile need not have in common, or what managers keep for themselves."""


def built(engine: Engine, folder: Path, text: str) -> subprocess.CompletedProcess[bytes]:
    command = ["docker", "buildx", "build", "--progress=plain", "--network=host"]
    command += ["--output=type=tar,dest=-", "-f-", str(folder)]
    return subprocess.run(
        command, input=text.encode(), env=engine.environment, capture_output=True, timeout=600, check=False
    )


def files(archive: bytes) -> dict[str, tuple[int, int, str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {}
        for member in tar:
            name = member.name.removeprefix("./")
            if NOISE.search(name) is None and not member.isdir():
                content = tar.extractfile(member) if member.isreg() else None
                data = b"" if content is None else content.read()
                found[name] = (member.mode, member.uid, member.linkname, data)
        return found


def unsplit(text: str) -> str:
    """The Dockerfile that copies everything before the install."""
    lines = [line for line in text.splitlines() if not line.startswith("COPY")]
    lines.insert(next(i for i, line in enumerate(lines) if line.startswith("WORKDIR")) + 1, "COPY . .")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", sorted(CAUSES))
def test_a_repaired_build(engine: Engine, name: str) -> None:
    engine.bases(BASES.get(name, "node22"))
    folder = CONTEXTS / name
    before = (folder / "Dockerfile").read_text("utf-8")
    options = Options(select=frozenset(("sync-manifests",)), context=str(folder))
    result = run(Source.from_bytes(str(folder / "Dockerfile"), before.encode()), options)
    assert [change.contract for change in result.changes] == ["repairs"]
    failed = built(engine, folder, before)
    assert failed.returncode, "it builds today"
    assert re.search(CAUSES[name], failed.stderr.decode("utf-8", "replace")), failed.stderr[-2000:]
    repaired, whole = (built(engine, folder, text) for text in (result.after.text, unsplit(before)))
    assert not repaired.returncode, repaired.stderr[-2000:]
    assert not whole.returncode, whole.stderr[-2000:]
    one, other = files(repaired.stdout), files(whole.stdout)
    assert sorted(path for path in {*one, *other} if one.get(path) != other.get(path)) == []

"""A RUN that a rewrite moves is watched: what it reads or writes must be copied before it (with a real engine)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.fixture import Engine
from tests.verify.conftest import Verify

L1 = {
    "package.json": '{"name": "l1", "scripts": {"postinstall": "node scripts/post.js"}}',
    "scripts/post.js": 'const fs = require("fs");\n'
    'const path = "src/config.json";\n'
    'if (fs.existsSync(path) && JSON.parse(fs.readFileSync(path)).feature) fs.writeFileSync("feature", "");\n',
    "src/config.json": "{}\n",
    "src/app.js": "",
}
N01 = {
    "package.json": '{"name": "a", "version": "1.0.0", "workspaces": ["tools/*"]}\n',
    "tools/mytool/package.json": '{"name": "mytool", "version": "1.0.0", "bin": {"mytool": "cli.js"}}\n',
    "tools/mytool/cli.js": "#!/usr/bin/env node\n",
}
P11 = {
    "requirements.txt": "-e ./libs/x\n",
    "libs/x/setup.py": 'from setuptools import setup\nsetup(name="xlib", version="2.0", py_modules=["xlib"])\n',
    "libs/x/xlib.py": "",
    "libs/x/xlib.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: xlib\nVersion: 1.0\n",
    "app.py": "",
}
RIGHT = {"package.json": '{"name": "a", "version": "1.0.0"}\n', "README.md": "# a\n", "src/app.js": "", ".npmrc": ""}
NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install --no-package-lock\n"
SH = "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN sh install.sh\n"
SPLIT = "FROM busybox\nWORKDIR /app\nCOPY install.sh ./\nRUN sh install.sh\nCOPY . .\n"


def split(text: str, *copies: str) -> str:
    """The Dockerfile with other copies in the place of the first one, which moves to the end."""
    return text.replace("COPY . .\n", "".join(f"COPY {copy}\n" for copy in copies)) + "COPY . .\n"


def proof(
    verify: Verify, folder: Path, files: dict[str, str], before: str, after: str, *words: str
) -> tuple[int, dict[str, Any], str]:
    ignored = {".dockerignore": ".dockerignore\nDockerfile*\n"}
    for name, text in {**ignored, **files, "Dockerfile": before, "Dockerfile.new": after}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
    new = ("--against", str(folder / "Dockerfile.new")) if after else ()
    status, out, err = verify(
        str(folder / "Dockerfile"), *new, "--no-measure", "--output-format=json", "--quiet", *words
    )
    (file,) = json.loads(out)["files"]
    return status, file, err


def watched(file: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["path"], one["kind"]) for blame in file["broken"] for one in blame["watched"]]


def test_a_read_that_is_neutral_today_is_a_broken_promise(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("node22")
    after = split(NODE, "package.json ./", "scripts ./scripts/")
    status, file, _ = proof(verify, tmp_path, L1, NODE, after)
    assert (status, file["verdict"]) == (1, "broken")
    assert watched(file) == [("/app/src/config.json", "read")]
    (blame,) = file["broken"]
    assert blame["differences"] == []
    assert blame["watched"][0]["what"] == (
        "`npm install --no-package-lock` on line 4 reads it, but the rewrite copies src/config.json after that, on its "
        "line 6: an edit of the file would have no effect"
    )
    status, file, _ = proof(verify, tmp_path, L1, NODE, after, "--no-watch")
    assert (status, file["verdict"], file["unseen"]) == (0, "proven", "")


def test_a_mode_that_the_install_sets_names_the_cause(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("node22")
    after = split(NODE, "package.json ./", "tools/mytool/package.json ./tools/mytool/")
    status, file, _ = proof(verify, tmp_path, N01, NODE, after)
    assert (status, watched(file)) == (1, [("/app/tools/mytool/cli.js", "written")])
    assert "changes its mode from 0644 to 0755" in file["broken"][0]["watched"][0]["what"]


def test_what_the_install_writes_and_a_copy_takes_back(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("python")
    before = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    after = split(before, "requirements.txt ./", "libs/x ./libs/x/")
    status, file, _ = proof(verify, tmp_path, P11, before, after)
    assert status == 1
    assert ("/app/libs/x/xlib.egg-info/PKG-INFO", "written") in watched(file)


def test_nothing_is_said_of_a_right_split(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("node22")
    status, file, err = proof(verify, tmp_path, RIGHT, NODE, "")
    assert (status, file["verdict"], file["unseen"], err) == (0, "proven", "", "")
    assert next(change["rule"] for change in file["changes"]) == "split-manifests"


READS = {"install.sh": "cat a 2>&1 || true\n", "a": "", "b": ""}


@pytest.mark.parametrize(
    ("files", "before", "after", "found"),
    [
        (READS, SH, SPLIT, [("/app/a", "read")]),
        (READS, SH, split(SH, "install.sh a ./"), []),
        (
            READS,
            SH.replace("RUN sh install.sh", 'RUN ["sh", "install.sh"]'),
            SPLIT.replace("RUN sh install.sh", 'RUN ["sh", "install.sh"]'),
            [("/app/a", "read")],
        ),
        (
            READS,
            SH.replace("RUN sh install.sh", 'SHELL ["sh", "-euc"]\nRUN <<\'EOF\'\nsh install.sh\nEOF'),
            SPLIT.replace("RUN sh install.sh", 'SHELL ["sh", "-euc"]\nRUN <<\'EOF\'\nsh install.sh\nEOF'),
            [("/app/a", "read")],
        ),
        (
            READS,
            SH.replace("RUN sh install.sh", "RUN sh install.sh && \\\n    ls b"),
            SPLIT + "RUN ls b\n",
            [("/app/a", "read")],
        ),
        ({**READS, "a b/ü": "", "install.sh": "cat a*/*; true\n"}, SH, SPLIT, [("/app/a b/ü", "read")]),
        ({**READS, "install.sh": "rm -f b\n"}, SH, SPLIT, [("/app/b", "written")]),
        ({**READS, "install.sh": ": > b\n"}, SH, SPLIT, []),
        (READS, SH.replace("WORKDIR /app\n", ""), SPLIT.replace("WORKDIR /app\n", ""), [("./a", "read")]),
        (READS, f"{SH}\nFROM busybox\nRUN true\n", f"{SPLIT}\nFROM busybox\nRUN true\n", [("/app/a", "read")]),
        (READS, SH, SH + "RUN true\n", []),
    ],
    ids=[
        "read",
        "right",
        "exec",
        "heredoc",
        "parts",
        "names",
        "gone",
        "same content",
        "no WORKDIR",
        "stage",
        "unmoved",
    ],
)
def test_what_is_seen(
    verify: Verify, tmp_path: Path, files: dict[str, str], before: str, after: str, found: list[tuple[str, str]]
) -> None:
    _, file, err = proof(verify, tmp_path, files, before, after)
    assert (watched(file), file["unseen"]) == (found, ""), (file, err)


def test_a_run_of_another_user_is_watched_as_that_user(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("debian")
    files = {**READS, "install.sh": "cat a; test $(id -un):$(id -gn):$HOME = games:games:/usr/games\n"}
    user = SH.replace("FROM busybox", "FROM debian:12").replace("RUN", "USER games\nRUN")
    status, file, _ = proof(verify, tmp_path, files, user, split(user, "install.sh ./"))
    assert (status, watched(file), file["unseen"]) == (1, [("/app/a", "read")], "")


def test_an_image_that_cannot_show_reads_is_no_error(verify: Verify, engine: Engine, tmp_path: Path) -> None:
    engine.bases("debian")
    base = "FROM debian:12\nRUN rm /usr/bin/touch\n"
    before, after = (text.replace("FROM busybox\n", base) for text in (SH, SPLIT))
    status, file, _ = proof(verify, tmp_path, READS, before, after)
    assert (status, file["verdict"], watched(file)) == (0, "proven", [])
    assert file["unseen"] == "this engine can't show reads"
    said = verify(str(tmp_path / "Dockerfile"), "--against", str(tmp_path / "Dockerfile.new"), "--no-measure")
    assert said.err.splitlines() == [
        "which files a moved RUN reads was not checked: this engine can't show reads",
        "1 Dockerfile: 1 proven",
    ]


@pytest.mark.parametrize(("flag", "verdict"), [("--chown=1:2 ", "proven"), ("--chown=1:3 ", "broken"), ("", "broken")])
def test_a_chown_before_a_copy_that_gives_the_owner_itself(
    verify: Verify, tmp_path: Path, flag: str, verdict: str
) -> None:
    before = "FROM busybox\nWORKDIR /app\nCOPY . .\nRUN chown -R 1:2 /app\n"
    after = f"FROM busybox\nWORKDIR /app\nRUN chown -R 1:2 /app\nCOPY {flag}. .\n"
    assert proof(verify, tmp_path, {"a.txt": "a"}, before, after)[1]["verdict"] == verdict

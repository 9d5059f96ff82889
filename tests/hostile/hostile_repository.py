"""A repository in which everything that dfix looks for leads out of it, runs something, or has no end."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.build_context import put

SECRET = "hunter2-secret"
APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt -r ../../outside -r /etc/passwd -e ../..\n"
MARK = "import os, pathlib\npathlib.Path('ran').touch()\nos.system('touch ran')\n"
LINKS = {
    "Dockerfile": "../far/Dockerfile",
    "Dockerfile.passwd": "/etc/passwd",
    "Dockerfile.zero": "/dev/zero",
    "Dockerfile.environ": "/proc/self/environ",
    "Dockerfile.loop": "Dockerfile.loop",
    "Dockerfile.git": ".git/config",
    "Dockerfile.root": "rootlink/etc/hostname",
    "Dockerfile.cwd": "/proc/self/cwd/../outside",
    "a/.dockerignore": "/proc/self/environ",
    "b/.dockerignore": "../../outside",
    "c/.dockerignore": "/dev/zero",
    "c/Dockerfile.dockerignore": "/dev/tty",
    "compose.yaml": "../outside",
    "docker-bake.hcl": "/etc/passwd",
    "skaffold.yaml": "/dev/zero",
    ".devcontainer": "../far",
    ".github": "../far",
    ".gitignore": "../outside",
    ".env": "/proc/self/environ",
    "Makefile": "../far/run.sh",
    "a/dfix.toml": "../../outside",
    "b/.dfix.toml": "/dev/zero",
    "good/sub": "/",
    "good/packages": "../../far",
    "good/.npmrc": "/etc/passwd",
    "python/requirements.txt": "/etc/passwd",
    "python/pyproject.toml": "../../outside",
    "python/setup.cfg": "/proc/self/mem",
    "rootlink": "/",
    "up": "..",
}
PIPES = (
    "d/.dockerignore",
    "d/dfix.toml",
    "d/package.json",
    "docker-compose.yml",
    "scripts/pipe.sh",
    ".gitlab-ci.yml",
    "e/.gitignore",
)


def make_hostile(folder: Path) -> Path:
    """Make the repository in a folder, and beside it what must not be read or changed."""
    root = folder / "repo"
    put(folder, {"outside": f"*.md\nTOKEN={SECRET}\n", "far/Dockerfile": APT, "far/run.sh": f"docker build {SECRET}\n"})
    put(folder, {"far/package.json": "{}", "far/devcontainer.json": '{"build": {"context": "/"}}'})
    hooks = dict.fromkeys(("preinstall", "install", "postinstall", "prepare", "build"), "touch ran")
    put(
        root,
        {
            ".git/config": f"[core]\n\tfsmonitor = touch ran\n\thooksPath = hooks\nextraheader = {SECRET}\n",
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/hooks/post-checkout": "#!/bin/sh\ntouch ran\n",
            ".gitattributes": "* filter=evil\n",
            "good/Dockerfile": APT + NODE,
            "good/package.json": json.dumps({"workspaces": ["packages/*", "/*", "../*", "sub/*"], "scripts": hooks}),
            "good/package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}}}',
            "good/binding.gyp": '{"targets": [{"actions": [{"action": ["touch", "ran"]}]}]}',
            "good/.yarnrc.yml": "yarnPath: ./evil.cjs\nplugins: [./evil.cjs]\n",
            "good/.pnpmfile.cjs": "require('fs').writeFileSync('ran', '')\n",
            "python/Dockerfile": PYTHON,
            "python/setup.py": MARK,
            "python/evil.py": MARK,
            "a/Dockerfile": NODE,
            "b/Dockerfile": NODE,
            "c/Dockerfile": "FROM node:20\nCOPY . /\nCOPY etc/ /x\nCOPY up/ rootlink/ /y/\nRUN npm ci\n",
            "d/Dockerfile": NODE,
            "e/Dockerfile": f"# syntax=evil/frontend\n# escape=`\n{APT}COPY . /e\nADD http://127.0.0.1:9/x /x\n",
            "docker-compose.prod.yml": "services:\n  a: {build: {context: /, dockerfile: x}}\n  b: {build: ../far}\n"
            "  c: {image: me/base, build: ./e, volumes: ['/:/w', '../far:/y'], command: sh /w/etc/x, env_file: /etc/passwd}\n"
            "  d: {image: me/base, command: sh /y/run.sh, extends: {file: ../far/compose.yaml, service: x}}\n"
            "include: [../far/compose.yaml, /etc/passwd, http://127.0.0.1:9/compose.yaml]\n",
            "docker-bake.json": '{"target": {"a": {"context": "/", "dockerfile": "etc/passwd"}}}',
            "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "evil"\nbackend-path = ["python"]\n',
            "f/dfix.toml": 'context = "../../../../../../etc"\nextend = "/etc/passwd"\n',
            "f/Dockerfile": NODE,
            "g/dfix.toml": 'exclude = ["/**", "../**"]\nselect = ["all"]\nplugins = ["python/evil.py"]\n',
            "g/Dockerfile": NODE,
            "sitecustomize.py": MARK,
            "dfix.py": MARK,
            "yaml.py": MARK,
            "evil-1.0.dist-info/METADATA": "Name: evil\nVersion: 1.0\n",
            "evil-1.0.dist-info/entry_points.txt": "[dfix.transforms]\nevil = evil\n",
            "build.sh": f"docker build -f {folder}/far/Dockerfile .\ndocker build -f ../far/Dockerfile ../far\n. /etc/profile\n",
            "ci.sh": "docker build -t me/base e\ndocker run -v /:/w me/base sh /w/etc/x\ncd .. && docker build far\n",
        },
    )
    for name, target in LINKS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
    for name in PIPES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(root / name)
    os.link(folder / "far/Dockerfile", root / "Dockerfile.hard")
    return root

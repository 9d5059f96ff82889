"""Which commands may stand between the copy of the sources and an install that moves in front of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from tests.build_context import put, rewritten

FILES = {
    "package.json": '{"name": "a", "version": "1.0.0", "dependencies": {"express": "^4.0.0"}}',
    "package-lock.json": '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "a", "version": "1.0.0", "dependencies": {"express": "^4.0.0"}}}}',
    "src/a.js": "",
    "a.whl": "",
}


def is_split(folder: Path, command: str) -> bool:
    head = "FROM node:22\nENV SRC=/app/src OTHER=/opt/other\nWORKDIR /app\n"
    before = f"{head}COPY . .\nRUN {command}\nRUN npm ci\n"
    copy = "COPY package.json package-lock.json ./\n"
    after = f"{head}{copy}RUN {command}\nRUN npm ci\nCOPY . .\n"
    slow = f"{head}RUN {command}\n{copy}RUN npm ci\nCOPY . .\n"
    result = rewritten(folder, FILES, before, Options(select=frozenset(("split-manifests",)), context=str(folder)))
    assert result.after.text in (before, after, slow)
    return result.changed


@pytest.mark.parametrize(
    "command",
    [
        "npm install -g npm@10",
        "npm config set fund false",
        "npm cache clean --force",
        "yarn global add a",
        "yarn cache clean",
        "pnpm add -g a",
        "pip install a==1.0 b",
        "pip3 install a",
        "gem install a",
        "python3 -m venv /opt/venv",
        "python3 --version",
        "apt-get update && apt-get install -y a",
        "apt-get install -y a > /dev/null",
        "mkdir /opt/a",
        "mkdir -p $OTHER/a",
        'mkdir -p "$OTHER/a"',
        "mkdir -p ${OTHER}",
        "rm -rf /opt/*",
        "rm -rf /opt/a*/b",
        "ln -s src/a.js /opt/a.js",
        "ln -s /app/src /opt/src",
        "touch /opt/a",
        "chmod 755 /opt/a",
        "chown node:node /opt/a",
        "cd /opt && touch a",
        "test -e /opt/a",
        "[ ! -e /opt/a ]",
        "[ /opt/a = /opt/b ]",
        "useradd app",
        "groupadd -g 1000 app && useradd -g app app",
        "A=1",
    ],
)
def test_what_may_be_passed(tmp_path: Path, command: str) -> None:
    assert is_split(tmp_path, command)


@pytest.mark.parametrize(
    "command",
    [
        "npm install -g .",
        "npm install -g ./src",
        "npm install -g ../app",
        "npm install -g ~/a",
        "npm install -g file:src",
        "npm install -g /app",
        "npm install -g $OTHER",
        "npm install -g a.tgz",
        "npm install -g",
        "npm run build",
        "npm pack",
        "yarn global add ./src",
        "yarn build",
        "pnpm add -g ./src",
        "pnpm build",
        "pip install .",
        "pip install -t src a",
        "pip wheel a",
        "gem install ./a.gem",
        "gem install a.gem",
        "gem build a",
        "python3 -m venv src",
        "python3 -m venv /app/venv && ./a",
        "python3 -m build",
        "apt-get install -y ./a.deb",
        "apt-get install -y /app/a.deb",
        "apt-get install -y $(cat a)",
        "touch $SRC/a.js",
        'touch "$SRC/a.js"',
        "mkdir $UNKNOWN",
        "touch `cat a`",
        "touch ~/a && touch src/a.js",
        "rm -rf *",
        "rm -rf src/*",
        "rm -rf /app/s*",
        "rm -rf /a*",
        "rm -rf /*",
        "ln src/a.js /opt/a.js",
        "ln -s /opt/src src",
        "chmod 755 src/a.js",
        "chmod 755 /app/src/a.js",
        "chown -R node:node .",
        "cd src && touch a.js",
        "cd /opt && touch ../app/src/a.js",
        "test -e src/a.js",
        "[ -e src/a.js ]",
        "cat < src/a.js > /opt/a",
        "echo a > src/a.js",
        "cat src/a.js 2> /dev/null",
        "./configure",
        "make",
        "sh -c 'cat src/a.js'",
        "$OTHER/a",
    ],
)
def test_what_may_read_or_write_the_sources(tmp_path: Path, command: str) -> None:
    assert not is_split(tmp_path, command)


@pytest.mark.parametrize(
    "command",
    [
        "curl -sS https://getcomposer.org/installer | php -- --install-dir=/usr/local/bin --filename=composer",
        "wget -qO- https://getcomposer.org/installer | php -- --install-dir=/usr/bin --version=2.7.1",
        "curl -sS https://getcomposer.org/installer | php",
        "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal",
        "curl -LsSf https://astral.sh/uv/install.sh | sh",
        "curl -fsSL https://bun.sh/install | bash",
        "curl -fsSL https://deno.land/install.sh | sh",
    ],
)
def test_a_known_install_script_reads_nothing_of_the_project(tmp_path: Path, command: str) -> None:
    assert is_split(tmp_path, command)


@pytest.mark.parametrize(
    "command",
    [
        "curl -sS https://getcomposer.org/installer | php -- --install-dir=/app",
        "curl -sS https://getcomposer.org/installer | php -- --filename=composer",
        "curl -sS https://getcomposer.org/installer | php -- --filename=$NAME",
        "curl -sS https://getcomposer.org/installer | php -- --filename=package.json",
        "curl -sS https://getcomposer.org/installer | php -- --unknown --install-dir=/usr/bin",
        "curl -sS https://getcomposer.org/installer | php src/a.js",
        "curl -sS https://example.com/installer | php -- --install-dir=/usr/bin",
        "COMPOSER_HOME=/app curl -sS https://example.com/installer | COMPOSER_HOME=/app php -- --install-dir=/usr/bin",
        "curl -sSf https://sh.rustup.rs https://example.com/a | sh -s -- -y",
        "curl -sSf https://sh.rustup.rs | CARGO_HOME=/app/cargo sh -s -- -y",
        "curl -sSf https://sh.rustup.rs | tee a | sh -s -- -y",
        "cat a | sh",
        "curl -sL https://deb.nodesource.com/setup_20.x | bash -s -- ./src",
        "curl -sL https://example.com/setup_20.x | bash -",
    ],
)
def test_another_script_may_read_the_project(tmp_path: Path, command: str) -> None:
    assert not is_split(tmp_path, command)


GRADLE = {
    "gradlew": "#!/bin/sh\nexec java -jar gradle/wrapper/gradle-wrapper.jar\n",
    "gradle/wrapper/gradle-wrapper.jar": "",
    "gradle/wrapper/gradle-wrapper.properties": "distributionUrl=https\\://services.gradle.org/a/gradle-8.7-bin.zip\n",
    "build.gradle": "",
    "src/A.java": "class A {}\n",
}


@pytest.mark.parametrize("joint", ["\nRUN ", " && "], ids=["apart", "together"])
@pytest.mark.parametrize(
    ("mode", "flag", "added"),
    [
        (0o755, "", "+x"),
        (0o755, "", "a+x"),
        (0o744, "", "u+x"),
        (0o744, "", "+x"),
        (0o644, "", "+x"),
        (0o755, "", "777"),
        (0o755, "--chmod=644 ", "+x"),
    ],
)
def test_a_mode_is_set_for_the_download_too(tmp_path: Path, mode: int, flag: str, added: str, joint: str) -> None:
    put(tmp_path, GRADLE)
    (tmp_path / "gradlew").chmod(mode)
    before = (
        f"FROM eclipse-temurin:21 AS b\nWORKDIR /app\nCOPY {flag}. .\nRUN chmod {added} gradlew{joint}./gradlew build\n"
        "FROM eclipse-temurin:21\nCOPY --from=b /app/build/libs /x\n"
    )
    options = Options(select=frozenset(("split-manifests",)), context=str(tmp_path))
    result = rewritten(tmp_path, {}, before, options)
    assert result.problem is None
    assert f"RUN chmod {added} gradlew && ./gradlew --version\n" in result.after.text
    copies = [line for line in result.after.text.splitlines() if line.startswith("COPY") and "--from" not in line]
    assert len(copies) > 2
    assert all(line.startswith(f"COPY {flag}") for line in copies)

"""Commands between the copy of the sources and the install that most Dockerfiles have, beside those that look like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import NODE, split

FILES = {**NODE, "public/a": "", "requirements.txt": "flask\n", "c.txt": ""}
PASSES = [
    'if [ "$A" = b ]; then npm i -g x; fi',
    'if [[ $A == b && -n "$C" ]]; then npm i -g x; fi',
    'test -z "$A" || npm i -g x',
    'case "$A" in b) npm i -g x;; esac',
    "ln -s /app/public /var/www/html",
    "rm -rf /var/www/html && ln -s /app/public /var/www/html",
    "install -m 0755 -d /etc/apt/keyrings",
    "install -d -o node -g node /data /cache",
    "install -Dm755 /opt/a /usr/local/bin/x",
    "install -m 755 -t /opt/bin /opt/a /opt/b",
    "wget -qO - https://example.com/key | apt-key add -",
    "wget -qO- https://example.com/key | apt-key add -",
    "curl -fsSL https://example.com/key -o - | apt-key add -",
    "npm set fund false",
    "npm set progress=false",
    "npm config set fund=false",
    "pip config set global.index-url https://example.com/simple",
    "pip config --user set global.timeout 60",
    "python -m pip config set global.index-url https://example.com/simple",
    "for d in a b; do mkdir -p /data/$d; done",
    'for d in a b/c; do mkdir -p "/data/${d}/x" && chown node "/data/$d"; done',
    "for d in /data/a /srv/b; do mkdir -p $d; done",
    "find /opt -name x -delete",
    "ARCH=$(uname -m) && curl -fsSLo /tmp/x https://example.com/x-$ARCH.tgz",
    'ARCH="$(dpkg --print-architecture)" && curl -fsSL https://example.com/x -o /tmp/x-${ARCH}.tgz',
    "curl -fsSL https://example.com/x -o /tmp/x-$(uname -m).tgz",
    'echo "deb [arch=$(dpkg --print-architecture)] https://example.com $(lsb_release -cs) main" > /etc/apt/sources.list.d/x.list',
    'case "$(dpkg --print-architecture)" in amd64) echo a;; esac',
    "curl -fsSL https://example.com/k | gpg --dearmor -o /usr/share/keyrings/k.gpg",
    "curl -fsSL https://example.com/k | gpg --dearmor > /usr/share/keyrings/k.gpg",
    "git clone --depth 1 --branch v1 https://example.com/y.git /opt/y",
    "git clone git@example.com:a/b.git /opt/y",
    "java -version",
    "composer global require a/b",
    "uv pip install --system ruff",
    "docker-php-ext-configure gd --with-jpeg && docker-php-ext-install -j$(nproc) gd",
    "pecl install redis",
    "gem update --system",
    "mix archive.install hex phx_new --force",
    "curl -sL https://deb.nodesource.com/setup_20.x | bash -",
    ". /etc/os-release && echo $VERSION_CODENAME",
    'bash -c "apt-get update"',
    "sh -c 'echo x > /etc/y'",
    'su -c "mkdir -p /srv/x" node',
    "ls -la /",
    "ls -la /app",
    "echo $(date) > /build-date",
]
STOPS = [
    ('[ "$A" = b -o -f src/a.js ] && npm i -g x', "reads src/a.js"),
    ("[ /opt/a -nt src/a.js ] || npm i -g x", "reads src/a.js"),
    ('case "$(cat src/a.js)" in b) npm i -g x;; esac', "reads src/a.js"),
    ("X=$(cat src/a.js) && echo $X > /etc/y", "reads src/a.js"),
    ('echo "$(ls)" > /etc/y', "reads the current folder"),
    ("echo `ls src` > /etc/y", "reads src"),
    ("A=$(uname -m; cat src/a.js)", "reads src/a.js"),
    ("diff <(cat src/a.js) /etc/x > /etc/y", "names <(cat src/a.js), which is not known"),
    ('echo "$(sh src/a.sh)" > /etc/y', "runs `sh src/a.sh` within it, which may read the copied files"),
    ('echo "prefix=$(echo /app/src)" > /root/.npmrc', "names"),
    ('A=$(uname -m) && echo "globalconfig=/app/$A/npmrc" > /root/.npmrc', "names"),
    ("curl -o src/$(uname -m) https://example.com/z", "changes src/$(uname -m)"),
    ("A=$(uname -m) && curl -o /app/$A https://example.com/z", "changes /app/$A"),
    ("A=$(cat /opt/q) && curl -o /opt/$A https://example.com/z", "not known before the build"),
    ("A=$(uname -m)/../../app && curl -o /opt/$A https://example.com/z", "not known before the build"),
    ("ls src", "reads src"),
    ("ls -la /app > /etc/y", "reads /app"),
    ("ls / | tee /etc/y", "reads /"),
    ('sh -c "ls" > /etc/y', "reads the current folder"),
    ('bash -c "cd src && ls > /etc/y"', "enters a folder that exists only after the COPY"),
    ('bash -lc "echo x > /etc/y"', "may read the copied files"),
    ('su node -c "cp src/a.js /etc/y"', "reads src/a.js"),
    ('su - node -c "cp x /etc/y"', "not known before the build"),
    ("git clone . /opt/y", "may read ."),
    ("git clone /app /opt/y", "may read /app"),
    ("git clone https://example.com/y", "changes the current folder"),
    ("git clone -c core.hooksPath=/app/src https://example.com/y /opt/y", "has -c"),
    ("gpg --dearmor src/a.js", "changes src/a.js"),
    ("gpg --dearmor -o src/b < /opt/k", "changes src/b"),
    (". ./env.sh && echo x", "may read the copied files"),
    ("java -jar x.jar -version", "may read the copied files"),
    ("docker-php-ext-configure gd --with-x=/app/src", "names"),
    ("pecl install ./a", "may read the copied files"),
    ("pecl install src", "reads a file with the name src"),
    ("uv pip install --system .", "may read the copied files"),
    ("composer global require a/b --working-dir=/app", "has --working-dir"),
    ("gem update bundler", "may read the copied files"),
    ("ln -s /app/public /usr/local/lib/node_modules/a", "names /app/public"),
    ("install -d src/b", "changes src/b"),
    ("install -m 0755 src/a.js /opt", "reads src/a.js"),
    ("install -m 0755 -t /opt src/a.js", "reads src/a.js"),
    ("cp -t /opt src/a.js", "reads src/a.js"),
    ("cp /opt/x -t /app", "changes /app"),
    ("wget -qO src/a.js https://example.com/key", "changes src/a.js"),
    ("npm set --location=project fund false", "--location"),
    ("pip config --site set global.timeout 60", "has --site"),
    ("pip config set install.constraint c.txt", "names c.txt"),
    ("pip config set global.cert /app/c.txt", "names /app/c.txt"),
    ("PIP_CONFIG_FILE=/x pip config set global.timeout 60", "depends on PIP_CONFIG_FILE"),
    ("for d in src b; do touch $d; done", "changes $d"),
    ("for d in ../app/src b; do rm -rf /data/$d; done", "changes /data/$d"),
    ("for d in a b; do d=/app/src; touch $d/x; done", "$d/x"),
    ("for f in src/a.js conf/app.conf; do cat $f > /opt/x; done", "reads $f"),
    ("for d in a $X; do mkdir -p $d; done", "$X"),
    ("find . -name x", "reads the current folder"),
    ("find /app -name x -delete", "changes /app"),
]


@pytest.mark.parametrize("command", PASSES)
def test_it_passes(tmp_path: Path, command: str) -> None:
    install = "pip install -r requirements.txt" if "pip" in command else "npm ci"
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text.endswith(f"RUN {install}\nCOPY . .\n"), result.refusals


@pytest.mark.parametrize(("command", "why"), STOPS)
def test_it_stops(tmp_path: Path, command: str, why: str) -> None:
    install = "pip install -r requirements.txt" if "pip" in command else "npm ci"
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]

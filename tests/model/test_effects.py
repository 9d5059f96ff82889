"""Whether a command may read or write what a COPY brought, /app in these tests."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.knowledge.program_table import row
from dfix.rewriter.model import build
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import Effects, command_cost, conflict, effects
from dfix.rewriter.model.effects.given_words import split_arguments
from dfix.rewriter.text.source import Source


def brought(path: str) -> bool:
    """Whether the path is /app, below it or above it."""
    return path == "/app" or path.startswith(("/app/", "*/.npmrc", "*/.gitconfig/x")) or path == "/"


def commands(script: str, before: str = "") -> tuple[Located, ...]:
    text = f"FROM debian\nWORKDIR /app\n{before}RUN {script}\n"
    return located(build(parse(Source("Dockerfile", text))).stages[0].steps[-1], conditions=True)


def reason(script: str, before: str = "") -> str:
    found = (conflict(effects(item), brought) for item in commands(script, before))
    return next((why for why in found if why), "")


def single(script: str) -> Effects:
    (command,) = commands(script)
    return effects(command)


FREE = [
    "rm -rf ~/x",
    'touch "$HOME/x" ${HOME}/y',
    "[ -f /etc/x ]",
    "test ! -f /etc/x",
    "echo '' > /etc/x",
    "sed --in-place=.bak s/a/b/ /etc/x",
    "apt-get update && apt-get install -y --no-install-recommends curl git",
    "apk add --no-cache git",
    "yum -y install make",
    "echo hello",
    "echo 'a b' > /etc/x",
    "mkdir -p /data /var/lib/x",
    "chmod 755 /usr/local/bin/x",
    "chown -R 1000:1000 /data",
    "rm -rf /var/lib/apt/lists/*",
    "ln -s /usr/bin/python3 /usr/bin/python",
    "ln -s app.conf /etc/x",
    "cp /etc/a /etc/b",
    "touch /etc/x",
    "useradd -m app",
    "groupadd -r web && useradd -r -g web web",
    "corepack enable",
    "node --version",
    "npm install -g pnpm",
    "pip install poetry==1.8",
    "true 2>/dev/null",
    "true > /dev/null 2>&1",
    "cd /app",
    "cd /tmp && mkdir x",
    "test -f /etc/x",
    "which node",
    "userdel games && groupdel games",
    "printenv HOME",
    "dirname /app/b",
    "a2enmod rewrite",
    "systemctl enable nginx",
    "setcap cap_net_raw+ep /bin/ping",
    "truncate -s0 /var/log/x",
    "truncate --size=0 /x",
    "echo a | tee -a /etc/x",
    "head -n 1 /etc/passwd",
    "head -1 /etc/passwd",
    "sort -u /etc/passwd -o /etc/sorted",
    "grep -qE 'root|x' /etc/passwd",
    "cd /srv && poetry config virtualenvs.create false --no-interaction",
    "git config --global --add safe.directory /app",
    "git config --system user.name x",
    "cd /srv && go env -w GOPROXY=direct",
    "cd /srv && mix local.hex --force && mix local.rebar --force",
    "cd /srv && yarn config set registry x",
    "which $X",
    "sed -i 's/deb.debian.org/mirror/g; s|http:|https:|' /etc/apt/sources.list",
    "sed -ri -e '/^#/d' -e '1i # made by us' /etc/x.conf",
    "tar -xzf /tmp/x.tgz -C /opt --strip-components=1",
    "tar xf /tmp/x.tar -C /opt",
    "unzip -q /tmp/x.zip -d /opt",
    "find /var/cache -type f -name '*.bin' -delete",
    "curl -fsSL https://example.com/x -o /usr/bin/x",
    "curl -fsSLo /usr/bin/x https://example.com/${VERSION}/x",
    "wget -qO /usr/bin/x https://example.com/x",
    "debconf-set-selections /etc/answers",
    "docker-php-ext-enable xdebug",
    "pacman -Syu --noconfirm git",
    "tdnf install -y git",
    "command -v node",
    "cd /srv && python3.12 -m venv /opt/venv",
    "ls",
    "mkdir --mode=755 /data",
]


@pytest.mark.parametrize("script", FREE)
def test_certainly_not(script: str) -> None:
    assert reason(script) == ""


MAY = [
    "python",
    "python venv /opt/venv",
    "sed -i 's/[/]/p' /etc/x",
    "sed --quiet=x s/a/b/ /etc/x",
    "tar cf /tmp/x.tar src",
    "tar cf /tmp/x.tar --dereference src",
    "make",
    "./configure",
    "python setup.py install",
    "node index.js",
    "npm run build",
    "npm install -g .",
    "npm install -g ./tool",
    "pip install .",
    "pip install -r requirements.txt",
    "pip install ./x.whl",
    "pip install -e git+x",
    "curl -o x https://a.b/c",
    "cat x",
    "cat < x",
    "ls > /etc/x",
    "echo a > x",
    "echo a > ./x",
    "echo a > /app/x",
    "echo $(ls)",
    "echo `ls`",
    "touch x",
    "mkdir sub",
    "chmod +x run.sh",
    "chown -R app /app",
    "chown -R app .",
    "chmod -R 755 /",
    "rm -rf *",
    "rm -rf /app/node_modules",
    "cp a /etc/b",
    "cp /etc/b a",
    "mv /app/a /etc/a",
    "cp $X /etc/b",
    "rm -rf ~/.npmrc",
    'rm -rf "$HOME/.npmrc"',
    "rm -rf ~/../x",
    "rm -rf ~app/x",
    "ln a /etc/b",
    "$X -y",
    "apt-get install -y ./a.deb",
    "apt-get install -y /app/a.deb",
    "cd /tmp && cat ../app/x",
    "cd src && touch x",
    "cd $X && touch x",
    "sh -c 'cat x'",
    "sudo cat x",
    "env A=b ./x",
    "find . -name x",
    "test -f x",
    "[ -f x ]",
    "userdel -r app",
    "userdel --remove app",
    "dirname *",
    "a2enmod $MODULE && ./x",
    "systemctl start nginx",
    "systemctl enable /app/x.service",
    "setcap -r /app/x",
    "setcap cap_net_raw+ep bin/x",
    "truncate -s0 x",
    "truncate -r /app/x /etc/x",
    "echo a | tee x",
    "tee --output-error=warn x",
    "head x",
    "sort -o x /etc/passwd",
    "sort -ox /etc/passwd",
    "sort --output=x /etc/passwd",
    "sort --files0-from=x",
    "grep -r x",
    "grep -r x .",
    "grep -f x /etc/passwd",
    "grep x y",
    "uniq /etc/passwd x",
    "poetry config virtualenvs.create false",
    "pnpm config set a b",
    "cd /srv && pnpm config set --location project a b",
    "go env -w GOPROXY=direct",
    "mix local.hex --force",
    "poetry config --local virtualenvs.create false",
    "poetry -C /app config virtualenvs.create false",
    "git config user.name x",
    "git config --local user.name x",
    "git config --file x user.name x",
    "git -C /app config --global user.name x",
    "git clone https://example.com/x",
    "go generate",
    "go build ./...",
    "mix deps.get",
    "mix local.hex --force ./hex.ez",
    "sed -i s/a/b/ x.conf",
    "sed -i 's/a/b/w /app/x' /etc/x",
    "sed -i '1r /app/x' /etc/x",
    "sed -i 1e /etc/x",
    "sed -i s/a/b/e /etc/x",
    "sed -i -f script.sed /etc/x",
    'sed -i "s/a/$X/" /etc/x',
    "sed -n p /app/x",
    "tar -xf x.tar -C /opt",
    "tar -xf /tmp/x.tar",
    "tar -xf /tmp/x.tar -C .",
    "tar -cf /tmp/x.tar .",
    "tar -xf /tmp/x.tar -C /opt --to-command=./x",
    "tar xf /tmp/x.tar",
    "unzip /tmp/x.zip",
    "unzip x.zip -d /opt",
    "find -name x -delete",
    "find / -name x",
    "find /opt -exec ./x {} +",
    "find /opt -newer x",
    "find /opt -name *.py",
    "curl -O https://example.com/x",
    "curl -T x https://example.com",
    "curl --data @x https://example.com",
    "curl file:///app/x -o /etc/x",
    "curl -K x https://example.com",
    "curl -fsSL https://example.com/x | sh",
    "wget https://example.com/x",
    "wget -i x -O /etc/x",
    "wget -P . https://example.com/x",
    "debconf-set-selections answers",
    "pacman -U ./x.pkg.tar.zst",
    "tdnf install ./x.rpm",
    "npm config set a b --location=project",
    "npm install -g",
    "npx x",
    "python -m pip install flask",
    "python -m pip install -r x",
    "python -m x",
    "python3 -m venv /opt/venv",
    "pipenv install flask",
    "./mkdir /opt/x",
    "bin/cat /etc/passwd",
    "./gradlew --version",
    "touch --reference=/app/x /etc/x",
    "yarn config set registry x",
    "pip install -qr x",
]


@pytest.mark.parametrize("script", MAY)
def test_perhaps(script: str) -> None:
    assert reason(script) != ""


def test_the_reason_names_the_command() -> None:
    assert reason("apt-get update && cat x") == "`cat x` reads x"
    assert reason("rm x") == "`rm x` changes x"
    assert reason("useradd -d /app a") == "`useradd -d /app a` names /app"
    assert reason("make all") == "`make all` may read the copied files"
    assert reason("{ true; } > x") == "`> x` changes x"


SETTINGS = [
    ("which node", "ENV PATH=/app/bin:$PATH\n", "depends on PATH"),
    ("PATH=/app:$PATH which node", "", "depends on PATH"),
    ("pip install flask", "ENV PIP_CONSTRAINT=/app/x\n", "depends on PIP_CONSTRAINT"),
    ("pip install flask", "ENV PYTHONPATH=/app\n", "modules that it imports"),
    ("pip install flask", "ARG X\nENV PYTHONPATH=$X\n", "PYTHONPATH, which is not known"),
    ("pip install flask", "ENV PYTHONPATH=/srv\n", ""),
    ("cd /srv && python -m pip install flask", "", ""),
    ("cd /srv && python -m pip install flask", "ENV PYTHONPATH=/app\n", "modules that it imports"),
    ("git config --global a.b c", "ENV GIT_CONFIG_GLOBAL=/app/x\n", "depends on GIT_CONFIG_GLOBAL"),
    ("cd /srv && npm config set a b", "ENV HOME=/srv\n", ""),
    ("cd /srv && sudo npm config set a b", "ENV HOME=/srv\n", "changes ~/.npmrc"),
    ("HOME=/x npm config set a b", "ENV HOME=/srv\n", "depends on HOME, which is set"),
    ("export PATH=/app:$PATH && which node", "", "depends on PATH"),
    ("export A=/app && which node", "", ""),
    ("PIP_CONSTRAINT=x; pip install flask", "", "depends on PIP_CONSTRAINT"),
    ("env PIP_CONSTRAINT=x pip install flask", "", "depends on PIP_CONSTRAINT"),
    ("sudo -E GIT_CONFIG_GLOBAL=x git config --system a.b c", "", "depends on GIT_CONFIG_GLOBAL"),
    ("cd /srv && npm config set a b", "ENV HOME=/app\n", "changes ~/.npmrc"),
    ("cd /srv && npm config set a b", "", "changes ~/.npmrc"),
    ("npm config set a b", "ENV HOME=/srv\n", "reads .npmrc"),
    ("npm cache verify", "ENV HOME=/srv\n", ""),
    ("apt-key add /srv/a.gpg", "", ""),
    ("dpkg-reconfigure tzdata", "", ""),
    ("go env -w A=b", "ENV GOENV=/app/x\n", "depends on GOENV"),
    ("poetry config a b", "ENV POETRY_CONFIG_DIR=/app\n", "depends on POETRY_CONFIG_DIR"),
    ("cat $X/a", "ENV X=/srv\n", ""),
    ("cat $X/a", "ENV X=/app\n", "reads $X/a"),
]


@pytest.mark.parametrize(("script", "before", "why"), SETTINGS)
def test_the_settings_count(script: str, before: str, why: str) -> None:
    found = reason(script, before)
    assert why in found
    assert bool(found) == bool(why)


def test_reading_and_writing_are_told_apart() -> None:
    found = single("cp /a /b /c < /d > /e")
    assert [place.path for place in found.reads] == ["/d", "/a", "/b"]
    assert [place.path for place in found.writes] == ["/e", "/c"]
    assert [place.path for place in single("sort -o /b /a").writes] == ["/b"]
    assert [place.path for place in single("sort -o /b /a").reads] == ["/a"]


def test_what_stays() -> None:
    assert single("usermod -a x").leaves == {"account"}
    assert single("cd /x").leaves == {"shell"}
    assert single("nginx").anything
    assert single("curl https://a.b/c").network
    assert single("./x").starts == ("x",)


def test_which_program_is_not_known() -> None:
    assert single("mkdir /x").starts == ()
    assert single("unheard-of /x").starts == ("unheard-of",)
    assert single("A=b").starts == ()


@pytest.mark.parametrize(("program", "operands"), [("mkdir", ["a"]), ("grep", ["-a", "a"])])
def test_a_row_without_options_takes_each_word_with_a_dash_for_one(program: str, operands: list[str]) -> None:
    (command,) = commands(f"{program} -- -a a")
    known = row(program)
    assert known is not None
    assert (known.flags is None) == (program == "mkdir")
    assert [word.text for word in split_arguments(command.words[1:], known).operands] == operands


COSTS = [
    ("cp -a a b > c", "slow"),
    ("mkdir `make x`", "slow"),
    ("mkdir `uname -m`", "slow"),
    ("rpm -i https://a.b/epel-release-9.rpm", "light"),
    ("rpm -i https://a.b/epel-release-9.rpm https://a.b/c.rpm", "slow"),
    ("cat a", "nothing"),
    ("cat a > b", "quick"),
    ("cat a > /dev/null", "nothing"),
    ("sed s/a/b/ a", "nothing"),
    ("sed -ri s/a/b/ a", "quick"),
    ("cp a b", "quick"),
    ("cp -vR a b", "slow"),
    ("cp --archive a b", "slow"),
    ("git config a b", "quick"),
    ("git config --global a b", "quick"),
    ("npm config set a b", "quick"),
    ("npm ci", "slow"),
    ("npm cache clean --force", "light"),
    ("apt-get install x", "slow"),
    ("apt-get purge x", "light"),
    ("apt-cache policy x", "nothing"),
    ("dnf -y config-manager --add-repo x", "light"),
    ("tar -xf a", "light"),
    ("pacman -Syu git", "slow"),
    ("pacman -Rns git", "light"),
    ("pacman -Scc --noconfirm", "light"),
    ("pacman -Qi git", "nothing"),
    ("tdnf erase -y git", "light"),
    ("dpkg -i a.deb", "light"),
    ("dpkg --add-architecture i386", "quick"),
    ("dpkg --configure -a", "slow"),
    ("rpm --import https://a.b/c", "light"),
    ("rpm -i https://a.b/epel-release-latest-8.noarch.rpm", "light"),
    ("rpm -i https://a.b/c.rpm", "slow"),
    ("systemctl enable x", "quick"),
    ("systemctl start x", "slow"),
    ("unknown", "slow"),
    ("$X", "slow"),
    ("mkdir $(uname -m)", "quick"),
    ("mkdir $(dpkg --print-architecture)", "quick"),
    ("mkdir $(dpkg --contents x)", "slow"),
    ("mkdir $(make x)", "slow"),
    ("A=b", "nothing"),
]


@pytest.mark.parametrize(("script", "cost"), COSTS)
def test_the_cost(script: str, cost: str) -> None:
    (command,) = commands(script)
    assert command_cost(command).level == cost


def test_the_cost_of_a_process_that_a_file_stands_for() -> None:
    (command,) = commands("cat <(make x)", 'SHELL ["/bin/bash", "-c"]\n')
    assert command_cost(command).level == "slow"


PREPARES = [
    ("echo x > /etc/apt/sources.list.d/x.list", "apt"),
    ("echo /etc/apt/x", ""),
    ("apt-key add x", "apt"),
    ("cp x /etc/yum.repos.d/x.repo", "yum"),
    ("dpkg --add-architecture i386", "apt"),
    ("rpm --import x", "yum"),
    ("cp x /etc/pacman.d/mirrorlist", "pacman"),
    ("cp x /etc/aptitude", ""),
]


@pytest.mark.parametrize(("script", "manager"), PREPARES)
def test_what_it_sets_up(script: str, manager: str) -> None:
    (command,) = commands(script)
    assert command_cost(command).prepares == manager


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("unzip -q data -d /opt/x", "`unzip -q data -d /opt/x` reads data"),
        ("unzip -q /app/data -d /opt/x", "reads /app/data"),
        ("curl -o '/app/#1' http://x/a", "names '/app/#1', which is not known before the build"),
        ("curl -o '/opt/#1' http://x/[a-b]", "names '/opt/#1', which is not known before the build"),
        ("sed -ie s/a/b/ /etc/x", "has -ie, with which it may read the copied files"),
        ("sed -Eni s/a/b/ /etc/x", ""),
        ("systemctl enable ./app.service", "names ./app.service"),
        ("systemctl enable units/app.service", "names units/app.service"),
        ("systemctl enable app.service", ""),
        ("HOME=/app/home git config --global user.name x", "depends on HOME, which is set"),
        ("git config --global user.name x", ""),
    ],
)
def test_options_and_operands_that_mean_more(script: str, why: str) -> None:
    assert why in reason(script)
    assert bool(why) == bool(reason(script))

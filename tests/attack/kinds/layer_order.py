"""L1: installs and other slow steps below a copy that they seem not to need."""

from __future__ import annotations

from random import Random

from tests.attack.packages import ADDRESS, deb, wheel, wheel_name
from tests.attack.probe import Data, Files, Link, Probe, script
from tests.attack.shapes import chores, last, with_default_rules, written

_APT = "apt-get update && apt-get install -y tiny-extra"
_REGISTRY = [f"ENV npm_config_registry={ADDRESS}/npm/"]
"""npm's own settings say this, which settings of a context may replace."""
_BASES = ("debian:12", "python:3.11-slim", "node:22")
_PLACES = ("/app", "/srv/app", "/opt/shop", "/usr/src/app", "/w")
_INSTALLS = {
    "debian:12": (_APT, f"{_APT} && rm -rf /var/lib/apt/lists/*", "apt-get update && apt-get install -y --no-install-recommends tiny-extra tiny-more"),
    "python:3.11-slim": ("pip install tinya", "pip install --no-cache-dir tinyc", "python -m pip install tinyb", "pip3 install 'tinya==1.0'", _APT),
    "node:22": ("npm install -g tiny-b", "npm i -g tiny-b@1.0.0 && npm cache clean --force", "npm install --global tiny-b tiny-c", _APT),
}  # fmt: skip
_TREE: Files = {"server.js": "1\n", "src/a.txt": "a\n", "src/deep/b.txt": "b\n", "README.md": "# a\n"}


def layer_order(rng: Random) -> Probe:
    """L1: installs below a copy that they may need."""
    base = rng.choice(_BASES)
    install = rng.choice(_INSTALLS[base])
    place = rng.choice(_PLACES)
    draw = rng.choice(_DRAWS)
    what, files, above, below, install = draw(rng, place, install)
    copies = _copies(rng, place)
    lines = [*above, rng.choice((f"WORKDIR {place}", f"WORKDIR {place}", "")), *copies, *below, f"RUN {install}"]
    if rng.random() < 0.3:
        lines.append(rng.choice(("RUN mkdir -p /data", "RUN touch /ready && chmod 700 /ready", "RUN ls -A / > /list")))
    if not any(line.startswith("WORKDIR") for line in lines):
        lines = [line.replace(" . .", f" . {place}").replace(" src src", f" src {place}/src") for line in lines]
    stage = ["FROM debian:12 AS made", "RUN mkdir -p /out/bin && echo made > /out/bin/made", ""]
    start = stage if any("--from=made" in line for line in lines) else []
    text = written(*start, f"FROM {base}", *chores(rng, apt=False), *lines, last(rng))
    return Probe("L1", what, _TREE | files, text, rules=with_default_rules(rng, "order-layers"))


_Drawn = tuple[str, Files, list[str], list[str], str]
"""What, more files, lines above the copy and below it, and the install."""


def _copies(rng: Random, place: str) -> list[str]:
    return list(
        rng.choice(
            (
                ["COPY . ."], ["COPY . ."], ["COPY src src", "COPY . ."], ["COPY . .", "COPY --from=made /out/bin ./bin"], [f"COPY . {place}/"],
                [f"COPY *.md {place}/", "COPY . ."], [f"ADD . {place}"], ["COPY --chown=1000:1000 . ."], ["COPY --chmod=755 . ."],
                ["COPY . .", f"COPY <<EOF {place}/made.txt\nmade\nEOF"], [f"COPY . {place}", f"COPY server.js {place}/src/"],
            )
        )
    )  # fmt: skip


def _plain(rng: Random, place: str, install: str) -> _Drawn:
    more = rng.choice(
        ("", " && mkdir -p /data/x", " && echo x > /etc/x", " && ln -s /etc/x /etc/y", " && chmod 700 /srv")
    )
    return "plain", {}, [], [rng.choice(("", "EXPOSE 80", "LABEL a=b", "STOPSIGNAL SIGINT"))], install + more


def _settings(rng: Random, place: str, install: str) -> _Drawn:
    """A variable that may lead the program into the copy."""
    files: Files = {"conf/pip.conf": "[global]\nconstraint = /etc/none.txt\n", "limits.txt": "tinya==1.0\ntinyc==1.0\n"}
    files |= {
        "conf/apt.conf": 'DPkg::Post-Invoke {"touch /hooked";};\n',
        ".npmrc": "prefix=/opt/npm\n",
        "b.sh": "touch /b\n",
    }
    files |= {"sitecustomize.py": "open('/seen', 'w')\n", "hook.js": "require('fs').writeFileSync('/seen', '')\n"}
    files |= {
        name: script('#!/bin/sh\necho mine > /mine\nexec "/usr$0x" "$@"\n') for name in ("bin/mkdir", "bin/touch")
    }
    files |= {"bin/apt-get": script('#!/bin/sh\necho mine > /mine\nexec /usr/bin/apt-get "$@"\n')}
    files |= {"bin/pip": script('#!/bin/sh\necho mine > /mine\nexec python3 -m pip "$@"\n')}
    files |= {".pip/pip.conf": "[install]\ntarget = /opt/x\n", ".config/pip/pip.conf": "[install]\ntarget = /opt/x\n"}
    line = rng.choice(
        (
            f"ENV PATH={place}/bin:$PATH", f"ENV PATH=$PATH:{place}/bin", "ENV PATH=bin:$PATH", f"ENV APT_CONFIG={place}/conf/apt.conf", f"ENV PYTHONPATH={place}",
            "ENV PYTHONPATH=.", f"ENV HOME={place}", f"ENV NODE_OPTIONS='--require {place}/hook.js'", f"ENV NPM_CONFIG_USERCONFIG={place}/.npmrc", f"ENV npm_config_globalconfig={place}/.npmrc",
            f"ENV PIP_CONSTRAINT={place}/limits.txt", f"ENV PIP_CONFIG_FILE={place}/conf/pip.conf", f"ENV XDG_CONFIG_HOME={place}/.config", f"ENV BASH_ENV={place}/b.sh", f"ENV ENV={place}/b.sh",
            f"ENV NODE_PATH={place}", f"ENV APP_HOME={place}", f"ENV PIP_TARGET={place}/lib", f"ENV NPM_CONFIG_PREFIX={place}", f"ENV TMPDIR={place}", f"ARG ROOT={place}/bin\nENV PATH=$ROOT:$PATH",
            "ENV DEBIAN_FRONTEND=noninteractive", "ENV MODE=production", "ENV PIP_NO_CACHE_DIR=1", "ENV LANG=C.UTF-8", "ARG VERSION=1",
        )
    )  # fmt: skip
    if line.startswith("ENV PATH"):
        files |= {"bin/mkdir": "", "bin/touch": ""}
    return line, files, [line, *_REGISTRY * ("NPM_" in line or "npm_" in line or "HOME" in line)], [], install


def _earlier(rng: Random, place: str, install: str) -> _Drawn:
    """A step before the copy that leads programs into it."""
    files: Files = {
        "apt/90x": 'DPkg::Post-Invoke {"touch /hooked";};\n',
        "limits.txt": "tinya==1.0\n",
        "npmrc": "prefix=/opt/npm\n",
    }
    files |= {"tool": script("#!/bin/sh\ntouch /tooled\n")}
    hook = "/etc/apt/apt.conf.d/90x"
    line = rng.choice(
        (
            f"ln -s {place}/apt/90x {hook}", f"echo 'Dir::Etc::Parts \"{place}/apt\";' > {hook}", f"echo 'DPkg::Post-Invoke {{\"ls {place} > /seen\";}};' > {hook}",
            f"echo 'DPkg::Post-Invoke {{\"cp {place}/server.js /seen || true\";}};' > {hook}", f"cd /etc/apt/apt.conf.d && ln -s {place}/apt/90x x", f"pip config set global.constraint {place}/limits.txt",
            f"npm config set prefix {place}/npm", f"mkdir -p /root/.config/pip && printf '[global]\\nconstraint = {place}/limits.txt\\n' > /root/.config/pip/pip.conf", f"ln -s {place}/npmrc /root/.npmrc",
            f"mkdir -p /srv/real && ln -s /srv/real {place}x", f"mkdir -p $(dirname {place}) && rm -rf {place} && ln -s /etc {place}", f"mkdir -p $(dirname {place}) && ln -sfn /usr/local {place}",
            f"mkdir -p {place} && ln -s /opt/else {place}/src", f"mkdir -p {place} && chmod 2775 {place} && chgrp users {place}", f"mkdir -p {place}/src && chmod 700 {place}/src",
            "echo 'Acquire::Retries \"1\";' > /etc/apt/apt.conf.d/91y", "mkdir -p /data", "echo x > /etc/x", "pip config set global.timeout 60", "npm config set fund false",
            f"ln -s {place}/tool /usr/local/bin/tiny-extra", f"ln -s {place}/tool /usr/local/sbin/apt-get",
        )
    )  # fmt: skip
    if line.startswith(("npm", "pip")) or ("npm" in line) != ("npm" in install):
        wanted = "npm install -g tiny-b" if "npm" in line else "pip install tinya" if "pip" in line else install
        line = line if wanted.partition(" ")[0] == install.partition(" ")[0] else "echo x > /etc/x"
    return line, files, [*_REGISTRY * ("npm" in line), f"RUN {line}"], [], install


def _named(rng: Random, place: str, install: str) -> _Drawn:
    """An install that may find something of the copy in its words."""
    files: Files = {
        "tiny-extra": "",
        "pkgs.txt": "tiny-extra\n",
        "tiny.deb": Data(deb("tiny-extra")),
        "pip/__init__.py": "",
    }
    files |= {
        "pip/__main__.py": "open('/mine', 'w')\n",
        "tinya/setup.py": "from setuptools import setup\nsetup(name='tinya')\n",
    }
    files |= {f"wheels/{wheel_name('tinya', '1.0')}": Data(wheel("tinya", "1.0")), "limits.txt": "tinya==1.0\n"}
    more = (
        f" && cp {place}/server.js /kept", f" && ls {place} > /kept", " && ls > /kept", " && find / -xdev -name a.txt > /kept", " && du -s / > /dev/null",
        f" && test ! -e {place}/server.js || touch /kept", " && echo * > /kept", " && echo /*/* | tr ' ' '\\n' | grep -c app > /kept || true", " && pwd > /kept", " && touch here",
        f" && [ -f {place}/server.js ] && touch /kept", f" && cat < {place}/server.js > /kept", " && cd src && touch x", f" && ln -s {place} /kept", f" && chmod -R a+rX {place}",
        " && df / > /dev/null", " && mkdir -p logs", f" && mkdir -p {place}/logs", " && chown -R 1000 .", " && rm -rf *.md", " && rm -rf /tmp/* /var/tmp/*", " && stat -c %n /opt /srv > /kept",
        " && tar -cf /kept.tar -C / srv --mtime=@0", f" && rmdir --ignore-fail-on-non-empty {place}",
    )  # fmt: skip
    ways = [install + rng.choice(more) for _ in range(3)]
    if install.startswith("apt-get"):
        ways += [
            f"{_APT}*",
            "apt-get update && apt-get install -y tiny-e*",
            "apt-get update && apt-get install -y $(cat pkgs.txt)",
            f"apt-get update && apt-get install -y {place}/tiny.deb",
        ]
        ways += [
            "apt-get update && xargs apt-get install -y < pkgs.txt",
            "apt-get update && apt-get install -y -c apt.conf tiny-extra || true",
            "mkdir -p /c/archives/partial && apt-get update && apt-get -o Dir::Cache=/c install -y tiny-extra",
        ]
        ways += [
            "apt-get update && apt-get install -y ./tiny.deb",
            f"dpkg -i {place}/tiny.deb",
            "bash -c 'apt-get update && apt-get install -y tiny-extra'",
        ]
    elif "pip" in install:
        ways += [
            "python -m pip install tinya",
            "pip install -c limits.txt tinya",
            "pip install --find-links wheels tinya",
            "pip install -t lib tinya",
            "pip install --prefix=vendor tinya",
        ]
        ways += [
            "pip install tiny*",
            "pip install --log pip.log tinya",
            "pip install tinya > log.txt 2>&1",
            f"cd {place} && python3 -m pip install tinya",
            "pip install ./tinya --no-build-isolation",
        ]
    else:
        ways += [
            "npm install -g ./tinya || true",
            "npm install tiny-b",
            f"npm install -g --prefix {place} tiny-b",
            "npm link tiny-b",
            "npm i -g tiny-*@1.0.0 || true",
        ]
    way = rng.choice(ways)
    return way, files, [], [], way


def _system(rng: Random, place: str, install: str) -> _Drawn:
    """A second copy, to where the system looks or programs write."""
    files: Files = {
        "fs/etc/apt/apt.conf.d/90x": 'DPkg::Post-Invoke {"touch /hooked";};\n',
        "fs/usr/bin/tiny-extra": script("#!/bin/sh\necho old\n"),
    }
    files |= {
        "fs/opt/x/y.txt": "y\n",
        "pip.conf": "[install]\ntarget = /opt/t\n",
        "npmrc": "prefix=/opt/npm\n",
        "old": script("#!/bin/sh\necho old\n", 0o4755),
    }
    line = rng.choice(
        (
            "COPY fs/ /", "COPY fs/etc /etc/", "ADD fs /", "COPY pip.conf /root/.config/pip/pip.conf", "COPY npmrc /root/.npmrc", "COPY old /usr/local/bin/tiny-b", "COPY old /usr/bin/tiny-extra",
            "COPY old /usr/local/bin/", "COPY fs/opt /opt", "COPY fs/opt/x /opt/x", "COPY --from=made /out /opt/made", "COPY --from=made /out/bin /usr/local/bin", "COPY old /srv/", "COPY pip.conf /opt/conf/",
            "COPY fs/opt/x /home/x", "COPY fs/opt/x /tmp/x", "COPY fs/opt/x /var/x", "COPY fs/opt/x /usr/share/tiny-extra", "COPY fs/opt/x /usr/lib/node_modules/x", "COPY old ../../usr/bin/tiny-extra",
        )
    )  # fmt: skip
    return line, files, [], [line], install


def _users(rng: Random, place: str, install: str) -> _Drawn:
    run = rng.choice(
        (
            "useradd -r web", f"useradd -m -d {place} web", f"useradd -d {place} web", f"adduser --system --home {place} --group web", f"adduser --disabled-password --gecos '' --home {place} web",
            "useradd -m web", "groupadd -g 900 web", f"useradd -r web && chown -R web {place}", f"useradd -r web && chown web {place}", "useradd -r -g users web", "usermod -d /srv root", f"useradd -m -k {place}/src web",
            "adduser --system --group web", f"useradd -M -b {place} web", f"useradd --create-home --base-dir {place} web", "useradd -u 1500 -m web && mkdir -p /home/web/x && chown web /home/web/x",
        )
    )  # fmt: skip
    after = rng.choice(("", "", "USER web", "COPY --chown=web server.js /srv/own.js"))
    lines = [f"RUN {run}"] if rng.random() < 0.6 else []
    install = install if lines else f"{run} && {install}"
    if "web" not in run.partition(" ")[2]:
        after = ""
    return run, {}, [], lines, install + (f"\n{after}" if after else "")


def _folders(rng: Random, place: str, install: str) -> _Drawn:
    """Folders of the copy that other steps make, link to, or give modes."""
    files: Files = {
        "run": Data(b"#!/bin/sh\n", 0o755),
        "secret": Data(b"x\n", 0o600),
        "sgid": Data(b"x\n", 0o2755),
        "shared": Data(b"", 0o664),
        "to-src": Link("src"),
        "to-etc": Link("/etc"),
    }
    run = rng.choice(
        (
            f"mkdir -p {place}/src/new", f"mkdir -p {place} && touch {place}/x", f"mkdir -m 700 -p {place}/logs", f"mkdir -p {place}/to-src/x || true", f"install -d -m 750 {place}/data",
            f"mkdir -p /data && ln -s /data {place}/data", "mkdir -p /var/lib/shop && chmod 1777 /var/lib/shop", f"ln -s {place}/src /src", f"mkdir -p {place}-data", "mkdir -p /opt/other", f"mkdir {place}/fresh",
            "umask 077 && mkdir -p /opt/other/x", f"rm -rf {place}/README.md", "mkdir -p data", "mkdir -p src", f"echo x > {place}/src/a.txt", "mkdir /srv/one",
        )
    )  # fmt: skip
    lines = [f"RUN {run}"] if rng.random() < 0.6 else []
    return run, files, [], lines, install if lines else f"{install} && {run}"


def _linked(rng: Random, place: str, install: str) -> _Drawn:
    """A path that leads to the copied files, or elsewhere, through a link."""
    files: Files = {"links/here": Link(place), "links/there": Link("/var/lib/there"), "links/src": Link(f"{place}/src")}
    name = rng.choice(("here", "src", "there"))
    target = {"here": place, "src": f"{place}/src", "there": "/var/lib/there"}[name]
    up = "/".join(".." for _ in range(2)) + target
    made = rng.choice(
        (
            "COPY links /opt/links", f"RUN mkdir -p /opt/links && ln -s {target} /opt/links/{name}", f"RUN mkdir -p /opt/links && cd /opt/links && ln -s {up} {name}",
            f"RUN mkdir -p /opt && ln -s / /opt/root && mkdir /opt/links && ln -s ../root{target} /opt/links/{name}", "COPY links/ /opt/links/",
        )
    )  # fmt: skip
    use = rng.choice(
        (
            "rm -f {}/server.js",
            "rm -rf {}/a.txt",
            "mkdir -p {}/fresh",
            "chmod -R go-w {}",
            "touch {}/made",
            "echo x > {}/server.js",
            "rm -f {}/deep/b.txt",
        )
    )
    return (
        f"{made} / {use}",
        files,
        [made, "RUN mkdir -p /var/lib/there"],
        [],
        f"{install} && {use.format(f'/opt/links/{name}')}",
    )


def _between(rng: Random, place: str, install: str) -> _Drawn:
    line = rng.choice(
        (
            "USER root", "USER 0:0", "USER nobody", f"VOLUME {place}", "VOLUME /data", 'SHELL ["/bin/bash", "-c"]', 'SHELL ["/bin/sh", "-eu", "-c"]', "ENV MODE=x", "ARG WHEN=1", "WORKDIR src",
            f"WORKDIR {place}/new", "WORKDIR /opt/other", "ONBUILD RUN touch /on", "ONBUILD COPY . /on", "# must come after the sources", "HEALTHCHECK NONE", "LABEL x=y", "EXPOSE 1", "RUN true",
            "RUN cat src/a.txt > /etc/read || true", "RUN ls / > /listed", "ENTRYPOINT []",
        )
    )  # fmt: skip
    if line == "USER nobody":
        install = "true && id > /tmp/who"
    return line, {}, [], [line], install


_DRAWS = (
    _plain,
    _plain,
    _plain,
    _settings,
    _settings,
    _earlier,
    _named,
    _named,
    _system,
    _users,
    _folders,
    _between,
    _linked,
)

"""L3: what one step makes or copies, and a later one uses and removes."""

from __future__ import annotations

from random import Random

from tests.attack.packages import ADDRESS, deb, packed, wheel, wheel_name
from tests.attack.probe import Data, Files, Link, Probe, script
from tests.attack.shapes import last, with_default_rules, written

_ARCHIVE = {
    "tool/Makefile": b"install:\n\tmkdir -p /usr/local/share/tool && cp data.txt /usr/local/share/tool/\n",
    "tool/data.txt": b"data\n",
}
_SETUP = "#!/bin/sh\nmkdir -p /opt/made && echo made > /opt/made/x\n"
_FILES: Files = {
    "x.tgz": Data(packed(_ARCHIVE)), "tiny.deb": Data(deb("tiny-more")), "setup.sh": script(_SETUP), "own.sh": script(_SETUP + 'rm -f -- "$0"\n'), "swept.sh": script(_SETUP + "rm -rf /tmp/*\n"),
    "saves.sh": script(_SETUP + "cp /tmp/x.tgz /opt/kept\n"), "requirements.txt": "tinya==1.0\n", "tool/Makefile": _ARCHIVE["tool/Makefile"].decode(), "tool/data.txt": "data\n", "to-x.tgz": Link("x.tgz"),
    "src/a.txt": "a\n", wheel_name("tinyb", "1.0"): Data(wheel("tinyb", "1.0")), "plain.sh": Data(_SETUP.encode(), 0o644), "rights.tgz": Data(packed(_ARCHIVE), 0o600), "nested.sh": script("#!/bin/sh\nsh /tmp/setup.sh\n"),
}  # fmt: skip


_CHORES = (
    "RUN mkdir -p /data\nRUN touch /ready", "RUN apt-get update && apt-get install -y tiny-extra", "RUN apt-get update\nRUN apt-get install -y tiny-extra", "RUN echo one > /etc/one\nRUN chmod 0700 /srv",
)  # fmt: skip


def late_removals(rng: Random) -> Probe:
    """L3: files and packages that a later step removes."""
    what, base, lines = rng.choice((_downloads, _downloads, _packages, _mounts, _mounts, _mounts))(rng)
    files = _FILES | (
        {".dockerignore": rng.choice(("src\n", "x.tgz\n!x.tgz\n", "*.md\n"))} if rng.random() < 0.2 else {}
    )
    if rng.random() < 0.75:
        lines = [rng.choice(_CHORES), *lines]
    if rng.random() < 0.12:
        lines = [*lines, "", f"FROM {base}", "COPY --from=0 /opt /opt"]
    head = rng.choice(("", "WORKDIR /srv", "WORKDIR /app", "ENV MODE=x"))
    target = "buildkit" if rng.random() < 0.8 else ""
    return Probe(
        "L3",
        what,
        files,
        written(f"FROM {base}", head, *lines, last(rng)),
        rules=with_default_rules(rng, "late-removal"),
        target=target,
    )


def _between(rng: Random) -> list[str]:
    """What stands between the two RUNs."""
    return list(
        rng.choice(
            (
                [], [], [], ["EXPOSE 80"], ["LABEL a=b"], ["COPY src /app/src"], ["COPY requirements.txt /app/"], ["COPY tool /tmp/tool"], ["COPY tool /opt/tool"], ["COPY . /app"], ["COPY setup.sh /tmp/"], ["COPY src /tmp/x.tgz.d"],
                ["ENV A=b"], ["USER root"], ["USER daemon"], ["WORKDIR /opt"], ["VOLUME /tmp"], ["VOLUME /opt"], ['SHELL ["/bin/bash", "-c"]'], ["ONBUILD RUN rm -rf /tmp/x"], ["RUN mkdir -p /data"], ["COPY x.tgz /tmp/x.tgz"], ["# stays apart"],
                ["COPY requirements.txt /etc/requirements.txt", "EXPOSE 1"], ["HEALTHCHECK NONE", "COPY tiny.deb /srv/"], ["RUN ls /tmp > /seen"], ["COPY --chown=daemon src /home/src"], ["ADD x.tgz /tmp/"], ["COPY src/ /usr/local/share/"],
            )
        )
    )  # fmt: skip


_URL = f"{ADDRESS}/npm/tiny-a/-/tiny-a-1.0.0.tgz"
_GETS = (
    f"curl -fsSL {_URL} -o /tmp/x.tgz", f"cd /tmp && curl -fsSLo x.tgz {_URL}", f"mkdir -p /tmp/d && curl -fsSLo /tmp/x.tgz {_URL} && touch /tmp/d/y", f"umask 027 && curl -fsSLo /tmp/x.tgz {_URL}", f"set -e; curl -fsSLo /tmp/x.tgz {_URL}",
    f"V=1.0.0; curl -fsSLo /tmp/x.tgz {_URL}", f"export V=1 && curl -fsSLo /tmp/x.tgz {_URL}", f"curl -fsSLo /tmp/x.tgz {_URL} || exit 1", f"curl -fsSLo /tmp/x.tgz {_URL} && exec true", f"curl -fsSLo /tmp/x.tgz {_URL} # the tool",
    f"curl -fsSLo /tmp/x.tgz {_URL} & wait", f"curl -fsSLo /tmp/x.tgz {_URL} && ln /tmp/x.tgz /srv/hard.tgz", f"(curl -fsSLo /tmp/x.tgz {_URL})", f"curl -fsSLo /tmp/x.tgz {_URL} && trap 'touch /ended' EXIT", f"curl -fsSLo /tmp/x.tgz {_URL} && alias tar=false",
    f"curl -fsSLo /tmp/x.tgz {_URL} && sha256sum /tmp/x.tgz > /sum", f"curl -fsSLo /tmp/x.tgz {_URL} && useradd -m web",
)  # fmt: skip
_UNPACKS = (
    "tar -xzf /tmp/x.tgz -C /opt --strip-components=1", "cd /tmp && tar -xf x.tgz -C /opt", "mkdir -p /opt/t && tar xzf /tmp/x.tgz -C /opt/t", "tar -xpf /tmp/x.tgz -C /opt", "tar -xf /tmp/x.tgz -C /opt --no-same-owner", "cd /opt && tar -xf /tmp/x.tgz",
)  # fmt: skip
_GONE = (
    "rm -f /tmp/x.tgz", "rm -rf /tmp/*", "rm -rf /tmp/x.tgz /var/lib/apt/lists/*", "cd /tmp && rm x.tgz", "rm /tmp/x.tgz && id > /who", "rm /tmp/x.tgz && umask > /mask", "rm /tmp/x.tgz && echo $V > /v", "rm /tmp/x.tgz && pwd > /where",
    "rm /tmp/x.tgz && mkdir /opt/late", "mv /tmp/x.tgz /opt/", "rm /tmp/x.tgz || true", "rm /tmp/x.tgz; true", "find /tmp -name '*.tgz' -delete", "rm /tmp/x.tgz && env | sort | grep -v HOSTNAME > /env", "rm /tmp/x.tgz && set +e && false; true", "rm /tmp/x.tgz && echo ~ > /home.txt",
)  # fmt: skip


def _downloads(rng: Random) -> tuple[str, str, list[str]]:
    """An archive that is downloaded, unpacked and removed."""
    odd = rng.sample(("get", "unpack", "gone", "between", "slow"), rng.choice((0, 1, 1, 2)))
    get = rng.choice(_GETS) if "get" in odd else f"curl -fsSLo /tmp/x.tgz {_URL}"
    unpack = rng.choice(_UNPACKS) if "unpack" in odd else "tar -xf /tmp/x.tgz -C /opt"
    gone = rng.choice(_GONE) if "gone" in odd else "rm /tmp/x.tgz"
    between = _between(rng) if "between" in odd else rng.choice(([], ["EXPOSE 80"], ["COPY src /app/src"]))
    slow = (
        rng.choice(("apt-get update && apt-get install -y tiny-tool", "sh /app/setup.sh", "true"))
        if "slow" in odd
        else "make -C /app/tool install"
    )
    middle = [f"RUN {unpack} && {slow}"] if rng.random() < 0.4 else []
    end = f"RUN {gone}" if middle else f"RUN {unpack} && {slow} && {gone}"
    lines = ["COPY tool /app/tool", "COPY setup.sh /app/", f"RUN {get}", *between, *middle, end]
    return f"{get} | {between} | {gone}", "debian:bookworm", lines


def _packages(rng: Random) -> tuple[str, str, list[str]]:
    """Packages that are only there for one step."""
    base = rng.choice(("debian:12", "python:3.11-slim", "node:22"))
    add = rng.choice(
        (
            "apt-get update && apt-get install -y tiny-tool",
            "apt-get update && apt-get install -y tiny-tool tiny-extra && rm -rf /var/lib/apt/lists/*",
            "apt-get update && apt-get install -y --no-install-recommends tiny-tool",
        )
    )
    work = rng.choice(
        (
            "tiny-tool > /opt/out",
            "tiny-tool > /opt/out && mkdir /opt/d",
            "pip install --no-cache-dir -r /app/requirements.txt"
            if "python" in base
            else "npm install -g tiny-b"
            if "node" in base
            else "tiny-tool",
            "make -C /app/tool install",
        )
    )
    remove = rng.choice(
        (
            "apt-get purge -y tiny-tool",
            "apt-get remove -y tiny-tool",
            "apt-get purge -y --auto-remove tiny-tool",
            "apt-get purge -y tiny-tool && tiny-tool || true",
            "apt-get autoremove -y tiny-tool",
            "dpkg -P tiny-tool",
        )
    )
    between = _between(rng) if rng.random() < 0.4 else []
    copy = rng.choice(
        (
            "COPY requirements.txt /app/",
            "COPY requirements.txt /app/",
            "COPY . /app",
            "COPY requirements.txt tool/ /app/",
        )
    )
    draw = rng.random()
    if draw < 0.4:
        lines = ["COPY tool /app/tool", f"RUN {add}", copy, *between, f"RUN {work} && {remove}"]
    elif draw < 0.7:
        lines = [
            "COPY tool /app/tool",
            "COPY requirements.txt /app/",
            f"RUN {add}",
            *between,
            f"RUN {work}",
            f"RUN {remove}",
        ]
    else:
        lines = ["COPY tool /app/tool", f"RUN {add}", *between, copy, f"RUN {work}", f"RUN {remove}"]
    return f"{add} | {between} | {work} | {remove}", base, lines


def _mounts(rng: Random) -> tuple[str, str, list[str]]:
    """A file that is copied, used and removed."""
    odd = rng.sample(("name", "place", "copy", "use", "gone", "above", "between"), rng.choice((0, 1, 1, 1, 2)))
    names = ("rights.tgz", "to-x.tgz", "own.sh", "swept.sh", "plain.sh", "saves.sh", "nested.sh", "requirements.txt")
    name = rng.choice(names if "name" in odd else ("x.tgz", "tiny.deb", "setup.sh"))
    place = (
        rng.choice(("/var/tmp", "/root", "/app", "/opt/new", "/srv", "/", "/etc", "/tmp/deep"))
        if "place" in odd
        else "/tmp"
    )
    here = f"{place.rstrip('/')}/{name}"
    usual = (f"COPY {name} {place}/", f"COPY {name} {here}", f"COPY ./{name} {here}")
    unusual = (
        f"ADD {name} {here}", f"COPY --chmod=755 {name} {here}", f"COPY --chown=1000 {name} {here}", f"COPY {name} src/a.txt {place}/", f"COPY {name[:-1]}? {place}/",
        f"COPY --from=made /out/{name} {here}", f"COPY --link {name} {here}", f"COPY . {place}/", f"COPY {name} {here}\nCOPY {name} /opt/too",
    )  # fmt: skip
    copy = rng.choice(unusual if "copy" in odd else usual)
    use = {
        "tgz": (f"tar -xzf {here} -C /opt", f"tar -C /opt -xzf {here}", f"mkdir -p /opt/t && tar xzf {here} -C /opt/t", f"cd {place} && tar -xzf {name} -C /opt", f"tar -xzf {here} -C {place}", f"cp {here} /opt/kept", f"ln {here} /opt/kept", f"ln -s {here} /opt/link", f"sha256sum {here} > /opt/sum",
                f"stat -c '%a %u %s' {here} > /opt/stat", f"ls -l {place} | wc -l > /opt/count", f"gunzip -c {here} > /opt/x.tar", f"gunzip -k {here} || true", f"touch {here} && tar -xzf {here} -C /opt", f"mv {here} {here}.old && cp {here}.old {here}"),
        "deb": (f"dpkg -i {here}", f"apt-get update && apt-get install -y {here}", f"cd {place} && dpkg -i {name}", f"dpkg -x {here} /opt/x", f"dpkg -i {place}/*.deb", f"apt-get install -y {here} && rm -rf /var/lib/apt/lists/*"),
        ".sh": (f"sh {here}", here, f"bash {here}", f"chmod +x {here} && {here}", f"cd {place} && sh {name}", f"cd {place} && ./{name}", f". {here}", f"sh < {here}", f"sh -c {here}", f"sh -e {here}", f"cp {here} /usr/local/bin/s && {here}"),
        "txt": (f"cat {here} > /opt/list", f"pip install -r {here} || true", f"xargs echo < {here} > /opt/list", f"while read x; do echo $x; done < {here} > /opt/list", f"grep tiny {here} > /opt/list"),
    }[name[-3:]]  # fmt: skip
    runs_it = use[0] if "use" not in odd else rng.choice(use)
    gone = rng.choice((f"rm {here}", f"rm -f {here}", f"rm -rf {here}", f"rm {here} && mkdir /opt/y"))
    if "gone" in odd:
        gone = rng.choice(_removals(place, name, here))
    if name in ("own.sh", "swept.sh"):
        gone = gone.replace("rm /", "rm -f /")
    aboves = (
        ["RUN mkdir -p /opt/new /app"],
        [f"RUN mkdir -p {place} && echo old > {here}"],
        [f"WORKDIR {place}"],
        [f"RUN mkdir -p {place} && chmod 700 {place}"],
        [f"VOLUME {place}"] if place != "/" else [],
        ["COPY src /tmp/"],
        [f"RUN mkdir -p {place} && ln -sfn /srv {place}/deep"],
    )
    above = rng.choice(aboves) if "above" in odd else []
    betweens = (
        ["EXPOSE 80"],
        ["COPY src /app/src"],
        ["USER daemon"],
        ["ENV A=b"],
        ["RUN true"],
        ["COPY setup.sh /tmp/x.tgz"],
    )
    between = rng.choice(betweens) if "between" in odd else []
    joint = rng.choice((" && ", " && ", " && \\\n    ", " \\\n && "))
    runs = [f"RUN {joint.join((runs_it, gone))}"] if rng.random() < 0.9 else [f"RUN {runs_it}", f"RUN {gone}"]
    base = rng.choice(("debian:12", "debian:bookworm", "python:3.11-slim", "node:22"))
    stage = [f"FROM {base} AS made", "COPY . /out", "", f"FROM {base}"] if "=made" in copy else []
    lines = [*stage[1:], *above, copy, *between, *runs]
    return f"{copy} | {above} | {between} | {runs[0]}", (f"{base} AS made" if stage else base), lines


def _removals(place: str, name: str, here: str) -> tuple[str, ...]:
    """Removals that do something more, or less, than remove the file."""
    whole = f"rm -rf {place}/*" if place.startswith(("/tmp", "/var/tmp", "/app")) else f"rm {here}"
    folder = f"rm -r {place}" if place in ("/app", "/opt/new", "/tmp/deep") else f"rm {here}"
    return (
        whole, folder, f"cd {place} && rm {name}", f"rm -f {here} /opt/nothing", f"rm {here} || true", f"rm {here}; ls {place} > /opt/ls", f"rm {here} && test ! -e {here}", f"rm {here} && ls -A {place} > /opt/ls", f"rm -rf {here} {place}/x",
        f"rm -v {here}", f"rm {here} && echo new > {here}", f"unlink {here}", f"rm {here} && find {place} -name '*.tgz' > /opt/found", f"rm {here} {here}.sig 2> /dev/null || true", f"rm -rf {here} {place}/*.txt", f"mkdir /opt/z && rm {here} && rmdir /opt/z",
    )  # fmt: skip

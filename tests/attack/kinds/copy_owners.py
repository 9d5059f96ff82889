"""L2: files that a COPY brings and a later step gives another owner or mode."""

from __future__ import annotations

import posixpath
from random import Random

from tests.attack.probe import Data, Files, Link, Probe, script
from tests.attack.shapes import chores, last, with_default_rules, written

_PLACES = ("/app", "/srv/app", "/opt/shop", "/usr/src/app", "/home/web/app", "/var/www", "/w")
_TREE: Files = {
    "server.js": "1\n",
    "src/a.txt": "a\n",
    "src/deep/b.txt": "b\n",
    "README.md": "# a\n",
    "conf/x.ini": "x\n",
}
_ACCOUNT = (
    "useradd -r web", "useradd -m web", "useradd -u 1500 -m web", "groupadd -g 1600 staff2 && useradd -u 1500 -g staff2 web", "adduser --system --group web", "useradd -M -g users web",
    "adduser --disabled-password --gecos '' web", "useradd -m -d {0} web", "groupadd web && useradd -g web -d {0} -s /bin/sh web", "useradd -r -U web",
)  # fmt: skip
_STRANGE: tuple[Files, ...] = (
    {"bin/run": script("#!/bin/sh\n")}, {"to-src": Link("src")}, {"to-etc": Link("/etc/hostname")}, {"src/up": Link("../README.md")}, {"out": Link("/var/lib/dpkg")}, {"gone": Link("nowhere")},
    {"suid": Data(b"#!/bin/sh\n", 0o4755)}, {"src/sgid": Data(b"x\n", 0o2755)}, {"secret": Data(b"x\n", 0o600)}, {"shared": Data(b"x\n", 0o664)}, {"src/all": Data(b"x\n", 0o777)}, {"loop": Link(".")},
    {".dockerignore": "README.md\nconf\n"}, {".dockerignore": "*\n!src\n"}, {".dockerignore": "src/deep\n"}, {"a b.txt": "x\n"}, {"src/[x].txt": "x\n"}, {"-R": "x\n"}, {"data/.keep": ""},
)  # fmt: skip


_USUAL = (
    ["COPY . ."], ["COPY . ."], ["COPY src ./src", "COPY server.js conf ./"], ["COPY server.js ./", "COPY . ."], ["COPY . .", "COPY --from=made /out/bin ./bin"],
)  # fmt: skip


def copy_owners(rng: Random) -> Probe:
    """L2: owners and modes that a step changes after the copy."""
    base = rng.choice(("debian:12", "debian:12", "node:22", "python:3.11-slim"))
    odd = rng.sample(
        ("place", "account", "owner", "copies", "change", "between", "above", "files"), rng.choice((0, 1, 1, 2))
    )
    place = rng.choice(_PLACES) if "place" in odd else rng.choice(("/app", "/srv/app", "/opt/shop"))
    account = (rng.choice(_ACCOUNT) if "account" in odd else "useradd -r web").format(place)
    plain: tuple[str, list[str], bool] = (rng.choice(("web:web", "1000:1000", "www-data:www-data")), [], False)
    owner, head, early = _owner(rng) if "owner" in odd else plain
    change = _change(rng, place, owner) if "change" in odd else f"RUN chown -R {owner} {place}"
    copies = _copies(rng, place, owner) if "copies" in odd else list(rng.choice(_USUAL))
    user = [f"RUN {account}"] if "web" in owner or "WHO" in owner or "account" in odd else []
    early |= place.startswith("/home/web")
    between = [_between(rng, place)] if "between" in odd else []
    above = [_above(rng, place)] if "above" in odd else []
    home = [rng.choice((f"WORKDIR {place}", f"WORKDIR {place}", f"RUN mkdir -p {place}", ""))]
    if not home[0].startswith("WORKDIR"):
        copies = [line.replace(" . .", f" . {place}").replace(" ./", f" {place}/") for line in copies]
        change = change.replace(" .", f" {place}") if change.endswith(" .") else change
    first, second = (user, []) if early or rng.random() < 0.5 else ([], user)
    if rng.random() < 0.3:
        copies, change = _modes(rng, place, "copies" in odd, "change" in odd)
    lines = [*head, *first, *above, *home, *copies, *between, *second, *change.splitlines(), *_below(rng, place, base)]
    made = ["RUN mkdir -p /out/bin && echo made > /out/bin/made", _made(rng), ""]
    start = ["FROM debian:12 AS made", *made] if any("=made" in line for line in lines) else []
    text = written(*start, f"FROM {base}", *chores(rng), *lines, last(rng))
    files = _TREE | {
        "bin/run": Data(
            b"#!/bin/sh\necho run\n", rng.choice((0o644, 0o664, 0o755, 0o600, 0o444)) if "files" in odd else 0o644
        ),
        "to-run": Link("bin/run"),
    }
    files |= rng.choice(_STRANGE) if "files" in odd else {}
    what = " | ".join((*copies, *between, change))
    return Probe("L2", what, files, text, rules=with_default_rules(rng, "copy-ownership"))


def _owner(rng: Random) -> tuple[str, list[str], bool]:
    """Whom the files are given to, the lines that this needs, and whether the account has to come before the copies."""
    return rng.choice(
        (
            ("web:web", [], False), ("web:web", [], False), ("web", [], False), ("web:", [], False), (":users", [], False), ("1000:1000", [], False), ("1000", [], False), ("root:root", [], False), ("0:0", [], False),
            ("www-data:www-data", [], False), ("www-data", [], False), ("nobody:nogroup", [], False), ("$WHO:$WHO", ["ARG WHO=web"], False), ("${WHO}", ["ENV WHO=web"], False), ("$UID:$GID", ["ARG UID=1000", "ARG GID=1000"], False),
            ("$ID:$ID", ["ARG ID=1001"], False), ("web:users", [], False), ("01000:01000", [], False), ("+1000:+1000", [], False), ("'web:web'", [], False), ('"$WHO"', ["ENV WHO=web"], False), ("$(id -u daemon)", [], False),
            ("daemon.daemon", [], False), ("--reference=/etc/passwd", [], False), ("1000:www-data", [], False),
        )
    )  # fmt: skip


def _change(rng: Random, place: str, owner: str) -> str:
    rec = rng.choice(("-R", "-R", "-R", "-R", "--recursive", "-hR", "-RL", "-Rv", "-RH", "-fR", "", "-h", "-c"))
    where = rng.choice(
        (
            place,
            place,
            place,
            ".",
            f"{place}/",
            f"{place}/src",
            f"{place}/server.js",
            f"{place}/*",
            f"{place} /data",
            f"{place}/src {place}/conf",
            "./src",
            f"{place}/.",
            "/srv",
        )
    )
    own = f"chown {rec} {owner} {where}".replace("  ", " ")
    ways = (
        f"RUN {own}", f"RUN {own}", f"RUN {own}", f"RUN mkdir -p {place}/logs && {own}", f"RUN mkdir -p /data {place}/tmp && {own}", f"RUN {own} && chmod -R g+w {place}", f"RUN {own} && chmod 755 {place}/server.js",
        f"RUN chmod +x {place}/server.js && {own}", f"RUN touch {place}/log && {own}", f"RUN {own} && ls -ln {place} > /seen", f"RUN {own} && echo done", f"RUN {own}; true", f"RUN {own} || true", f"RUN {own}\nRUN chmod -R u+w {place}",
        f"RUN chgrp -R users {place} && {own}", f"RUN find {place} -exec chown 1000:1000 {{}} +", f"RUN install -d -o 1000 /data && {own}", f"RUN cd {place} && {own}", f"RUN set -e && {own}", f"RUN {own} && {own}", f"RUN {own}\nRUN chown 1001 {place}",
        f"RUN chown 1001:1001 {place} && {own}", f"RUN ln -s {place}/src /src && {own}", f"RUN rm -f {place}/README.md && {own}", f"RUN {own} && rm -rf {place}/conf", f"RUN mkdir {place}/fresh && {own} && echo x > {place}/fresh/x",
        f"RUN chmod 750 {place} && {own}", f"RUN chmod -R a+rX {place}", f"RUN chmod +x {place}/server.js", f"RUN {own} && useradd -m late", f"RUN chmod 4755 {place}/server.js && {own}", f"RUN chmod g+s {place} && {own}",
    )  # fmt: skip
    return rng.choice(ways)


def _copies(rng: Random, place: str, owner: str) -> list[str]:
    plain = owner if owner.replace(":", "").replace("-", "").isalnum() else "1000"
    return list(
        rng.choice(
            (
                ["COPY . ."], ["COPY . ."], ["COPY . ."], ["COPY src ./src", "COPY server.js conf ./"], ["COPY server.js ./", "COPY . ."], ["COPY --link . ."], ["COPY --chown=1002:1002 . ."], [f"COPY --chown={plain.strip(':')} . ."],
                ["COPY . .", "COPY --from=made /out/bin ./bin"], ["COPY --from=made /out ./"], ["COPY --from=made /out/tree ./tree", "COPY . ."], ["COPY --chmod=755 . ."], ["COPY --chmod=0640 src ./src"], ["ADD . ."], ["COPY *.js ./", "COPY src ./src"],
                ["COPY . .", f"COPY <<EOF {place}/made.txt\nmade\nEOF"], ["COPY src ./", "COPY conf ./"], ["COPY conf ./src/", "COPY src ./src/"], [f"COPY . {place}", "COPY README.md /srv/"], ["COPY src conf ./"], [f"COPY src {place}/one/two"],
                ["COPY server.js ./app.js"], [f"COPY server.js {place}/deep/er/app.js", "COPY . ."], ["COPY --from=made /out/bin/made ./made"], ["COPY . .", "COPY src /elsewhere"], ["COPY --from=busybox /bin/busybox ./sh", "COPY . ."],
            )
        )
    )  # fmt: skip


def _modes(rng: Random, place: str, odd_copy: bool, odd_change: bool) -> tuple[list[str], str]:
    """Copies of programs, and a `chmod` of them."""
    there = rng.choice((f"{place}/run", "/usr/local/bin/run", "/run.sh", f"{place}/deep/run"))
    usual = (
        [f"COPY bin/run {there}"],
        [f"COPY bin/run {there}", "COPY . ."],
        ["COPY . .", f"COPY bin/run {there}"],
        [f"COPY bin/run README.md {posixpath.dirname(there)}/"],
    )
    unusual = (
        [f"ADD bin/run {there}"], [f"COPY --chown=1000:1000 bin/run {there}"], [f"COPY --chmod=0600 bin/run {there}"], [f"COPY --from=made /out/bin/made {there}"], [f"COPY bin {posixpath.dirname(there)}"], [f"COPY to-run {there}"],
        [f"COPY bin/run {there}", f"COPY server.js {there}"], [f"COPY bin/r*n {there}"], [f"COPY --link bin/run {there}"], [f"RUN ln -s /srv/run {posixpath.dirname(there)}/run", f"COPY bin/run {there}"], [f"COPY bin/run {there}", f"RUN ln {there} /hard"],
        [f"COPY bin/run {there}", f"RUN test -x {there} && touch /was || true"], [f"COPY bin/run {there}", f"RUN cp -p {there} /kept"], [f"COPY bin/run {there}", f"RUN ln -s {there} /short", "RUN chmod 0711 /short"], [f"COPY <<EOF {there}\n#!/bin/sh\nEOF"],
    )  # fmt: skip
    copies = list(rng.choice(unusual if odd_copy else usual))
    mode = rng.choice(("+x", "755", "0755", "a+x", "u+x,g+x"))
    if not odd_change:
        return copies, f"RUN chmod {mode} {there}"
    return copies, rng.choice(
        (
            f"RUN chmod 4755 {there}", f"RUN chmod u=rwx,go= {there}", f"RUN chmod g+s {there}", f"RUN chmod -x {there}", f"RUN umask 077 && chmod +x {there}", f"RUN chmod +x {there} && {there}", f"RUN chmod +x {there} {place}", f"RUN chmod -R 755 {posixpath.dirname(there)}",
            f"RUN chmod =rx {there}", f"RUN chmod a+X {there}", f"RUN chmod +x {there} && ls -l {there} | cut -c1-10 > /mode", f"RUN chown 1000 {there} && chmod +x {there}", f"RUN chmod +x {there} && chown 1000 {there}", f"RUN chmod +x {there[:-1]}?", f"RUN chmod +t {there}",
            f"RUN chmod --reference=/bin/sh {there}", f"RUN sed -i 's/\\r//' {there} && chmod +x {there}", f"RUN chmod 600 {there}\nRUN chmod +x {there}", f"RUN cd {posixpath.dirname(there)} && chmod +x run", f"RUN chmod o-r {there}", f"RUN chmod +x {there} || true",
        )
    )  # fmt: skip


def _above(rng: Random, place: str) -> str:
    """Something about the folder before the copies."""
    return rng.choice(
        (
            f"RUN mkdir -p {place}/logs && echo x > {place}/logs/x", f"RUN mkdir -p {place}/src && chown 1003 {place}/src", f"RUN mkdir -p {place} && chmod 2775 {place} && chgrp users {place}", f"RUN mkdir -p {place} && chmod 700 {place}", "USER root",
            f"RUN mkdir -p {place} && ln -s /etc/hostname {place}/host", f"RUN mkdir -p {place} && ln -s /srv {place}/conf", f"RUN mkdir -p /real && ln -s /real {place}/link || true", "VOLUME /data", f"VOLUME {place}", "RUN mkdir -p /data && echo x > /data/x",
            "RUN cp /bin/true /srv/true && chmod 4755 /srv/true", f"RUN mkdir -p {place} && cp /bin/true {place}/true && chmod u+s {place}/true", 'SHELL ["/bin/bash", "-c"]', "ENV HOME=/srv", "RUN umask 002 && mkdir -p /srv/x", f"COPY src {place}/old",
            f"RUN mkdir -p {place} && echo a > {place}/a && ln {place}/a /hard", "RUN rm -rf /srv && ln -s /opt /srv", "ONBUILD COPY . /on",
        )
    )  # fmt: skip


def _between(rng: Random, place: str) -> str:
    """Something between the copies and the change."""
    return rng.choice(
        (
            f"RUN touch {place}/built", f"RUN ls -ln {place} > /seen", f"RUN cp -a {place}/server.js /kept", f"RUN cp {place}/server.js /kept", f"RUN chmod +x {place}/server.js", "RUN mkdir -p /data", "RUN apt-get update && apt-get install -y tiny-tool",
            "ENV MODE=x", "ENV WHO=daemon", "ARG ID=7", "USER root", "USER daemon", f"WORKDIR {place}/src", "WORKDIR /data/new", f"WORKDIR {place}/new", "RUN groupadd -g 1700 other", "RUN echo 'web2:x:1900:1900::/:/bin/sh' >> /etc/passwd", "EXPOSE 80",
            "LABEL a=b", f"RUN ln -s {place} /link", f"RUN rm -f {place}/README.md", f"RUN mv {place}/conf /conf", f"RUN find {place} -user root > /roots", f"RUN tar -cf /t.tar -C {place} . --mtime=@0 --sort=name", f"VOLUME {place}", "RUN sed -i s/1000/1001/ /etc/passwd",
            f"RUN chmod u+s {place}/server.js", f"RUN chown 1004 {place}/server.js", f"RUN ln {place}/server.js /hard", f"RUN test -O {place}/server.js && touch /mine", f"COPY README.md {place}/late.md", "ONBUILD RUN chown -R 1 /app", 'SHELL ["/bin/bash", "-c"]',
            "RUN cp /bin/true /tmp/x && chown 1000 /tmp/x", f"RUN echo x >> {place}/server.js", f"RUN mkdir {place}/made-later", "HEALTHCHECK NONE",
        )
    )  # fmt: skip


def _below(rng: Random, place: str, base: str) -> list[str]:
    """What comes after the change."""
    last_stage = [f"FROM {base}", f"COPY --from=0 {place} /taken"] if rng.random() < 0.08 else []
    line = rng.choice(
        (
            "",
            "",
            "USER web2",
            "USER 1000",
            f"RUN stat -c '%n %u:%g %a' {place} > /seen",
            f"RUN touch {place}/later",
            f"COPY README.md {place}/again.md",
            f"VOLUME {place}",
            f"RUN rm -rf {place}/conf",
        )
    )
    return [line.replace("USER web2", "USER daemon"), *last_stage]


def _made(rng: Random) -> str:
    """Files of an earlier stage, some with an owner or rights of their own."""
    return rng.choice(
        (
            "RUN mkdir -p /out/tree && echo x > /out/tree/x", "RUN mkdir -p /out/tree && touch /out/tree/x && chown -R 1005:1006 /out/tree", "RUN mkdir -p /out/tree && cp /bin/true /out/tree/t && chmod 4755 /out/tree/t",
            "RUN mkdir -p /out/tree && ln -s ../bin/made /out/tree/link", "RUN mkdir -p /out/tree && touch /out/tree/a && ln /out/tree/a /out/tree/b", "RUN mkdir -m 2775 -p /out/tree/d && touch /out/tree/d/x",
        )
    )  # fmt: skip

"""K11: neighbouring RUNs that change users and groups, or anything else that a new shell sees and a running one does not."""

from __future__ import annotations

from random import Random

from tests.attack.probe import Probe
from tests.attack.shapes import written

_CHANGES = (
    "addgroup --gid 999 gg && adduser root gg",
    "groupadd -g 998 hh && usermod -aG hh root",
    "groupadd -g 997 ii && usermod root -a -G ii",
    "groupadd -g 996 jj && gpasswd -a root jj",
    "groupadd -g 996 jj && gpasswd --add root jj",
    "groupadd -g 995 -U root kk",
    "addgroup root users",
    "gpasswd -M root users",
    "usermod -g users root",
    "groupadd -g 994 ll && useradd -G ll other",
    "useradd -m --uid 1500 other",
    "groupmems -a root -g users || true",
    "groupmod -g 993 users",
    "usermod -d /srv root || true",
    "usermod -s /bin/sh root",
    "chsh -s /bin/sh root",
    "sed -i 's/^users:x:100:/users:x:100:root/' /etc/group",
    "cd /etc && sed -i 's/^users:x:100:/users:x:100:root/' group",
    "echo 'mm:x:992:root' >> /etc/group",
    "mkdir -p /data",
    "echo x > /etc/x",
    "ln -s /bin/true /usr/local/bin/chmod2",
    "touch /srv/one && chown 1000 /srv/one",
)
_ASKS = (
    "id -G > /b",
    "id > /b",
    "groups > /b",
    "id -Gn | tr ' ' '\\n' | sort > /b",
    "touch /c && stat -c %G /c > /b",
    "echo ~ > /b",
    "mkdir /d && ls -ld /d | cut -c1-10 > /b",
    "grep ^users: /etc/group > /b",
    "getent passwd root > /b",
    "chmod 700 /srv",
    "touch /srv/two",
    "echo done >> /etc/x",
    "chgrp users /srv && stat -c %g /srv > /b",
    "type sed > /b",
    "command -V chmod2 > /b || true",
    "umask > /b",
    "echo $HOME > /b",
)
_FIRST = ("umask 077 && mkdir /m", "cd /srv && touch three", "export MODE=x && echo $MODE > /e", "X=1; echo $X > /f")


def groups(rng: Random) -> Probe:
    """K11: neighbouring RUNs that change users and groups."""
    first = rng.choice(_CHANGES if rng.random() < 0.8 else _FIRST)
    second = rng.choice(_ASKS)
    user = rng.choice(("", "", "", "USER root", "USER 0:0"))
    more = rng.choice(("", "RUN touch /tmp/last", "RUN mkdir -p /data/more", "RUN chmod 755 /srv"))
    extra = rng.choice(("", "", "RUN apt-get update && apt-get install -y tiny-tool"))
    lines = (extra, user, f"RUN {first}", f"RUN {second}", more)
    return Probe("K11", f"{first} / {second}", {}, written("FROM debian:12", *lines))

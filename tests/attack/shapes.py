"""Shapes of Dockerfiles that several kinds share: what stands above and below the part that a kind is about."""

from __future__ import annotations

from random import Random

_QUICK = (
    "RUN mkdir -p /data/in",
    "RUN mkdir /cache && chmod 1777 /cache",
    "RUN echo one > /etc/one",
    "RUN ln -s /etc/hostname /etc/two",
    "RUN touch /srv/ready",
    "RUN chmod 0700 /srv",
    "RUN useradd --no-create-home --uid 1700 worker",
    "RUN mkdir -p /var/lib/work && chown 1000:1000 /var/lib/work",
    "RUN sed -i s/root/root/ /etc/hostname.bak || true",
)
_APT = (
    "RUN apt-get update && apt-get install -y tiny-more",
    "RUN apt-get update\nRUN apt-get install -y tiny-more",
    "RUN apt-get update\n# tools\n\n# for everyone\nRUN apt-get install -y tiny-more",
    "RUN apt-get update && \\\n    apt-get install --yes --no-install-recommends \\\n      tiny-more",
    "RUN apt-get update \\\n && apt-get install -y tiny-more tiny-tool",
)


def chores(rng: Random, *, apt: bool = True) -> list[str]:
    """Instructions for the top of a stage, most of them with something to merge or to clean up."""
    draw = rng.random()
    if draw < 0.15:
        return []
    if apt and draw < 0.5:
        return [rng.choice(_APT)]
    found = rng.sample(_QUICK, rng.randint(2, 4))
    return [*found, rng.choice(_APT)] if apt and draw < 0.65 else found


def with_default_rules(rng: Random, rule: str) -> tuple[str, ...]:
    """A rule that runs by name only: mostly beside those that run by default, at times alone."""
    return (rule,) if rng.random() < 0.25 else ("split-manifests", "merge-runs", "clean-up", rule)


def folder(rng: Random) -> str:
    """A working folder."""
    return rng.choice(("/app", "/srv/app", "/usr/src/app", "/code", "/w"))


def copy_all(rng: Random, place: str) -> str:
    """A copy of the whole context to the working folder `place`, written one way or another."""
    return rng.choice(
        ("COPY . .", "COPY . .", "COPY . ./", f"COPY . {place}", f"COPY . {place}/", "COPY ./ ./", "ADD . .")
    )


def written(*lines: str) -> str:
    """A Dockerfile of these lines; empty ones are left out."""
    return "\n".join(line for line in lines if line) + "\n"


def last(rng: Random) -> str:
    """How the file ends: a command, or a folder and a port before it."""
    return rng.choice(("", 'CMD ["sleep", "1"]', 'EXPOSE 8000\nCMD ["sleep", "1"]', "ENV MODE=production"))

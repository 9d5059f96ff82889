"""K7 and A1: several copies to one place, of which the last one wins."""

from __future__ import annotations

from random import Random

from tests.attack.node import dumped, manifest, package_lock
from tests.attack.packages import go_sum
from tests.attack.probe import Files, Probe
from tests.attack.shapes import chores, folder, last, written


def overlays(rng: Random) -> Probe:
    """K7: trees copied over each other."""
    root = manifest(rng)
    hooked = {**root, "scripts": {"postinstall": "echo hooked > /hooked"}}
    files: Files = {
        "base/package.json": dumped(root),
        "base/package-lock.json": package_lock(root, []),
        "base/server.js": "base\n",
    }
    ways: tuple[Files, ...] = (
        {"overlay/package.json": dumped(hooked)},
        {"overlay/package.json": dumped(hooked), "overlay/package-lock.json": package_lock(hooked, [])},
        {"overlay/server.js": "overlay\n"},
        {"overlay/.npmrc": "ignore-scripts=true\n"},
        {"overlay/config/x.json": "{}\n"},
        {"overlay/package-lock.json": package_lock(root, [])},
        {"overlay/node_modules/x/index.js": "of the host\n"},
    )  # fmt: skip
    files |= rng.choice(ways)
    place = folder(rng)
    copies = rng.choice((
        ["COPY base .", "COPY overlay ."], ["COPY overlay .", "COPY base ."], ["COPY base overlay ./"], ["COPY base/ ./", f"ADD overlay/ {place}/"],
        ["COPY . /all", "COPY base .", "COPY overlay ."], ["COPY base ./", "COPY overlay/ ./"], ["COPY base/ /tmp/base/", "COPY base .", "COPY overlay/* ./"],
        ["COPY base ."],
    ))  # fmt: skip
    run = rng.choice(("npm ci", "npm ci --omit=dev"))
    text = written("FROM node:22", *chores(rng), f"WORKDIR {place}", *copies, f"RUN {run}", last(rng))
    return Probe("K7", " / ".join(copies), files, text)


def last_writers(rng: Random) -> Probe:
    """A1: files copied over the manifest."""
    return rng.choice((_requirements, _package, _go))(rng)


def _requirements(rng: Random) -> Probe:
    other = rng.choice(("requirements-prod.txt", "requirements/prod.txt", "deploy/requirements.txt", "prod.txt"))
    files: Files = {
        "requirements.txt": "tinya==1.0\n",
        other: "tinya==1.1\ntinyb\n",
        "app.py": "import tinya\n",
        "src/x.py": "",
    }
    place = folder(rng)
    to = rng.choice(("requirements.txt", "./requirements.txt", f"{place}/requirements.txt"))
    over = rng.choice(
        (
            f"COPY {other} {to}",
            f"ADD {other} {to}",
            f"COPY {other} ./" if other.endswith("/requirements.txt") else f"COPY {other} {to}",
            f"RUN cp {other} requirements.txt",
            f"RUN mv {other} requirements.txt",
            f"RUN ln -sf {other} requirements.txt",
            f"COPY {other} other.txt",
            "RUN echo tinyb >> requirements.txt",
        )
    )
    tree = rng.choice(("COPY . .", "COPY . .", "COPY src src", "COPY . ./"))
    if tree == "COPY src src" and "RUN" in over:
        over = f"COPY {other} {to}"
    order = rng.choice(([tree, over], [tree, over], [over, tree])) if "RUN" not in over else [tree, over]
    install = rng.choice(("pip install -r requirements.txt", f"pip install -r {place}/requirements.txt"))
    text = written("FROM python:3.11-slim", *chores(rng), f"WORKDIR {place}", *order, f"RUN {install}", last(rng))
    return Probe("A1", f"pip, {' / '.join(order)}", files, text)


def _package(rng: Random) -> Probe:
    root = manifest(rng)
    prod = {**root, "scripts": {"postinstall": "echo prod > /prod"}}
    files: Files = {
        "package.json": dumped(root),
        "package-lock.json": package_lock(root, []),
        "pkg-prod.json": dumped(prod),
    }
    files |= {
        "server.js": "",
        "npmrc.docker": "ignore-scripts=true\n",
        "lock/package-lock.json": package_lock(root, []),
    }
    over = rng.choice(
        (
            "COPY pkg-prod.json package.json",
            "COPY npmrc.docker .npmrc",
            "ADD pkg-prod.json ./package.json",
            "COPY lock/ ./",
            "COPY lock/package-lock.json .",
            "COPY pkg-prod.json /etc/package.json",
            "COPY npmrc.docker /root/.npmrc",
        )
    )
    place = folder(rng)
    order = rng.choice((["COPY . .", over], [over, "COPY . ."], ["COPY . .", over]))
    text = written("FROM node:22", *chores(rng), f"WORKDIR {place}", *order, "RUN npm ci", last(rng))
    return Probe("A1", f"npm, {' / '.join(order)}", files, text)


def _go(rng: Random) -> Probe:
    mod = "module a\n\ngo 1.19\n\nrequire example.org/{0} v1.0.0\n"
    files: Files = {"go.mod": mod.format("alpha"), "go.sum": go_sum("example.org/alpha") + go_sum("example.org/beta")}
    files |= {"go.prod.mod": mod.format("beta")}
    over = rng.choice(("COPY go.prod.mod go.mod", "COPY go.prod.mod /src/go.mod", ""))
    used = "beta" if over else "alpha"
    files["main.go"] = f'package main\n\nimport "example.org/{used}"\n\nfunc main() {{ println({used}.Name) }}\n'
    lines = ["WORKDIR /src", "COPY . .", over, "RUN CGO_ENABLED=0 go build -o /a .", "", "FROM debian:12"]
    text = written("FROM golang:1.19 AS build", *lines, *chores(rng), "COPY --from=build /a /a")
    return Probe("A1", f"go, {over or 'plain'}", files, text)

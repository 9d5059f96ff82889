"""K3 for pip and uv: options, variables and settings files that name files of the tree."""

from __future__ import annotations

from random import Random

from tests.attack.packages import wheel, wheel_name
from tests.attack.probe import Data, Files, Probe, script
from tests.attack.shapes import chores, copy_all, folder, last, written

LIMIT = "tinya==1.0\n"


def settings_python(rng: Random) -> Probe:
    """K3, Python."""
    ways = (_constraint, _constraint, _option, _configuration, _home, _search_path, _redirect, _uv, _wheels, _harmless)
    way = rng.choice(ways)
    place = rng.choice(("/root", *("/app",) * 5)) if way is not _home else "/app"
    place = folder(rng) if place == "/app" and way is not _home else place
    files: Files = {
        "requirements.txt": rng.choice(("tinya\n", "tinya>=1.0\ntinyb\n", "tinyc\n")),
        "app.py": "import tinya\n",
    }
    more, lines = way(rng, place)
    base = rng.choice(("python:3.11-slim", "python:3.11"))
    text = written(
        f"FROM {base}", *chores(rng), f"WORKDIR {place}", *lines[:-1], copy_all(rng, place), lines[-1], last(rng)
    )
    return Probe("K3", "pip, " + way.__name__.strip("_").replace("_", " "), files | more, text)


Found = tuple[Files, list[str]]
"""Files, and lines: those before the copy, then the install."""


def _pip(rng: Random, *options: str) -> str:
    pip = rng.choice(("pip", "pip", "pip3", "python -m pip"))
    words = [*options, "-r requirements.txt"]
    rng.shuffle(words)
    return " ".join((pip, "install", *rng.sample(("--no-cache-dir", "--quiet"), rng.randint(0, 1)), *words))


def _constraint(rng: Random, place: str) -> Found:
    name = rng.choice(("constraints.txt", "limits.txt", "etc/pins.txt", "requirements/lock.txt"))
    value = rng.choice((name, f"./{name}", f"{place}/{name}"))
    install = _pip(rng)
    ways = {
        "env": ([f"ENV PIP_CONSTRAINT={value}"], f"RUN {install}"),
        "arg": ([f"ARG PIP_CONSTRAINT={value}"], f"RUN {install}"),
        "export": ([], f"RUN export PIP_CONSTRAINT={value} && {install}"),
        "env command": ([], f"RUN env PIP_CONSTRAINT={value} {install}"),
        "assignment": ([], f"RUN PIP_CONSTRAINT={value} {install}"),
        "option": ([], f"RUN {_pip(rng, f'-c {value}')}"),
        "long option": ([], f"RUN {_pip(rng, f'--constraint={value}')}"),
        "short of long": ([], f"RUN {_pip(rng, f'--constr {value}')}"),
        "by variable": ([f"ENV LIMITS={value}"], f"RUN {_pip(rng, '-c $LIMITS')}"),
        "by shell": ([], f"RUN L={value}; {_pip(rng, '-c $L')}"),
    }
    before, run = rng.choice(list(ways.values()))
    return {name: LIMIT}, [*before, run]


def _option(rng: Random, place: str) -> Found:
    options = ("--cert certs/ca.pem", "--client-cert=certs/ca.pem", "--log pip.log", "--src vendor", "--find-links wheels",
               "--find-links=./wheels --no-index", "--cache-dir .cache", "--target lib", "--prefix=/opt/x", "--report out.json",
               "--find-link wheels")  # fmt: skip
    option = rng.choice(options)
    files: Files = {}
    if "cert" in option:
        return {"certs/ca.pem": ""}, [
            f"RUN cp /etc/ssl/certs/ca-certificates.crt /ca.pem && cat /ca.pem >> certs/ca.pem ; {_pip(rng, option)}"
        ]
    if "wheels" in option:
        files = _wheel_files("wheels", ("tinya", "1.1"), ("tinyb", "1.0"), ("tinyc", "2.0"))
    if "log" in option:
        files = {"pip.log": "log of the developer\n"}
    if "target" in option and rng.random() < 0.5:
        files = {"lib/mine.py": "x = 1\n", "lib/tinya.py": "version = 'mine'\n"}
    if "report" in option:
        return files, [f"RUN {_pip(rng, '--dry-run', option)} && rm -f out.json"]
    return files, [f"RUN {_pip(rng, option)}"]


def _wheel_files(place: str, *which: tuple[str, str]) -> Files:
    return {f"{place}/{wheel_name(*found)}": Data(wheel(*found)) for found in which}


def _wheels(rng: Random, place: str) -> Found:
    """The requirements themselves name what is beside them."""
    files = _wheel_files("wheels", ("tinya", "1.0"))
    line = rng.choice(
        (
            "--find-links wheels\ntinya==1.0\n",
            f"./wheels/{wheel_name('tinya', '1.0')}\n",
            "-c limits.txt\ntinya\n",
            "-r more/base.txt\n",
            "--find-links ./wheels --no-index\n",
            f"tinya @ file://{place}/wheels/{wheel_name('tinya', '1.0')}\n",
        )
    )
    if "--no-index" in line:
        line = "--find-links ./wheels\n--no-index\ntinya\n"
    return files | {"requirements.txt": line, "limits.txt": LIMIT, "more/base.txt": "-c ../limits.txt\ntinya\n"}, [
        f"RUN {_pip(rng)}"
    ]


def _configuration(rng: Random, place: str) -> Found:
    name = rng.choice(("pip.conf", "etc/pip.ini", "pip/pip.conf"))
    text = rng.choice(
        (
            f"[global]\nconstraint = {place}/limits.txt\n",
            "[install]\nconstraint = limits.txt\n",
            "[global]\ntimeout = 30\n",
        )
    )
    before, run = rng.choice(
        (
            ([f"ENV PIP_CONFIG_FILE={rng.choice((name, f'{place}/{name}'))}"], _pip(rng)),
            ([], f"PIP_CONFIG_FILE={name} {_pip(rng)}"),
            ([], f"export PIP_CONFIG_FILE=$PWD/{name}; {_pip(rng)}"),
        )
    )
    return {name: text, "limits.txt": LIMIT}, [*before, f"RUN {run}"]


def _home(rng: Random, place: str) -> Found:
    name = rng.choice((".config/pip/pip.conf", ".pip/pip.conf", ".netrc", ".pydistutils.cfg", ".gitconfig"))
    text = (
        "machine nowhere.invalid\nlogin a\npassword b\n"
        if name == ".netrc"
        else f"[global]\nconstraint = {place}/limits.txt\n"
    )
    text = "[user]\nname = a\n" if name == ".gitconfig" else "[build]\n" if name == ".pydistutils.cfg" else text
    before, run = rng.choice(
        (
            (["ENV HOME=/app"], _pip(rng)),
            ([], f"HOME=/app {_pip(rng)}"),
            ([], f"export HOME=$PWD && {_pip(rng)}"),
            (["ENV XDG_CONFIG_HOME=/app/.config"], _pip(rng)),
        )
    )
    return {name: text, "limits.txt": LIMIT}, [*before, f"RUN {run}"]


def _search_path(rng: Random, place: str) -> Found:
    before = rng.choice(
        (
            f"ENV PYTHONPATH={place}",
            f"ENV PYTHONPATH={place}/src",
            f"ENV PYTHONPATH=.:{place}/lib",
            f"ENV PATH={place}/bin:$PATH",
        )
    )
    if "PATH=" in before and "PYTHON" not in before:
        shim = script(
            '#!/bin/sh\nexec /usr/local/bin/python3 -m pip "$@" -c /dev/null tinya==1.0\n', rng.choice((0o755, 0o644))
        )
        return {rng.choice(("bin/pip", "bin/other", "bin/python")): shim} if rng.random() < 0.7 else {}, [
            before,
            "RUN pip install -r requirements.txt",
        ]
    where = {"src": "src/", "lib": "lib/"}.get(before.rpartition("/")[2], "")
    name = rng.choice(("sitecustomize.py", "usercustomize.py", "tinya.py", "other.py", "json.py"))
    text = f"import os\nos.environ['PIP_CONSTRAINT'] = '{place}/limits.txt'\n" if "customize" in name else "x = 1\n"
    if name == "json.py":
        text = "from importlib.machinery import SourceFileLoader as L\nglobals().update(vars(L('json', '/usr/local/lib/python3.11/json/__init__.py').load_module()))\n"
    return {where + name: text, "limits.txt": LIMIT}, [before, f"RUN {_pip(rng)}"]


def _redirect(rng: Random, place: str) -> Found:
    name = rng.choice(("pip.log", "out/install.txt", "answers.txt"))
    sign = "<" if name == "answers.txt" else rng.choice((">", ">>", "2>", "&>"))
    run = f"{_pip(rng)} --quiet {sign} {name}" if sign != "&>" else f"{_pip(rng)} --quiet > {name} 2>&1"
    if rng.random() < 0.25:
        return {}, [f"RUN {_pip(rng)} > /dev/null"]
    files: Files = {name: "of the developer\n"} if rng.random() < 0.7 or name != "pip.log" else {}
    return files, [f"RUN {run}"]


def _uv(rng: Random, place: str) -> Found:
    install = "uv pip install --system -r requirements.txt"
    files: Files = _wheel_files("wheels", ("tinya", "1.1"), ("tinyb", "1.0"), ("tinyc", "2.0")) | {"limits.txt": LIMIT}
    ways: tuple[tuple[Files, list[str], str], ...] = (
        ({"uv.toml": 'find-links = ["./wheels"]\nno-index = true\n'}, [], install),
        ({"uv.toml": '[pip]\nlink-mode = "copy"\n'}, [], install),
        ({}, [f"ENV UV_CONSTRAINT={rng.choice((place + '/', ''))}limits.txt"], install),
        ({}, [], f"UV_OVERRIDE=limits.txt {install}"),
        ({}, [], f"{install} --constraint limits.txt"),
        ({}, [], f"{install} -c limits.txt"),
        ({"conf/uv.toml": 'constraint-dependencies = ["tinya==1.0"]\n'}, ["ENV UV_CONFIG_FILE=conf/uv.toml"], install),
        (
            {"conf/uv.toml": "no-index = true\n"},
            [],
            "uv --config-file conf/uv.toml pip install --system --find-links wheels -r requirements.txt",
        ),
        ({"pyproject.toml": '[tool.uv]\nfind-links = ["./wheels"]\n'}, [], install),
        ({}, ["ENV UV_FIND_LINKS=wheels UV_NO_INDEX=1"], install),
        ({}, ["ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=0"], install),
    )
    more, before, run = rng.choice(ways)
    return files | more, [*before, f"RUN {run}"]


def _harmless(rng: Random, place: str) -> Found:
    """What has nothing to do with files of the tree."""
    before = rng.choice(
        (
            "ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1",
            "ENV PIP_NO_CACHE_DIR=1",
            "ENV PIP_DEFAULT_TIMEOUT=100",
            "ARG VERSION=1",
            "ENV LANG=C.UTF-8",
            "ENV PIP_CONSTRAINT=",
            "ENV DATA=/data",
            "ENV APP_ENV=production PORT=80",
        )
    )
    run = rng.choice(
        (
            _pip(rng, "--timeout 60"),
            _pip(rng, "--upgrade"),
            _pip(rng, "--no-compile"),
            _pip(rng) + " && rm -rf /tmp/x",
            "PIP_NO_INPUT=1 " + _pip(rng),
            _pip(rng, "--progress-bar off"),
        )
    )
    return {"data/one.txt": "1\n"}, [before, f"RUN {run}"]

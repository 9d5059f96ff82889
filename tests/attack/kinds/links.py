"""K5: symbolic links on the way to what an install reads."""

from __future__ import annotations

from random import Random

from tests.attack.node import Member, dumped, manifest, package_lock, sources, yarn_lock
from tests.attack.packages import wheel, wheel_name
from tests.attack.probe import Data, Files, Link, Probe
from tests.attack.shapes import chores, copy_all, folder, last, written

_SETUP = "from setuptools import setup\nsetup(name='shared', version='1.0', py_modules=['shared'])\n"


def links(rng: Random) -> Probe:
    """K5: symbolic links on the way to what an install reads."""
    return rng.choice(
        (
            _file_dependency,
            _manifest,
            _workspace,
            _requirement,
            _requirements,
            _folder,
            _settings,
            *(_in_folder, _page) * 2,
        )
    )(rng)


def _probe(rng: Random, what: str, files: Files, run: str, base: str = "node:22", made: str = "") -> Probe:
    place = folder(rng)
    lines = (made, f"WORKDIR {place}", copy_all(rng, place), f"RUN {run}")
    text = written(f"FROM {base}", *chores(rng), *lines, last(rng))
    return Probe("K5", what, files, text)


def _shared(rng: Random, real: str) -> Files:
    return {
        f"{real}/package.json": dumped({"name": "shared", "version": "1.0.0"}),
        f"{real}/index.js": "module.exports = 3;\n",
    }


def _file_dependency(rng: Random) -> Probe:
    real = rng.choice(("packages/shared", "libs/shared", "../shared"[3:]))
    name = rng.choice(("shared", "linked/shared"))
    linked = name != real and rng.random() < 0.7
    files = _shared(rng, real)
    if linked:
        up = "../" * name.count("/")
        files[name] = Link(up + real)
    used = name if linked else real
    root = manifest(rng, dependencies={"shared": f"file:{rng.choice(('', './'))}{used}"})
    member = Member(used, {"name": "shared", "version": "1.0.0"})
    files |= {"package.json": dumped(root)} | sources(rng)
    if rng.random() < 0.7:
        return _probe(
            rng, "npm, file: to a link", files | {"package-lock.json": package_lock(root, [member])}, "npm ci"
        )
    return _probe(rng, "npm, file: to a link, no lock", files, "npm install --no-package-lock")


def _manifest(rng: Random) -> Probe:
    """The manifest or the lock file is itself a link."""
    root = manifest(rng)
    text, lock = dumped(root), package_lock(root, [])
    files: Files = {"package.json": text, "package-lock.json": lock} | sources(rng)
    which = rng.sample(("package.json", "package-lock.json"), rng.randint(0, 2))
    for name in which:
        target = rng.choice((f"conf/{name}", f"real-{name}", f"deep/er/{name}"))
        files[target] = files[name]
        files[name] = Link(target if rng.random() < 0.8 else f"./{target}")
    return _probe(rng, "npm, linked manifests", files, rng.choice(("npm ci", "npm ci --omit=dev")))


def _workspace(rng: Random) -> Probe:
    real = rng.choice(("modules/ui", "src/ui"))
    files: Files = {f"{real}/package.json": dumped({"name": "ui", "version": "1.0.0"}), f"{real}/index.js": ""}
    files |= {"packages/core/package.json": dumped({"name": "core", "version": "1.0.0"}), "packages/core/index.js": ""}
    if rng.random() < 0.6:
        files["packages/ui"] = Link(f"../{real}")
    root = manifest(rng, workspaces=["packages/*"])
    files |= {"package.json": dumped(root), "yarn.lock": yarn_lock(root)} | sources(rng)
    run = rng.choice(("yarn install --frozen-lockfile", "npm install --no-package-lock"))
    if "npm" in run:
        del files["yarn.lock"]
    return _probe(rng, "workspaces with a linked member", files, run)


def _requirement(rng: Random) -> Probe:
    """requirements.txt names a folder, which may be a link."""
    real = rng.choice(("libs/shared", "vendor/shared-1.0"))
    files: Files = {f"{real}/setup.py": _SETUP, f"{real}/shared.py": "x = 1\n", "app.py": "import shared\n"}
    used = real
    if rng.random() < 0.6:
        used = rng.choice(("shared", "local"))
        files[used] = Link(real)
    line = rng.choice((f"./{used}", f"-e ./{used}", f"file:./{used}"))
    files["requirements.txt"] = f"tinya==1.0\n{line}\n"
    run = rng.choice(("pip install -r requirements.txt", f"pip install ./{used}"))
    return _probe(rng, "pip, linked folder", files, run, "python:3.11-slim")


def _requirements(rng: Random) -> Probe:
    files: Files = {
        "requirements/base.txt": "tinya==1.0\n",
        "requirements/prod.txt": "-r base.txt\ntinyb\n",
        "app.py": "",
    }
    name = rng.choice(("base", "prod"))
    files["requirements.txt"] = Link(f"requirements/{name}.txt")
    if name == "prod":
        files["base.txt"] = rng.choice(("tinya==1.1\n", Link("requirements/base.txt")))
    return _probe(rng, "pip, linked requirements", files, "pip install -r requirements.txt", "python:3.11-slim")


def _folder(rng: Random) -> Probe:
    """The folder of the install is reached by a link."""
    root = manifest(rng)
    files: Files = {"services/web/package.json": dumped(root), "services/web/package-lock.json": package_lock(root, [])}
    files |= {"services/web/server.js": "", "web": Link("services/web"), "README.md": ""}
    run = rng.choice(
        ("cd web && npm ci", "npm ci --prefix web", "cd services/web && npm ci", "npm --prefix services/web ci")
    )
    return _probe(rng, "npm in a linked folder", files, run)


def _settings(rng: Random) -> Probe:
    root = manifest(rng)
    files: Files = {
        "package.json": dumped(root),
        "package-lock.json": package_lock(root, []),
        "conf/npmrc": "loglevel=warn\n",
    }
    files |= {".npmrc": Link("conf/npmrc") if rng.random() < 0.7 else "loglevel=warn\n"} | sources(rng)
    return _probe(rng, "npm, linked settings", files, "npm ci")


def _in_folder(rng: Random) -> Probe:
    """A folder that the install reads whole has a link in it: to a file of its own, to one elsewhere, or to a folder."""
    inside = rng.random() < 0.4
    files: Files = {
        "shared/setup.py": _SETUP,
        "src/real.py": "x = 1\n",
        "data/notes/a.txt": "a\n",
        "requirements.txt": "tinya==1.0\n./shared\n",
        "app.py": "",
    }
    if inside:
        files |= {"shared/lib/real.py": "x = 1\n", "shared/shared.py": Link("lib/real.py")}
    else:
        files["shared/shared.py"] = Link(rng.choice(("../src/real.py", "../src/real.py", "/opt/real.py")))
    if rng.random() < 0.3:
        files["shared/notes"] = Link("../data/notes")
    made = "RUN echo 'x = 2' > /opt/real.py" if files["shared/shared.py"] == Link("/opt/real.py") else ""
    return _probe(
        rng, "pip, a link in a local folder", files, "pip install -r requirements.txt", "python:3.11-slim", made
    )


def _page(rng: Random) -> Probe:
    """`--find-links` names a page, which leads to wheels that are beside it or elsewhere."""
    name = wheel_name("tinya", "1.0")
    where, there = rng.choice((("wheels/", ""), ("wheels/", "wheels/"), ("store/", "../store/"), ("store/", "/opt/")))
    files: Files = {f"{where}{name}": Data(wheel("tinya", "1.0")), "requirements.txt": "tinya\n", "app.py": ""}
    page = rng.choice(("wheels/index.html", "wheels/links.html", "links.html"))
    if "/" not in page:
        there = {"": "wheels/", "wheels/": "wheels/", "../store/": "store/"}.get(there, there)
    elif there == "wheels/":
        there = "../wheels/"
    quote = rng.choice(("'", '"', ""))
    files[page] = f"<html><body><a href={quote}{there}{name}{quote}>{name}</a></body></html>\n"
    run = f"pip install --no-index --find-links {rng.choice(('', './'))}{page} -r requirements.txt"
    made = "RUN pip download --no-deps -d /opt tinya==1.0" if there == "/opt/" else ""
    return _probe(rng, "pip, a page of links", files, run, "python:3.11-slim", made)

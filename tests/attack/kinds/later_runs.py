"""K2: what a later RUN does out of sight, after a clean-up of what it may need."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.attack.probe import Files, Probe, script
from tests.attack.shapes import folder, last, written

_HEAD = (
    "RUN apt-get update && apt-get install -y tiny-tool",
    "RUN apt-get update\nRUN apt-get install -y tiny-tool",
    "RUN apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n    tiny-tool tiny-more",
)
_NEEDS = (
    "apt-get install -y tiny-extra",
    "apt-get -y install tiny-extra",
    "apt-get -qq install -y tiny-extra",
    "DEBIAN_FRONTEND=noninteractive apt-get install -y tiny-extra",
    "apt install -y tiny-extra",
)
_NEEDS_NOT = (
    "apt-get update && apt-get install -y tiny-extra",
    "echo ready > /ready",
    "# apt-get install -y tiny-extra\necho ready > /ready",
    "mkdir -p /data && touch /data/one",
    "tiny-tool > /made",
    "command -v apt-get > /found",
)


class Way(NamedTuple):
    """A way of running commands: files, the lines of the Dockerfile, and the base."""

    files: Files
    lines: str
    base: str = "debian:12"


def later_runs(rng: Random) -> Probe:
    """K2: what a later RUN does out of sight."""
    does = rng.choice(_NEEDS if rng.random() < 0.5 else _NEEDS_NOT)
    way = rng.choice(_WAYS)
    found = way(rng, does)
    place = folder(rng)
    copy = "" if "COPY" in found.lines else "COPY . ."
    head = [rng.choice(_HEAD), f"WORKDIR {place}"]
    lines = (head[::-1] if rng.random() < 0.2 else head) + [copy]
    files = found.files | {"README.md": "# x\n"}
    return Probe("K2", way.__name__.strip("_"), files, written(f"FROM {found.base}", *lines, found.lines, last(rng)))


def _sh(does: str) -> str:
    return f"#!/bin/sh\nset -e\n{does}\n"


def _name(rng: Random) -> str:
    return rng.choice(
        ("bootstrap.sh", "setup.sh", "scripts/deps.sh", "build", "bin/prepare", "env.sh", "tools/install")
    )


def _direct(rng: Random, does: str) -> Way:
    name = _name(rng)
    return Way({name: script(_sh(does))}, f"RUN ./{name}")


def _by_shell(rng: Random, does: str) -> Way:
    name = _name(rng)
    shell = rng.choice(("sh", "bash", "sh -e", "bash -x", "/bin/sh", "bash -eu"))
    return Way({name: _sh(does)}, f"RUN {shell} {rng.choice(('', './'))}{name}")


def _shell_word(rng: Random, does: str) -> Way:
    name = _name(rng)
    line = rng.choice((f"bash -c ./{name}", f"sh -c 'sh {name}'", f'bash -ec "./{name}"', f'sh -c ". ./{name}"'))
    return Way({name: script(_sh(does))}, f"RUN {line}")


def _make(rng: Random, does: str) -> Way:
    place, call = rng.choice(
        (
            ("tools/Makefile", "make -C tools deps"),
            ("Makefile", "make deps"),
            ("build/deps.mk", "make -f build/deps.mk"),
            ("tools/Makefile", "cd tools && make"),
            ("GNUmakefile", "make"),
            ("ops/Makefile", "make --directory=ops"),
        )
    )
    body = does.replace("\n", "\n\t")
    return Way({place: f".PHONY: deps\ndeps:\n\t{body}\n"}, f"RUN {call}")


def _python(rng: Random, does: str) -> Way:
    words = rng.choice(
        (
            f"import subprocess\nsubprocess.run({does!r}, shell=True, check=True)\n",
            f"import os, sys\nsys.exit(os.system({does!r}) and 1)\n",
        )
    )
    name = rng.choice(("provision.py", "tools/provision.py", "setup_system.py"))
    call = rng.choice(
        (f"python3 {name}", f"python -u ./{name}", f"python3 -m {name.removesuffix('.py').replace('/', '.')}")
    )
    return Way({name: words}, f"RUN {call}", "python:3.11-slim")


def _python_program(rng: Random, does: str) -> Way:
    text = f"#!/usr/bin/env python3\nimport subprocess\nsubprocess.check_call({does!r}, shell=True)\n"
    name = rng.choice(("install.py", "tools/setup.py", "provision"))
    return Way({name: script(text)}, f"RUN ./{name}", "python:3.11-slim")


def _sourced(rng: Random, does: str) -> Way:
    name = rng.choice(("setup_env.sh", "env.sh", "lib/functions.sh", ".env.sh", "vars"))
    return Way({name: does + "\n"}, f"RUN . ./{name}")


def _npm_run(rng: Random, does: str) -> Way:
    body = does.splitlines()[-1].replace('"', "'")
    name = rng.choice(("system-deps", "setup", "prepare:os"))
    manifest = f'{{"name": "a", "version": "1.0.0", "scripts": {{"{name}": "{body}"}}}}\n'
    tool = rng.choice(("npm run", "npm run -s", "npm run-script", "yarn run", "yarn", "pnpm run"))
    return Way({"package.json": manifest}, f"RUN {tool} {name}", "node:22")


def _eval(rng: Random, does: str) -> Way:
    line = rng.choice(
        ('eval "$(cat d/a)"', 'sh -c "$(cat d/a)"', "cat d/a | sh", "sh < d/a", "xargs -I{} sh -c {} < d/a")
    )
    return Way({"d/a": does.splitlines()[-1] + "\n"}, f"RUN {line}")


def _perl(rng: Random, does: str) -> Way:
    text = f"#!/usr/bin/perl\nsystem(q{{{does}}}) == 0 or die;\n"
    return Way({"p.pl": script(text)}, f"RUN {rng.choice(('perl p.pl', './p.pl', 'perl -w ./p.pl'))}")


def _exec_form(rng: Random, does: str) -> Way:
    lines = rng.choice(
        (
            'COPY deps.sh /s/\nRUN ["/s/deps.sh"]',
            'COPY deps.sh /s/\nRUN ["sh", "/s/deps.sh"]',
            'COPY . /s/\nRUN ["/bin/sh", "-c", "/s/deps.sh"]',
        )
    )
    return Way({"deps.sh": script(_sh(does))}, lines)


def _installed(rng: Random, does: str) -> Way:
    """The script goes to a folder of PATH, and is called by its name."""
    name = rng.choice(("install-deps", "setup-system", "with-tools"))
    source = rng.choice((name, f"docker/{name}", f"{name}.sh"))
    lines = rng.choice(
        (
            f"COPY {source} /usr/local/bin/{name}\nRUN {name}",
            f"COPY {source} /usr/local/bin/{name}\nRUN chmod +x /usr/local/bin/{name} && {name}",
            f"COPY --chmod=755 {source} /usr/bin/{name}\nRUN {name}",
        )
    )
    return Way({source: script(_sh(does))}, lines)


def _many(rng: Random, does: str) -> Way:
    files: Files = {"d/10-first.sh": script("#!/bin/sh\ntrue\n"), "d/20-second.sh": script(_sh(does))}
    line = rng.choice(
        (
            'for s in d/*.sh; do sh "$s"; done',
            "find d -name '*.sh' -exec sh {} \\;",
            "ls d/*.sh | xargs -n1 sh",
            "find d -type f | sort | xargs -n 1 sh -e",
            "run-parts --regex=. --exit-on-error d",
            "for s in d/*; do ./$s || exit 1; done",
        )
    )
    return Way(files, f"RUN {line}")


def _through(rng: Random, does: str) -> Way:
    """A script that calls another one."""
    name = rng.choice(("deps.sh", "lib/deps.sh"))
    first = rng.choice(
        (f"sh {name}", f'sh "$(dirname "$0")/{name}"', f". ./{name}", f'STEP={name}\nsh "$STEP"', f"exec ./{name}")
    )
    return Way({"all.sh": script(f"#!/bin/sh\nset -e\n{first}\n"), name: script(_sh(does))}, "RUN ./all.sh")


def _wrapped(rng: Random, does: str) -> Way:
    name = _name(rng)
    line = rng.choice(
        (
            f"env MODE=x ./{name}",
            f"timeout 100 ./{name}",
            f"nice -n 5 sh {name}",
            f"MODE=x sh -e ./{name} --all",
            f"chmod +x {name} && ./{name}",
            f"cp {name} /tmp/x && sh /tmp/x",
            f"test -f {name} && ./{name}",
            f"time -p true; ./{name}",
            f"(./{name})",
            f"if [ -f {name} ]; then ./{name}; fi",
        )
    )
    return Way({name: script(_sh(does))}, f"RUN {line}")


def _mounted(rng: Random, does: str) -> Way:
    line = rng.choice(
        (
            "RUN --mount=type=bind,target=/src sh /src/deps.sh",
            "RUN --mount=type=bind,source=deps.sh,target=/tmp/deps.sh sh /tmp/deps.sh",
            "RUN --mount=target=/src cd /src && ./deps.sh",
        )
    )
    return Way({"deps.sh": script(_sh(does))}, line)


def _hidden_name(rng: Random, does: str) -> Way:
    """The manager is named by a variable, or in pieces."""
    if does in _NEEDS:
        does = rng.choice(
            (
                "APT=apt-get\n$APT install -y tiny-extra",
                "TOOL=apt\n${TOOL}-get install -y tiny-extra",
                "install='apt-get install -y'\n$install tiny-extra",
            )
        )
    return Way({"deps.sh": script(_sh(does))}, "RUN ./deps.sh")


def _heredoc(rng: Random, does: str) -> Way:
    shell = rng.choice(("", " sh", " bash -e"))
    return Way({"deps.sh": _sh(does)}, f"RUN{shell} <<EOF\nsh deps.sh\nEOF")


def _made(rng: Random, does: str) -> Way:
    """The Dockerfile itself writes the script, in the same RUN or in one of its own."""
    lines = _sh(does).splitlines()
    path, call = rng.choice((("/usr/local/bin/os-deps", "os-deps"), ("/tmp/deps.sh", "sh /tmp/deps.sh")))
    printed = " ".join(f"'{line}'" for line in lines)
    echoed = " && ".join(f"echo '{line}' >> {path}" for line in lines)
    body = "\n".join(lines)
    write = rng.choice(
        (
            f"RUN printf '%s\\n' {printed} > {path} && chmod +x {path}",
            f"RUN {echoed} && chmod +x {path}",
            f"RUN {{ {'; '.join(f'echo {line!r}' for line in lines)}; }} | tee {path} && chmod +x {path}",
            f"COPY --chmod=755 <<EOF {path}\n{body}\nEOF",
            f"RUN cat <<EOF > {path}\n{body}\nEOF\nRUN chmod +x {path}",
            f"RUN printf '%s\\n' {printed} > /tmp/x && install -m 755 /tmp/x {path}",
        )
    )
    return Way({}, f"{write}\nRUN {call}")


def _on_path(rng: Random, does: str) -> Way:
    """The script is in a folder that the Dockerfile or the RUN adds to PATH."""
    lines = rng.choice(
        (
            "COPY tools /opt/tools\nENV PATH=/opt/tools:$PATH\nRUN os-deps",
            "COPY tools /opt/tools\nENV PATH=${PATH}:/opt/tools\nRUN os-deps",
            "COPY tools /opt/tools\nRUN export PATH=/opt/tools:$PATH && os-deps",
            "COPY tools /root/tools\nRUN PATH=$HOME/tools:$PATH && os-deps",
        )
    )
    return Way({"tools/os-deps": script(_sh(does))}, lines)


def _plain(rng: Random, does: str) -> Way:
    line = does.splitlines()[-1]
    return Way({"deps.sh": _sh(does)}, f"RUN {rng.choice((line, 'sh -c ' + repr(line)))}")


_WAYS = (
    _direct, _by_shell, _shell_word, _make, _python, _python_program, _sourced, _npm_run, _eval, _perl, _exec_form,
    _installed, _many, _through, _wrapped, _mounted, _hidden_name, _heredoc, _made, _on_path, _plain,
)  # fmt: skip

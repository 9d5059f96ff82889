from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from dfix.transforms.clean_up import rule as clean_up

APT = "apt-get update && apt-get install -y a"
LISTS = "rm -rf /var/lib/apt/lists/*"
MOST_ROUNDS = 5


def settle(text: str, context: Context | None = None) -> tuple[str, list[Refusal]]:
    """The text after as many rounds as it takes, and the refusals of the last one."""
    source = Source("Dockerfile", text)
    for _ in range(MOST_ROUNDS):
        tree = parse(source)
        assert tree.fault is None
        found = list(clean_up.propose(build(tree, open_context=lambda: context)))
        edits = [edit for item in found if isinstance(item, Change) for edit in item.edits]
        if not edits:
            return source.text, [item for item in found if isinstance(item, Refusal)]
        source = source.apply(edits)
    raise AssertionError("it does not settle")


def cleaned(run: str, image: str = "debian:12") -> str:
    """What becomes of a RUN's command."""
    head = f"FROM {image}\nRUN "
    after, _ = settle(f"{head}{run}\n")
    assert after.startswith(head)
    return after.removeprefix(head).removesuffix("\n")


def refusal(text: str, context: Context | None = None) -> str:
    after, refusals = settle(text, context)
    assert after == text
    assert len(refusals) == 1
    return refusals[0].reason


def stays(text: str) -> None:
    assert settle(text) == (text, [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("apt update && apt install a", f"apt update && apt install a && {LISTS}"),
        (f"{APT} && apt-get clean", f"{APT} && apt-get clean && {LISTS}"),
        (f"{APT} && make && cd /x", f"{APT} && make && cd /x && {LISTS}"),
        (f"{APT} && rm -rf /var/cache/apt/archives", f"{APT} && rm -rf /var/cache/apt/archives && {LISTS}"),
        (f"{LISTS} && {APT}", f"{LISTS} && {APT} && {LISTS}"),
        (f"apt-get update && {LISTS} && {APT}", f"apt-get update && {LISTS} && {APT} && {LISTS}"),
        ("apt-get update | tee /log", f"apt-get update | tee /log && {LISTS}"),
        (
            "sudo -E apt-get update && sudo -E apt-get install a",
            f"sudo -E apt-get update && sudo -E apt-get install a && sudo -E {LISTS}",
        ),
        (
            "sudo A=b apt-get update && sudo A=b apt-get install a",
            f"sudo A=b apt-get update && sudo A=b apt-get install a && sudo {LISTS}",
        ),
        (
            "env A=b apt-get update && env A=b apt-get install a",
            f"env A=b apt-get update && env A=b apt-get install a && {LISTS}",
        ),
        ("(apt-get update && make)", f"(apt-get update && make) && {LISTS}"),
        ("dnf install -y a && make", "dnf install -y a && dnf clean all && make"),
        ("/usr/bin/yum update -y", "/usr/bin/yum update -y && /usr/bin/yum clean all"),
        ("microdnf install a", "microdnf install a && microdnf clean all"),
        ("zypper -n in a", "zypper -n in a && zypper clean --all"),
        ("dnf clean all && dnf install a", "dnf clean all && dnf install a && dnf clean all"),
        ("yum install a && yum clean metadata", "yum install a && yum clean metadata && yum clean all"),
        ("yum install a && dnf install b", "yum install a && dnf install b && dnf clean all"),
        ("npm ci && npm run build && make", "npm ci && npm run build && npm cache clean --force && make"),
        ("{ npm ci && make; }", "{ npm ci && make; } && npm cache clean --force"),
        ("sudo -u node npm ci", "sudo -u node npm ci && sudo -u node npm cache clean --force"),
        ("npm i -g a && rm -rf /root/.cache", "npm i -g a && npm cache clean --force && rm -rf /root/.cache"),
        ("yarn global add a", "yarn global add a && yarn cache clean"),
        ("conda install -y a", "conda install -y a && conda clean --all --yes"),
        (
            "/opt/conda/bin/mamba env update",
            "/opt/conda/bin/mamba env update && /opt/conda/bin/mamba clean --all --yes",
        ),
        ("micromamba create -n a", "micromamba create -n a && micromamba clean --all --yes"),
        ("composer install --no-dev", "composer install --no-dev && composer clear-cache"),
        ("./composer.phar install", "./composer.phar install && ./composer.phar clear-cache"),
        ("apk update && apk add --no-cache a", "apk add --no-cache a"),
        (
            "cd /x && apk -q update && apk upgrade && apk add a b",
            "cd /x && apk upgrade --no-cache && apk add --no-cache a b",
        ),
        ("apk update && make", "apk update && make && rm -rf /var/cache/apk/*"),
        ("apk add a && apk update", "apk add a && apk update && rm -rf /var/cache/apk/*"),
        ("apk update > /a && apk add b", "apk update > /a && apk add b && rm -rf /var/cache/apk/*"),
        ("apk -X http://b update && apk add b", "apk -X http://b update && apk add b && rm -rf /var/cache/apk/*"),
    ],
)
def test_a_command_is_added(before: str, after: str) -> None:
    assert cleaned(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pip install a", "pip install --no-cache-dir a"),
        (
            "pip3.11 install -U pip && pip3.11 install a",
            "pip3.11 install --no-cache-dir -U pip && pip3.11 install --no-cache-dir a",
        ),
        ("python -m pip install a", "python -m pip install --no-cache-dir a"),
        ("pip --quiet install a", "pip --quiet install --no-cache-dir a"),
        ("pip wheel a; pip download b", "pip wheel --no-cache-dir a; pip download --no-cache-dir b"),
        ("if a; then pip install b; fi", "if a; then pip install --no-cache-dir b; fi"),
        ("pip install a || true", "pip install --no-cache-dir a || true"),
        (
            "pip install --no-cache-dir a && pip install b",
            "pip install --no-cache-dir a && pip install --no-cache-dir b",
        ),
        ("apk add -U a", "apk add --no-cache -U a"),
        ("apk --update add a", "apk --update add --no-cache a"),
        ("apk add a && apk del b", "apk add --no-cache a && apk del b"),
        ("apk upgrade && apk add a", "apk upgrade --no-cache && apk add --no-cache a"),
    ],
)
def test_a_flag_is_added(before: str, after: str) -> None:
    assert cleaned(before) == after


@pytest.mark.parametrize(
    "run",
    [
        f"{APT} && rm -rf /var/lib/apt/lists/*",
        f"{APT} && rm -r /var/lib/apt/lists",
        f"{APT} && rm -fr /var/lib/apt/*",
        f"{APT} && rm -rf /tmp/* /var/lib/{{apt,dpkg}}/",
        f"{APT} && find /var/lib/apt/lists -type f -delete",
        f"{APT} && cd /var/lib/apt/lists && rm -f *",
        f"{APT} && apt-get distclean",
        f"{APT} && /cleanup.sh",
        f"{APT} && (make; rm -rf /var/lib/apt/lists/*)",
        f"{APT} || true; rm -rf /var/lib/apt/lists/*",
        "apt-get install -y a",
        "apt-get --version",
        "apt-cache policy a",
        "yum install a && yum -y clean all",
        "yum install a && rm -rf /var/cache/yum",
        "dnf install a && yum clean all",
        "dnf install a && rm -rf /var/cache/*",
        "dnf remove a",
        "zypper in a && zypper clean",
        "npm ci && rm -rf ~/.npm /tmp/*",
        "npm ci && rm -rf /home/node/.npm",
        "npm ci && npm cache clean --force",
        "npm run build",
        "npm install --help",
        "yarn global add a && yarn cache clean",
        "conda install a && conda clean -tipy",
        "mamba install a && conda clean --all",
        "conda install a && rm -rf /opt/conda/pkgs",
        "composer install && composer clearcache",
        "composer install --no-cache",
        "pip install --no-cache-dir a",
        "pip --no-cache-dir install a",
        "pip install --no-cache a",
        "pip install a && rm -rf /root/.cache",
        "pip install a && pip cache purge",
        "PIP_NO_CACHE_DIR=1 pip install a",
        "export PIP_NO_CACHE_DIR=1 && pip install a",
        "pip uninstall a",
        "apk add --no-cache a",
        "apk add a && rm -rf /var/cache/apk/*",
        "apk add --no-network a",
        "apk del a",
        "pnpm install",
        "bun install",
        "gem install a",
        "xargs apt-get update",
        "cat apt-get update",
        "sh -c 'apt-get update'",
        "echo pip install a > /npm-ci",
    ],
)
def test_nothing_to_do(run: str) -> None:
    stays(f"FROM debian:12\nRUN {run}\n")


@pytest.mark.parametrize(
    "text",
    [
        'FROM python:3\nRUN ["pip", "install", "a"]\n',
        "FROM python:3\nENV PIP_NO_CACHE_DIR=off\nRUN pip install a\n",
        "FROM python:3\nARG PIP_NO_CACHE_DIR\nRUN pip install a\n",
        "FROM python:3 AS a\nENV PIP_NO_CACHE_DIR=1\nFROM a\nRUN pip install a\n",
        "FROM python:3\nRUN --mount=type=cache,target=/root/.cache pip install a\n",
        "FROM python:3\nRUN --mount=type=cache,target=/home/a/.cache/pip pip install a\n",
        "FROM python:3\nRUN --mount=type=cache,target=$CACHE pip install a\n",
        "FROM node:22\nWORKDIR /app\nRUN --mount=type=cache,target=.npm npm ci\n",
        "FROM node:22\nRUN --mount=target=/root,type=cache npm ci\n",
        "FROM node:22\nRUN --mount=type=tmpfs,target=/root/.npm npm ci\n",
        f"FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt {APT}\n",
        "FROM python:3 AS a\nRUN pip install a\nFROM scratch\nCOPY --from=a /a /a\n",
        "FROM python:3\nRUN true # pip install a\n",
        "# escape=`\nFROM python:3\nRUN pip install a\n",
        "FROM python:3\nCMD pip install a\n",
        "FROM python:3\nCOPY <<E /a\npip install a\nE\n",
    ],
)
def test_left_alone(text: str) -> None:
    if text.startswith("# escape"):
        assert build(parse(Source("Dockerfile", text))).opaque
    else:
        stays(text)


def test_an_empty_variable_turns_nothing_off() -> None:
    head = "FROM python:3\nENV PIP_NO_CACHE_DIR=\n"
    assert settle(head + "RUN pip install a\n")[0] == head + "RUN pip install --no-cache-dir a\n"


def test_a_stage_that_another_builds_on_ships() -> None:
    before = "FROM python:3 AS a\nRUN pip install a\nFROM a\nRUN pip install b\n"
    assert settle(before)[0] == before.replace("install", "install --no-cache-dir")


def test_onbuild() -> None:
    assert "part of the image's configuration" in refusal(f"FROM debian:12\nONBUILD RUN {APT}\n")
    stays(f"FROM debian:12\nONBUILD RUN {APT} && {LISTS}\n")


def test_a_heredoc_that_ends_on_errors() -> None:
    before = "FROM debian:12\nRUN <<E\nset -eux\napt-get update\napt-get install -y a\nE\n"
    assert settle(before)[0] == before.replace("a\nE", f"a\n{LISTS}\nE")
    before = 'FROM debian:12\nSHELL ["/bin/bash", "-e", "-c"]\nRUN <<E\nnpm ci\nmake\nE\n'
    assert settle(before)[0] == before.replace("ci\n", "ci\nnpm cache clean --force\n")
    before = f"FROM debian:12\nRUN <<E\n{APT}\nE\n"
    assert settle(before)[0] == before.replace(APT, f"{APT} && {LISTS}")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("apt-get update\nmake", "its script goes on after a failure"),
        ("make\nset -e\napt-get update\nmake", "its script goes on after a failure"),
        ("set -x\napt-get update\nmake", "its script goes on after a failure"),
        ("set -e\nset +e\napt-get update\nmake", "its script goes on after a failure"),
        ("set -e\napt-get update\nmake &\nmake", "leaves a command running in the background"),
        ("set -e\napt-get update\nmake || true", "may fail without ending the script"),
        ("set -e\napt-get update\nexit 0", "`exit 0` may end the script"),
        ("set -e\nif a; then\napt-get update\nfi\nmake", "is inside an `if`"),
        ("set -e\napt-get update\ncat > /a <<F\nb\nF\nmake", "contains a heredoc"),
    ],
)
def test_heredocs_that_are_left(script: str, reason: str) -> None:
    assert reason in refusal(f"FROM debian:12\nRUN <<E\n{script}\nE\n")


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (f"{APT} || true", "is part of a list with `||`"),
        ("apt-get update; make", "its script goes on after a failure"),
        ("apt-get update && make &", "a command running in the background"),
        ("for a in b; do apt-get update; done", "`apt-get update` is inside a `for`"),
        ("while a; do apt-get update; done", "inside a `while`"),
        ("(apt-get update; make)", "inside a subshell"),
        ("{ apt-get update || true; } && make", "inside a group"),
        ("(npm ci && make) && make", "inside a subshell"),
        ("[ -e a ] && if b; then npm ci; fi", "inside an `if`"),
        ("apt-get update && exec make", "`exec make` may end the script"),
        ("apt-get update && exit 0", "`exit 0` may end the script"),
        ("PATH=/x npm ci", "PATH is set only for `npm ci`"),
        ("env HOME=/x npm ci", "the HOME that the RUN sets moves npm's cache"),
        ("cd a && ./composer.phar install && cd .. && composer run b", "`./composer.phar` is a path that depends"),
        ("npm ci --cache=/c", "`npm ci --cache` moves npm's cache to another folder"),
        ("npm_config_cache=/c npm ci", "npm_config_cache moves npm's cache to another folder"),
        ("dnf --installroot /mnt install a", "`dnf install --installroot` moves dnf's cache to another folder"),
        ("apt-get -o Dir::State=/x update", "moves apt's cache to another folder"),
        ("pip install --cache-dir /c a", "moves pip's cache to another folder"),
        ("apk add -p /rootfs a", "moves apk's cache to another folder"),
        ("apk add a && apk add --no-network b", "`apk add` in the same RUN installs from the cache"),
    ],
)
def test_refused_for_what_the_run_says(run: str, reason: str) -> None:
    assert reason in refusal(f"FROM debian:12\nRUN {run}\n")


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        ("RUN apt-get install -y b", "`apt-get install -y b` on line 3 uses the package lists"),
        ("RUN apt-get upgrade", "uses the package lists"),
        ("RUN apt-cache policy b", "uses the package lists"),
        (
            "RUN make\nRUN apt-get install b && apt-get update && rm -rf /var/lib/apt/lists/*",
            "on line 4 uses the package lists",
        ),
        ("RUN if a; then apt install b; fi", "uses the package lists"),
        ("RUN xargs apt-get install < a", "may run apt without updating the package lists"),
        ("RUN sh -c 'apt-get install b'", "may run apt without updating the package lists"),
        ('RUN ["apt-get", "install", "b"]', "`apt-get install b` on line 3 uses the package lists"),
        ('CMD ["apt-get", "install", "b"]', "`apt-get install b` on line 3 uses the package lists"),
        ('HEALTHCHECK CMD ["apt-get", "install", "b"]', "`apt-get install b` on line 3 uses"),
        ('ENTRYPOINT ["sh", "-c", "apt-get install b"]', "`apt-get install b` on line 3 uses the package lists"),
        ("RUN bash -c ./deps.sh", "line 3 runs the script deps.sh"),
        ("RUN rosdep install b", "may install packages from the lists"),
        ("RUN opam install --confirm-level=unsafe-yes b", "may install packages from the lists"),
        ("RUN pkcon install -y b", "may install packages from the lists"),
        ("RUN ./b.sh", "line 3 runs the script b.sh"),
        ("RUN bash /b", "line 3 runs the script b"),
        ("RUN /opt/b/setup", "line 3 runs the script setup"),
        ("RUN curl https://b | bash -s -- -y", "line 3 runs a script that it downloads"),
        ("RUN $INSTALL b", "`$INSTALL`, which is not named literally"),
        ("RUN ls /var/lib/apt/lists", "`ls /var/lib/apt/lists` on line 3 uses /var/lib/apt/lists"),
        ("ONBUILD RUN apt-get install -y b", "on line 3 uses the package lists"),
    ],
)
def test_refused_for_what_comes_later(later: str, reason: str) -> None:
    assert reason in refusal(f"FROM debian:12\nRUN {APT}\n{later}\n")


@pytest.mark.parametrize(
    "later",
    [
        "RUN apt-get update && apt-get install -y b && rm -rf /var/lib/apt/lists/*",
        "RUN rm -rf /var/lib/apt/lists/*",
        "RUN apt-get clean && apt-get purge b",
        "RUN --mount=type=cache,target=/var/lib/apt apt-get install -y b",
        "RUN mkdir -p /var/lib/apt/lists/partial",
        "RUN echo 'apt-get install b' > /c",
        "RUN sed -i s/a/b/ /etc/apt/sources.list && apt-key add c",
        "RUN ./configure && make && make install",
        "RUN ./gradlew build",
        "RUN /usr/local/bin/b && . venv/bin/activate && python b.py",
        "RUN curl https://sh.rustup.rs | sh -s -- -y",
        "RUN bash /tmp/Miniconda3-latest-Linux-x86_64.sh -b",
        "RUN bash -c 'make'",
        "USER b",
        'CMD ["apt-get", "update"]',
        "CMD apt-get update && apt-get install -y b",
        'CMD ["sh", "-c", "apt-get update && apt-get install -y b"]',
        "RUN bash -c 'apt-get update && apt-get install -y b'",
    ],
)
def test_not_refused_for_what_comes_later(later: str) -> None:
    head = "FROM debian:12\nRUN "
    assert settle(f"{head}{APT}\n{later}\n")[0] == f"{head}{APT} && {LISTS}\n{later}\n"


def test_an_earlier_run_needs_nothing() -> None:
    before = f"FROM debian:12\nRUN apt-get install b\nRUN {APT}\n"
    assert settle(before)[0] == before.replace(APT, f"{APT} && {LISTS}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"FROM debian:12 AS a\nRUN {APT}\nFROM a AS b\nFROM b\nRUN apt-get install b\n",
            "on line 5 uses the package lists",
        ),
        (f"FROM debian:12 AS a\nRUN {APT}\nFROM a AS b\nCOPY --from=a /var/lib/apt/lists /x\n", "line 4 copies"),
        ("FROM node:22\nRUN npm ci\nRUN npm ci --offline\n", "installs from the cache"),
        ("FROM python:3\nRUN pip install a\nRUN rm -r /root/.cache/pip\n", "`rm -r /root/.cache/pip` on line 3 uses"),
        ("FROM python:3\nRUN pip install a\nRUN chown a ~/.cache\n", "uses ~/.cache"),
        (
            "FROM python:3\nRUN pip install a\nRUN pip cache purge\n",
            "empties the cache, and fails if it is already empty",
        ),
        (
            "FROM centos:7\nRUN yum makecache\nRUN yum install -y a && yum clean all\n",
            "on line 3 uses the package lists",
        ),
        ("FROM alpine:3.20\nRUN apk update\nRUN apk add a\n", "`apk add a` on line 3 uses the package lists"),
        ("FROM ubuntu:14.04\nRUN pip install a\n", "pip in ubuntu:14.04 may be too old"),
        ("FROM ubuntu:14.04 AS a\nFROM a\nRUN pip install a\n", "pip in ubuntu:14.04 may be too old"),
        ("FROM alpine:3.2\nRUN apk add a\n", "apk in alpine:3.2 may be too old"),
        ("FROM node:22\nENV npm_config_cache=/c\nRUN npm ci\n", "npm_config_cache moves npm's cache to another folder"),
    ],
)
def test_refused_for_the_rest_of_the_file(text: str, reason: str) -> None:
    assert reason in refusal(text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "FROM python:3\nRUN pip install a\nRUN rm -rf /root/.cache\nRUN chown a /root\n",
            "pip install --no-cache-dir a",
        ),
        ("FROM ubuntu:14.04\nRUN pip install a\nRUN pip install --no-cache-dir b\n", "pip install --no-cache-dir a"),
        ("FROM ubuntu:24.04\nRUN pip install a\n", "pip install --no-cache-dir a"),
        ("FROM example/a\nRUN pip install a\n", "pip install --no-cache-dir a"),
        # without a cache this pip would install source packages in another way
        ("FROM centos:7\nRUN pip install a\n", "pip install a && rm -rf ~/.cache/pip"),
        ("FROM alpine:3.20\nRUN apk add a\nRUN apk upgrade --no-cache\n", "apk add --no-cache a"),
    ],
)
def test_not_refused_for_the_rest_of_the_file(before: str, after: str) -> None:
    command = before.split("\n")[1].removeprefix("RUN ")
    assert settle(before) == (before.replace(command, after, 1), [])


def context(folder: Path, **files: str) -> Context:
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    return Context.open(str(folder), str(folder / "Dockerfile"))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("#!/bin/sh\nmake install\n", ""),
        ("apt-get update\napt-get install -y b\n", ""),
        ("apt-get -qq update && apt-get install -y b\n", ""),
        ("apt-get install -y b\n", "may run b.sh, which uses apt-get without updating"),
        ("apt-get install -y b && apt-get update\n", "may run b.sh, which uses apt-get without updating"),
        ("/usr/bin/apt-get -y install b\n", "may run b.sh, which uses apt-get"),
        ("# apt-get install -y b\nif command -v apt-get; then apt-get clean; fi # apt-get\n", ""),
        ("./other.sh\n", "b.sh runs the script other.sh, which may install packages"),
    ],
)
def test_scripts_of_the_context_are_read(script: str, reason: str, tmp_path: Path) -> None:
    before = f"FROM debian:12\nRUN {APT}\nCOPY b.sh /\nRUN bash /b.sh\n"
    found = context(tmp_path, b__sh=script)
    if reason:
        assert reason in refusal(before, found)
    else:
        assert settle(before, found)[0] == before.replace(APT, f"{APT} && {LISTS}")


@pytest.mark.parametrize(
    ("makefile", "reason"),
    [
        ("all:\n\tcc a.c\n", ""),
        ("deps:\n\tapt-get update && apt-get install -y b\n", ""),
        ("deps:\n\tapt-get install -y b\n", "`make deps` on line 4 may run Makefile, which uses apt-get"),
    ],
)
def test_a_makefile_of_the_context_is_read(makefile: str, reason: str, tmp_path: Path) -> None:
    before = f"FROM debian:12\nRUN {APT}\nCOPY . .\nRUN make deps\n"
    found = context(tmp_path, Makefile=makefile)
    if reason:
        assert reason in refusal(before, found)
    else:
        assert settle(before, found)[0] == before.replace(APT, f"{APT} && {LISTS}")


def test_mounts_of_one_manager_do_not_stop_another() -> None:
    mounts = "--mount=target=/var/lib/apt/lists,sharing=locked,type=cache --mount=type=cache,target=/var/cache/apt"
    pip = "--mount=type=cache,target=/root/.cache/pip"
    before = f"FROM debian:12\nRUN {mounts} {APT}\nRUN {pip} {APT} && pip install b\n"
    after = f"FROM debian:12\nRUN {mounts} {APT}\nRUN {pip} {APT} && pip install b && {LISTS}\n"
    assert settle(before) == (after, [])


@pytest.mark.parametrize(
    ("run", "package", "reason"),
    [
        ("yarn", '{"name": "a"}', ""),
        ("yarn install", '{"packageManager": "yarn@1.22.22"}', ""),
        ("yarn install", '{"packageManager": "yarn@4.1.0"}', "package.json asks for Yarn 4"),
        ("corepack enable && yarn install", '{"name": "a"}', "`corepack` may select a Yarn other than Yarn 1"),
    ],
)
def test_yarn(run: str, package: str, reason: str, tmp_path: Path) -> None:
    before = f"FROM node:22\nRUN {run}\n"
    found = context(tmp_path, package__json=package, yarn__lock="")
    if reason:
        assert reason in refusal(before, found)
    else:
        assert settle(before, found)[0] == f"FROM node:22\nRUN {run} && yarn cache clean\n"


def test_what_is_said() -> None:
    (change,) = clean_up.propose(build(parse(Source("Dockerfile", f"FROM debian:12\n\nRUN true && \\\n {APT}\n"))))
    assert isinstance(change, Change)
    assert (change.rule, change.contract) == ("clean-up", "same-but-caches")
    assert change.offset == len("FROM debian:12\n\n")
    assert change.reason == "`apt-get update` leaves package lists in this layer; only this RUN can remove them"

"""Settings that steps before the copy of the sources leave, in all forms, and that name what comes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import split

FILES = {
    "requirements.txt": "flask\n",
    "c.txt": "flask<3\n",
    "limits": "flask<3\n",
    "ca.pem": "",
    "app.py": "",
    "ci/below.conf": "[install]\nconstraint =\n    c.txt\n",
    "ci/setup.sh": "#!/bin/sh\nset -e\necho constraint = c.txt >> /etc/pip.conf\n",
    "ci/fine.sh": "#!/bin/sh\n# c.txt\nmkdir -p /root/app\necho use c.txt\n",
    "ci/index.conf": "[global]\nindex-url =\n    https://example.com/simple\n",
}
INSTALL = "RUN pip install -r requirements.txt\n"
COPY = "WORKDIR /root/app\nCOPY . .\n"

STOPS = [
    'RUN echo "constraint = $(echo /root/app/c.txt)" > /etc/pip.conf',
    "RUN useradd -m -d /root web\nUSER web\nRUN pip config set global.cert ~/app/ca.pem",
    "ENV HOME=/root\nRUN pip config set global.cert ~/app/ca.pem",
    "RUN awk 'BEGIN{print \"constraint = c.txt\"}' > /etc/pip.conf",
    "RUN mkdir /t && echo 'constraint = c.txt' > /t/pip.conf && cp /t/* /etc/",
    "RUN echo 'constraint = c.txt' > /tmp/x && mv /tmp/x /etc/pip.conf",
    "COPY ci/below.conf /tmp/\nRUN mv /tmp/below.conf /etc/pip.conf",
    "COPY ci /tmp/ci/\nRUN cp /tmp/ci/*.conf /etc/",
    "COPY ci /opt/ci/\nRUN ln -s /opt/ci/below.conf /etc/pip.conf",
    "COPY ci /opt/ci/\nRUN envsubst < /opt/ci/below.conf > /etc/pip.conf",
    "ENV PIP_CONFIG_FILE=/opt/ci/below.conf\nCOPY ci /opt/ci/",
    'RUN ["pip", "config", "set", "install.constraint", "c.txt"]',
    "ARG CONF=/etc/pip.conf\nRUN echo 'constraint = c.txt' > $CONF",
    "ENV TEXT='constraint = c.txt'\nRUN echo $TEXT > /etc/pip.conf",
    "ARG APP\nRUN pip config set install.constraint $APP/c.txt",
    "RUN pip config set install.constraint ${OTHER:-/root/app}/c.txt",
    "WORKDIR /root/app\nRUN pip config set install.constraint $(dirname $(pwd))/app/c.txt",
    "ARG TARGETARCH\nRUN pip config set install.constraint $TARGETARCH/c.txt",
    "RUN for f in c.txt; do pip config set install.constraint /root/app/$f; done",
    "RUN { echo '[install]'; echo 'constraint = c.txt'; } > /etc/pip.conf",
    "ENV PIP_CONFIG_FILE=/opt/p.conf\nRUN printf '[install]\\nconstraint = limits\\n' > /opt/p.conf",
    "COPY ci/setup.sh /tmp/\nRUN sh /tmp/setup.sh",
    "COPY --chmod=755 ci/setup.sh /usr/local/bin/\nRUN /usr/local/bin/setup.sh && rm /usr/local/bin/setup.sh",
    "RUN --mount=type=bind,source=ci,target=/ci sh -e /ci/setup.sh",
    "ENV PIP_CONSTRAINT=~/app/c.txt",
    "ARG APP=/root/app\nRUN pip config set install.constraint $APP/c.txt",
    "ENV APP=/root/app\nRUN pip config set install.constraint ${APP}/c.txt",
    "ENV APP=/root\nRUN C=$APP/app/c.txt; pip config set install.constraint $C",
    "WORKDIR /root/app\nRUN pip config set install.constraint $(pwd)/c.txt",
    "WORKDIR /root/app\nRUN pip config set install.constraint `pwd`/c.txt",
    "WORKDIR /root\nRUN pip config set install.constraint $PWD/app/c.txt",
    "RUN pip config set install.constraint $(cat /etc/where)/app/c.txt",
    "RUN pip config set install.constraint c.txt",
    "RUN pip config set install.constraint limits",
    "RUN pip config set global.cert ~/app/ca.pem",
    'RUN pip config set global.cert "$HOME/app/ca.pem"',
    'RUN echo "cert = ~/app/ca.pem" >> /etc/pip.conf',
    'RUN printf "[install]\\nconstraint = c.txt\\n" > /etc/pip.conf',
    'RUN printf "[install]\\nconstraint =\\n  limits\\n" > /etc/pip.conf',
    "RUN echo '[install]' > /etc/pip.conf && echo constraint = limits >> /etc/pip.conf",
    "RUN echo constraint = c.txt | tee -a /etc/pip.conf",
    "RUN sed -i 's/^.install./&\\nconstraint = c.txt/' /etc/pip.conf",
    "RUN crudini --set /etc/pip.conf install constraint c.txt",
    "RUN <<EOF\ncat > /etc/pip.conf <<X\n[install]\nconstraint = limits\nX\nEOF",
    "RUN cat <<EOF > /etc/pip.conf\n[install]\nconstraint = limits\nEOF",
    "COPY <<EOF /etc/pip.conf\n[install]\nconstraint =\n  limits\nEOF",
    "COPY ci/below.conf /etc/pip.conf",
    "RUN cp -s /root/app/ca.pem /usr/local/share/ca-certificates/ca.crt",
    "RUN cp --symbolic-link /root/app/ca.pem /usr/local/share/ca-certificates/ca.crt",
]
PASSES = [
    'RUN echo "deb https://example.com $(. /etc/os-release && echo "$VERSION_CODENAME") stable" > /etc/apt/sources.list.d/x.list',
    "COPY ci /tmp/ci/\nRUN cp /tmp/ci/below.conf /srv/x.conf",
    "RUN git config --global core.excludesfile ~/.gitignore",
    "COPY ci/fine.sh /tmp/\nRUN sh /tmp/fine.sh",
    "COPY ci/setup.sh /tmp/\nRUN chmod +x /tmp/setup.sh",
    "ARG APP=/opt/app\nRUN pip config set install.constraint $APP/c.txt",
    "RUN pip config set global.index-url https://example.com/simple",
    "RUN pip config set global.index-url $INDEX",
    "RUN pip config set global.cert $HOME/other/ca.pem",
    'RUN printf "[global]\\ntimeout = 60\\n" > /etc/pip.conf',
    'RUN echo "use c.txt" > /srv/notes.txt',
    "RUN echo c.txt",
    "RUN echo 'deb https://example.com/debian stable main' > /etc/apt/sources.list.d/x.list",
    "COPY ci/index.conf /etc/pip.conf",
    "RUN cp -s /root/app/ca.pem /srv/ca.pem",
]


@pytest.mark.parametrize("earlier", STOPS)
def test_a_setting_names_what_comes_late(tmp_path: Path, earlier: str) -> None:
    text = f"ARG APP=/root/app\nFROM python:3.12\n{earlier}\n{COPY}{INSTALL}"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert "`pip install -r requirements.txt`" in str(result.refusals)
    assert "which comes with the sources" in str(result.refusals)


@pytest.mark.parametrize("earlier", PASSES)
def test_a_setting_names_nothing_of_the_sources(tmp_path: Path, earlier: str) -> None:
    result = split(tmp_path, FILES, f"FROM python:3.12\n{earlier}\n{COPY}{INSTALL}")
    assert result.after.text.endswith(f"COPY requirements.txt ./\n{INSTALL}COPY . .\n"), result.refusals


STAGES = [
    "FROM alpine AS c\nCOPY ci/below.conf /cfg/pip.conf\nFROM python:3.12\nCOPY --from=c /cfg/pip.conf /etc/pip.conf",
    "FROM alpine AS c\nCOPY ci/below.conf /cfg/pip.conf\nFROM python:3.12\nCOPY --from=c /cfg/* /etc/",
    "FROM alpine AS c\nCOPY ci /cfg/\nRUN mv /cfg/below.conf /cfg/pip.conf\nFROM python:3.12\nCOPY --from=c /cfg /etc",
    "FROM alpine AS a\nCOPY ci /a\nFROM alpine AS c\nCOPY --from=a /a/below.conf /c/pip.conf\nFROM python:3.12\nCOPY --from=c /c /etc/",
    "FROM alpine AS c\nRUN printf '[install]\\nconstraint = c.txt\\n' > /pip.conf\nFROM python:3.12\nCOPY --from=c /pip.conf /etc/",
    "FROM alpine AS c\nRUN mkdir /x && ln -s /root/app/c.txt /x/pip.conf\nFROM python:3.12\nCOPY --from=c /x/ /etc/",
    "FROM alpine AS c\nCOPY <<EOF /x/pip.conf\n[install]\nconstraint = c.txt\nEOF\nFROM python:3.12\nCOPY --from=0 /x/ /etc/",
    "FROM python:3.12\nRUN --mount=type=bind,source=ci,target=/ci cp /ci/below.conf /etc/pip.conf",
    "FROM python:3.12\nRUN --mount=type=bind,target=/ci cat /ci/ci/below.conf > /etc/pip.conf",
]
STAGES_FINE = [
    "FROM alpine AS c\nCOPY ci/index.conf /cfg/pip.conf\nFROM python:3.12\nCOPY --from=c /cfg/pip.conf /etc/pip.conf",
    "FROM alpine AS c\nCOPY ci/below.conf /cfg/x.conf\nFROM python:3.12\nCOPY --from=c /cfg/x.conf /srv/x.conf",
    "FROM python:3.12 AS c\nRUN python -m venv /opt/venv\nFROM python:3.12\nCOPY --from=c /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH",
    "FROM python:3.12\nRUN --mount=type=bind,source=ci,target=/ci cp /ci/below.conf /srv/x.conf",
]


@pytest.mark.parametrize("earlier", STAGES)
def test_a_setting_from_elsewhere_names_what_comes_late(tmp_path: Path, earlier: str) -> None:
    text = f"{earlier}\n{COPY}{INSTALL}"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert "which comes with the sources, and `pip install -r requirements.txt` may read it" in str(result.refusals)


@pytest.mark.parametrize("earlier", STAGES_FINE)
def test_a_setting_from_elsewhere_names_nothing_of_the_sources(tmp_path: Path, earlier: str) -> None:
    result = split(tmp_path, FILES, f"{earlier}\n{COPY}{INSTALL}")
    assert result.after.text.endswith(f"COPY requirements.txt ./\n{INSTALL}COPY . .\n"), result.refusals


def test_a_mount_of_the_install(tmp_path: Path) -> None:
    mount = "--mount=type=bind,from=c,source=/cfg/pip.conf,target=/etc/pip.conf"
    head = "FROM alpine AS c\nCOPY ci/below.conf /cfg/pip.conf\nFROM python:3.12\n"
    text = f"{head}{COPY}RUN {mount} pip install -r requirements.txt\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert "ci/below.conf names c.txt" in str(result.refusals)


PNPM = {
    "package.json": '{"name": "a"}',
    "pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .: {}\n",
    "pnpm-workspace.yaml": "packages:\n  - b\n",
    "b/package.json": '{"name": "b"}',
    "src/a.js": "",
    "rc": "shared-workspace-lockfile=false\n",
}
SWITCHES = [
    "RUN pnpm config set shared-workspace-lockfile false",
    "RUN npm config set shared-workspace-lockfile=false",
    "RUN npm set shared-workspace-lockfile false",
    "RUN pnpm config set --location=global sharedWorkspaceLockfile false",
    "RUN echo shared-workspace-lockfile=false >> ~/.npmrc",
    "RUN mkdir -p /root/.config/pnpm && printf 'sharedWorkspaceLockfile: false\\n' > /root/.config/pnpm/config.yaml",
    "RUN <<EOF\ncat > ~/.npmrc <<X\nshared-workspace-lockfile = false\nX\nEOF",
    "COPY <<EOF /root/.npmrc\nshared-workspace-lockfile=false\nEOF",
    "COPY rc /root/.npmrc",
    "RUN --mount=type=bind,source=rc,target=/rc cp /rc /root/.npmrc",
]
NO_SWITCHES = [
    "RUN pnpm config set shared-workspace-lockfile true",
    "RUN pnpm config set store-dir /store",
    "RUN npm i -g pnpm --location=global",
]


@pytest.mark.parametrize("earlier", SWITCHES)
def test_a_switch_that_an_earlier_step_sets(tmp_path: Path, earlier: str) -> None:
    text = f"FROM node:22\n{earlier}\nWORKDIR /app\nCOPY . .\nRUN pnpm install --frozen-lockfile\n"
    result = split(tmp_path, PNPM, text)
    assert result.after.text == text
    assert "so `pnpm install --frozen-lockfile` reads a lock file and settings in each package" in str(result.refusals)


@pytest.mark.parametrize("earlier", NO_SWITCHES)
def test_other_settings(tmp_path: Path, earlier: str) -> None:
    text = f"FROM node:22\n{earlier}\nWORKDIR /app\nCOPY . .\nRUN pnpm install --frozen-lockfile\n"
    result = split(tmp_path, PNPM, text)
    assert result.after.text.endswith("RUN pnpm install --frozen-lockfile\nCOPY . .\n"), result.refusals

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
    "ci/index.conf": "[global]\nindex-url =\n    https://example.com/simple\n",
}
INSTALL = "RUN pip install -r requirements.txt\n"
COPY = "WORKDIR /root/app\nCOPY . .\n"

STOPS = [
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
    text = f"FROM python:3.12\n{earlier}\n{COPY}{INSTALL}"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert "which comes with the sources, and `pip install -r requirements.txt` may read it" in str(result.refusals)


@pytest.mark.parametrize("earlier", PASSES)
def test_a_setting_names_nothing_of_the_sources(tmp_path: Path, earlier: str) -> None:
    result = split(tmp_path, FILES, f"FROM python:3.12\n{earlier}\n{COPY}{INSTALL}")
    assert result.after.text.endswith(f"COPY requirements.txt ./\n{INSTALL}COPY . .\n"), result.refusals

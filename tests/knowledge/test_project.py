from __future__ import annotations

import pytest

from dfix.rewriter.knowledge import project_install
from tests.knowledge.test_usage import words_of

READERS = {
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), "node"),
    "bundle": "bundler",
    "pip-sync": "pip_sync",
    "R": "renv",
}


@pytest.mark.parametrize(
    ("command", "manager", "arguments"),
    [
        ("npm ci", "npm", ["ci"]),
        ("npm i", "npm", ["i"]),
        ("npm clean-install --omit=dev", "npm", ["clean-install", "--omit=dev"]),
        ("npm ci --omit dev", "npm", ["ci", "--omit", "dev"]),
        ("npm --prefix client install", "npm", ["--prefix", "client", "install"]),
        ('npm install --prefix "client"', "npm", ["install", "--prefix", "client"]),
        ("sudo npm install", "npm", ["install"]),
        ("NODE_ENV=production npm install", "npm", ["install"]),
        ("yarn", "yarn", []),
        ("yarn --frozen-lockfile", "yarn", ["--frozen-lockfile"]),
        ("yarn --cwd client install", "yarn", ["--cwd", "client", "install"]),
        ("yarn install --production false", "yarn", ["install", "--production", "false"]),
        ("pnpm -r i", "pnpm", ["-r", "i"]),
        ("bun install", "bun", ["install"]),
        ("bun ci", "bun", ["ci"]),
        ("pip install -r a.txt", "pip", ["install", "-r", "a.txt"]),
        ("pip3.11 install --requirement=a.txt", "pip", ["install", "--requirement=a.txt"]),
        ("python -m pip install -r x", "pip", ["install", "-r", "x"]),
        ("pip install -Ur a.txt gunicorn", "pip", ["install", "-Ur", "a.txt", "gunicorn"]),
        ("pip install -c c.txt a", "pip", ["install", "-c", "c.txt", "a"]),
        ("pip install .", "pip", ["install", "."]),
        ("pip install .[dev]", "pip", ["install", ".[dev]"]),
        ('pip install -e ".[dev]"', "pip", ["install", "-e", ".[dev]"]),
        ("pip install ./a b", "pip", ["install", "./a", "b"]),
        ("pip install dist/a.whl", "pip", ["install", "dist/a.whl"]),
        ("composer install --no-dev", "composer", ["install", "--no-dev"]),
        ("dotnet restore", "dotnet", ["restore"]),
        (
            "dotnet restore src/Web/Web.csproj -r linux-x64",
            "dotnet",
            ["restore", "src/Web/Web.csproj", "-r", "linux-x64"],
        ),
        ("poetry install --no-root --only main", "poetry", ["install", "--no-root", "--only", "main"]),
        ("uv sync --frozen --no-install-project", "uv", ["sync", "--frozen", "--no-install-project"]),
        ("pipenv sync --system", "pipenv", ["sync", "--system"]),
        ("pdm install --no-self", "pdm", ["install", "--no-self"]),
        ("bundle", "bundle", []),
        ("bundle install -j4", "bundle", ["install", "-j4"]),
        ("mix deps.get --only prod", "mix", ["deps.get", "--only", "prod"]),
        ("conda env create -f env.yml", "conda", ["env", "create", "-f", "env.yml"]),
        ("conda install --file a.txt", "conda", ["install", "--file", "a.txt"]),
        ("pip-sync", "pip-sync", []),
        ("pip-sync a.txt b.txt", "pip-sync", ["a.txt", "b.txt"]),
        ("uv pip install -r a.txt", "uv", ["pip", "install", "-r", "a.txt"]),
        ("Rscript -e 'renv::restore()'", "R", ["-e", "renv::restore()"]),
        ("go mod download", "go", ["mod", "download"]),
        ("go mod download -x", "go", ["mod", "download", "-x"]),
    ],
)
def test_installs_of_a_project(command: str, manager: str, arguments: list[str]) -> None:
    reader = "uv_pip" if arguments[:1] == ["pip"] else READERS.get(manager, manager)
    assert project_install(words_of(command)) == (manager, tuple(arguments), reader)


@pytest.mark.parametrize(
    "command",
    [
        "npm install express",
        "npm i -g npm",
        "npm install --location=global",
        "npm install --location global",
        "npm install $PACKAGES",
        "npm run install",
        "npm cache clean --force",
        "npm it",
        "npm",
        "npm ci --help",
        "yarn add a",
        "yarn build",
        "yarn global add a",
        "yarn --version",
        "yarn install a",
        "pnpm add a",
        "pnpm i -g a",
        "pnpm",
        "bun run install",
        "bun add a",
        "bun",
        "pip install flask",
        "pip install --upgrade pip",
        "pip install git+https://example.org/a.git",
        "pip install -e git+https://example.org/a.git#egg=a",
        "pip install https://example.org/a.whl",
        "pip install -r https://example.org/a.txt",
        'pip install "$PACKAGE"',
        "pip uninstall -r a.txt",
        "pip wheel -r a.txt",
        "apt-get install ./a.deb",
        "gem install a",
        "composer global install",
        "composer require a/b",
        "composer dump-autoload",
        "composer",
        "dotnet publish -c Release",
        "dotnet tool restore",
        "poetry add a",
        "poetry run a",
        "uv pip install flask",
        "pipenv install flask",
        "Rscript -e 'install.packages(\"a\")'",
        "uv run a",
        "go mod tidy",
        "go mod download example.com/b@v1.2.3",
        "go install example.com/b@latest",
        "go build ./...",
        "go download",
        "echo npm ci",
    ],
)
def test_other_commands(command: str) -> None:
    assert project_install(words_of(command)) is None

"""Changes of a repository that keep most of it meaningful, so that they get past the parsers."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.fuzz.repositories import (
    FILE,
    FOLDER,
    LINK,
    NO_REPOSITORY,
    OPTIONS,
    PIPE,
    PROGRAM,
    WORD,
    Entry,
    Repository,
    from_bytes,
    to_bytes,
)

LINES = (
    """\
FROM debian:12|FROM node:22-alpine AS build|FROM build|FROM scratch|FROM python:3.12-slim AS base|COPY . .|COPY . /app
COPY package*.json ./|COPY --from=build /app /app|COPY --chown=1000 a b/|COPY --link . .|ADD x.tar /y|ADD . /|WORKDIR /app
WORKDIR sub|USER app|ENV A=b|ENV PATH=/app/bin:$PATH|ARG X=1|ARG DIR=.|SHELL ["/bin/bash", "-ec"]|CMD npm start
ENTRYPOINT ["./run.sh"]|ONBUILD COPY . .|# dfix: ignore|# dfix: ignore-file|# syntax=docker/dockerfile:1|# escape=`
# hadolint ignore=DL3009|RUN npm ci|RUN npm ci --omit=dev|RUN npm install && npm run build|RUN pnpm install --frozen-lockfile
RUN yarn install --frozen-lockfile|RUN pip install -r requirements.txt|RUN pip install --no-cache-dir -e .|RUN uv sync
RUN poetry install|RUN go mod download|RUN go build ./...|RUN cargo build --release|RUN mvn -B package|RUN ./gradlew build
RUN bundle install|RUN composer install|RUN dotnet restore|RUN mix deps.get|RUN apt-get update && apt-get install -y curl
RUN apk add --no-cache git|RUN apk update|RUN dnf install -y gcc && dnf clean all|RUN rm -rf /var/lib/apt/lists/*|RUN make
RUN make deps|RUN ./build.sh|RUN mkdir -p /a/b && cd /a/b && touch c|RUN chmod +x run.sh|RUN ln -s /app/a /b|RUN useradd -m app
RUN sed -i s/a/b/ package.json|RUN cp -r a b|RUN mv a b|RUN curl -sS https://example.com/x | sh|RUN git clone https://example.com/a
RUN --mount=type=cache,target=/root/.npm npm ci|RUN --mount=type=bind,source=.,target=/x npm ci|RUN --network=none true
RUN <<EOF\\nset -e\\nnpm ci\\nEOF|RUN ["npm", "ci"]|RUN set -eux; npm ci; true|RUN export A=b && npm ci|RUN cd sub && npm ci
RUN if [ -f a ]; then npm ci; fi|RUN for x in a b; do echo $x; done|RUN (cd a; make)|RUN npm ci || true|RUN echo hi > a
""".replace("\n", "|")
    .replace("\\n", "\n")
    .split("|")
)
NAMES = """
package.json package-lock.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml .npmrc .yarnrc.yml requirements.txt setup.py
setup.cfg pyproject.toml poetry.lock uv.lock Pipfile Pipfile.lock go.mod go.sum go.work Cargo.toml Cargo.lock pom.xml
build.gradle gradlew Gemfile Gemfile.lock composer.json composer.lock a.csproj nuget.config mix.exs mix.lock Makefile
compose.yaml docker-bake.hcl skaffold.yaml .devcontainer/devcontainer.json .dockerignore Dockerfile.dockerignore
.containerignore .gitignore dfix.toml .dfix.toml .github/workflows/ci.yml build.sh run.sh Dockerfile.dev sub/Dockerfile
sub/package.json packages/a/package.json packages/b/package.json node_modules/a/index.js src/index.js .git/config
.husky/pre-commit nx.json lerna.json .bundle/config .cargo/config.toml .mvn/maven.config tsconfig.json VERSION README.md
""".split()
ODD_NAMES = (
    *(
        "a\nb",
        "::error file=x::y",
        "\x1b]0;x\x07",
        "\u202ea",
        "\udcff",
        "a b",
        "*",
        "[a",
        "-r",
        "$X",
        "a" * 200,
        "é",
        "\\",
        "'",
    ),
    *("Dockerfile.\n::error::x", "Dockerfile.\x1b[2J", "#x", "!x", "{a,b}", "%0A", "a\rb", "COM1", "...", "~", "`id`"),
)
LEADS = (
    *("../outside/secret", "../outside", "/proc/self/environ", "/dev/zero", "/dev/stdin", "/", "..", ".", "nowhere"),
    *(
        "Dockerfile",
        "package.json",
        ".git",
        ".git/config",
        "a",
        "sub",
        "../root/package.json",
        "/etc/passwd",
        "./././a",
    ),
)
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1e308,
        "",
        "x",
        "../..",
        "/",
        "*",
        "**",
        "\0",
        "$X",
        "${A:-b}",
        "file:../a",
        "workspace:*",
        [],
        {},
    ),
    *([[]], {"": {}}, ["*a*a*a*b"], "a" * 300, "\ud800", {"a": {"a": {"a": {}}}}, ["a", 1, None], 10**30),
)
PIECES = (
    *(
        "\n",
        "\r\n",
        "\r",
        "\0",
        "\t",
        " ",
        "\\",
        "\\\n",
        '"',
        "'",
        "`",
        "$",
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "<<EOF\n",
        "EOF\n",
    ),
    *(
        "#",
        "//",
        "/*",
        "*/",
        "<!--",
        "-->",
        "<![CDATA[",
        "&a;",
        "*a",
        "&a ",
        "!!",
        "---\n",
        ": ",
        "- ",
        " = ",
        ",",
        ";",
        "&&",
        "||",
    ),
    *(
        "\ufeff",
        "\xa0",
        "\u2028",
        "é",
        "\udcff",
        "**/",
        "!",
        "../",
        "/",
        "*",
        "?",
        "[!a]",
        "%",
        "@",
        "^",
        "~",
        "|",
        "=",
        "==",
        ">=",
    ),
)
_WORDS = re.compile(r"[\w./@:*$-]+")


class Mutator:
    """Makes new repositories out of others. `donors` are those whose lines, files and words it uses."""

    def __init__(self, donors: Iterable[Repository]) -> None:
        lines, words = set(LINES), set(NAMES)
        files: set[Entry] = set()
        for donor in donors:
            lines.update(donor.dockerfile.decode("utf-8", "surrogateescape").splitlines())
            files.update(entry for entry in donor.entries if entry.kind in (FILE, PROGRAM))
            words.update(
                word for entry in donor.entries for word in _WORDS.findall(_text(entry.content)) if len(word) < 40
            )
        self._lines, self._files, self._words = sorted(lines), sorted(files), sorted(words)
        self._by_name: dict[str, list[Entry]] = {}
        for entry in self._files:
            self._by_name.setdefault(posixpath.basename(entry.path), []).append(entry)

    def mutated(self, data: bytes, longest: int, seed: int) -> bytes:
        """Other bytes of at most `longest`, the same for the same seed."""
        chance = Random(seed)
        repository = from_bytes(data)
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5))):
            repository = chance.choice(self._kinds)(self, repository, chance)
        return _fitting(repository, longest)

    def joined(self, first: bytes, second: bytes, longest: int, seed: int) -> bytes:
        """The Dockerfile of one input, or parts of both, with files of both."""
        chance = Random(seed)
        one, other = from_bytes(first), from_bytes(second)
        dockerfile = one.dockerfile
        if chance.random() < 0.5:
            ours, theirs = one.dockerfile.splitlines(True), other.dockerfile.splitlines(True)
            dockerfile = b"".join(ours[: chance.randint(0, len(ours))] + theirs[chance.randint(0, len(theirs)) :])
        entries = {(entry.kind == WORD, entry.path): entry for entry in other.entries if chance.random() < 0.6}
        entries |= {(entry.kind == WORD, entry.path): entry for entry in one.entries if chance.random() < 0.8}
        return _fitting(Repository(dockerfile, tuple(entries.values())), longest)

    def _dockerfile(self, repository: Repository, chance: Random) -> Repository:
        text = repository.dockerfile.decode("utf-8", "surrogateescape")
        return repository._replace(dockerfile=_bytes(self._other_text(text, self._lines, chance)))

    def _content(self, repository: Repository, chance: Random) -> Repository:
        """Another content of a file."""
        place = _place(repository, chance, (FILE, PROGRAM))
        if place is None:
            return self._add(repository, chance)
        entry = repository.entries[place]
        siblings = self._by_name.get(posixpath.basename(entry.path), self._files)
        if chance.random() < 0.2:
            return _with(repository, place, entry._replace(content=chance.choice(siblings).content))
        text = _text(entry.content)
        changed = _other_json(text, self._words, chance) if chance.random() < 0.6 else None
        if changed is None:
            lines = _text(chance.choice(siblings).content).splitlines()
            changed = self._other_text(text, lines or [""], chance)
        return _with(repository, place, entry._replace(content=_bytes(changed)))

    def _other_text(self, text: str, lines: list[str], chance: Random) -> str:
        """A text with a line, a word or a character changed."""
        kept = text.split("\n")
        at = chance.randrange(len(kept))
        match chance.randrange(9):
            case 0 | 1:
                kept.insert(at, chance.choice(lines))
            case 2:
                del kept[at]
            case 3:
                other = chance.randrange(len(kept))
                kept[at], kept[other] = kept[other], kept[at]
            case 4:
                kept.insert(at, kept[at])
            case 5:
                cut = chance.randint(0, len(kept[at]))
                kept[at] = kept[at][:cut] + chance.choice(PIECES) + kept[at][cut + chance.randint(0, 2) :]
            case 6:
                kept[at] += chance.choice((" && ", "; ", " \\\n  ", " || ", " | ", " ")) + chance.choice(
                    lines
                ).removeprefix("RUN ")
            case _:
                words = [*_WORDS.finditer(kept[at])]
                if words:
                    start, end = chance.choice(words).span()
                    kept[at] = kept[at][:start] + chance.choice(self._words) + kept[at][end:]
        return "\n".join(kept)

    def _add(self, repository: Repository, chance: Random) -> Repository:
        """A further file, as another input has it, or at a place where dfix looks."""
        entry = chance.choice(self._files)
        if chance.random() < 0.5:
            name = chance.choice(NAMES)
            entry = entry._replace(path=name)
            entry = chance.choice(self._by_name.get(posixpath.basename(name), [entry]))._replace(path=name)
        if chance.random() < 0.2:
            entry = entry._replace(
                path=f"{chance.choice(('sub', 'packages/a', 'a', '.git', 'node_modules', '..'))}/{entry.path}"
            )
        return repository._replace(entries=(*repository.entries, entry))

    def _odd(self, repository: Repository, chance: Random) -> Repository:
        """A link, a pipe or a folder in place of a file, or at a place where dfix looks."""
        place = _place(repository, chance, (FILE, PROGRAM, LINK))
        path = chance.choice(NAMES) if place is None or chance.random() < 0.5 else repository.entries[place].path
        entries = tuple(entry for entry in repository.entries if entry.path != path or entry.kind == WORD)
        kind = chance.choice((LINK, LINK, LINK, PIPE, FOLDER))
        leads = _bytes(chance.choice((*LEADS, *(entry.path for entry in entries)))) if kind == LINK else b""
        if chance.random() < 0.3:
            path = posixpath.dirname(path) or path
        return repository._replace(entries=(*entries, Entry(kind, path, leads)))

    def _rename(self, repository: Repository, chance: Random) -> Repository:
        place = _place(repository, chance, (FILE, PROGRAM, LINK, PIPE, FOLDER))
        if place is None:
            return self._add(repository, chance)
        entry = repository.entries[place]
        folder, name = posixpath.split(entry.path)
        new = chance.choice(
            (chance.choice(ODD_NAMES), chance.choice(NAMES), f"sub/{name}", name, name.upper(), f"{name}.bak")
        )
        return _with(repository, place, entry._replace(path=posixpath.join(folder, new)))

    def _drop(self, repository: Repository, chance: Random) -> Repository:
        place = _place(repository, chance, (FILE, PROGRAM, LINK, PIPE, FOLDER, WORD))
        if place is None:
            return self._dockerfile(repository, chance)
        entries = repository.entries
        return repository._replace(entries=(*entries[:place], *entries[place + 1 :]))

    def _words_of_command(self, repository: Repository, chance: Random) -> Repository:
        word = Entry(WORD, chance.choice((*OPTIONS, NO_REPOSITORY)))
        others = tuple(entry for entry in repository.entries if entry.kind != WORD or chance.random() < 0.5)
        return repository._replace(entries=(*others, word))

    _kinds: tuple[Callable[[Mutator, Repository, Random], Repository], ...] = (
        *(_dockerfile, _dockerfile, _dockerfile, _dockerfile, _content, _content, _content, _content),
        *(_add, _add, _odd, _rename, _drop, _words_of_command),
    )


def _other_json(text: str, words: list[str], chance: Random) -> str | None:
    """JSON with one value replaced, removed or repeated; None if the text is not JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    places = [*_tables(data)]
    if not places:
        return json.dumps(chance.choice(VALUES))
    table = chance.choice(places)
    value: Any = chance.choice((chance.choice(VALUES), chance.choice(words)))
    if isinstance(table, list):
        at = chance.randint(0, len(table))
        table[at : at + chance.randint(0, 1)] = [value]
    elif table and chance.random() < 0.8:
        key = chance.choice([*table])
        old = table.pop(key)
        match chance.randrange(4):
            case 0:
                table[chance.choice(words)] = old
            case 1:
                table[key] = [old, value]
            case 2:
                table[key] = value
    else:
        table[chance.choice(words)] = value
    return json.dumps(data)


def _tables(data: Any) -> Iterable[dict[str, Any] | list[Any]]:
    if isinstance(data, dict):
        yield data
        for value in data.values():
            yield from _tables(value)
    elif isinstance(data, list):
        yield data
        for value in data:
            yield from _tables(value)


def _place(repository: Repository, chance: Random, kinds: tuple[str, ...]) -> int | None:
    places = [number for number, entry in enumerate(repository.entries) if entry.kind in kinds]
    return chance.choice(places) if places else None


def _with(repository: Repository, place: int, entry: Entry) -> Repository:
    entries = repository.entries
    return repository._replace(entries=(*entries[:place], entry, *entries[place + 1 :]))


def _fitting(repository: Repository, longest: int) -> bytes:
    """The bytes of a repository, without its last files if it is too large."""
    while len(data := to_bytes(repository)) > longest and repository.entries:
        repository = repository._replace(entries=repository.entries[:-1])
    return data[:longest]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode(
        "utf-8", "surrogatepass" if any(0xD800 <= ord(char) < 0xDC80 for char in text) else "surrogateescape"
    )

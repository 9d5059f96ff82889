"""`dfix mcp` as an agent sees it: through the client of the package mcp, over standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import jsonschema
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from dfix.rewriter.agents.tools import TOOLS
from tests.engine.fixture import Engine
from tests.layers.repositories import git, repository

NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node a.js\n"
FILES = {
    "Dockerfile": NODE,
    ".dockerignore": ".git\n",
    "package.json": "{}",
    "package-lock.json": "{}",
    "a.js": "1\n",
    "sub/a.Dockerfile": NODE,
}
SCHEMAS = {tool.name: tool.answers for tool in TOOLS}


class Answer(NamedTuple):
    """What a tool said: a structure that fits its schema, or the one line of an error."""

    found: dict[str, Any]
    error: str


Ask = Callable[..., Awaitable[Answer]]


def session(
    talk: Callable[[Client, Ask], Awaitable[None]], *flags: str, cwd: Path, env: Mapping[str, str] = {}
) -> None:
    """Starts the server and talks to it."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "dfix", "mcp", *flags], cwd=str(cwd), env=dict(env)
    )

    async def run() -> None:
        async with Client(server) as client:

            async def ask(tool: str, **given: Any) -> Answer:
                said = await client.call_tool(tool, given)
                (text,) = said.content
                assert text.type == "text"
                if said.is_error:
                    assert said.structured_content is None
                    assert text.text.isprintable()
                    assert "Traceback" not in text.text
                    return Answer({}, text.text)
                assert json.loads(text.text) == said.structured_content
                jsonschema.validate(said.structured_content, SCHEMAS[tool])
                return Answer(said.structured_content, "")

            await talk(client, ask)

    anyio.run(run)


def test_what_an_agent_is_told(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", FILES)

    async def talk(client: Client, ask: Ask) -> None:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["explain", "propose", "layers", "rules"]
        assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
        told = (await ask("explain", path="Dockerfile")).found
        assert [(one["rule"], one["line"], one["promise"]) for one in told["changes"]] == [
            ("split-manifests", 3, "same image"),
            ("clean-up", 4, "same image, except caches"),
        ]
        assert (told["path"], told["left_out"]) == ("Dockerfile", {})
        left = (await ask("explain", path="sub/../Dockerfile", text=NODE.replace("npm ci", "npm install"))).found
        refused = [(one["rule"], one["line"], one["code"]) for one in left["refusals"]]
        assert refused == [("split-manifests", 4, "lock-rewritten")]
        proposed = (await ask("propose", path="Dockerfile", select=["split-manifests"])).found
        assert [one["rule"] for one in proposed["changes"]] == ["split-manifests"]
        subprocess.run(["git", "apply", "--check"], cwd=app, input=proposed["diff"], text=True, check=True)
        same = (await ask("propose", path=str(app / "Dockerfile"), text="FROM a\n")).found
        assert (same["changed"], same["diff"], same["changes"]) == (False, "", [])
        layers = (await ask("layers", path="Dockerfile")).found
        assert layers["context_files"] == 6
        assert [(one["line"], one["cost"], one["rerun_by_files"]) for one in layers["layers"]][3] == (4, "slow", 6)
        rules = (await ask("rules")).found
        assert {"split-manifests", "merge-runs"} <= {rule["name"] for rule in rules["rules"]}
        assert (await ask("rules", name="no-lock")).found["page"].startswith("# no-lock\n")

    session(talk, cwd=app / "sub")
    assert git(app, "status", "--short") == ""


def test_bad_input_is_one_line_and_the_server_goes_on(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("FROM secret\n")
    app = repository(tmp_path / "app", {**FILES, "bad.Dockerfile": "RUN x\n"})
    (app / "out").symlink_to(tmp_path / "secret")
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("explain", {}, "explain needs `path`"),
        ("explain", {"path": 7}, "`path` has to be of the type string"),
        ("explain", {"path": "Dockerfile", "unsafe": "yes"}, "`unsafe` has to be of the type boolean"),
        ("explain", {"path": "Dockerfile", "select": [7]}, "`select` has to be a list of texts"),
        ("explain", {"path": "Dockerfile", "select": ["merge-run"]}, "Did you mean `merge-runs`?"),
        ("explain", {"path": "Dockerfile", "write": True}, "explain has no argument `write`"),
        ("explain", {"path": "Dockerfile", "text": "x" * 100_001}, "`text` is larger than 100 kB"),
        ("explain", {"path": "../secret"}, "is not a file below"),
        ("explain", {"path": str(tmp_path / "secret")}, "is not a file below"),
        ("propose", {"path": "out"}, "is not a file below"),
        ("layers", {"path": ".git/config"}, "is not a file below"),
        ("explain", {"path": "a\0b"}, "is not a file below"),
        ("explain", {"path": "."}, "is a folder. Dockerfiles in it: Dockerfile, bad.Dockerfile, sub/a.Dockerfile"),
        ("propose", {"path": "none\x1b[2J"}, "no such file"),
        ("layers", {"path": "bad.Dockerfile"}, "bad.Dockerfile:1: "),
        ("rules", {"name": "merge-rums"}, "Did you mean `merge-runs`?"),
        ("rules", {"name": "x" * 5000}, f"`{'x' * 60}…`"),
        ("explain", {"path": "Dockerfile", "select": ["DL3009"]}, "says what fixes that check: `clean-up`"),
        ("verify_against", {"path": "Dockerfile", "text": "FROM a\n"}, "only if dfix mcp gets --allow-builds"),
        ("erase", {}, "no tool `erase`: there are explain, propose, layers, rules"),
    ]

    async def talk(_client: Client, ask: Ask) -> None:
        for tool, given, why in cases:
            said = await ask(tool, **given)
            assert why in said.error, (tool, given, said)
        assert (await ask("explain", path="Dockerfile")).found["changes"]

    session(talk, cwd=app)


def test_checks_of_other_tools_have_pages(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", FILES)

    async def talk(_client: Client, ask: Ask) -> None:
        for name in ("DL3009", "hadolint:dl3009"):
            assert "**clean-up** fixes it" in (await ask("rules", name=name)).found["page"]
        assert "A check of ShellCheck" in (await ask("rules", name="SC2086")).found["page"]

    session(talk, cwd=app)


@pytest.mark.parametrize(
    ("message", "number", "code", "why"),
    [
        ('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"rules","arguments":{"name":"\\ud800"}}}', 7, -32700,
         "half of a pair"),
        ('{"jsonrpc":"2.0","id":"a","method":"\\udfff"}', "a", -32700, "half of a pair"),
        ('{"jsonrpc":"2.0","id":"\\ud800","method":"a"}', None, -32700, "half of a pair"),
        ('{"jsonrpc":"2.0","id":true,"method":"\\ud800"}', None, -32700, "half of a pair"),
        ("{", None, -32700, "is not JSON"),
        ("[" * 5000 + "]" * 5000, None, -32700, "is not JSON"),
        ("[1]", None, -32600, "not one of JSON-RPC 2.0"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_answered_and_the_server_goes_on(
    tmp_path: Path, message: str, number: int | str | None, code: int, why: str
) -> None:
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
    ping = {"jsonrpc": "2.0", "id": 99, "method": "ping"}
    command = [sys.executable, "-m", "dfix", "mcp", "--root", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None and server.stdout is not None
        told = []
        for line in (
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}), message, json.dumps(ping)
        ):  # fmt: skip
            server.stdin.write(f"{line}\n")
            server.stdin.flush()
            told.append(json.loads(server.stdout.readline()))
        server.stdin.close()
        assert server.wait(60) == 0
    assert (told[1]["id"], told[1]["error"]["code"]) == (number, code)
    assert why in told[1]["error"]["message"]
    assert told[2] == {"jsonrpc": "2.0", "id": 99, "result": {}}


def test_only_the_root_is_read_and_long_answers_say_what_is_missing(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {**FILES, "dfix.toml": 'ignore = ["clean-up", "split-manifests"]\n'})
    part = app / "sub"
    many = "FROM debian:12\n" + "RUN curl -o x http://a.example/x; rm x\nRUN apt-get install -y a; b\nENV A=1\n" * 55

    async def talk(_client: Client, ask: Ask) -> None:
        told = (await ask("explain", path="a.Dockerfile")).found  # the settings above the root don't count
        assert "clean-up" in [one["rule"] for one in told["changes"]]
        assert "split-manifests" not in [one["rule"] for one in told["changes"]]  # nor do the files
        assert "is not a file below" in (await ask("explain", path="../Dockerfile")).error
        said = await ask("verify_against", path="a.Dockerfile", text="FROM b\n")
        assert said.error == f"builds need the whole repository: start this server with --root {app}"
        long = (await ask("explain", path="b.Dockerfile", text=many)).found
        assert len(long["refusals"]) == 50
        assert [*long["left_out"]] == ["refusals"]
        assert long["left_out"]["refusals"] >= 5

    session(talk, "--root", str(part), "--allow-builds", cwd=tmp_path)


def test_a_proposed_dockerfile_is_built(engine: Engine, tmp_path: Path) -> None:
    engine.bases("busybox")
    old = "FROM busybox\nCOPY a.js /a\nCOPY package.json /b\n"
    app = repository(tmp_path / "app", {**FILES, "Dockerfile": old})

    async def talk(client: Client, ask: Ask) -> None:
        (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "verify_against"]
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is False
        same = (await ask("verify_against", path="Dockerfile", text=old.replace("/b", "/./b"))).found
        assert (same["path"], same["verdict"], same["differences"]) == ("Dockerfile", "proven", [])
        (app / "new").write_text(old.replace("COPY a.js /a\n", "USER 7\n"))
        other = (await ask("verify_against", path="Dockerfile", file="new")).found
        assert other["verdict"] == "broken"
        assert {(one["path"], one["line_before"], one["line_after"]) for one in other["differences"]} == {
            ("/a", 2, None),
            ("config User", None, 2),
        }
        assert "needs `text` or `file`" in (await ask("verify_against", path="Dockerfile")).error

    session(talk, "--allow-builds", cwd=app, env={**engine.environment, "TMPDIR": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["app"]

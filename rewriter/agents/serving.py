"""`dfix mcp`: the server on standard input and output."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from dfix.rewriter.agents.tools import BadArgumentError, check, offered
from dfix.rewriter.agents.unreadable import ReadableMessages
from dfix.rewriter.report.output import visible
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import is_shared, real, repository_of

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from dfix.rewriter.agents.analysing import Analysts
    from dfix.rewriter.agents.builds import Builds

USAGE = (
    "usage: dfix mcp [--root FOLDER] [--allow-builds]; a coding agent starts it and talks to it on standard input and "
    "output\n"
)
_MISSING = "dfix: `dfix mcp` needs the package mcp. pip install 'dfix[mcp]'\n"
_NO_FORK = "dfix: `dfix mcp` needs a system that can fork, such as Linux, macOS or WSL\n"
_PACKAGES = ("mcp", "mcp_types", "anyio", "pydantic")
_INTERRUPTED = 130
_AT_ONCE = 2
"""Calls that are answered at the same time."""
_INSTRUCTIONS = (
    "dfix rewrites Dockerfiles so that they rebuild faster and ship smaller, while the image stays the same. "
    "Nothing is written: apply the diff of `propose` yourself, or run `dfix --write`."
)


class Asked(NamedTuple):
    """What the command line asks for."""

    root: str | None = None
    builds: bool = False


def start(words: list[str]) -> int:
    """Serve one agent until it disconnects. Returns 2 for a wrong command line, or if the package is missing."""
    if words in (["--help"], ["-h"]):
        sys.stdout.write(USAGE)
        return 0
    asked = _read(words)
    if asked is None:
        sys.stderr.write(USAGE)
        return 2
    try:
        import anyio  # noqa: F401 - tells whether it is there, before anything starts
        import mcp.server.lowlevel  # noqa: F401
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _PACKAGES:
            raise
        sys.stderr.write(_MISSING)
        return 2
    if not hasattr(os, "fork"):
        sys.stderr.write(_NO_FORK)
        return 2
    root, fault = _root(asked.root)
    if fault:
        sys.stderr.write(f"dfix: {visible(fault)}\n")
        return 2
    os.chdir(root)  # names in diffs and answers are relative to it
    return _serve(root, builds=asked.builds)


def _read(words: list[str]) -> Asked | None:
    """Read the command line; None for a wrong one."""
    asked = Asked()
    left = [*words]
    while left:
        name, sign, value = left.pop(0).partition("=")
        if name == "--allow-builds" and not sign:
            asked = asked._replace(builds=True)
        elif name == "--root" and (sign or left):
            asked = asked._replace(root=value if sign else left.pop(0))
        else:
            return None
    return asked


def _root(named: str | None) -> tuple[str, str]:
    """The folder that is read, and what is wrong with it, or ""."""
    if named is not None and not os.path.isdir(named):
        return "", f"--root: no such folder: {named}. Name the folder of the project"
    here = real(os.getcwd())
    root = real(named) if named is not None else repository_of(here) or here
    if is_shared(root):
        return "", f"{root} belongs to no single project. Name the folder of one with --root"
    return root, ""


def _serve(root: str, *, builds: bool) -> int:
    import anyio

    from dfix.rewriter.agents.analysing import Analysts
    from dfix.rewriter.agents.builds import Builds

    analysts = Analysts()  # forks, so before there are threads
    proofs = Builds(root)

    def end(number: int, frame: object) -> None:
        proofs.end()
        os._exit(_INTERRUPTED)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    status = 1
    try:
        anyio.run(_run, _server(root, analysts, proofs if builds else None))
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        proofs.end()
        os._exit(status)  # threads may still wait for answers that nobody wants, for which Python would wait


async def _run(server: Server[Any]) -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        readable: Any = ReadableMessages(incoming, outgoing)
        await server.run(readable, outgoing, server.create_initialization_options())


def _server(root: str, analysts: Analysts, builds: Builds | None) -> Server[Any]:
    import anyio
    import mcp_types as types
    from mcp.server.lowlevel import Server

    from dfix.rewriter.report.version import version

    tools = {tool.name: tool for tool in offered(builds=builds is not None)}
    room = anyio.CapacityLimiter(_AT_ONCE)

    async def list_tools(context: object, params: object) -> types.ListToolsResult:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=tool.name,
                    description=tool.description,
                    input_schema=tool.takes,
                    output_schema=tool.answers,
                    annotations=types.ToolAnnotations(
                        read_only_hint=not tool.builds, destructive_hint=False, open_world_hint=tool.builds
                    ),
                )
                for tool in tools.values()
            ]
        )

    async def call_tool(context: object, params: types.CallToolRequestParams) -> types.CallToolResult:
        given = params.arguments or {}
        try:
            tool = tools.get(params.name)
            if tool is None:
                raise BadArgumentError(_unknown(params.name, tools))
            check(tool, given)
            if tool.builds and builds is not None:
                answer = await build(given, builds)
            else:
                answer = await anyio.to_thread.run_sync(
                    analysts.ask, tool.name, given, root, limiter=room, abandon_on_cancel=True
                )
        except BadArgumentError as error:
            return types.CallToolResult(content=[types.TextContent(text=visible(str(error)))], is_error=True)
        return types.CallToolResult(content=[types.TextContent(text=json.dumps(answer))], structured_content=answer)

    async def build(given: dict[str, Any], builds: Builds) -> dict[str, Any]:
        stopped = threading.Event()
        try:
            return await anyio.to_thread.run_sync(builds.verify, given, stopped, abandon_on_cancel=True)
        finally:
            stopped.set()

    return Server(
        "dfix",
        version=version() or "",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _unknown(name: str, tools: dict[str, Any]) -> str:
    if name == "verify_against":
        return "verify_against runs the commands of Dockerfiles, so it is there only if dfix mcp gets --allow-builds"
    return f"no tool `{name[:40]}`: there are {', '.join(tools)}"

"""The tools that agents are offered, with the schemas of what they take and answer, and the check of what they send."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import MAX_BYTES

_TYPES = {"string": str, "boolean": bool, "array": list}
_PATH = {"type": "string", "description": "The Dockerfile, relative to the root of this server."}
_TEXT = {"type": "string", "description": "Look at this text as the Dockerfile at `path`; the file needn't exist."}
_SELECT = {"type": "array", "items": {"type": "string"}, "description": "Rules to run; all default rules if left out."}
_UNSAFE = {"type": "boolean", "description": "Also run rules whose changes produce a different image."}
_LINE = {"type": "integer", "description": "A line of the Dockerfile."}
_STRING = {"type": "string"}
_LEFT_OUT = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "By list or text: how many entries or characters are left out of it.",
}


class Tool(NamedTuple):
    """One tool."""

    name: str
    description: str
    takes: dict[str, Any]
    """JSON schema."""
    answers: dict[str, Any]
    """JSON schema."""
    builds: bool = False
    """Whether it builds images."""


class BadArgumentError(Exception):
    """A call that cannot be carried out; the text is one line for the agent."""


def _object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def _list(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(" ".join(properties), **properties)}


def _answer(**properties: Any) -> dict[str, Any]:
    return _object(" ".join([*properties, "left_out"]), **properties, left_out=_LEFT_OUT)


_CHANGES = _list(rule=_STRING, line=_LINE, reason=_STRING, promise=_STRING)

TOOLS = (
    Tool(
        "explain",
        "What dfix would change in a Dockerfile and why, which places it leaves alone, and why, and what to do.",
        _object("path", path=_PATH, text=_TEXT, select=_SELECT, unsafe=_UNSAFE),
        _answer(
            path=_STRING,
            changes=_CHANGES,
            refusals=_list(rule=_STRING, line=_LINE, code=_STRING, reason=_STRING, hint=_STRING),
            warnings=_list(line=_LINE, message=_STRING),
            context={"type": "string", "description": "The build context, and why it is that folder."},
        ),
    ),
    Tool(
        "propose",
        "The diff that dfix would write to a Dockerfile (and to its ignore file), in git's format. Nothing is written.",
        _object("path", path=_PATH, text=_TEXT, select=_SELECT, unsafe=_UNSAFE),
        _answer(path=_STRING, changed={"type": "boolean"}, changes=_CHANGES, diff=_STRING),
    ),
    Tool(
        "layers",
        "What each instruction of a Dockerfile costs, whether its layer ships, and what makes it run again.",
        _object("path", path=_PATH, text=_TEXT),
        _answer(
            path=_STRING,
            context_files={"type": "integer", "description": "Files that the build sends."},
            layers=_list(
                line=_LINE,
                instruction=_STRING,
                stage=_STRING,
                ships={"type": "boolean"},
                cost={"type": "string", "description": "An estimate, or empty for a step that takes no time."},
                rerun_by_files={"type": "integer", "description": "Files of which an edit makes it run again."},
                rerun_by_arguments={"type": "array", "items": _STRING},
            ),
        ),
    ),
    Tool(
        "rules",
        "The rules of dfix; with `name`, the page of a rule, of the code of a reason for leaving a place alone, or of "
        "a check of hadolint or BuildKit (DL3009), which says which rule fixes it.",
        _object(name={"type": "string", "description": "A rule, a code or a check."}),
        _answer(
            rules=_list(name=_STRING, summary=_STRING, promise=_STRING, by_name_only={"type": "boolean"}),
            page=_STRING,
        ),
    ),
    Tool(
        "verify_against",
        "Build the Dockerfile as it is and a proposed one, and tell whether both give the same image. "
        "Runs the commands of both; takes as long as two builds without cache.",
        _object(
            "path",
            path=_PATH,
            text={"type": "string", "description": "The text of the proposed Dockerfile."},
            file={"type": "string", "description": "Instead of `text`: the file with it, relative to the root."},
        ),
        _answer(
            path=_STRING,
            verdict={
                "type": "string",
                "description": "proven: the same image. broken: not. unbuilt: the present one does not build. "
                "unchanged: both texts are the same. failed, unshown: nothing is known; see message.",
            },
            message=_STRING,
            differences=_list(
                path=_STRING,
                what=_STRING,
                line_before={"type": ["integer", "null"]},
                line_after={"type": ["integer", "null"]},
            ),
            allowed={"type": "array", "items": _STRING, "description": "What differs and the settings allow."},
            slower={"type": "array", "items": _STRING, "description": "What now runs again after which edit."},
            faster={"type": "array", "items": _STRING, "description": "What no longer does."},
        ),
        builds=True,
    ),
)


def offered(*, builds: bool) -> tuple[Tool, ...]:
    """The tools of a server that may build, or may not."""
    return tuple(tool for tool in TOOLS if builds or not tool.builds)


def check(tool: Tool, given: dict[str, Any]) -> None:
    """Check the arguments of a call. Raises BadArgumentError."""
    known = tool.takes["properties"]
    for name, value in given.items():
        if name not in known:
            raise BadArgumentError(f"{tool.name} has no argument `{name[:40]}`: it takes {', '.join(known)}")
        kind = known[name]["type"]
        if not isinstance(value, _TYPES[kind]):
            raise BadArgumentError(f"`{name}` has to be of the type {kind}")
        if isinstance(value, list) and not all(isinstance(one, str) for one in value):
            raise BadArgumentError(f"`{name}` has to be a list of texts")
        _check_texts(name, value if isinstance(value, list) else [value])
    for name in tool.takes["required"]:
        if not given.get(name):
            raise BadArgumentError(f"{tool.name} needs `{name}`: {known[name]['description']}")


def _check_texts(name: str, values: list[Any]) -> None:
    for value in values:
        try:
            size = len(value.encode()) if isinstance(value, str) else 0
        except UnicodeEncodeError:
            raise BadArgumentError(f"`{name}` has a character that is half of a pair (a surrogate)") from None
        if size > MAX_BYTES:
            raise BadArgumentError(f"`{name}` is larger than {MAX_BYTES // 1_000} kB, which dfix does not read")

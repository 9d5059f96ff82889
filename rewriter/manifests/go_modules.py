"""Which modules `go mod download` fetches, and which of them nobody but the project's owner may be able to fetch."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence, Set
from fnmatch import fnmatch

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.go_packages import GoBuild, imported_modules
from dfix.rewriter.text.expression import expression

_REQUIRE = expression(
    r"^[ \t]*+(?:require\s++)?\"?(?P<path>[^\s/()\".]++\.[^\s()\"]++)\"?\s+v\S+(?P<indirect>\s*//\s*indirect)?",
    re.MULTILINE,
)
_REPLACE = expression(r"^[^\S\n]*(?:replace\s+)?(?P<old>[^\s()]+)(?:\s+v\S+)?\s+=>\s+(?P<new>[^\s()]+)", re.MULTILINE)
_MODULE = expression(r"^[^\S\n]*module\s+[\"`]?(?P<path>[^\s\"`]+)", re.MULTILINE)


class GoProject:
    """The modules of a project, from its go.mod files, and what they require."""

    def __init__(self, context: Context, files: Sequence[str]) -> None:
        self.context = context
        self.modules: dict[str, str] = {}
        """The project's own modules with their context folders."""
        self.required: dict[str, bool] = {}
        """Other modules, each with whether the project itself does not import it (`// indirect`)."""
        self.replaced: dict[str, str] = {}
        """Modules that are fetched from elsewhere."""
        for path in files:
            if posixpath.basename(path) == "go.mod":
                self._read(path)
        for module in {*self.modules, *(old for old, new in self.replaced.items() if new[0] in "./")}:
            self.required.pop(module, None)

    def _read(self, path: str) -> None:
        text = self.context.read(path) or ""
        named = _MODULE.search(text)
        if named is not None:
            self.modules[named["path"]] = posixpath.dirname(path)
        self.replaced |= {match["old"]: match["new"] for match in _REPLACE.finditer(text)}
        plain = "\n".join(line for line in text.splitlines() if "=>" not in line)
        for match in _REQUIRE.finditer(plain):
            indirect = bool(match["indirect"])
            self.required[match["path"]] = self.required.get(match["path"], True) and indirect

    def needed_by(self, build: GoBuild) -> set[str] | None:
        """The required modules of which the build imports a package; None if that is unknown."""
        modules = dict(self.modules)
        for old, new in self.replaced.items():
            if new.startswith("."):
                base = next(iter(self.modules.values()), "")
                modules[old] = posixpath.normpath(posixpath.join(base, new))
        return imported_modules(self.context, build, modules, self.required)

    def unavailable(
        self, needed: Set[str], settings: Mapping[str, str | None], known: Mapping[str, Sequence[str]]
    ) -> str:
        """Why a module that is not needed may be unavailable, as a sentence; "" if all of them can be fetched.

        `known` has the lists "public", "hosts" and "proxies" of public_packages.toml.
        """
        proxy = settings.get("GOPROXY")
        asks_elsewhere = proxy is None or not all(
            part in ("", "direct", "off", *known["proxies"]) for part in re.split(r"[,|]", proxy)
        )
        for module, indirect in self.required.items():
            if module in needed:
                continue
            source = self.replaced.get(module, module)
            if asks_elsewhere:
                return f"the build may not need {module}, and GOPROXY may not have it"
            if _matches(settings, source):
                return f"the build may not need {module}, which is private"
            if not _is_public(source, known["public"]) and not (
                indirect and self._is_of_others(source, known["hosts"])
            ):
                return f"the build does not import {module}, which may be private"
        return ""

    def _is_of_others(self, module: str, hosts: Sequence[str]) -> bool:
        """Whether the module is on a public host, and not in the account of the project itself."""
        host = module.partition("/")[0]
        account = "/".join(module.split("/")[:2])
        return host in hosts and not any(f"{own}/".startswith(f"{account}/") for own in self.modules)


def _matches(settings: Mapping[str, str | None], module: str) -> bool:
    """Whether GOPRIVATE or the like names the module."""
    for name in ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"):
        value = settings.get(name)
        if value is None or "$" in value:
            return True
        parts = module.split("/")
        for pattern in filter(None, value.split(",")):
            if fnmatch("/".join(parts[: pattern.count("/") + 1]), pattern):
                return True
    return False


def _is_public(module: str, known: Sequence[str]) -> bool:
    return any(module == public or module.startswith(public + "/") for public in known)

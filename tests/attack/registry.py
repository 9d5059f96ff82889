"""One small server for npm, pip, apt and Go: what a build of the campaign fetches comes from here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from tests.attack import packages


def answer(path: str) -> bytes:
    """The file at a path of the server; b"" for none."""
    service, _, rest = unquote(path).replace("/./", "/").strip("/").partition("/")
    match service:
        case "npm":
            return _npm(rest)
        case "simple":
            return _simple(rest)
        case "wheels":
            name, version = rest.split("-")[:2]
            return packages.wheel(name, version) if (name, version) in _versions() else b""
        case "apt":
            name = rest.removesuffix(".deb")
            return packages.apt_index() if rest == "Packages" else packages.deb(name) if name in packages.DEBS else b""
        case "go":
            return _go(rest)
    return b""


def _npm(rest: str) -> bytes:
    name, _, archive = rest.partition("/-/")
    if not archive:
        return packages.npm_document(name)
    version = archive.removeprefix(f"{name}-").removesuffix(".tgz")
    known = [package for package in packages.NPM if (package.name, package.version) == (name, version)]
    return packages.npm_archive(known[0]) if known else b""


def _versions() -> list[tuple[str, str]]:
    return [(name, version) for name, version, _ in packages.WHEELS]


def _simple(name: str) -> bytes:
    files = [packages.wheel_name(*found) for found in _versions() if found[0] == name]
    links = "".join(f'<a href="{packages.ADDRESS}/wheels/{file}">{file}</a>\n' for file in files)
    return f"<!DOCTYPE html><html><body>{links}</body></html>".encode() if files else b""


def _go(rest: str) -> bytes:
    module, _, file = rest.partition("/@v/")
    if module not in packages.GO_MODULES:
        return b""
    return {
        "list": b"v1.0.0\n",
        "v1.0.0.info": b'{"Version": "v1.0.0", "Time": "2020-01-01T00:00:00Z"}',
        "v1.0.0.mod": packages.go_mod(module),
        "v1.0.0.zip": packages.go_archive(module),
    }.get(file, b"")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        try:
            found = answer(self.path.partition("?")[0])
        except ValueError:
            found = b""
        self.send_response(200 if found else 404)
        kind = "application/json" if self.path.startswith("/npm/") and "/-/" not in self.path else "text/html"
        self.send_header(
            "Content-Type", kind if self.path.startswith(("/npm", "/simple")) else "application/octet-stream"
        )
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the standard library)
        """Say nothing: what tools ask for in vain is no news."""


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True  # two campaigns at once serve the same files
    daemon_threads = True


@contextmanager
def serving() -> Iterator[None]:
    """Serve while the block runs; builds reach it with `--network=host`."""
    with _Server(("127.0.0.1", packages.PORT), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()

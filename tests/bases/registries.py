"""Registries on this machine: a real one (Debian's docker-registry), and one that answers wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.tools.home import NoToolError, absent

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
PATIENCE = 60


def program(name: str) -> str:
    """The path of a program; the test is skipped without it (fails in CI)."""
    found = shutil.which(name)
    if found is None:
        absent(NoToolError(f"{name} is not installed"))
    return found


class Registry:
    """A registry to push to; `host` is what an image name begins with."""

    def __init__(self, host: str) -> None:
        self.host = host

    def _request(self, method: str, url: str, data: bytes = b"", kind: str = "application/octet-stream") -> Any:
        url = url if url.startswith("http") else f"http://{self.host}{url}"
        request = urllib.request.Request(url, data or None, {"Content-Type": kind}, method=method)
        return urllib.request.urlopen(request, timeout=PATIENCE)

    def _blob(self, name: str, data: bytes) -> dict[str, Any]:
        with self._request("POST", f"/v2/{name}/blobs/uploads/") as answer:
            place = answer.headers["Location"]
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._request("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data).close()
        return {"digest": digest, "size": len(data)}

    def push(self, image: str, architectures: tuple[str, ...], oci: bool) -> str:
        """Push an image of no layers for each architecture, and an index of them; one alone gets no index.

        The answer is the digest that the registry itself gives the tag.
        """
        name, _, tag = image.partition(":")
        kind, index = (OCI, OCI_INDEX) if oci else (DOCKER, DOCKER_LIST)
        config_kind = (
            "application/vnd.oci.image.config.v1+json" if oci else "application/vnd.docker.container.image.v1+json"
        )
        entries = []
        for architecture in architectures:
            config = {
                "architecture": architecture,
                "os": "linux",
                "rootfs": {"type": "layers", "diff_ids": []},
                "config": {"Labels": {"of": image}},
            }
            blob = {"mediaType": config_kind, **self._blob(name, json.dumps(config).encode())}
            manifest = {"schemaVersion": 2, "mediaType": kind, "config": blob, "layers": []}
            data = json.dumps(manifest, indent=3).encode()
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            reference = digest if len(architectures) > 1 else tag
            self._request("PUT", f"/v2/{name}/manifests/{reference}", data, kind).close()
            entries.append(
                {
                    "mediaType": kind,
                    "digest": digest,
                    "size": len(data),
                    "platform": {"os": "linux", "architecture": architecture},
                }
            )
        if len(architectures) > 1:
            data = json.dumps({"schemaVersion": 2, "mediaType": index, "manifests": entries}, indent=3).encode()
            self._request("PUT", f"/v2/{name}/manifests/{tag}", data, index).close()
        request = urllib.request.Request(
            f"http://{self.host}/v2/{name}/manifests/{tag}", headers={"Accept": f"{kind}, {index}"}, method="HEAD"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return str(answer.headers["Docker-Content-Digest"])


@contextmanager
def real_registry(folder: Path) -> Iterator[Registry]:
    """A registry that keeps its images in a folder, for as long as the block runs."""
    host = f"127.0.0.1:{free_port()}"
    settings = {
        "version": 0.1, "log": {"level": "error"}, "http": {"addr": host},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
    }  # fmt: skip
    (folder / "registry.yml").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program("docker-registry"), "serve", str(folder / "registry.yml")], stdout=log, stderr=log
        )
        try:
            end = time.monotonic() + PATIENCE
            while True:
                with suppress(OSError), urllib.request.urlopen(f"http://{host}/v2/", timeout=PATIENCE):
                    break
                assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
                time.sleep(0.05)
            yield Registry(host)
        finally:
            process.terminate()
            process.wait()


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def faulty_registry(password: str = "") -> Iterator[str]:
    """A registry in which the name of an image says what is wrong with the answer; `password` is asked for."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), _Faulty if not password else type("_", (_Faulty,), {"password": password})
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Faulty(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    password = ""

    def do_GET(self) -> None:
        known = f"Basic {base64.b64encode(f'user:{self.password}'.encode()).decode()}"
        if self.password and self.headers.get("Authorization") != known:
            self._answer(401, _error("UNAUTHORIZED", "authentication required"), WWW_Authenticate='Basic realm="x"')
            return
        if self.path == "/v2/":
            self._answer(200, b"{}")
            return
        if self.path.endswith("/tags/list") and self.path.split("/")[2].startswith("tags-"):
            name = self.path.split("/")[2]
            self._answer(200, json.dumps({"name": name, "tags": ["1.0.1", "1.0.2", "\n1.0.3"]}).encode())
            return
        match self.path.split("/")[2].removeprefix("tags-"):
            case "refused":
                self._answer(401, _error("UNAUTHORIZED", "authentication required"))
            case "absent":
                self._answer(404, _error("MANIFEST_UNKNOWN", "manifest unknown"))
            case "busy":
                self._answer(429, _error("TOOMANYREQUESTS", "too many requests"), Retry_After="0")
            case "half":
                self._answer(200, b'{"schemaVersion": 2, "manifests": [', length=5000)
                self.close_connection = True
            case "cut":
                self._answer(200, b'{"schemaVersion": 2, "manifests": [')
            case "page":
                self._answer(200, b"<html>Log in to the network</html>")
            case "slow":
                time.sleep(5)
                self._answer(500, b"")
            case _:
                entry = {
                    "mediaType": OCI,
                    "digest": "sha256:" + "1" * 64,
                    "size": 2,
                    "platform": {"os": "linux", "architecture": "s390x"},
                }
                self._answer(
                    200, json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()
                )

    def _answer(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", OCI_INDEX if status == 200 else "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing."""


def _error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

BASE = "localhost/dfix-test-busybox"


@pytest.fixture(scope="session")
def tools() -> None:
    """podman, buildah and a base image for them; installed in CI, else a test is skipped without them."""
    missing = [name for name in ("buildah", "podman", "crun") if shutil.which(name) is None]
    busybox = Path("/bin/busybox")
    if missing or not busybox.exists() or os.geteuid():
        if os.environ.get("CI") != "true":
            pytest.skip(f"needs root, a static busybox and {', '.join(missing) or 'podman'}")
        packages = ["buildah", "podman", "crun", "busybox-static"]
        subprocess.run(["apt-get", "-qq", "update"], check=True)
        subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages], check=True)


@pytest.fixture
def storage(tools: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Storage of this test's own, with one base image."""
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\nrunroot = "{tmp_path}/run"\ngraphroot = "{tmp_path}/storage"\n'
    )
    with tarfile.open(tmp_path / "root.tar", "w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for name in ("sh", "mkdir", "touch", "sleep", "cat", "rm", "test", "echo", "xargs", "stat", "sha256sum"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    subprocess.run(["podman", "import", "--quiet", str(tmp_path / "root.tar"), BASE], check=True, capture_output=True)
    return tmp_path

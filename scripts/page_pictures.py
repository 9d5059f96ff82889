"""Photograph pages with headless Chromium: `python scripts/page_pictures.py [NAME …]`, after `make site`.

It writes docs/pictures/*.png: pages of the website, and the report as a page. Another version of Chromium draws other
bytes, so nothing compares them; look at them after a change of these pages.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from chromium import NAMES, Chromium

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/pictures"
SITE = ROOT / ".site/html"


class Photo(NamedTuple):
    """A page, and how it is looked at."""

    name: str
    page: str
    dark: bool = False
    size: tuple[int, int] = (1280, 900)
    until: str = "true"
    """What must be true of the page first, as JavaScript."""


PHOTOS = (
    Photo("site-overview", ""),
    Photo("site-compare", "compare/", dark=True),
    Photo("site-start", "start/"),
    Photo("site-rule", "rules/split-manifests/", dark=True),
    Photo("site-search", "start/?q=cache+mount", until="document.querySelector('.md-search-result__item a')"),
    Photo("site-narrow", "breaks/", size=(420, 800)),
    Photo("report", "report.html"),
    Photo("report-dark", "report.html", dark=True),
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of what it replaces
        """Say nothing about each request."""


def main() -> int:
    """Run the program."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None or not SITE.is_dir():
        print("this needs Chromium (Debian's package chromium), and the website: run `make site`", file=sys.stderr)
        return 2
    report = [sys.executable, "-P", "-m", "dfix", "--output-format", "html", "--exit-zero", "--explain", "examples"]
    (SITE / "report.html").write_bytes(subprocess.run(report, cwd=ROOT, check=True, capture_output=True).stdout)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(SITE))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with Chromium(program) as browser:
            for photo in PHOTOS:
                if photo.name in sys.argv[1:] or not sys.argv[1:]:
                    address = f"http://127.0.0.1:{server.server_port}/{photo.page}"
                    picture = browser.look(address, size=photo.size, dark=photo.dark, until=photo.until)
                    (FOLDER / f"{photo.name}.png").write_bytes(picture)
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())

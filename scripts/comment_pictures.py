"""Photograph the comment on a pull request: `python scripts/comment_pictures.py`, with headless Chromium.

Three changes of a small repository are built with the engine of the tests: one that is good, one that loses files, one
that no longer builds. Each report is read as Markdown and photographed with its details unfolded, in fonts and colours
like GitHub's. It writes docs/pictures/comment-*.png; look at them after a change of what the comment says.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from chromium import NAMES, Chromium
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.engine.fixture import start  # noqa: E402  # the tests are no package that is installed
from tests.layers.repositories import commit, git, repository  # noqa: E402

FOLDER = ROOT / "docs/pictures"
BEFORE = """\
FROM busybox
WORKDIR /srv/shop
COPY . .
RUN mkdir -p /var/lib/shop && cp settings/*.conf /var/lib/shop
USER 1000
"""
FILES = {
    "Dockerfile": BEFORE,
    "settings/shop.conf": "port = 8080\n",
    "settings/mail.conf": "from = shop@example.org\n",
    "src/shop.sh": "echo shop\n",
    "LICENSE": "MIT\n",
    ".dockerignore": ".git\nDockerfile\n",
}
AFTER = {
    "good": {
        "Dockerfile": BEFORE.replace(
            "COPY . .\nRUN mkdir -p /var/lib/shop && cp settings/*.conf /var/lib/shop\n",
            "COPY settings settings\nRUN mkdir -p /var/lib/shop && cp settings/*.conf /var/lib/shop\nCOPY . .\n",
        ),
        "src/shop.sh": "echo shop 2\n",
    },
    "bad": {
        "Dockerfile": BEFORE.replace("COPY . .", "COPY src src\nCOPY settings/shop.conf settings/").replace(
            "1000", "root"
        )
    },
    "failed": {"Dockerfile": BEFORE.replace("COPY . .", "COPY src src")},
}
PAGE = """\
<!doctype html><meta charset="utf-8"><style>
body {{ font: 14px/1.5 "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; margin: 16px }}
main {{ border: 1px solid #d1d9e0; border-radius: 6px }}
header {{ background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0 }}
header {{ padding: 8px 16px; color: #59636e }}
article {{ padding: 16px }}
h3 {{ font-size: 1.25em; margin: 0 0 16px }}
table {{ border-collapse: collapse; margin: 0 0 16px }}
td, th {{ border: 1px solid #d1d9e0; padding: 6px 13px }}
code, pre {{ font: 12px/1.45 "Liberation Mono", "DejaVu Sans Mono", monospace }}
code, pre {{ background: #f0f1f3; border-radius: 6px }}
code {{ padding: .2em .4em }}
pre {{ padding: 16px; overflow: auto }}
</style><main><header><b>github-actions</b> commented</header><article>{}</article></main>
"""
WIDTH, HEIGHT = 920, 290
LINE = 17.45


def main() -> int:
    """Run the program."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        print("this needs Chromium (Debian's package chromium)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, Chromium(program) as browser:
        for name, files in AFTER.items():
            html = MarkdownIt("commonmark", {"html": True}).enable("table").render(report(Path(folder) / name, files))
            page = PAGE.format(html.replace("<details>", "<details open>"))
            height = HEIGHT + LINE * html.partition("<pre>")[2].count("\n")
            picture = browser.look(
                f"data:text/html;charset=utf-8,{quote(page)}", size=(WIDTH, round(height)), dark=False, until="true"
            )
            (FOLDER / f"comment-{name}.png").write_bytes(picture)
    return 0


def report(folder: Path, files: Mapping[str, str]) -> str:
    """What dfix says about a change."""
    engine = start()
    engine.bases("busybox")
    repo = repository(folder / "repo", FILES)
    git(repo, "checkout", "-q", "-b", "change")
    commit(repo, files)
    place = folder / "verify.md"
    command = [sys.executable, "-m", "dfix", "verify", "--base", "main", "--network", "host", "--report", str(place)]
    subprocess.run(command, cwd=repo, env={**engine.environment, "PYTHONPATH": str(ROOT)}, check=False)
    return place.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Compare what two checkouts of dfix write: `python scripts/compare.py BASE` (a revision or the folder of a checkout).

Both rewrite every Dockerfile of the corpus, its build contexts and the contexts of tests/prove, with and without
`--unsafe`. Prints each file that differs; exits 1 if there is one, 2 if a checkout cannot be run.

`--without-new-rows DAY` removes the rows since that day from the working tree's tables of what programs read and write.
A change that only adds rows must then show no difference.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared_data import Corpus, corpus

ROOT = Path(__file__).resolve().parents[1]
BATCH = 500
"""Files per call of the command."""
PROBLEMS = 2
"""The exit status of a call in which a file could not be handled; BuildKit refuses some of the corpus."""


def unpack(data: Corpus, folder: Path) -> list[str]:
    """Write the inputs below `folder` and return the paths of the Dockerfiles. A single file gets its own folder."""
    paths = []
    for name, content in sorted(data.dockerfiles.items()):
        target = folder / "lone" / name / "Dockerfile"
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
        paths.append(f"lone/{name}/Dockerfile")
    data.unpack_contexts(folder / "contexts")
    for context, dockerfiles in sorted(data.dockerfiles_of().items()):
        paths += [f"contexts/{context}/{dockerfile}" for dockerfile in dockerfiles]
    proofs = ROOT / "tests" / "prove" / "contexts"
    listed = subprocess.run(
        ["git", "-C", str(proofs), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, listed):
        target = folder / "prove" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if "/" in name:
            (folder / "prove" / Path(name).parts[0] / ".git").mkdir(exist_ok=True)
        shutil.copy2(proofs / name, target, follow_symlinks=False)
        if "Dockerfile" in target.name and not target.name.endswith(".dockerignore"):
            paths.append(f"prove/{name}")
    return paths


def rewrite(checkout: Path, folder: Path, paths: list[str], unsafe: bool) -> None:
    """Let a checkout rewrite the files. Raises RuntimeError if it fails for any reason but a file that it rejects."""
    module = "dfix" if (checkout / "dfix").is_dir() else "rewriter.main"
    words = [sys.executable, "-P", "-m", module, "--write", "--isolated", "--quiet", *(["--unsafe"] if unsafe else [])]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    for at in range(0, len(paths), BATCH):
        command = [*words, "--", *paths[at : at + BATCH]]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, PROBLEMS) or "Traceback" in done.stderr or "No module named" in done.stderr:
            raise RuntimeError(f"{checkout} cannot be run:\n{done.stderr[-2000:]}")


def differences(before: Path, after: Path) -> Iterator[str]:
    """A diff for each file that differs between the folders."""
    names = {str(path.relative_to(root)) for root in (before, after) for path in root.rglob("*") if path.is_file()}
    for name in sorted(names):
        old, new = (root / name for root in (before, after))
        if old.is_file() and new.is_file() and old.read_bytes() == new.read_bytes():
            continue
        yield "\n".join(difflib.unified_diff(_lines(old), _lines(new), name, name, lineterm=""))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines() if path.is_file() else []


def without_new_rows(folder: Path, day: str) -> Path:
    """Copy the working tree's packages to `folder`, without what the tables say since a day."""
    for name in ("dfix", "rewriter", "transforms", "docs/rules"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    tables = folder / "rewriter" / "knowledge"
    for path in (*tables.glob("programs/*.toml"), *tables.glob("managers/*.toml")):
        head, *rows = re.split(r"(?m)^(?=\[\[(?:program|command)\]\])", path.read_text("utf-8"))
        if _is_new(head, day):  # the manager itself: as one of which no sub-command is known
            lines = head[: head.index("[verbs]") + len("[verbs]\n")].splitlines(keepends=True)
            head = "".join(
                line for line in lines if not line.startswith(("settings-at", "one-folder", "family", "same"))
            )
        kept = [re.sub(r"(?m)^operands = .*\n", "", row) if _is_new(row, day) else row for row in rows]
        path.write_text(head + "".join(kept), "utf-8")
    return folder


def _is_new(text: str, day: str) -> bool:
    since = re.search(r'(?m)^since = "(.*)"', text)
    return since is not None and since[1] >= day


def compare(base: Path, after: Path = ROOT) -> int:
    """Run both checkouts on everything; return how many files differ."""
    data = corpus()
    if data is None:
        raise RuntimeError("the shared corpus is not there: name its folder in DFIX_SHARED")
    count = 0
    for unsafe in (False, True):
        with tempfile.TemporaryDirectory() as scratch:
            original, *folders = [Path(scratch, name) for name in ("original", "before", "after")]
            paths, *_ = [unpack(data, folder) for folder in (original, *folders)]
            with ThreadPoolExecutor() as pool:
                runs = zip((base, after), folders, strict=True)
                for running in [pool.submit(rewrite, root, folder, paths, unsafe) for root, folder in runs]:
                    running.result()
            changed = sum(1 for _ in differences(original, folders[0]))
            if not changed:
                raise RuntimeError(f"{base} changed no file at all, so that there is nothing to compare")
            found = list(differences(*folders))
        print(*found, sep="\n\n", end="\n" if found else "")
        how = "with" if unsafe else "without"
        print(f"{len(found)} of {len(paths)} files differ {how} --unsafe; the base changes {changed}")
        count += len(found)
    return count


def main() -> int:
    """Compare the working tree with the revision or folder on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="a git revision, or the folder of a checkout")
    parser.add_argument("--without-new-rows", metavar="DAY", default="", help="leave out rows since this day")
    asked = parser.parse_args()
    if asked.without_new_rows:
        with tempfile.TemporaryDirectory() as folder:
            return _compare(asked.base, without_new_rows(Path(folder), asked.without_new_rows))
    return _compare(asked.base, ROOT)


def _compare(base: str, after: Path) -> int:
    try:
        if os.path.isdir(base):
            return int(compare(Path(base).resolve(), after) > 0)
        with tempfile.TemporaryDirectory() as scratch:
            checkout = Path(scratch, "base")
            command = ["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(checkout), base]
            subprocess.run(command, check=True)
            try:
                return int(compare(checkout, after) > 0)
            finally:
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(checkout)], check=False)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

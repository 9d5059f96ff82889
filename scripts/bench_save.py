"""Measure format on save in Neovim: from `:w` until the buffer is changed and the file written.

    python scripts/bench_save.py --saves 50

Uses the Neovim of the tests (tests/editors), with our set-ups in `editors` and nothing else. Before each save, the
original text is restored with a new comment, so that no answer is cached.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.editors.programs import Program

ROOT = Path(__file__).resolve().parents[1]
_MEASURE = """
vim.wait(20000, function()
  return not {server} or #vim.lsp.get_clients({{ bufnr = 0, name = "dfix" }}) > 0
end)
local before = vim.api.nvim_buf_get_lines(0, 0, -1, false)
local times = {{}}
for number = 0, {saves} do
  vim.api.nvim_buf_set_lines(0, 0, -1, false, before)
  vim.api.nvim_buf_set_lines(0, -1, -1, false, {{ "# save " .. number }})
  vim.wait({pause})
  local count = vim.api.nvim_buf_line_count(0)
  local start = vim.uv.hrtime()
  vim.cmd("silent write")
  times[#times + 1] = (vim.uv.hrtime() - start) / 1e6
  assert({changes} == (vim.api.nvim_buf_line_count(0) ~= count), "the save changed the wrong thing")
end
io.stdout:write(table.concat(times, "\\n"))
"""


def saves(neovim: Program, config: Path | None, count: int, *, pause: int) -> list[float]:
    """The milliseconds of each save of a copy of examples/node; the first one, with everything cold, is left out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "node"
        shutil.copytree(ROOT / "examples" / "node", folder)
        (folder / ".git").mkdir()
        server = "true" if config is not None and config.suffix == ".lua" else "false"
        changes = "true" if config is not None else "false"
        script = Path(name) / "measure.lua"
        script.write_text(_MEASURE.format(server=server, changes=changes, saves=count, pause=pause))
        words = ["--headless", "-u", "NONE", "-c", "filetype on"]
        words += ["-c", f"source {config}"] if config is not None else []
        words += ["-c", f"edit {folder}/Dockerfile", "-c", f"source {script}", "-c", "qa!"]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [*neovim.command, *words], env=neovim.env(HOME=name, PATH=path), capture_output=True, text=True, check=True
        )
        if done.stderr:
            raise SystemExit(done.stderr)
        return [float(line) for line in done.stdout.split()][1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saves", type=int, default=50)
    count = parser.parse_args().saves
    sys.path.insert(0, str(ROOT))
    from tests.editors.programs import program

    neovim = program("neovim")
    editors = ROOT / "editors"
    sys.stdout.write(f"{'milliseconds':34} {'median':>7} {'least':>7} {'most':>7}\n")
    for name, config, pause in (
        ("without dfix", None, 0),
        ("language server", editors / "neovim" / "dfix.lua", 0),
        ("language server, after half a second", editors / "neovim" / "dfix.lua", 500),
        ("filter", editors / "vim" / "dfix.vim", 0),
    ):
        found = saves(neovim, config, count, pause=pause)
        sys.stdout.write(f"{name:34} {statistics.median(found):7.1f} {min(found):7.1f} {max(found):7.1f}\n")


if __name__ == "__main__":
    main()

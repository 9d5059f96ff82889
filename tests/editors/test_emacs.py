"""Emacs: a save through Eglot, and what Apheleia is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.editors.conftest import EDITORS, editor, on_path
from tests.server.test_protocol import NODE, SPLIT

CONNECT = "(progn (setq eglot-sync-connect 20) (apply #'eglot (eglot--guess-contact)))"
"""Without a user, the hook that starts Eglot after the first command never runs."""


def emacs(file: Path, dfix: Path, config: str, *forms: str) -> str:
    """Load one of our configurations, visit a file, evaluate forms, and answer with what Emacs wrote to standard output."""
    program = editor("emacs")
    words = ["-Q", "--batch", "-l", "dockerfile-mode", "-l", str(EDITORS / "emacs" / config)]
    words += ["--eval", f'(find-file "{file}")', *(word for form in forms for word in ("--eval", form))]
    env = program.env(HOME=str(file.parent), PATH=on_path(dfix))
    done = subprocess.run([*program.command, *words], env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_save_through_eglot(app: Path, dfix: Path) -> None:
    change = '(progn (goto-char (point-max)) (insert "# x\\n"))'
    emacs(app, dfix, "dfix-eglot.el", CONNECT, change, "(save-buffer)")
    assert app.read_text() == SPLIT + "# x\n"


def test_a_half_written_file_is_saved_as_it_is(app: Path, dfix: Path) -> None:
    change = '(progn (goto-char (point-min)) (insert "RUN <<EOF\\n"))'
    emacs(app, dfix, "dfix-eglot.el", CONNECT, change, "(save-buffer)")
    assert app.read_text() == "RUN <<EOF\n" + NODE


def test_diagnostics(app: Path, dfix: Path) -> None:
    wait = "(with-timeout (20) (while (not (flymake-diagnostics)) (accept-process-output nil 0.1) (flymake-start)))"
    show = '(princ (mapconcat #\'flymake-diagnostic-text (flymake-diagnostics) "\\n"))'
    told = emacs(app, dfix, "dfix-eglot.el", CONNECT, "(flymake-mode 1)", wait, show)
    assert "`npm ci` only reads package.json and package-lock.json" in told


def test_apheleia_is_told_a_command_that_formats(app: Path, dfix: Path) -> None:
    """Apheleia itself is in no package of Debian: what it is told is run as it would run it."""
    provide = "(progn (defvar apheleia-formatters nil) (defvar apheleia-mode-alist nil) (provide 'apheleia))"
    run = (
        "(let* ((name (alist-get major-mode apheleia-mode-alist)) (words (alist-get name apheleia-formatters))"
        " (args (mapcar (lambda (word) (if (eq word 'filepath) buffer-file-name word)) words)))"
        " (apply #'call-process-region nil nil (car args) t t nil (cdr args)) (princ (buffer-string)))"
    )
    assert emacs(app, dfix, "dfix-apheleia.el", provide, run) == SPLIT

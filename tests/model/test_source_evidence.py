"""What the sources of a build context tell about a program."""

from __future__ import annotations

import re

import pytest

from dfix.rewriter.model.source_evidence import (
    MOST_READ,
    Starts,
    calls,
    compiles_later,
    runs_programs,
    sources,
    uses_the_system,
)
from tests.build_context import MakeContext


def test_no_more_sources_are_read_than_a_save_has_time_for(make_context: MakeContext) -> None:
    context = make_context({f"a{number}.py": "" for number in range(MOST_READ + 1)})
    assert sum(1 for _ in sources(context, (".py",))) == MOST_READ == 2000


def test_sources_are_not_tests(make_context: MakeContext) -> None:
    files = ("a.py", "tests/b.py", "test/c/d.py", "x/spec/e.py", "test_f.py", "g_test.py", "contest/h.py", "tests.py")
    context = make_context(dict.fromkeys(files, ""))
    assert [path for path, _ in sources(context, (".py",))] == ["a.py", "contest/h.py", "tests.py"]


def test_the_first_place_that_is_no_comment() -> None:
    texts = (("a.go", "// b()\n\n x := 1 // b()\n\tb()\n"),)
    assert calls(texts, re.compile(r"b\(\)")) == "a.go:3 (`b()`)"
    assert calls(texts, re.compile("c")) == ""


def test_programs_that_sources_start(make_context: MakeContext) -> None:
    context = make_context({"a.py": "import os\n# os.system('a')\n", "b.py": "\nos.popen('a')\n"})
    assert uses_the_system(sources(context, (".py",)), "python") == "b.py:2 (`os.popen(`)"
    assert uses_the_system(sources(context, (".rb",)), "ruby") == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run(ARGS[0], x)", ""),
        ("run(ctx, ARGS[0])", ""),
        ("own, err := ARGS[0]\nrun(own)", ""),
        ("own := ARGS[0]\nrun(&own, 1)", ""),
        ("own := ARGS[0]\nrun(own.sibling)", "a.x:2 (`run(`)"),
        ("own := ARGS[0]\nrun(owner)", "a.x:2 (`run(`)"),
        ("run(ARGS[1])", "a.x:1 (`run(`)"),
        ("run('tar')", ""),
        ("run('ours')", ""),
        ("run(ARGS[0])\nrun('git')", "a.x:2 (`run('git'`)"),
        ("# run(x)", ""),
    ],
)
def test_programs_that_an_image_may_lack(text: str, found: str) -> None:
    language = Starts(re.compile(r"run\("), re.compile(r"run\('(\w+)'"), re.compile(r"ARGS\[0\]"))
    assert runs_programs((("a.x", text),), language, ("ours",)) == found


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "asyncio.create_subprocess_exec('a')"),
        ("python", "await create_subprocess_shell('a')"),
        ("python", "import subprocess\nsubprocess.run([sys.executable])\nsubprocess.run(['ls'])"),
        ("python", "from subprocess import run\nrun([sys.executable])"),
        ("python", "os.execv('/bin/x', sys.executable)"),
        ("ruby", "n = `wc -l a | git hash-object`"),
        ("ruby", "n = `git log`"),
        ("python", "pty.spawn(['a'])\nimport pty"),
        ("python", "os.posix_spawn('a', [], {})"),
        ("python", "from os import execvp"),
        ("python", "from shutil import which"),
        ("python", "import tkinter as tk"),
        ("python", "import distutils.ccompiler"),
        ("python", "run(['git', 'log'])"),
        ("python", "shell('curl -s http://a')"),
        ("python", "open('/usr/share/mime/types')"),
        ("ruby", 'exec "git"'),
        ("ruby", "exec('git')"),
        ("ruby", 'open("|git log")'),
        ("ruby", 'Process.spawn "a"'),
        ("ruby", "pid = spawn('a')"),
        ("ruby", "require 'pty'; PTY.spawn(x)"),
        ("node", "require('node:child_process')"),
        ("node", "import { execaCommand } from 'execa'"),
        ("node", "import spawn from 'nano-spawn'"),
        ("node", "process.binding('spawn_sync')"),
        ("node", "run('git', ['log'])"),
        ("node", "$`git rev-parse HEAD`"),
    ],
)
def test_what_uses_the_system(language: str, text: str) -> None:
    assert uses_the_system([("a", text)], language).startswith("a:")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "system = os.environ['SYSTEM']"),
        ("python", "executor.spawn(task)"),
        ("python", "@app.get('/process/subprocess/{name}')"),
        ("python", "os.execl(sys.executable, sys.executable, *sys.argv)"),
        ("python", "import subprocess\nsubprocess.run([sys.executable, 'a.py'], stdout=subprocess.PIPE)"),
        ("ruby", 'n = `wc -l "#{name}"`.to_i'),
        ("python", "url = 'https://github.com/git/git'"),
        ("python", "print('git is fine, and so is sshd')"),
        ("python", "which = 1\nimport shutil"),
        ("python", "open('/usr/share/zoneinfo/UTC')"),
        ("ruby", "connection.exec('select 1')"),
        ("ruby", "client.system"),
        ("ruby", "open('a|b')"),
        ("node", "router.patch('/git/:id', spawn)"),
        ("node", "const which = options.which"),
        ("node", "/^(?:a|b)$/.exec(text)"),
    ],
)
def test_what_does_not_use_the_system(language: str, text: str) -> None:
    assert uses_the_system([("a", text)], language) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("model = torch.compile(model)", "a:1 (`torch.compile`)"),
        ("import triton", "a:1 (`import triton`)"),
        ("lib = ffi.verify('int a;')", "a:1 (`ffi.verify(`)"),
        ("from cffi import FFI\nf = FFI()\nf.verify(C)", "a:3 (`.verify(`)"),
        ("import cffi, re\nre.compile('a')", ""),
        ("from torch.utils import cpp_extension", "a:1 (`cpp_extension`)"),
        ("re.compile('a')\nimport torch", ""),
        ("token.verify('a')", ""),
    ],
)
def test_python_that_compiles_when_it_runs(text: str, found: str) -> None:
    assert compiles_later([("a", text)]) == found

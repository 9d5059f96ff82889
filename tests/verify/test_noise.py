from __future__ import annotations

import re

import pytest

from dfix.rewriter.verify.compare import compare
from dfix.rewriter.verify.image import Entry, Image
from dfix.rewriter.verify.noise import FIELDS, Noise, blank, blanked, excuse, is_irrelevant_read, table, translated

DAY = b"root:*:19000:0:99999:7:::\n"
OTHER_DAY = b"root:*:19001:0:99999:7:::\n"
CHANGED_HASH = b"root:$y$1:19000:0:99999:7:::\n"

# for each line of the table: paths that it is about, and neighbours that it is not about
LINES = {
    "/var/log/dpkg.log": ("var/log/dpkg.log", "!var/log/dpkg/a", "!srv/var/log/dpkg.log"),
    "/var/log/apt/*": ("var/log/apt/term.log", "!var/log/apt", "!var/log/apt-cacher/a"),
    "/var/log/alternatives.log": ("var/log/alternatives.log", "!var/log/alternatives"),
    "/var/log/fontconfig.log": ("var/log/fontconfig.log", "!var/log/app.log"),
    "/var/log/dnf*.log": ("var/log/dnf.log", "var/log/dnf.rpm.log", "!var/log/dnf"),
    "/var/log/hawkey.log": ("var/log/hawkey.log", "!var/log/hawkey"),
    "/var/log/yum.log": ("var/log/yum.log", "!var/log/nginx/access.log"),
    "/var/log/apk.log": ("var/log/apk.log", "!var/log/apk"),
    "/var/log/zypper.log": ("var/log/zypper.log", "!var/log/zypper"),
    "/var/log/zypp/*": ("var/log/zypp/history", "!var/log/zypp"),
    "/var/cache/ldconfig/aux-cache": ("var/cache/ldconfig/aux-cache", "!etc/ld.so.cache", "!var/cache/ldconfig/aux-cache~"),
    "/var/cache/apt/*.bin": ("var/cache/apt/pkgcache.bin", "!var/cache/apt/archives/a.bin", "!var/cache/apt/lock"),
    "/var/lib/apt/lists/**": ("var/lib/apt/lists/a_InRelease", "!var/lib/apt/extended_states"),
    "/var/cache/fontconfig/*.cache-*": ("var/cache/fontconfig/3830-le64.cache-8", "!var/cache/fontconfig/CACHEDIR.TAG"),
    "/etc/shadow": ("etc/shadow", "!etc/passwd", "!etc/gshadow"),
    "/etc/shadow-": ("etc/shadow-", "!etc/passwd-", "!etc/shadow.bak"),
    "/var/lib/rpm/*": ("var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "!var/lib/rpm-state/a", "!var/lib/rpm/a/b"),
    "/usr/lib/sysimage/rpm/*": ("usr/lib/sysimage/rpm/rpmdb.sqlite-wal", "!usr/lib/rpm/macros"),
    "/var/lib/dnf/history.sqlite*": ("var/lib/dnf/history.sqlite-shm", "!var/lib/dnf/modulefailsafe/a"),
    "/usr/lib/sysimage/libdnf5/transaction_history.sqlite*": (
        "usr/lib/sysimage/libdnf5/transaction_history.sqlite",
        "!usr/lib/sysimage/libdnf5/packages.toml",
    ),
    "/lib/apk/db/installed": ("lib/apk/db/installed", "!lib/apk/db/scripts.tar"),
    "/usr/lib/apk/db/installed": ("usr/lib/apk/db/installed", "!usr/lib/apk/db/triggers"),
    "/etc/apk/world": ("etc/apk/world", "!etc/apk/repositories"),
    "/usr/local/lib/python3.*/__pycache__/*.pyc": (
        "usr/local/lib/python3.11/__pycache__/_strptime.cpython-311.pyc",
        "!usr/local/lib/python3.11/_strptime.py",
        "!usr/local/lib/python3.11/__pycache__/a.py",
    ),
    "/usr/lib/python3.*/__pycache__/*.pyc": (
        "usr/lib/python3.11/__pycache__/csv.cpython-311.pyc",
        "!usr/lib/python3.11/csv.py",
    ),
    "**/target/.rustc_info.json": ("src/target/.rustc_info.json", "!src/target/release/app", "!src/.rustc_info.json"),
    "**.pyc": ("app/__pycache__/a.cpython-311.pyc", "a.pyc", "!app/a.py", "!app/a.pyc.txt"),
    "**.dist-info/RECORD": ("v/lib/pip-26.3.dist-info/RECORD", "!v/lib/pip-26.3.dist-info/METADATA", "!app/RECORD"),
    "/**/.venv/bin/*": ("app/.venv/bin/hello", ".venv/bin/hello", "!app/venv/bin/hello", "!app/.venv/bin/a/b"),
    "/**/.venv/lib/**.dist-info/RECORD": (
        "app/.venv/lib/python3.11/site-packages/a-1.dist-info/RECORD",
        "!app/.venv/lib/python3.11/site-packages/a/RECORD",
    ),
    "/**/.venv/lib/**.dist-info/uv_cache.json": (
        "app/.venv/lib/python3.11/site-packages/a-1.dist-info/uv_cache.json",
        "!app/uv_cache.json",
    ),
    "~/.cache/pdm/metadata/*.json": ("root/.cache/pdm/metadata/a.json", "!root/.cache/pdm/http/a.json"),
    "~/.cache/pip/wheels/**.whl": ("root/.cache/pip/wheels/7f/a.whl", "!app/a.whl", "!root/.cache/pip/http/a"),
    "~/.cache/virtualenv/wheel/**.json": (
        "home/me/.cache/virtualenv/wheel/3.11/embed/3/pip.json",
        "!root/.cache/virtualenv/wheel/3.11/a.py",
    ),
    "~/.cache/uv/archive-v*/**": ("root/.cache/uv/archive-v0/50cREw32/a.py", "!root/.cache/archive-v0/a", "!app/archive-v0/a"),
    "~/.cache/uv/sdists-v*/**": ("root/.cache/uv/sdists-v9/path/0f/xY3/metadata.msgpack", "!root/.cache/sdists-v9/a"),
    "~/.cache/uv/wheels-v*/**": ("root/.cache/uv/wheels-v8/pypi/click/8.5.1-py3", "!root/.cache/wheels-v8/a"),
    "~/.cache/uv/**": ("root/.cache/uv/simple-v28/a.rkyv", "!root/.cache/uvx/a", "!root/.local/share/uv/a"),
    "/tmp/pipenv-request-*.json": ("tmp/pipenv-request-c97j98u4.json", "!tmp/pipenv.json"),
    "/tmp/pipenv-response-*.json": ("tmp/pipenv-response-c97j98u4.json", "!app/pipenv-response-c97j98u4.json"),
    "~/.npm/_logs/*": ("root/.npm/_logs/2026-01-01T00_00_00_000Z-debug-0.log", "!root/.npm/_logs", "!app/.npm/_logs/a"),
    "~/.npm/_cacache/index-v5/**": ("home/node/.npm/_cacache/index-v5/00/1f/a", "!root/.npm/_cacache/content-v2/a"),
    "~/.npm/_cacache/_lastverified": ("root/.npm/_cacache/_lastverified", "!root/.npm/_cacache/x"),
    "**/node_modules/.modules.yaml": (
        "node_modules/.modules.yaml",
        "app/a/node_modules/.modules.yaml",
        "!app/.modules.yaml",
        "!app/old_node_modules/.modules.yaml",
    ),
    "**/node_modules/.pnpm-workspace-state*.json": (
        "app/node_modules/.pnpm-workspace-state-v1.json",
        "!app/node_modules/a/package.json",
    ),
    "~/.local/share/pnpm/store/v*/**.json": (
        "root/.local/share/pnpm/store/v3/files/01/35-index.json",
        "!root/.local/share/pnpm/store/v3/files/01/35",
    ),
    "~/.cache/pnpm/metadata*/**": ("root/.cache/pnpm/metadata-v1.3/registry.npmjs.org/ms.json", "!root/.cache/pnpm/dlx/a"),
    "/tmp/yarn--**": ("tmp/yarn--1795-0.9", "tmp/yarn--1795-0.9/node", "!tmp/yarn", "!app/yarn--1795-0.9"),
    "/tmp/v8-compile-cache-*/**": ("tmp/v8-compile-cache-0/10.2/a.BLOB", "!tmp/v8/a"),
    "~/.cache/go-build/**-a": ("root/.cache/go-build/01/011c-a", "!root/.cache/go-build/01/011c-d"),
    "~/.cache/go-build/trim.txt": ("root/.cache/go-build/trim.txt", "!root/.cache/go-build/README"),
    "~/.wget-hsts": ("root/.wget-hsts", "home/a/.wget-hsts", "!srv/.wget-hsts"),
    "**/.git/index": ("app/.git/index", ".git/index", "!app/.git/config", "!app/git/index"),
    "**/.git/logs/**": ("app/.git/logs/refs/heads/main", "!app/.git/refs/heads/main", "!app/logs/a"),
    "/dev": ("dev", "!devel"),
    "/dev/**": ("dev/console", "!devel/a", "!app/dev/a"),
    "/proc": ("proc", "!app/proc"),
    "/proc/**": ("proc/a", "!app/proc/a"),
    "/sys": ("sys", "!system"),
    "/sys/**": ("sys/fs/a", "!app/sys/a"),
    "/etc/hosts": ("etc/hosts", "!etc/hosts.allow", "!app/etc/hosts"),
    "/etc/hostname": ("etc/hostname", "!etc/hostname.bak"),
    "/etc/resolv.conf": ("etc/resolv.conf", "!etc/resolvconf/a", "!etc/nsswitch.conf"),
    "/tmp/node-compile-cache/**": ("tmp/node-compile-cache/v22.1.0-x64-1-0/00bf0630", "!tmp/node-compile-cache-2/a"),
}  # fmt: skip


def about(paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if not path.startswith("!")]


def differing(path: str, before: Entry | None, after: Entry | None) -> list[str]:
    images = [Image({}, (), {path: entry} if entry else {}) for entry in (before, after)]
    return [difference.kind for difference in compare(images[0], images[1], ()).differences]


FILE = Entry("file", 0o644, 0, 0, 1, "x")
FOUND = {
    "presence": None,
    "content": FILE._replace(digest="y"),
    "mode": FILE._replace(mode=0o600),
    "owner": FILE._replace(uid=1000),
    "type": Entry("folder", 0o644, 0, 0),
}


def test_each_line_has_a_case() -> None:
    assert [noise.path for noise in table()] == list(LINES)


@pytest.mark.parametrize("line", table(), ids=lambda line: line.path)
def test_a_line_is_whole(line: Noise) -> None:
    assert line.excused in ("any", "content", "field")
    assert (line.excused == "field") == (line.field in FIELDS) == bool(line.field)
    assert line.reason.endswith(".") and len(line.reason) > 20
    assert not line.source or line.source.startswith("https://")


@pytest.mark.parametrize("line", table(), ids=lambda line: line.path)
def test_what_a_line_is_about(line: Noise) -> None:
    pattern = re.compile(translated(line.path))
    for path in LINES[line.path]:
        assert bool(pattern.fullmatch(path.removeprefix("!"))) == (not path.startswith("!")), path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (path, kind)
        for noise in table()
        if noise.excused == "content"
        for path in about(LINES[noise.path])
        for kind in FOUND
    ],
)
def test_a_line_for_content_excuses_content_alone(path: str, kind: str) -> None:
    assert differing(path, FILE, FOUND[kind]) == ([] if kind == "content" else [kind])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (path, kind)
        for noise in table()
        if noise.excused == "any"
        for path in about(LINES[noise.path])
        for kind in FOUND
    ],
)
def test_a_line_for_the_whole_path_excuses_all(path: str, kind: str) -> None:
    assert differing(path, FILE, FOUND[kind]) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (path, kind)
        for noise in table()
        if noise.excused == "field"
        for path in about(LINES[noise.path])
        for kind in FOUND
    ],
)
def test_a_line_for_a_field_excuses_nothing_by_itself(path: str, kind: str) -> None:
    assert blanked(path)
    assert differing(path, FILE, FOUND[kind]) == [kind]


@pytest.mark.parametrize("kind", FOUND)
@pytest.mark.parametrize(
    "path",
    [
        *[path[1:] for paths in LINES.values() for path in paths if path.startswith("!")],
        "etc/passwd", "etc/group", "etc/gshadow", "etc/subuid", "var/lib/dpkg/status", "usr/bin/env",
        "app/package.json", "app/node_modules/express/index.js", "app/var/log/a", "tmp/a", "run/nginx", "run/nginx/a",
        "root/.cache/ms-playwright/a", "etc/machine-id", "etc/ssh/ssh_host_rsa_key", "tmp/tmp.WitLKmTKYP", "var/log/app.log", "root/.cache/uv", "root/.npmrc", "var/lib/dpkg/status-old",
    ],
)  # fmt: skip
def test_what_no_line_excuses(path: str, kind: str) -> None:
    assert differing(path, FILE, FOUND[kind]) == [kind]
    assert not blanked(path)


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/lib/python3.11/site-packages/a/__pycache__/b.cpython-311.pyc",
        "usr/lib/python3/dist-packages/__pycache__/six.cpython-311.pyc",
        "app/__pycache__/a.cpython-311.pyc",
    ],
)
def test_compiled_files_of_packages_are_evidence(path: str) -> None:
    assert differing(path, FILE, FOUND["presence"]) == ["presence"]


def test_the_first_line_that_helps_gives_the_reason() -> None:
    assert excuse("root/.cache/uv/archive-v0/a/b", content_only=True).startswith("uv unpacks")
    assert excuse("root/.cache/uv/a", content_only=True).startswith("uv's index")
    assert excuse("root/.cache/uv/a", content_only=False) == ""
    assert excuse("app/a", content_only=True) == ""


# the fields

TIME, TIME_2 = b"\x10\x20\x30\x40", b"\x11\x20\x30\x40"
PYTHON_311 = b"\xa7\x0d\x0d\x0a"  # 3495
PYTHON_37 = b"\x40\x0d\x0d\x0a"  # 3392, the first one with flags
PYTHON_36 = b"\x33\x0d\x0d\x0a"  # 3379
PYTHON_27 = b"\x03\xf3\x0d\x0a"  # 62211
NO_FLAGS = bytes(4)
SIZE = b"\x05\x00\x00\x00"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (PYTHON_311 + NO_FLAGS + TIME + SIZE + b"code", PYTHON_311 + NO_FLAGS + bytes(4) + SIZE + b"code"),
        (PYTHON_37 + NO_FLAGS + TIME + SIZE + b"code", PYTHON_37 + NO_FLAGS + bytes(4) + SIZE + b"code"),
        (PYTHON_36 + TIME + SIZE + b"code", PYTHON_36 + bytes(4) + SIZE + b"code"),
        (PYTHON_27 + TIME + b"code and code", PYTHON_27 + bytes(4) + b"code and code"),
    ],
)
def test_the_time_in_a_pyc(content: bytes, expected: bytes) -> None:
    assert blank("app/a.pyc", content) == expected


@pytest.mark.parametrize(
    "content",
    [
        PYTHON_311 + b"\x01\x00\x00\x00" + TIME + SIZE + b"code",  # checked by the hash of its source
        PYTHON_311 + b"\x03\x00\x00\x00" + TIME + SIZE + b"code",
        PYTHON_311 + NO_FLAGS + TIME,  # too short
        b"\xa7\x0d\x0a\x0a" + NO_FLAGS + TIME + SIZE,  # no magic number ends so
        b"\x10\x00\x0d\x0a" + TIME + SIZE + SIZE,  # 16 is no version of CPython
        b"",
    ],
)
def test_a_pyc_without_a_known_time_stays(content: bytes) -> None:
    assert blank("app/a.pyc", content) == content


def test_code_and_size_in_a_pyc_stay_apart() -> None:
    one, other = (blank("a.pyc", PYTHON_311 + NO_FLAGS + TIME + SIZE + code) for code in (b"one", b"two"))
    assert one != other
    one, other = (blank("a.pyc", PYTHON_311 + NO_FLAGS + TIME + size + b"one") for size in (SIZE, TIME))
    assert one != other


@pytest.mark.parametrize("path", ["etc/shadow", "etc/shadow-"])
def test_the_day_in_shadow(path: str) -> None:
    assert blank(path, DAY) == b"root:*:day:0:99999:7:::\n"
    assert blank(path, DAY + b"a:!:1:::::\n") == blank(path, OTHER_DAY + b"a:!:20000:::::\n")
    assert blank(path, CHANGED_HASH) != blank(path, DAY)
    assert blank(path, DAY.replace(b"99999", b"1")) != blank(path, DAY)


@pytest.mark.parametrize("line", [b"a:!:0:0:99999:7:::\n", b"a:!::0:99999:7:::\n", b"a:19000\n"])
def test_a_day_with_a_meaning_stays(line: bytes) -> None:
    assert blank("etc/shadow", line) == line


BUSYBOX = b"C:Q1AAA=\nP:busybox\nV:1.36.1-r2\nA:x86_64\nT:Size optimized toolbox\n"
VIRTUAL = b"C:Q1z4L=\nP:.deps\nV:20240426.070733\nA:noarch\nS:0\nI:0\nT:virtual meta package\nD:so:libc.musl.so.1\n"


@pytest.mark.parametrize("path", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_a_virtual_package_of_apk(path: str) -> None:
    expected = b"C:\nP:.deps\nV:\nA:noarch\nS:0\nI:0\nT:virtual meta package\nD:so:libc.musl.so.1\n"
    assert blank(path, BUSYBOX + b"\n" + VIRTUAL + b"\n") == BUSYBOX + b"\n" + expected + b"\n"


def test_a_virtual_package_with_a_version_of_its_own_keeps_it() -> None:
    virtual = VIRTUAL.replace(b"V:20240426.070733", b"V:0")
    assert blank("lib/apk/db/installed", virtual).startswith(b"C:\nP:.deps\nV:0\n")


def test_versions_in_the_world_of_apk() -> None:
    world = b".deps=20240426.070733\nbusybox\nca-certificates=20240226-r0\ntzdata>20240426.070733\n"
    assert (
        blank("etc/apk/world", world) == b".deps=time\nbusybox\nca-certificates=20240226-r0\ntzdata>20240426.070733\n"
    )


def test_the_interpreter_of_a_script_in_a_virtual_environment() -> None:
    path, script = "app/.venv/bin/hello", b"#!/app/.venv/bin/python3\nimport a\n"
    assert blank(path, script) == b"#!/app/.venv/bin/python\nimport a\n"
    for other in (
        b"#!/usr/bin/python3\n",
        b"#!/app/.venv/bin/python3.11\n",
        b"\n#!/app/.venv/bin/python3\n",
        b"\x7fELF",
    ):
        assert blank(path, other) == other


def test_the_record_of_a_project_that_uv_installed() -> None:
    path = "app/.venv/lib/python3.11/site-packages/a-1.dist-info/RECORD"
    record = b"../../../bin/a,sha256=x,1\na-1.dist-info/uv_cache.json,sha256=x,1\na.py,sha256=x,1\n"
    assert blank(path, record) == blank(path, record.replace(b"bin/a,sha256=x,1", b"bin/a,sha256=y,2"))
    assert blank(path, record) == blank(path, record.replace(b"cache.json,sha256=x", b"cache.json,sha256=y"))
    assert blank(path, record) != blank(path, record.replace(b"a.py,sha256=x", b"a.py,sha256=y"))
    assert blank(path, record) != blank(path, record.replace(b"bin/a", b"bin/b"))


def test_the_order_of_a_record() -> None:
    path = "v/lib/pip-26.3.dist-info/RECORD"
    assert blank(path, b"b,,\na,sha256=1,2\n") == blank(path, b"a,sha256=1,2\nb,,\n")
    assert blank(path, b"b,,\na,sha256=1,2\n") != blank(path, b"a,sha256=1,3\nb,,\n")
    assert blank(path, b"a,,\na,,\n") != blank(path, b"a,,\n")


def test_pnpm_s_modules() -> None:
    path = "app/node_modules/.modules.yaml"
    old = b"layoutVersion: 5\nprunedAt: Wed, 25 Nov 2026 12:35:16 GMT\nregistries:\n"
    assert blank(path, old) == blank(path, old.replace(b"12:35:16", b"12:35:33"))
    assert blank(path, old) != blank(path, old.replace(b"layoutVersion: 5", b"layoutVersion: 6"))
    new = b'{\n  "a": {\n    "ms@2": "private"\n  },\n  "b": 1,\n  "prunedAt": "one"\n}'
    turned = b'{\n  "b": 1,\n  "a": {\n    "ms@2": "private"\n  },\n  "prunedAt": "two"\n}'
    assert blank(path, new) == blank(path, turned)
    assert blank(path, new) != blank(path, new.replace(b"ms@2", b"ms@3"))


def test_when_pnpm_last_checked() -> None:
    path = "app/node_modules/.pnpm-workspace-state-v1.json"
    content = b'{\n  "lastValidatedTimestamp": 1795610451140,\n  "projects": {"1": 2}\n}'
    assert blank(path, content) == b'{\n  "lastValidatedTimestamp": ,\n  "projects": {"1": 2}\n}'


def test_other_files_are_left_as_they_are() -> None:
    assert blank("app/shadow", DAY) == DAY
    assert blank("etc/passwd", DAY) == DAY
    assert not blanked("etc/passwd")


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("/a/*", "a/b", True), ("/a/*", "a/b/c", False), ("/a/**", "a/b/c", True), ("/a/**", "a", False),
        ("/a*/b", "ax/b", True), ("/a.b", "axb", False), ("**/b", "b", True), ("**/b", "a/c/b", True),
        ("**/b", "ab", False), ("/a/**/b", "a/b", True), ("/a/**/b", "a/x/y/b", True), ("/a/**/b", "a/xb", False),
        ("**b", "a/xb", True), ("~/a", "root/a", True), ("~/a", "home/me/a", True), ("~/a", "home/a", False),
        ("~/a", "home/me/you/a", False), ("~/a", "srv/root/a", False), ("/x~/a", "x~/a", True), ("/a?", "a?", True), ("/a?", "ab", False),
        ("/a/**", "a/new\nline", True),
    ],
)  # fmt: skip
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert bool(re.compile(translated(glob), re.DOTALL).fullmatch(path)) == fits


@pytest.mark.parametrize(
    ("path", "command", "irrelevant"),
    [
        ("/app/README.md", "yarn install --frozen-lockfile", True),
        ("/app/packages/a/readme", "cd /app && yarn", True),
        ("/app/README.md", "npm ci", False),
        ("/app/README.md", "cat README.md # yarnx", False),
        ("/app/src/README.js/a", "yarn", False),
        ("/app/package.json", "yarn", False),
    ],
)
def test_reads_that_have_no_effect(path: str, command: str, irrelevant: bool) -> None:
    assert is_irrelevant_read(path, command) == irrelevant

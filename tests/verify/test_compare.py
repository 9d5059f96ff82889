from __future__ import annotations

from typing import Any

import pytest

from dfix.rewriter.knowledge import managers
from dfix.rewriter.verify.compare import BUILT_TWICE, Comparison, Difference, allow, compare, without
from dfix.rewriter.verify.engine import LABEL
from dfix.rewriter.verify.image import Entry, Image

EMPTY: tuple[Any, ...] = (None, [], {})
CACHES = ("/var/lib/apt/lists", "/var/cache/apt", "~/.cache/pip", "~/.npm", "~/.bun/install/cache")


def file(content: str = "x", mode: int = 0o644, uid: int = 0, gid: int = 0) -> Entry:
    return Entry("file", mode, uid, gid, size=len(content), digest=content)


def folder(mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    return Entry("folder", mode, uid, gid)


def link(target: str) -> Entry:
    return Entry("link", 0o777, 0, 0, target=target)


def image(entries: dict[str, Entry] | None = None, config: dict[str, Any] | None = None) -> Image:
    return Image({"architecture": "amd64", "os": "linux", "config": config or {}}, (), entries or {})


def files(before: dict[str, Entry], after: dict[str, Entry], caches: tuple[str, ...] = CACHES) -> Comparison:
    return compare(image(before), image(after), caches)


def said(differences: tuple[Difference, ...]) -> list[tuple[str, str, int]]:
    return [(difference.path, difference.what, difference.bytes) for difference in differences]


# what differs


@pytest.mark.parametrize(
    ("before", "after", "what", "size"),
    [
        (file(mode=0o644), file(mode=0o600), "mode 0600, was 0644", 0),
        (file(mode=0o755), file(mode=0o4755), "mode 4755, was 0755", 0),
        (folder(mode=0o755), folder(mode=0o1777), "mode 1777, was 0755", 0),
        (file(uid=0, gid=0), file(uid=1000, gid=1000), "owner 1000:1000, was 0:0", 0),
        (file(gid=0), file(gid=5), "owner 0:5, was 0:0", 0),
        (file("abc"), file("abcde"), "content differs (5 bytes, was 3)", 2),
        (file("abc"), file("abd"), "content differs (3 bytes, as before)", 0),
        (link("b"), link("a"), "links to a, was b", 0),
        (file("abc"), link("a"), "now a link to a, was a file", -3),
        (link("a"), folder(), "now a folder, was a link to a", 0),
        (folder(), file("abc"), "now a file, was a folder", 3),
        (Entry("fifo", 0o644, 0, 0), file(""), "now a file, was a fifo", 0),
        (
            Entry("device", 0o644, 0, 0, target="1:3"),
            Entry("device", 0o644, 0, 0, target="1:5"),
            "is device 1:5, was 1:3",
            0,
        ),
        (
            file()._replace(xattrs=(("security.capability", "a"),)),
            file()._replace(xattrs=(("security.capability", "b"),)),
            "xattr security.capability differs",
            0,
        ),
        (file()._replace(xattrs=(("user.note", "a"),)), file(), "xattr user.note differs", 0),
    ],
)
def test_a_path_that_differs_in_one_way(before: Entry, after: Entry, what: str, size: int) -> None:
    assert said(files({"usr/bin/x": before}, {"usr/bin/x": after}).differences) == [("/usr/bin/x", what, size)]


def test_a_path_that_came_or_went() -> None:
    compared = files({"app/old": file("four")}, {"app/new": file("sixsix")})
    assert said(compared.differences) == [("/app/new", "is new", 6), ("/app/old", "is gone", -4)]


def test_each_way_in_which_one_path_differs_is_told() -> None:
    compared = files({"a": file("x", 0o644)}, {"a": file("xy", 0o600, 7, 7)})
    assert said(compared.differences) == [
        ("/a", "content differs (2 bytes, was 1)", 1),
        ("/a", "mode 0600, was 0644", 0),
        ("/a", "owner 7:7, was 0:0", 0),
    ]


def test_equal_images_do_not_differ() -> None:
    entries = {"a": folder(), "a/b": file(), "c": link("a/b")}
    assert files(entries, dict(entries)) == Comparison((), (), (), 0)


def test_a_size_that_differs_in_a_blanked_field_alone() -> None:
    assert files({"etc/shadow": file()}, {"etc/shadow": file()._replace(size=2)}).differences == ()


def test_a_folder_that_went_is_told_once() -> None:
    before = {"app": folder(), "app/a": folder(), "app/a/b": file("12"), "app/c": file("345"), "apple": file("6")}
    assert said(files(before, {}).differences) == [
        ("/app", "is gone, with 3 paths below it", -5),
        ("/apple", "is gone", -1),
    ]


def test_a_folder_that_came_with_one_path() -> None:
    assert said(files({}, {"app": folder(), "app/a": file("12")}).differences) == [
        ("/app", "is new, with 1 path below it", 2)
    ]


def test_what_went_from_a_folder_that_stays_is_told_one_by_one() -> None:
    before = {"app": folder(), "app/a": file(), "app/b": file()}
    assert said(files(before, {"app": folder()}).differences) == [("/app/a", "is gone", -1), ("/app/b", "is gone", -1)]


def test_a_folder_that_became_a_file_loses_its_paths() -> None:
    before = {"app": folder(), "app/a": file("12")}
    assert said(files(before, {"app": file("345")}).differences) == [
        ("/app", "now a file, was a folder", 3),
        ("/app/a", "is gone", -2),
    ]


# caches


def test_what_lies_in_cache_folders() -> None:
    lists = "var/lib/apt/lists"
    before = {lists: folder(), f"{lists}/a": file("12345"), f"{lists}/b": file("1"), "var/cache/apt/c": file("12")}
    after = {lists: folder(), f"{lists}/b": file("123", 0o600, 42)}
    compared = files(before, after)
    assert compared.differences == ()
    assert said(compared.caches) == [
        ("/var/cache/apt/c", "is gone", -2),
        ("/var/lib/apt/lists/a", "is gone", -5),
        ("/var/lib/apt/lists/b", "content differs (3 bytes, was 1)", 2),
        ("/var/lib/apt/lists/b", "mode 0600, was 0644", 0),
        ("/var/lib/apt/lists/b", "owner 42:0, was 0:0", 0),
    ]
    assert compared.cache_bytes == -5


def test_without_caches_all_is_evidence() -> None:
    compared = files({"root/.npm": folder(), "root/.npm/a": file("12")}, {}, ())
    assert said(compared.differences) == [("/root/.npm", "is gone, with 1 path below it", -2)]
    assert compared.caches == ()


@pytest.mark.parametrize("home", ["root", "home/node", "home/a.b"])
def test_a_cache_in_any_home(home: str) -> None:
    compared = files({f"{home}/.npm": folder(uid=1000), f"{home}/.npm/a": file("12")}, {})
    assert said(compared.caches) == [(f"/{home}/.npm", "is gone, with 1 path below it", -2)]
    assert compared.differences == ()
    assert compared.cache_bytes == -2


@pytest.mark.parametrize(
    "path",
    ["app/.npm", "app/root/.npm", "home/.npm", "root/.npmrc", "root/x/.npm", "var/cache/aptitude", "var/lib/apt"],
)
def test_not_a_cache(path: str) -> None:
    compared = files({path: file("12")}, {})
    assert said(compared.differences) == [(f"/{path}", "is gone", -2)]
    assert compared.caches == ()


def test_a_folder_made_for_a_cache_alone_goes_with_it() -> None:
    before = {"root": folder(), "root/.cache": folder(), "root/.cache/pip": folder(), "root/.cache/pip/a": file("123")}
    compared = files(before, {"root": folder()})
    assert compared.differences == ()
    assert said(compared.caches) == [("/root/.cache", "is gone, with 2 paths below it", -3)]


def test_a_folder_two_above_a_cache_goes_with_it() -> None:
    before = {"root/.bun": folder(), "root/.bun/install": folder(), "root/.bun/install/cache": folder()}
    compared = files(before, {})
    assert compared.differences == ()
    assert said(compared.caches) == [("/root/.bun", "is gone, with 2 paths below it", 0)]


def test_a_folder_made_for_a_cache_and_left_empty() -> None:
    compared = files({"root/.cache": folder()}, {})
    assert compared.differences == ()
    assert said(compared.caches) == [("/root/.cache", "is gone", 0)]


def test_a_folder_above_a_cache_with_something_else_in_it_is_evidence() -> None:
    before = {
        "root/.cache": folder(),
        "root/.cache/pip": folder(),
        "root/.cache/pip/a": file("123"),
        "root/.cache/models": folder(),
        "root/.cache/models/b": file("45"),
    }
    compared = files(before, {})
    assert said(compared.differences) == [("/root/.cache", "is gone, with 2 paths below it", -2)]
    assert said(compared.caches) == [("/root/.cache/pip", "is gone, with 1 path below it", -3)]


def test_a_file_where_the_folder_above_a_cache_would_be_is_evidence() -> None:
    assert said(files({"root/.cache": file("1")}, {}).differences) == [("/root/.cache", "is gone", -1)]


def test_a_home_and_a_folder_at_the_root_never_count_as_made_for_a_cache() -> None:
    before = {
        "root": folder(),
        "root/.npm": folder(),
        "home": folder(),
        "home/a": folder(),
        "home/a/.npm": folder(),
        "var": folder(),
    }
    compared = files(before, {})
    assert [difference.path for difference in compared.differences] == ["/home", "/root", "/var"]
    assert said(compared.caches) == [("/home/a/.npm", "is gone", 0), ("/root/.npm", "is gone", 0)]


def test_the_mode_and_owner_of_a_cache_folder_are_evidence() -> None:
    before = {"root/.npm": folder(), "root/.cache": folder()}
    compared = files(before, {"root/.npm": folder(uid=1000), "root/.cache": folder(mode=0o700)})
    assert said(compared.differences) == [
        ("/root/.cache", "mode 0700, was 0755", 0),
        ("/root/.npm", "owner 1000:0, was 0:0", 0),
    ]


@pytest.mark.parametrize("cache", [cache for manager in managers() for cache in manager.caches])
def test_every_cache_that_a_manager_declares(cache: str) -> None:
    path = cache.replace("~/", "/home/me/")[1:]
    compared = compare(image({path: folder(), f"{path}/a": file("12")}), image({}), (cache,))
    assert said(compared.caches) == [(f"/{path}", "is gone, with 1 path below it", -2)]
    assert compared.differences == ()


# noise


def test_noise_has_its_reason() -> None:
    compared = files({"var/log/apt/history.log": file("12")}, {"var/log/apt/history.log": file("123")})
    assert compared.differences == ()
    [(difference, reason)] = compared.noise
    assert (difference.path, difference.what) == ("/var/log/apt/history.log", "content differs (3 bytes, was 2)")
    assert reason.endswith(".")


def test_noise_in_the_content_excuses_no_mode_owner_or_type() -> None:
    path = "var/log/apt/history.log"
    assert said(files({path: file("12")}, {path: file("123", 0o600, 5)}).differences) == [
        (f"/{path}", "mode 0600, was 0644", 0),
        (f"/{path}", "owner 5:0, was 0:0", 0),
    ]
    assert said(files({path: file("12")}, {path: link("/dev/null")}).differences) == [
        (f"/{path}", "now a link to /dev/null, was a file", -2)
    ]
    assert said(files({path: file("12")}, {}).differences) == [(f"/{path}", "is gone", -2)]


def test_what_differs_between_two_builds_of_the_same_file() -> None:
    first = files({"a": file("1"), "b": file("1")}, {"a": file("2"), "b": file("2")})
    twice = files({"a": file("1")}, {"a": file("33")})
    compared = without(first, twice)
    assert said(compared.differences) == [("/b", "content differs (1 bytes, as before)", 0)]
    assert compared.noise == ((Difference("/a", "content differs (1 bytes, as before)", 0, "content"), BUILT_TWICE),)


@pytest.mark.parametrize("after", [file("1", 0o600), file("1", uid=7), link("b"), None])
def test_content_that_differs_twice_excuses_nothing_else(after: Entry | None) -> None:
    first = files({"a": file("1")}, {"a": after} if after else {})
    assert without(first, files({"a": file("1")}, {"a": file("2")})) == first


@pytest.mark.parametrize("after", [file("1", 0o600), file("1", uid=7), link("b"), None])
def test_the_same_kind_of_difference_is_excused(after: Entry | None) -> None:
    first = files({"a": file("1")}, {"a": after} if after else {})
    assert without(first, first).differences == ()


def test_a_folder_that_came_is_excused_only_with_all_that_came_with_it() -> None:
    small = {"tmp/x": folder(), "tmp/x/a": file()}
    large = {**small, "tmp/x/b": file()}
    assert without(files({}, small), files(large, {})).differences == ()
    assert said(without(files({}, large), files(small, {})).differences) == [
        ("/tmp/x", "is new, with 2 paths below it", 2)
    ]


def test_a_path_is_excused_that_came_with_its_folder_there() -> None:
    first = files({"tmp/x": folder()}, {"tmp/x": folder(), "tmp/x/a": file()})
    twice = files({}, {"tmp/x": folder(), "tmp/x/a": file(), "tmp/x/b": file()})
    assert said(without(first, twice).noise[0][:1]) == [("/tmp/x/a", "is new", 1)]
    assert without(first, twice).differences == ()


def test_caches_and_noise_stay_when_more_noise_is_taken_out() -> None:
    noisy = "var/log/apt/history.log"
    first = files({"root/.npm/a": file(), noisy: file("1"), "b": file("1")}, {noisy: file("2"), "b": file("2")})
    compared = without(first, files({"b": file("1")}, {"b": file("3")}))
    assert compared.caches == first.caches != ()
    assert compared.cache_bytes == -1
    assert [difference.path for difference, _ in compared.noise] == ["/b", "/" + noisy]


# the configuration


def config(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    compared = compare(image(config=before), image(config=after), CACHES)
    assert all(difference.kind == "config" and difference.bytes == 0 for difference in compared.differences)
    return [(difference.path, difference.what) for difference in compared.differences]


@pytest.mark.parametrize(
    ("before", "after", "path", "what"),
    [
        ({}, {"User": "node"}, "config User", 'is "node", was not set'),
        ({"User": "node"}, {}, "config User", 'is not set, was "node"'),
        ({"User": "1"}, {"User": "0"}, "config User", 'is "0", was "1"'),
        ({"Cmd": ["a", "b"]}, {"Cmd": ["b", "a"]}, "config Cmd", 'is ["b", "a"], was ["a", "b"]'),
        ({"Entrypoint": ["a"]}, {"Entrypoint": []}, "config Entrypoint", 'is not set, was ["a"]'),
        ({"WorkingDir": "/app"}, {"WorkingDir": ""}, "config WorkingDir", 'is "/", was "/app"'),
        (
            {},
            {"ExposedPorts": {"80/tcp": {}, "443/tcp": {}}},
            "config ExposedPorts",
            'is {"443/tcp": {}, "80/tcp": {}}, was not set',
        ),
        ({"Volumes": {"/a": {}}}, {"Volumes": None}, "config Volumes", 'is not set, was {"/a": {}}'),
        ({"StopSignal": "SIGINT"}, {}, "config StopSignal", 'is not set, was "SIGINT"'),
        ({}, {"Shell": ["/bin/bash", "-c"]}, "config Shell", 'is ["/bin/bash", "-c"], was not set'),
        ({}, {"OnBuild": ["RUN a"]}, "config OnBuild", 'is ["RUN a"], was not set'),
        ({"ArgsEscaped": True}, {}, "config ArgsEscaped", "is not set, was true"),
        (
            {"Healthcheck": {"Test": ["NONE"]}},
            {"Healthcheck": {"Test": ["NONE"], "Retries": 3}},
            "config Healthcheck",
            'is {"Retries": 3, "Test": ["NONE"]}, was {"Test": ["NONE"]}',
        ),
        ({"Env": ["A=1", "B=2"]}, {"Env": ["A=1", "B=2=3"]}, "config Env B", 'is "2=3", was "2"'),
        ({"Env": ["A=1"]}, {"Env": ["A=1", "C="]}, "config Env C", 'is "", was not set'),
        ({"Env": ["A=1"]}, {"Env": None}, "config Env A", 'is not set, was "1"'),
        ({"Labels": {"a": "1"}}, {"Labels": {"a": "2"}}, "config Labels a", 'is "2", was "1"'),
        ({"Labels": {"a": ""}}, {"Labels": {}}, "config Labels a", 'is not set, was ""'),
    ],
)
def test_a_setting_that_differs(before: dict[str, Any], after: dict[str, Any], path: str, what: str) -> None:
    assert config(before, after) == [(path, what)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *[
            ({}, {name: empty})
            for name in "Cmd Entrypoint OnBuild Shell Env Volumes ExposedPorts Labels Healthcheck".split()
            for empty in EMPTY
        ],
        *[({}, {name: empty}) for name in ("User", "StopSignal", "WorkingDir") for empty in (None, "")],
        ({}, {"WorkingDir": "/"}),
        ({}, {"ArgsEscaped": False}),
        ({"Healthcheck": {"Test": ["NONE"]}}, {"Healthcheck": {"Test": ["NONE"], "Interval": 0, "Timeout": None}}),
        ({"Env": ["A=1", "B=2"]}, {"Env": ["B=2", "A=1"]}),
        ({"Labels": {LABEL: "one"}}, {"Labels": {LABEL: "two"}}),
        ({"Labels": {LABEL: "one"}}, {}),
        ({"Hostname": "a", "Image": "sha256:1"}, {"Hostname": "b"}),
    ],
)
def test_settings_that_mean_the_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert config(before, after) == []
    assert config(after, before) == []


@pytest.mark.parametrize(("name", "value"), [("architecture", "arm64"), ("os", "windows"), ("variant", "v8")])
def test_the_platform(name: str, value: str) -> None:
    before, after = image(), image()
    after.config[name] = value
    [difference] = compare(before, after, CACHES).differences
    assert difference.path == f"config {name}"
    assert difference.what.startswith(f'is "{value}", was ')


def test_history_times_and_layers_are_free() -> None:
    before, after = image(), image()
    after.config.update(created="2026-01-01", history=[{}], rootfs={"diff_ids": ["sha256:1"]})
    assert compare(before, after, CACHES) == Comparison((), (), (), 0)


def test_what_the_settings_allow_is_moved_with_its_reason() -> None:
    def row(path: str, *below: str) -> Difference:
        return Difference(path, "is new", 1, "presence", below)

    rows = (
        row("/app/build.json"),
        row("/app/build.json.map"),
        row("/app/dist", "/app/dist/a", "/app/dist/b"),
        row("/opt", "/opt/log", "/opt/tool"),
        row("config Labels date"),
    )
    allowed = (
        ("/app/build.json", "date"),
        ("/app/dist", "built"),
        ("/opt/log*", "logs"),
        ("config Labels *", "release"),
    )
    found = allow(Comparison(rows, (), (), 0), allowed)
    assert [one.path for one in found.differences] == ["/app/build.json.map", "/opt"]
    assert [(one.path, why) for one, why in found.allowed] == [
        ("/app/build.json", "date"),
        ("/app/dist", "built"),
        ("config Labels date", "release"),
    ]
    assert allow(Comparison(rows, (), (), 0), ()) == Comparison(rows, (), (), 0)

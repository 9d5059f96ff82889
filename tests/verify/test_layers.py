from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from dfix.rewriter.verify.image import Entry
from dfix.rewriter.verify.layers import LayerError, flatten, listing
from tests.verify.archives import Member, file, folder, hard_link, link, other, tar


def flat(*layers: tuple[Member, ...]) -> dict[str, Entry]:
    packed = [tar(*layer) for layer in layers]
    return flatten(listing(io.BytesIO(data), len(data)) for data in packed)


def paths(*layers: tuple[Member, ...]) -> list[str]:
    return sorted(flat(*layers))


def test_what_an_entry_holds() -> None:
    found = flat(
        (
            folder("./etc/", 0o1777, uid=1, gid=2),
            file("etc/a", b"text", 0o4755, uid=1000, gid=1001, uname="somebody"),
            link("/etc/b", "a"),
            other("etc/c", tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3),
            other("etc/d", tarfile.FIFOTYPE, mode=0o600),
            file("etc/e", b"", pax_headers={"SCHILY.xattr.user.z": "1", "SCHILY.xattr.user.a": "2", "mtime": "1.5"}),
        )
    )
    assert found == {
        "etc": Entry("folder", 0o1777, 1, 2),
        "etc/a": Entry("file", 0o4755, 1000, 1001, 4, hashlib.sha256(b"text").hexdigest()),
        "etc/b": Entry("link", 0o777, 0, 0, target="a"),
        "etc/c": Entry("device", 0o666, 0, 0, target="character 1:3"),
        "etc/d": Entry("fifo", 0o600, 0, 0),
        "etc/e": Entry("file", 0o644, 0, 0, 0, hashlib.sha256().hexdigest(), xattrs=(("user.a", "2"), ("user.z", "1"))),
    }


def test_a_later_layer_replaces() -> None:
    found = flat((file("a", b"1"), file("b", b"1")), (file("a", b"22", 0o600),))
    assert (found["a"].size, found["a"].mode, found["b"].size) == (2, 0o600, 1)


def test_a_whiteout_hides_a_file_and_a_folder_with_all_below() -> None:
    below = (file("a"), folder("d"), file("d/x"), file("d/y/z"), file("dd"))
    assert paths(below, (file(".wh.a"), file(".wh.d"))) == ["dd"]


def test_a_whiteout_hides_nothing_of_its_own_layer() -> None:
    assert paths((file("d/x"),), (file("d/new"), file(".wh.d"), folder("d"))) == ["d", "d/new"]


@pytest.mark.parametrize("first", [True, False])
def test_an_opaque_folder_hides_lower_layers_only(first: bool) -> None:
    mark = (file("d/.wh..wh..opq"),)
    new = (folder("d", 0o700), file("d/new"))
    upper = mark + new if first else new + mark
    found = flat((folder("d"), file("d/x"), file("d/y/z"), file("e")), upper)
    assert sorted(found) == ["d", "d/new", "e"]
    assert found["d"].mode == 0o700


def test_an_opaque_root_hides_all() -> None:
    assert paths((file("a"), file("d/x")), (file(".wh..wh..opq"), file("b"))) == ["b"]


def test_a_file_in_the_place_of_a_folder() -> None:
    assert paths((file("d/x"), folder("d")), (file("d"),)) == ["d"]
    assert paths((folder("d"), file("d/x")), (link("d", "e"),)) == ["d"]
    assert paths((file("d"),), (folder("d"), file("d/x"))) == ["d", "d/x"]


def test_a_hard_link_in_the_place_of_a_folder() -> None:
    below = (folder("d"), file("d/x"), file("d/sub/y"), file("dd"))
    assert paths(below, (file("a"), hard_link("d", "a"))) == ["a", "d", "dd"]


def test_a_file_in_the_place_of_a_folder_that_no_layer_lists() -> None:
    assert paths((file("d/x"),), (file("d"),)) == ["d"]


def test_a_folder_that_no_layer_lists_in_the_place_of_a_file() -> None:
    found = flat((file("d", b"1", 0o600),), (file("d/x"),))
    assert sorted(found) == ["d", "d/x"]
    assert found["d"] == Entry("folder", 0o755, 0, 0)


def test_a_folder_again_keeps_what_is_in_it() -> None:
    found = flat((folder("d"), file("d/x")), (folder("d", 0o700),))
    assert sorted(found) == ["d", "d/x"]
    assert found["d"].mode == 0o700


def test_folders_that_no_layer_lists() -> None:
    found = flat((file("a/b/c"),))
    assert sorted(found) == ["a", "a/b", "a/b/c"]
    assert found["a"] == found["a/b"] == Entry("folder", 0o755, 0, 0)


def test_a_folder_that_no_layer_lists_stays_when_it_is_emptied() -> None:
    assert paths((file("a/b/c"),), (file("a/b/.wh.c"),)) == ["a", "a/b"]
    assert paths((file("a/b/c"),), (file("a/.wh.b"),)) == ["a"]


def test_a_listed_folder_keeps_its_own_mode_where_a_later_layer_does_not_list_it() -> None:
    found = flat((folder("d", 0o700),), (file("d/x"),))
    assert found["d"].mode == 0o700


def test_a_link_in_the_place_of_a_parent_folder_stays_a_link() -> None:
    found = flat((folder("usr/bin"), link("bin", "usr/bin")), (file("bin/x"),))
    assert (found["bin"].kind, found["bin"].target, found["bin/x"].kind) == ("link", "usr/bin", "file")


def test_a_hard_link_is_what_it_links_to() -> None:
    found = flat((file("a", b"1", 0o4755, uid=7), hard_link("b", "a"), hard_link("c", "/b")), (hard_link("d", "a"),))
    assert found["b"] == found["c"] == found["d"] == found["a"]
    assert found["b"].uid == 7


def test_a_hard_link_takes_the_content_of_its_own_layer() -> None:
    found = flat((file("a", b"1"), hard_link("b", "a")), (file("a", b"22"), hard_link("c", "a")))
    assert (found["b"].size, found["c"].size) == (1, 2)


@pytest.mark.parametrize(
    ("members", "size"),
    [
        ((file("a", b"1"), hard_link("b", "a"), file("b", b"22")), 2),
        ((file("a", b"1"), file("b", b"22"), hard_link("b", "a")), 1),
        ((file("b", b"1"), file("b", b"22")), 2),
    ],
)
def test_of_a_path_that_a_layer_lists_twice_the_later_counts(members: tuple[Member, ...], size: int) -> None:
    assert flat(members)["b"].size == size


def test_an_attribute_that_is_no_text() -> None:
    value = b"\x01\0\0\x02\0\x04=\n\xff".decode("utf-8", "surrogateescape")
    assert flat((file("a", pax_headers={"SCHILY.xattr.security.capability": value}),))["a"].xattrs == (
        ("security.capability", value),
    )


def test_a_long_name() -> None:
    name = "/".join(["n" * 120, "m" * 130, "o" * 100])
    assert name in flat((file(name),))


def test_times_are_free_in_compiled_python() -> None:
    head = b"\xa7\x0d\x0d\x0a" + b"\0" * 4
    older, newer = head + b"\1\0\0\0" + b"rest", head + b"\2\0\0\0" + b"rest"
    assert flat((file("a.pyc", older),)) == flat((file("a.pyc", newer),))
    assert flat((file("a.bin", older),)) != flat((file("a.bin", newer),))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ((file("../a"),), "../a leads out of the image"),
        ((file("a/../../b"),), "a/../../b leads out of the image"),
        ((hard_link("a", "b"),), "a is a hard link to b, which is not there"),
        ((hard_link("a", "b"), hard_link("b", "a")), "is a hard link to"),
    ],
)
def test_hostile_layers(members: tuple[Member, ...], said: str) -> None:
    with pytest.raises(LayerError, match=said):
        flat(members)


def test_a_layer_that_ends_too_early() -> None:
    data = tar(file("a", b"x" * 2000))
    with pytest.raises(LayerError):
        listing(io.BytesIO(data[:1500]), len(data))

from __future__ import annotations

import hashlib
import io
import json

import pytest

from dfix.rewriter.verify.layers import Listing
from dfix.rewriter.verify.saved import LayerCache, SavedImageError, read_files, read_saved
from tests.verify.archives import file, folder, link, oci, old, tar

LOW = tar(folder("d"), file("d/a", b"1"), file("b", b"2"))
HIGH = tar(file("d/.wh.a"), file("c", b"3"))
EMPTY = b"\0" * 1024


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("archive", [oci(LOW, HIGH), oci(LOW, HIGH, packed=True), old(LOW, HIGH)])
def test_both_forms_are_read(archive: bytes) -> None:
    image = read_saved(io.BytesIO(archive), LayerCache())
    assert sorted(image.entries) == ["b", "c", "d"]
    low, high = image.layers
    assert (low[:2], high[:2]) == ((digest(LOW), len(LOW)), (digest(HIGH), len(HIGH)))
    assert ([sorted(paths) for paths in low.wrote], low.removed) == ([["b", "d", "d/a"], []], ())
    assert high.removed == ("d/a",)
    assert image.size == len(LOW) + len(HIGH)


def test_the_configuration_is_the_images_own() -> None:
    image = read_saved(io.BytesIO(oci(LOW, config={"config": {"User": "x"}})), LayerCache())
    assert image.config["config"] == {"User": "x"}


def test_an_equal_layer_is_stored_once_in_old_archives() -> None:
    image = read_saved(io.BytesIO(old(LOW, HIGH, LOW)), LayerCache())
    assert sorted(image.entries) == ["b", "c", "d", "d/a"]


def test_a_layer_without_files() -> None:
    image = read_saved(io.BytesIO(oci(LOW, EMPTY)), LayerCache())
    assert [layer.size for layer in image.layers] == [len(LOW), 1024]


@pytest.mark.parametrize("name", ["[id].js", "{x}"])
def test_a_layer_whose_first_name_begins_as_json_does(name: str) -> None:
    assert name in read_saved(io.BytesIO(oci(tar(file(name)))), LayerCache()).entries


@pytest.mark.parametrize("before", range(5))
def test_a_configuration_that_speaks_of_tar_is_no_layer(before: int) -> None:
    comment = "-" * before + "ustar" * 100  # one of them has the word where a tar has it
    image = read_saved(io.BytesIO(oci(LOW, config={"comment": comment})), LayerCache())
    assert image.config["comment"] == comment


def test_names_in_the_manifest_may_begin_with_a_dot() -> None:
    manifest = file("manifest.json", b'[{"Config": "./c.json", "Layers": ["./x/layer.tar"]}]')
    assert "b" in read_saved(io.BytesIO(tar(manifest, CONFIG, file("x/layer.tar", LOW))), LayerCache()).entries


def test_layers_seen_before_are_not_read_again() -> None:
    seen = LayerCache()
    first = read_saved(io.BytesIO(oci(LOW)), seen)
    name = f"blobs/sha256/{hashlib.sha256(LOW).hexdigest()}"
    known = seen.get(name)
    assert known is not None
    seen.keep(name, known._replace(entries={**known.entries, "from-cache": first.entries["b"]}))
    assert "from-cache" in read_saved(io.BytesIO(oci(LOW, HIGH)), seen).entries


def test_the_layers_that_were_used_last_are_kept() -> None:
    seen = LayerCache()
    layer = Listing({}, {}, (), (), 0)
    for number in range(LayerCache.MOST):
        seen.keep(str(number), layer)
    assert seen.get("0") is layer
    seen.keep("new", layer)
    assert (seen.get("0"), seen.get("1"), seen.get("new")) == (layer, None, layer)


def test_of_several_images_the_first() -> None:
    two = [{"Config": "a.json", "Layers": ["l"]}, {"Config": "b.json", "Layers": []}]
    config = {"rootfs": {"diff_ids": [digest(LOW)]}}
    archive = tar(
        file("a.json", json.dumps(config).encode()), file("l", LOW), file("manifest.json", json.dumps(two).encode())
    )
    assert "b" in read_saved(io.BytesIO(archive), LayerCache()).entries


MANIFEST = file("manifest.json", b'[{"Config": "c.json", "Layers": ["x/layer.tar"]}]')
CONFIG = file("c.json", b'{"rootfs": {"diff_ids": ["sha256:1"]}}')


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"", "broken|missing"),
        (b"Error: no such image\n" * 50, "broken"),
        (tar(CONFIG), r"manifest\.json is missing"),
        (tar(MANIFEST), r"c\.json is missing"),
        (tar(MANIFEST, CONFIG), "the layer .* is missing"),
        (tar(MANIFEST, CONFIG, link("x/layer.tar", "../y/layer.tar")), "the layer y/layer.tar is missing"),
        (tar(file("manifest.json", b"[")), r"manifest\.json is not JSON"),
        (tar(file("manifest.json", b"{}")), "an unknown format"),
        (tar(file("manifest.json", b"[" * 100_000)), r"manifest\.json is not JSON"),
        (tar(file("manifest.json", b"[]")), "an unknown format"),
        (tar(file("manifest.json", b'[{"Config": "c.json", "Layers": [1]}]'), CONFIG), "an unknown format"),
        (tar(MANIFEST, file("c.json", b'{"rootfs": {"diff_ids": 3}}')), "an unknown format"),
        (tar(MANIFEST, file("c.json", b"[]")), "an unknown format"),
        (oci(tar(file("../a"))), r"\.\./a leads out of the image"),
        (
            tar(MANIFEST, file("c.json", b'{"rootfs": {}}'), file("x/layer.tar", LOW)),
            "names 1 layers, its configuration 0",
        ),
        (tar(MANIFEST, CONFIG, file("x/layer.tar", LOW[:1500])), "broken"),
        (tar(MANIFEST, CONFIG, file("x/layer.tar", b"\x28\xb5\x2f\xfd" + b"\0" * 600)), "compressed with zstd"),
        (oci(LOW, HIGH)[:3000], "broken|missing"),
        (oci(LOW, packed=True).replace(b"\x1f\x8b\x08", b"\x1f\x8b\x09"), "broken"),
    ],
)
def test_what_cannot_be_read_is_told(archive: bytes, said: str) -> None:
    with pytest.raises(SavedImageError, match=said):
        read_saved(io.BytesIO(archive), LayerCache())


def test_the_homes_of_an_image() -> None:
    accounts = b"root:x:0:0:root:/root:/bin/sh\napp:x:1:1::/srv/app:/bin/sh\nbroken\nnone:x:2:2::-:/x\n"
    low = tar(file("etc/passwd", b"old:x:3:3::/old:/bin/sh\n"))
    high = tar(file("etc/passwd", accounts))
    config = {"config": {"Env": ["PATH=/bin", "HOME=/data"]}}
    image = read_saved(io.BytesIO(oci(low, high, tar(file("a")), config=config)), LayerCache())
    assert image.homes == {"/root", "/srv/app", "/data"}
    assert image.entries["etc/passwd"].digest == hashlib.sha256(accounts).hexdigest()


@pytest.mark.parametrize("archive", [oci(LOW, HIGH), oci(LOW, HIGH, packed=True), old(LOW, HIGH)])
def test_contents_are_those_of_the_highest_layer(archive: bytes) -> None:
    assert read_files(io.BytesIO(archive), ["b", "c", "absent"]) == {"b": b"2", "c": b"3"}
    twice = oci(tar(file("b", b"old")), LOW, LOW)
    assert read_files(io.BytesIO(twice), ["b"]) == {"b": b"2"}


def test_contents_of_a_broken_archive() -> None:
    with pytest.raises(SavedImageError, match="broken"):
        read_files(io.BytesIO(b"x" * 2000), ["b"])

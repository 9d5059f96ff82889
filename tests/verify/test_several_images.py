from __future__ import annotations

import io
import json

import pytest

from dfix.rewriter.verify.saved import LayerCache, SavedImageError, read_every
from tests.verify.archives import file, folder, tar

LOW = tar(folder("d"), file("d/a", b"1"), file("b", b"2"))
HIGH = tar(file("c", b"3"))


def test_several_images_in_one_archive() -> None:
    images = [{"Config": "c.json", "RepoTags": [tag], "Layers": [f"{tag}/layer.tar"]} for tag in ("a:1", "b:2")]
    images.append({"Config": "c.json", "RepoTags": [], "Layers": ["a:1/layer.tar"]})
    members = (file("a:1/layer.tar", LOW), file("b:2/layer.tar", HIGH))
    config = file("c.json", b'{"rootfs": {"diff_ids": ["x"]}}')
    archive = tar(file("manifest.json", json.dumps(images).encode()), config, *members)
    found = read_every(io.BytesIO(archive), LayerCache())
    assert {tag: sorted(image.entries) for tag, image in found.items()} == {"a:1": ["b", "d", "d/a"], "b:2": ["c"]}


def test_an_archive_with_another_manifest() -> None:
    with pytest.raises(SavedImageError, match="broken"):
        read_every(io.BytesIO(tar(file("manifest.json", b"[{}]"))), LayerCache())

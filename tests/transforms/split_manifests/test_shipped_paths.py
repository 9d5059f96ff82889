"""Through which line a path of a build stage gets into an image that ships."""

from __future__ import annotations

import time

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from dfix.transforms.split_manifests.shipped_paths import shipping_line
from tests.processor import allowed


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a AS b\nFROM c\nCOPY --from=b /app/dist /d\n", 0),
        ("FROM a AS b\nFROM c\nCOPY --from=b /app /d\n", 3),
        ("FROM a AS b\nFROM c\nCOPY --from=b / /d\n", 3),
        ("FROM a AS b\nFROM c\nCOPY --from=0 /app/.nx/cache /d\n", 3),
        ("FROM a AS b\nFROM c\nCOPY --from=b /a*/dist /d\n", 0),
        ("FROM a AS b\nFROM c\nCOPY --from=b $X /d\n", 3),
        ("FROM a AS b\nFROM c\nRUN --mount=from=b,target=/m ls /m\n", 3),
        ("FROM a AS b\nFROM b\nRUN ls\n", 1),
        ("FROM a AS b\nFROM b AS d\nFROM c\nCOPY --from=d /app/dist /d\n", 0),
        ("FROM a AS b\nFROM b AS d\nFROM c\nCOPY --from=d /app /d\n", 4),
        ("FROM a AS b\nRUN mv /app /srv\nFROM c\nCOPY --from=b /srv/dist /d\n", 2),
        ("FROM a AS b\nRUN cp /app/dist/a.js /srv\nFROM c\nCOPY --from=b /srv /d\n", 0),
        ("FROM a AS b\nCOPY --from=b /app /x\nFROM c\nCOPY --from=b /app/dist /d\n", 0),
    ],
)
def test_a_path_is_followed(text: str, line: int) -> None:
    model = build(parse(Source("Dockerfile", text)))
    assert shipping_line(model, model.stages[0], "/app/.nx") == line


def test_many_stages_take_little_time() -> None:
    stages = [f"FROM a AS s{number}" for number in range(40)]
    for number in range(1, 40):
        stages[number] += "".join(f"\nCOPY --from=s{other} / /" for other in range(number))
    model = build(parse(Source("Dockerfile", "\n".join([*stages, "FROM c", "COPY --from=s39 /dist /", ""]))))
    before = time.process_time()
    assert shipping_line(model, model.stages[0], "/app/.nx") == 0
    assert time.process_time() - before < allowed(2)

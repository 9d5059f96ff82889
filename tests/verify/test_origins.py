"""The instruction behind each difference, from recorded layers."""

from __future__ import annotations

from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Comparison, Difference, Origin, compare
from dfix.rewriter.verify.groups_of_differences import by_instruction, shortened
from dfix.rewriter.verify.image import Entry, Image, Layer
from dfix.rewriter.verify.origins import BASE_IMAGE, BuiltFrom, with_origins

OLD = "FROM busybox AS base\nENV A=1 B=2\nCOPY . /app\nFROM base\nRUN chmod +x /app/a\nRUN rm /app/tmp /etc/base\nUSER x\n"
NEW = "FROM busybox AS base\nENV A=1\nENV B=3\nCOPY src \\\n  /app/\nFROM base\nRUN rm -r /app/old\n"


def built(text: str, *layers: tuple[str, ...], config: dict[str, object], modes: dict[str, int]) -> BuiltFrom:
    """An image of one base layer and these; a path that begins with `-` is removed."""
    made = [line.partition(" ")[0] for line in text.splitlines() if line.startswith(("COPY", "RUN"))]
    made = ["/bin/sh -c #(nop) ADD file", *(f"{word} x # buildkit" for word in made)]
    history: list[dict[str, object]] = [{"created_by": said} for said in made]
    history.append({"created_by": "USER x", "empty_layer": True})
    every = (("etc/base", "bin/sh"), *layers)
    entries: dict[str, Entry] = {}
    for layer in every:
        for path in layer:
            if path.startswith("-"):
                gone = path[1:]
                entries = {
                    name: one for name, one in entries.items() if name != gone and not name.startswith(f"{gone}/")
                }
            else:
                entries[path] = Entry("file", modes.get(path, 0o644), 0, 0, 10)
    return BuiltFrom(
        Image(
            {"config": config, "history": history},
            tuple(
                Layer(str(at), 1, ([p for p in layer if p[0] != "-"], ()), tuple(p[1:] for p in layer if p[0] == "-"))
                for at, layer in enumerate(every)
            ),
            entries,
        ),
        Source("Dockerfile", text),
    )


def rows(found: Comparison) -> dict[str, tuple[Origin | None, Origin | None]]:
    return {row.path: (row.was, row.now) for row in found.differences}


def test_what_wrote_or_removed_each_path_and_setting() -> None:
    before = built(
        OLD,
        ("app/a", "app/b", "app/tmp", "app/old/x"),
        ("app/a",),
        ("-app/tmp", "-etc/base"),
        config={"Env": ["A=1", "B=2"], "User": "x"},
        modes={"app/a": 0o755},
    )
    after = built(
        NEW, ("app/a", "app/tmp", "app/old/x"), ("-app/old",), config={"Env": ["A=1", "B=3"]}, modes={"bin/sh": 0o700}
    )
    found = with_origins(compare(before.image, after.image, ()), before, after, "")
    copy, chmod, remove = (
        Origin(3, "COPY . /app"),
        Origin(5, "RUN chmod +x /app/a"),
        Origin(6, "RUN rm /app/tmp /etc/base"),
    )
    new_copy, new_remove = Origin(4, "COPY src /app/"), Origin(7, "RUN rm -r /app/old")
    assert rows(found) == {
        "/app/a": (chmod, new_copy),
        "/app/b": (copy, None),
        "/app/old/x": (copy, new_remove),
        "/app/tmp": (remove, new_copy),
        "/bin/sh": (BASE_IMAGE, BASE_IMAGE),
        "/etc/base": (remove, BASE_IMAGE),
        "config Env B": (Origin(2, "ENV A=1 B=2"), Origin(3, "ENV B=3")),
        "config User": (Origin(7, "USER x"), None),
    }
    assert [(group.heading, len(group.differences)) for group in by_instruction(found.differences)] == [
        ("written on line 3 (COPY . /app) before, nowhere now", 1),
        ("written on line 3 (COPY . /app) before, removed on line 7 (RUN rm -r /app/old) now", 1),
        ("removed on line 6 (RUN rm /app/tmp /etc/base) before, written on line 4 (COPY src /app/) now", 1),
        ("removed on line 6 (RUN rm /app/tmp /etc/base) before, written in the base image now", 1),
        ("written on line 5 (RUN chmod +x /app/a) before, on line 4 (COPY src /app/) now", 1),
        ("written in the base image", 1),
        ("set on line 2 (ENV A=1 B=2) before, on line 3 (ENV B=3) now", 1),
        ("set on line 7 (USER x) before, nowhere now", 1),
    ]


def test_an_engine_that_says_nothing_of_the_layers_leaves_origins_open() -> None:
    before = built(OLD, ("a",), ("b",), (), config={}, modes={})
    after = built(NEW, ("a",), ("c",), config={}, modes={})
    before.image.config["history"] = None
    after.image.config["history"] = after.image.config["history"][:2]
    found = with_origins(compare(before.image, after.image, ()), before, after, "")
    assert {pair for path, pair in rows(found).items() if path != "/etc/base"} == {(None, None)}
    assert [group.heading for group in by_instruction(found.differences)] == [""]


def test_many_paths_are_counted_by_folder() -> None:
    gone = [Difference(f"/app/node_modules/{n}", "is gone", -1_000, "presence") for n in range(20)]
    more = [Difference(f"/usr/lib/{n}.so", "content differs", 3_000_000, "content") for n in range(3)]
    one = Difference("/etc/x", "is new, with 4 paths below it", 5, "presence", ("/etc/x/1",) * 4)
    assert shortened([*gone, *more, one], 8) == (
        [
            "/usr/lib: 3 paths differ, 9.0 MB",
            "/app/node_modules: 20 paths gone, 20.0 kB (Node.js packages: 0, 1, 2 and 17 more)",
            "/etc/x is new, with 4 paths below it",
        ],
        0,
    )
    assert shortened([*gone, *more, one], 2)[1] == 5
    assert shortened(more, 3) == ([f"{row.path} {row.what}" for row in more], 0)
    apart = [Difference(f"/{n}/a", "is gone", -1, "presence") for n in range(9)]
    assert shortened(apart, 8) == ([f"/{n}/a is gone" for n in range(8)], 1)

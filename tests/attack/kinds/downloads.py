"""K9: a download of its own asks for more than the build needs."""

from __future__ import annotations

from random import Random

from tests.attack.packages import go_sum
from tests.attack.probe import Files, Probe
from tests.attack.shapes import chores, written

_PRIVATE = "corp.invalid/x"
_PRIVATE_SUM = "".join(
    f"{_PRIVATE} v1.0.0{part} h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n" for part in ("", "/go.mod")
)


def downloads(rng: Random) -> Probe:
    """K9: a download that asks for more than the build."""
    place = rng.choice(("/s", "/src", "/go/src/a"))
    used = rng.choice(("alpha", "beta"))
    required = [f"example.org/{used} v1.0.0"]
    sums = go_sum(f"example.org/{used}")
    files: Files = {
        "main.go": f'package main\n\nimport "example.org/{used}"\n\nfunc main() {{ println({used}.Name) }}\n'
    }
    what = rng.choice(
        (
            "plain",
            "plain",
            "two commands",
            "tool tag",
            "other system",
            "test only",
            "other command",
            "replaced",
            "unused",
            "ignored file",
            "unused known",
            "cgo only",
        )
    )
    private = f'import _ "{_PRIVATE}"\n'
    build = rng.choice(
        ("go build -o /a .", "go build -ldflags '-s -w' -o /a .", "go build -o /a", "go install . && mv /go/bin/a /a")
    )
    files |= {
        "tool tag": {"tools.go": f"//go:build tools\n\npackage main\n\n{private}"},
        "other system": {"main_windows.go": f"package main\n\n{private}"},
        "test only": {"main_test.go": f"package main\n\n{private}"},
        "other command": {"cmd/admin/main.go": f"package main\n\n{private}\nfunc main() {{}}\n"},
        "ignored file": {"gen.go": f"//go:build ignore\n\npackage main\n\n{private}"},
        "cgo only": {"native.go": f"//go:build cgo\n\npackage main\n\n{private}"},
        "two commands": {
            "cmd/admin/main.go": 'package main\n\nimport "example.org/gamma"\n\nfunc main() { println(gamma.Name) }\n'
        },
    }.get(what, {})
    if (
        what in ("tool tag", "other system", "test only", "other command", "ignored file", "cgo only")
        or what == "unused"
    ):
        required.append(f"{_PRIVATE} v1.0.0")
        sums += _PRIVATE_SUM
    if what in ("two commands", "unused known"):
        required.append("example.org/gamma v1.0.0")
        sums += go_sum("example.org/gamma")
    mod = "module a\n\ngo 1.19\n\n" + "".join(f"require {line}\n" for line in required)
    if what == "replaced":
        mod += f"\nreplace example.org/{used} => ./own\n"
        files |= {"own/go.mod": f"module example.org/{used}\n", "own/a.go": f'package {used}\n\nconst Name = "own"\n'}
        sums = ""
    files |= {"go.mod": mod, "README.md": "# a\n"} | ({"go.sum": sums} if sums else {})
    flag = rng.choice(("CGO_ENABLED=0 ", "CGO_ENABLED=0 GOOS=linux "))
    start = ["FROM golang:1.19 AS build", f"WORKDIR {place}", "COPY . .", f"RUN {flag}{build}", ""]
    final = rng.choice(
        (
            ["FROM scratch", "COPY --from=build /a /a"],
            ["FROM debian:12", *chores(rng), "COPY --from=build /a /a"],
            ["FROM debian:12", *chores(rng), "COPY --from=build /a /a"],
        )
    )
    return Probe("K9", f"go, {what}", files, written(*start, *final, 'ENTRYPOINT ["/a"]'))

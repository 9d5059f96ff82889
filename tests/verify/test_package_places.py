"""Differing paths of packages are told by package manager and package."""

from __future__ import annotations

import pytest

from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.groups_of_differences import shortened
from dfix.rewriter.verify.package_places import PackagePlace, named, place_of


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/var/lib/dpkg/info/libjq1:amd64.list", ("/var/lib/dpkg", "Debian packages", "libjq1")),
        ("/var/lib/dpkg/info/jq.md5sums", ("/var/lib/dpkg", "Debian packages", "")),
        ("/var/lib/dpkg/status", ("/var/lib/dpkg", "Debian packages", "")),
        (
            "/usr/local/lib/python3.11/site-packages/typing_extensions-4.9.0.dist-info/RECORD",
            ("/usr/local/lib/python3.11/site-packages", "Python packages", "typing_extensions"),
        ),
        (
            "/venv/lib/python3.11/site-packages/six.py",
            ("/venv/lib/python3.11/site-packages", "Python packages", ""),
        ),
        ("/app/node_modules/@babel/core/lib/x.js", ("/app/node_modules", "Node.js packages", "@babel/core")),
        ("/app/node_modules/a/node_modules/b/x.js", ("/app/node_modules", "Node.js packages", "a")),
        ("/app/node_modules/.bin/x", ("/app/node_modules", "Node.js packages", "")),
        ("/app/node_modules", ("/app/node_modules", "Node.js packages", "")),
        ("/usr/local/bundle/gems/rack-test-2.1.0/lib/x.rb", ("/usr/local/bundle/gems", "Ruby gems", "rack-test")),
        (
            "/app/vendor/bundle/ruby/3.3.0/gems/rack-3.0.8/x.rb",
            ("/app/vendor/bundle/ruby/3.3.0/gems", "Ruby gems", "rack"),
        ),
        ("/go/pkg/mod/github.com/spf13/pflag@v1.0.5/x.go", ("/go/pkg/mod", "Go modules", "github.com/spf13/pflag")),
        ("/go/pkg/mod/cache/lock", ("/go/pkg/mod", "Go modules", "")),
        (
            "/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/serde-json-1.0.1/x.rs",
            ("/usr/local/cargo/registry/src", "crates", "serde-json"),
        ),
        (
            "/root/.m2/repository/org/junit/junit/4.13/junit-4.13.jar",
            ("/root/.m2/repository", "Maven artifacts", "junit"),
        ),
        ("/root/.nuget/packages/serilog/3.0.1/x.dll", ("/root/.nuget/packages", "NuGet packages", "serilog")),
        ("/app/gems/x-1/y", None),
        ("/app/node_modules_old/x", None),
        ("/app/src/main.py", None),
    ],
)
def test_the_package_of_a_path(path: str, place: tuple[str, str, str] | None) -> None:
    assert place_of(path) == (None if place is None else PackagePlace(*place))


def test_packages_are_named_once_and_only_some_of_them() -> None:
    paths = [f"/app/node_modules/{name}/{file}" for name in "abcd" for file in ("x", "y")]
    assert named([*paths, "/var/lib/dpkg/info/jq.list", "/etc/x"], 3) == (
        "Node.js packages: a, b, c and 1 more; Debian packages: jq"
    )
    assert named(["/etc/x"], 3) == ""


def test_a_folder_of_packages_is_one_group_however_deep_it_is() -> None:
    folder = "/usr/local/lib/python3.11/site-packages"
    new = [Difference(f"{folder}/six-1.16.0.dist-info/{n}", "is new", 100_000, "presence") for n in range(5)]
    other = [Difference(f"/usr/local/lib/{n}.so", "is new", 1, "presence") for n in range(5)]
    whole = Difference("/app/node_modules", "is gone, with 1 path below it", -9, "presence", ("/app/node_modules/a",))
    assert shortened([*other, *new, whole], 8) == (
        [
            f"{folder}: 5 paths new, 500.0 kB (Python packages: six)",
            "/app/node_modules is gone, with 1 path below it (Node.js packages: a)",
            "/usr/local: 5 paths new, 5 B",
        ],
        0,
    )
    assert shortened([whole], 8)[0] == ["/app/node_modules is gone, with 1 path below it (Node.js packages: a)"]

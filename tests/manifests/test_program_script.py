"""Scripts of programs that a project brings: what they name is known, or a reason to refuse."""

from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests.shared.inputs import Inputs
from dfix.rewriter.manifests.shared.program_script import check_program_script
from tests.build_context import MakeContext

FILES = {
    "web/.mvn/wrapper/maven-wrapper.properties": "",
    "web/pom.xml": "",
    "web/scripts/env.sh": "",
    "web/env.sh": "",
    "web/src/a.java": "",
    "tools/b.sh": "",
}
READ = Inputs(("web/pom.xml",), ("web/.mvn",))


def found(make_context: MakeContext, script: str) -> object:
    context = make_context({**FILES, "web/mvnw": script})
    return attempt(check_program_script, context, "web/mvnw", "web", READ)


@pytest.mark.parametrize(
    "line",
    [
        "# . ./scripts/env.sh",
        'exec java -jar "$BASE/.mvn/wrapper/maven-wrapper.jar" "$@"',
        "[ -f pom.xml ] || exit 1 # env.sh",
        "src=1; echo scripts",
        "curl https://a.b/scripts/env.sh",
        ". ./scripts/none.sh; . /etc/mavenrc",
        "./mvnw --version",
    ],
)
def test_a_script_that_names_what_is_known(make_context: MakeContext, line: str) -> None:
    assert found(make_context, f"#!/bin/sh\n{line}\n") is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (". ./scripts/env.sh", "./scripts/env.sh"),
        ("source env.sh", "env.sh"),
        ('. "$(dirname "$0")/scripts/env.sh"', "scripts/env.sh"),
        (". ${BASE}/env.sh", "env.sh"),
        ("for f in ./scripts/*; do . $f; done", "./scripts"),
        ("OPTS=@env.sh", "env.sh"),
        ('cat "$BASE"/scripts/env.sh', "scripts/env.sh"),
        ("sh ../tools/b.sh", "../tools/b.sh"),
    ],
)
def test_a_script_that_names_something_else(make_context: MakeContext, line: str, name: str) -> None:
    no = found(make_context, f"#!/bin/sh\n{line}\n")
    assert isinstance(no, Reason)
    assert (no.code, no.text.partition(", ")[0]) == ("wrapper-script", f"web/mvnw:2 names {name}")


def test_a_program_that_is_no_script(make_context: MakeContext) -> None:
    assert found(make_context, "PK scripts/env.sh\n") is None

"""Which words the invariants let a rule drop: those of commands that do nothing any more, and no others."""

from __future__ import annotations

import pytest
from soundness import needless_words

TWICE = "RUN dnf install -y a && dnf clean all\nRUN dnf install -y b && dnf clean all\n"
ONCE = "RUN dnf install -y a \\\n    && dnf install -y b \\\n    && dnf clean all\n"


@pytest.mark.parametrize(
    ("before", "after", "rule", "words"),
    [
        (TWICE, ONCE, "merge-runs", "dnf clean all"),
        (TWICE, ONCE, "split-manifests", ""),
        (TWICE, TWICE, "merge-runs", ""),
        (TWICE, ONCE.replace(" \\\n    && dnf clean all", ""), "merge-runs", ""),
        (TWICE.replace("dnf clean", "yum clean", 1), ONCE, "merge-runs", ""),
        ("RUN make a && make clean\nRUN b\n", "RUN make a && b\n", "merge-runs", ""),
        ("RUN apk update && apk add a\n", "RUN apk add --no-cache a\n", "clean-up", "apk update"),
        ("RUN apk update\nRUN apk add a\n", "RUN apk add --no-cache a\n", "clean-up", "apk update"),
        ("RUN apk update \\\n  && apk add a\n", "RUN apk add --no-cache a\n", "clean-up", "apk update"),
        ("RUN apk update-all\n", "RUN apk add --no-cache a\n", "clean-up", ""),
        ("RUN apk update && apk add a\n", "RUN apk add a\n", "clean-up", ""),
        ("RUN apk update && pip install --no-cache-dir a\n", "RUN pip install --no-cache-dir a\n", "clean-up", ""),
    ],
)
def test_needless_words(before: str, after: str, rule: str, words: str) -> None:
    assert sorted(needless_words(before, after, {rule}).elements()) == sorted(words.split())

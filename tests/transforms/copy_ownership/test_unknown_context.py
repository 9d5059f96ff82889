"""Without a build context, nothing is known of the links on the way to a copied file."""

from __future__ import annotations

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source


@pytest.mark.parametrize(
    "lines",
    [
        "ADD https://example.com/tool /usr/local/bin/tool\nRUN chmod 755 /usr/local/bin/tool\n",
        "COPY tool /usr/local/bin/tool\nRUN chmod 755 /usr/local/bin/tool\n",
        "COPY --chmod=644 tool /srv/\nRUN chown 1000 /srv/tool\n",
    ],
)
def test_it_says_so(lines: str) -> None:
    options = Options(select=frozenset(("copy-ownership",)), use_context=False)
    result = run(Source("Dockerfile", f"FROM debian:12\n{lines}"), options)
    assert not result.changed
    assert [one.code for one in result.refusals] == ["no-context"]

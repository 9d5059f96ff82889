"""`docker dfix`: dfix as a plug-in of Docker's command line.

The program docker-dfix, found in ~/.docker/cli-plugins, is asked once with `docker-cli-plugin-metadata` what it is, and
then started with `dfix` and the rest of the command line
(https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go).
"""

from __future__ import annotations

import sys

_ASKED = "docker-cli-plugin-metadata"


def main() -> None:
    """Answer Docker, or run the command line."""
    words = sys.argv[1:]
    if words == [_ASKED]:
        sys.stdout.write(_metadata())
        return
    from dfix.rewriter.cli.main import main as run

    if words[:1] == ["dfix"]:
        del sys.argv[1]
    run()


def _metadata() -> str:
    import json

    from dfix.rewriter.report.version import version

    told = {
        "SchemaVersion": "0.1.0",
        "Vendor": "The dfix authors",
        "Version": version() or "development",
        "ShortDescription": "Rewrite Dockerfiles so that they rebuild faster and ship smaller",
    }
    return json.dumps(told) + "\n"

"""What `./gradlew --version` reads: the wrapper, which downloads the version of Gradle that it names.

Source: docs.gradle.org ("Gradle Wrapper Reference").
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import MissingFile, missing

_CACHE = "keep downloads between builds: RUN --mount=type=cache,target=/root/.gradle"


def inputs(context: Context, install: Install) -> Inputs:
    """What the wrapper reads. Raises LeaveAlone for Gradle without a wrapper, or one that dfix does not follow."""
    if not install.program.endswith("gradlew"):
        reason = f"{install.program} runs build scripts, and Gradle has no command that only downloads dependencies"
        raise LeaveAlone("build-script", reason, _CACHE)
    wrapper = posixpath.join(posixpath.dirname(posixpath.join(install.folder, install.program)), "gradle/wrapper")
    wrapper = posixpath.normpath(wrapper)
    properties, jar = (posixpath.join(wrapper, f"gradle-wrapper.{kind}") for kind in ("properties", "jar"))
    text = context.read(properties)
    if text is None:
        raise missing(context, properties)
    if not context.ships(jar):
        reason = f"the build context ships no {jar}, which {install.program} needs to start"
        raise MissingFile("no-wrapper", reason, "", jar)
    url = next((line.partition("=")[2].strip() for line in text.splitlines() if _is_url(line)), "")
    if not url.replace("\\:", ":").startswith(("http://", "https://")):
        raise LeaveAlone("local-source", f"{properties} takes Gradle from {url or 'nowhere'}, not from an http(s) URL")
    if "PROJECT" in text:
        raise LeaveAlone("setting", f"{properties} stores Gradle in the project folder (`PROJECT`)")
    settings = posixpath.join(install.folder, "gradle.properties")  # proxies and memory of the wrapper
    return Inputs((jar, properties, *((settings,) if context.ships(settings) else ())))


def _is_url(line: str) -> bool:
    return line.partition("=")[0].strip() == "distributionUrl"

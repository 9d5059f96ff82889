"""What a `dfix verify` command line asks for."""

from __future__ import annotations

import os
import re

from dfix.rewriter.cli.request import Request
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.engine import BuildOptions
from dfix.rewriter.verify.epoch import EPOCH, seconds
from dfix.rewriter.verify.scanner import installed


class VerifyRequest(NamedTuple):
    """The arguments of `dfix verify`."""

    files: Request
    """The paths, rules and settings; mode "write" writes what is proven."""
    build: BuildOptions = BuildOptions()
    engine: str = ""
    against: str | None = None
    """A rewrite of the one path by somebody else; it may produce a different image if `files.unsafe` is set.

    None for none; an empty name is one that is wrong, as of an unset variable, here and in `base` and `head`.
    """
    base: str | None = None
    """Compare the commit with `head`; None for neither."""
    head: str | None = None
    """A commit; None for the working tree."""
    reproducible: bool = False
    """Build each file twice as it is, and compare; nothing is rewritten."""
    measuring: bool = True
    watching: bool = True
    """Whether to look at which files the RUNs read that a rewrite moves."""
    jobs: int = 1
    clean: bool = False
    """Remove what earlier runs left behind."""
    smoke: tuple[str, ...] = ()
    """A command to run in both images."""
    scan: bool = False
    """Whether to scan both images for vulnerabilities."""
    scan_reports: tuple[str, str] | None = None
    """Reports of a scanner on the image before and after."""
    reports: tuple[str, ...] = ()
    """Files into which the proofs are written, too."""


REPORTS = {".json": "json", ".md": "markdown"}
"""The format of a report by the end of its name."""


def fault(request: VerifyRequest) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    paths, context = request.files.paths, request.files.context
    if request.clean and request.reproducible:
        return "--clean builds nothing: it removes what earlier runs left behind. Leave out --reproducible"
    if request.clean and (request.base is not None or request.head is not None):
        return "--clean compares nothing: it removes what earlier runs left behind. Leave out --base and --head"
    if request.clean:
        return "--clean takes no PATH: it removes what earlier runs left behind" if paths else ""
    if request.reproducible and (wrong := _fault_of_two_builds(request)):
        return wrong
    if request.head is not None and request.base is None:
        return "--head needs --base REF, the commit that it is compared with"
    if not paths and request.base is None:
        return "no PATH given. Name a file or a folder, as in `dfix verify .`"
    if "-" in paths:
        return "`-` cannot be verified: a build needs a file and its context. Name the file"
    if context is not None and not os.path.isdir(context):
        return f"--context: no such folder: {context}. Name the folder that the build sends"
    if request.files.config is not None and request.files.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    return (
        _build_fault(request.build)
        or _report_fault(request.reports)
        or _scan_fault(request)
        or _fault_of_comparison(request)
    )


def _scan_fault(request: VerifyRequest) -> str:
    paths = request.files.paths
    if request.scan and request.scan_reports is not None:
        return "--scan and --scan-reports cannot be combined. Leave one out"
    if request.scan_reports is not None and (len(paths) != 1 or os.path.isdir(paths[0])):
        return "--scan-reports takes reports on the images of one Dockerfile. Name that file as the only PATH"
    if request.scan and not installed():
        return "--scan needs trivy or grype, and neither is installed. Install one, or name reports with --scan-reports"
    return ""


def _fault_of_comparison(request: VerifyRequest) -> str:
    if request.base is None and request.against is None:
        return ""
    if request.base is not None and request.against is not None:
        return "--base and --against cannot be combined. Leave one out"
    flag = next((flag for given, flag in _of_rules(request.files) if given), "")
    if flag:
        compared = "--against" if request.base is None else "--base"
        return f"{compared} compares what is already written, and runs no rule. Leave out {flag}"
    if request.against is not None:
        return _against_fault(request, request.against)
    return "--base writes nothing. Leave out --write" if request.files.mode == "write" else ""


def _fault_of_two_builds(request: VerifyRequest) -> str:
    """What says which rewrite is meant, where each file is built twice as it is; or a time that is none."""
    files = request.files
    named = (
        (request.base is not None, "--base"),
        (request.head is not None, "--head"),
        (request.against is not None, "--against"),
        (files.mode == "write", "--write"),
        (bool(request.smoke), "--smoke"),
        (request.scan, "--scan"),
        (request.scan_reports is not None, "--scan-reports"),
        (files.unsafe, "--unsafe"),
        *_of_rules(files),
    )
    flag = next((flag for given, flag in named if given), "")
    if flag:
        return f"--reproducible builds the file as it is, and rewrites nothing. Leave out {flag}"
    given = [
        value for name, sign, value in (arg.partition("=") for arg in request.build.args) if name == EPOCH and sign
    ]
    text = given[-1] if given else os.environ.get(EPOCH, "")
    if text and seconds(text) is None:
        wrong = f"{EPOCH} is {text!r}, which is not a number of seconds since 1970"
        return f"{wrong}. Set it as in `{EPOCH}=$(git log -1 --pretty=%ct)`"
    return ""


def _of_rules(files: Request) -> tuple[tuple[bool, str], ...]:
    """Whether each flag that chooses among rules is given, and its name."""
    return (
        (bool(files.select), "--select"),
        (bool(files.ignore), "--ignore"),
        (files.hadolint_config is not None, "--hadolint-config"),
    )


def _report_fault(reports: tuple[str, ...]) -> str:
    for path in reports:
        folder = os.path.dirname(path) or os.curdir
        if not os.path.isdir(folder):
            return f"--report: no such folder: {folder}. Make it first"
        if os.path.splitext(path)[1] not in REPORTS:
            return f"--report takes a name that ends in {' or '.join(REPORTS)}, not {path or 'none'}"
        if os.path.lexists(path) and (os.path.islink(path) or not os.path.isfile(path)):
            return f"--report: {path} is not a regular file. Name another one"
        if not os.access(path if os.path.exists(path) else folder, os.W_OK):
            return f"--report: {path} cannot be written. Name another file"
    return ""


def _build_fault(build: BuildOptions) -> str:
    for arg in build.args:
        if not re.match(r"[A-Za-z_]\w*(=|$)", arg):
            name, equals, _ = arg.partition("=")
            return f"--set takes KEY=VALUE, not `{name}{'=…' if equals else ''}`"  # a value may be secret
    return ""


def _against_fault(request: VerifyRequest, against: str) -> str:
    if len(request.files.paths) != 1:
        return "--against compares two files. Name one PATH"
    if request.files.mode == "write":
        return "--against writes nothing. Leave out --write"
    for path in (request.files.paths[0], against):
        if not os.path.isfile(path):
            return f"{path or '--against'}: no such file. --against compares two Dockerfiles"
    return ""

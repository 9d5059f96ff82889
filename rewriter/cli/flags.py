"""Every flag and command of the command line, declared once.

The fast reader for editors (`request`), the command lines of typer (`app`, `verify_app`, `layers_app`,
`shared_steps_app`, `comment_app`), what a shell completes (`completion`) and `dfix --write --verify` (`verify_flag`)
all read these records. Nothing is imported here: an editor starts the command on each save.
"""

from __future__ import annotations

from typing import Literal

from dfix.rewriter.text.named_tuple import NamedTuple

Kind = Literal["switch", "text", "pair", "number", "seconds", "choice", "rules", "patterns", "texts", "version"]
"""The value that a flag takes: none ("switch"); a text, or two ("pair"); a number or seconds, at least `least`; one of
`choices`; comma-separated rules or patterns (the flag can be repeated); or one text per repetition. "version" prints
the version and exits."""


class Flag(NamedTuple):
    """One flag of `dfix`, `dfix verify` or both."""

    field: str
    """The field of the request to set."""
    names: tuple[str, ...]
    kind: Kind
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    value: object = True
    """The value that a switch sets; switches of the same field cannot be combined."""
    least: int = 0
    group: str = ""
    """The heading of the help under which it stands."""

    @property
    def parameter(self) -> str:
        """The first name as a Python identifier."""
        return self.names[0].lstrip("-").replace("-", "_")


COMMANDS = {
    "verify": "Prove rewrites with real builds.",
    "layers": "Show what each layer costs and what makes it run again.",
    "bases": "List the images that Dockerfiles build on.",
    "common-base": "Show which slow steps several Dockerfiles could share in a base of their own.",
    "comment": "Keep one comment of a pull request up to date with a proof.",
    "rules": "List the rules.",
    "rule": "Explain a rule.",
    "config": "Explain the settings.",
    "lsp": "Start the language server for an editor.",
    "mcp": "Start the server for coding agents.",
}
"""The commands that can replace the first path, with their help."""

VERIFY = Flag(
    "verify", ("--verify",), "switch", "With --write: write only what real builds prove (see dfix verify --help)."
)
WRITE = Flag("mode", ("--write",), "switch", "Apply the changes.", value="write")
LAST_COMMITS = 200
HISTORY = Flag(
    "history",
    ("--history",),
    "number",
    f"Replay the last N commits ({LAST_COMMITS} if N is left out): what would have run again, before and after dfix.",
    "[N]",
    least=1,
)
_RULES, _FILES, _OUTPUT, _STATUS = "Rules", "Files and settings", "Output", "Exit status"


def _grouped(group: str, *flags: Flag) -> tuple[Flag, ...]:
    return tuple(flag._replace(group=group) for flag in flags)


_READ = _grouped(
    _FILES,
    Flag("exclude", ("--exclude",), "patterns", "Paths to skip when searching folders, comma-separated.", "PATTERNS"),
    Flag("force_exclude", ("--force-exclude",), "switch", "Skip excluded files even if they are named."),
    Flag("config", ("--config",), "text", "The settings file to use.", "PATH"),
    Flag("isolated", ("--isolated",), "switch", "Ignore all settings files and plug-ins."),
)
_WHICH = (
    *_grouped(
        _RULES,
        Flag("unsafe", ("--unsafe",), "switch", "Also apply changes that produce a different image."),
        Flag("select", ("--select",), "rules", "Rules to run, comma-separated.", "RULES"),
        Flag("ignore", ("--ignore",), "rules", "Rules or checks (DL3009) to skip, comma-separated.", "RULES"),
    ),
    *_grouped(
        _FILES,
        Flag("context", ("--context",), "text", "The build context; found if not given.", "FOLDER"),
        Flag(
            "hadolint_config",
            ("--hadolint-config",),
            "text",
            "Leave out what answers the checks that this .hadolint.yaml ignores.",
            "PATH",
        ),
        Flag("baseline", ("--baseline",), "text", "Leave out the findings that this baseline has.", "PATH"),
    ),
    *_READ,
)
_COLOR = Flag("color", ("--color",), "choice", "When to use colour.", "WHEN", ("auto", "always", "never"))

REWRITE: tuple[Flag, ...] = (
    *_grouped(
        "What to do",
        Flag("mode", ("--diff",), "switch", "Show the changes as a diff.", value="diff"),
        Flag("mode", ("--check",), "switch", "Print the names of files that would change.", value="check"),
        WRITE,
        VERIFY,
        Flag(
            "mode",
            ("--add-ignore",),
            "switch",
            "Write ignore comments above what would change, and change nothing else.",
            value="add-ignore",
        ),
        Flag("reason", ("--reason",), "text", "With --add-ignore: the reason to write into the comments.", "TEXT"),
        Flag(
            "mode",
            ("--write-baseline",),
            "switch",
            "Record what would change in the baseline, so that later runs leave it out.",
            value="write-baseline",
        ),
        Flag("explain", ("--explain",), "switch", "Also show what was left alone, and why."),
        Flag("statistics", ("--statistics",), "switch", "Count the findings instead of showing them."),
        HISTORY,
        Flag("show_settings", ("--show-settings",), "switch", "Print the settings in force for each file."),
    ),
    *_WHICH,
    *_grouped(
        _FILES,
        Flag(
            "stdin_filename",
            ("--stdin-filename",),
            "text",
            "Read stdin as this file, write the result to stdout.",
            "PATH",
        ),
        Flag("jobs", ("--jobs",), "number", "Processes to use; 0 means one per core.", "NUMBER"),
    ),
    *_grouped(
        _OUTPUT,
        Flag(
            "output_format",
            ("--output-format",),
            "choice",
            "How to print the findings.",
            "FORMAT",
            ("text", "concise", "html", "json", "github", "gitlab", "sarif", "rdjson"),
        ),
        _COLOR,
        Flag("quiet", ("--quiet", "-q"), "switch", "Print no summary."),
        Flag(
            "verbose",
            ("--verbose", "-v"),
            "switch",
            "Show the settings files and build contexts in use, and tracebacks.",
        ),
    ),
    *_grouped(
        _STATUS,
        Flag("exit_zero", ("--exit-zero",), "switch", "Exit 0 even if something would change."),
        Flag(
            "exit_non_zero_on_fix", ("--exit-non-zero-on-fix",), "switch", "With --write, exit 1 if a file was changed."
        ),
    ),
    Flag("version", ("--version",), "version", "Print the version."),
)
"""The flags of `dfix PATH…`, in the order of its help."""

PROVE: tuple[Flag, ...] = (
    *_grouped(
        "What to do",
        WRITE._replace(help="Write what is proven."),
        Flag("against", ("--against",), "text", "Compare PATH with NEW, a rewrite that someone else made.", "NEW"),
        Flag(
            "base",
            ("--base",),
            "text",
            "Compare with the commit where REF and HEAD part.",
            "REF",
        ),
        Flag("head", ("--head",), "text", "With --base: the commit to compare with it, not the working tree.", "REF"),
        Flag(
            "reproducible",
            ("--reproducible",),
            "switch",
            "Build each file twice as it is, and list what differs.",
        ),
        Flag("measuring", ("--no-measure",), "switch", "Only prove; don't measure rebuilds.", value=False),
        Flag("watching", ("--no-watch",), "switch", "Don't watch which files a moved RUN reads.", value=False),
        Flag(
            "smoke",
            ("--smoke",),
            "text",
            "Command to run in both images if a change produces a different image.",
            "CMD",
        ),
        Flag("scan", ("--scan",), "switch", "Scan both images with trivy or grype, and compare what they find."),
        Flag(
            "scan_reports",
            ("--scan-reports",),
            "pair",
            "Compare these JSON reports of trivy or grype on the old image and the new one.",
            "OLD NEW",
        ),
        Flag(
            "clean",
            ("--clean",),
            "switch",
            "Remove what earlier runs left behind, including saved build logs and measured times.",
        ),
    ),
    *_grouped(
        "Builds",
        Flag(
            "engine",
            ("--engine",),
            "text",
            "docker, docker:BUILDER, podman or buildah; by default the first one found.",
            "NAME",
        ),
        Flag("args", ("--set",), "texts", "A build argument; can be repeated.", "KEY=VALUE"),
        Flag("secrets", ("--secret",), "texts", "A build secret, as for docker build; can be repeated.", "SECRET"),
        Flag("platform", ("--platform",), "text", "Platform to build for, as for docker build.", "PLATFORM"),
        Flag("target", ("--target",), "text", "Build up to this stage.", "STAGE"),
        Flag("network", ("--network",), "text", "Network mode of RUN, as for docker build.", "MODE"),
        Flag("timeout", ("--timeout",), "seconds", "Time limit of each build.", "SECONDS", least=1),
        Flag("jobs", ("--jobs",), "number", "Files to prove at the same time.", "NUMBER", least=1),
    ),
    *_WHICH,
    *_grouped(
        _OUTPUT,
        Flag(
            "output_format",
            ("--output-format",),
            "choice",
            "How to print the proofs.",
            "FORMAT",
            ("text", "json", "markdown", "github"),
        ),
        Flag(
            "reports",
            ("--report",),
            "texts",
            "Also write the proofs to FILE, as its name ends: .json or .md; can be repeated.",
            "FILE",
        ),
        _COLOR,
        Flag("quiet", ("--quiet", "-q"), "switch", "Print no summary and no progress."),
        Flag("verbose", ("--verbose", "-v"), "switch", "Show every step, every path, and tracebacks."),
    ),
)
"""The flags of `dfix verify PATH…`, in the order of its help."""

LAYERS: tuple[Flag, ...] = (
    *_grouped(
        "What to do",
        HISTORY,
        Flag("since", ("--since",), "text", "Say what runs again now if the build of this commit is cached.", "REF"),
    ),
    *_WHICH,
    *_grouped(
        _OUTPUT,
        Flag("output_format", ("--output-format",), "choice", "How to print the layers.", "FORMAT", ("text", "json")),
        _COLOR,
        Flag("quiet", ("--quiet", "-q"), "switch", "Print no summary."),
        Flag("verbose", ("--verbose", "-v"), "switch", "Also print tracebacks."),
    ),
)
"""The flags of `dfix layers PATH…`, in the order of its help."""

BASES: tuple[Flag, ...] = (
    *_grouped(
        "What to do",
        Flag("pin", ("--pin",), "switch", "Show a diff that adds the digest of each tag; asks registries."),
        Flag(
            "update",
            ("--update",),
            "switch",
            "Show a diff with newer tags of the same scheme and new digests; asks registries.",
        ),
        Flag(
            "level",
            ("--level",),
            "choice",
            "With --update: how far a version may go: release (3.11.x, the default), minor (3.x) or major.",
            "LEVEL",
            ("release", "minor", "major"),
        ),
        Flag("write", ("--write",), "switch", "With --pin or --update: write the files."),
    ),
    *_READ,
    *_grouped(
        _OUTPUT,
        Flag("output_format", ("--output-format",), "choice", "How to print the bases.", "FORMAT", ("text", "json")),
        _COLOR,
        Flag("quiet", ("--quiet", "-q"), "switch", "Print no summary."),
        Flag("verbose", ("--verbose", "-v"), "switch", "List every place, and print tracebacks."),
    ),
)
"""The flags of `dfix bases PATH…`, in the order of its help."""

COMMON_BASE: tuple[Flag, ...] = (
    *_grouped("What to do", Flag("mode", ("--diff",), "switch", "Print a diff that makes the base.", value="diff")),
    *_READ,
    *_grouped(
        _OUTPUT,
        Flag("output_format", ("--output-format",), "choice", "How to print it.", "FORMAT", ("text", "json")),
        _COLOR,
        Flag("verbose", ("--verbose", "-v"), "switch", "Also print tracebacks."),
    ),
)
"""The flags of `dfix common-base PATH…`, in the order of its help."""

COMMENT: tuple[Flag, ...] = (
    Flag(
        "pull_request",
        ("--pull-request",),
        "number",
        "The number of the pull request (GitLab: the IID of the merge request); by default that of the CI job.",
        "NUMBER",
        least=1,
    ),
    _COLOR,
    Flag("quiet", ("--quiet", "-q"), "switch", "Print only what went wrong."),
)
"""The flags of `dfix comment FILE`, in the order of its help."""

SERVE: tuple[Flag, ...] = (
    Flag("root", ("--root",), "text", "The only folder to read; by default the repository around it.", "FOLDER"),
    Flag("builds", ("--allow-builds",), "switch", "Also offer to build Dockerfiles, which runs their commands."),
)
"""The flags of `dfix mcp`, which reads them itself, without typer."""


def split_names(value: str) -> tuple[str, ...]:
    """Split a comma-separated list: `a,b` or `a, b`."""
    return tuple(name.strip() for name in value.split(",") if name.strip())

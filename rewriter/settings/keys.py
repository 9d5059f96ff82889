"""The keys of the settings files, and checks of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dfix.rewriter.answers.spelling import did_you_mean
from dfix.rewriter.pipeline.options import Saving
from dfix.rewriter.text.named_tuple import NamedTuple

TARGETS = ("buildkit", "buildah", "kaniko")


class Key(NamedTuple):
    """A key of the settings files."""

    name: str
    form: str
    """The type of its value, see `fits`."""
    example: str
    """A value, as TOML."""
    about: str
    """The explanation that `dfix config` prints."""


KEYS = (
    Key(
        "select",
        "names",
        '["split-manifests", "clean-up"]',
        "The rules to run; by default all but those that `dfix rules` says to select, unsafe ones only with `unsafe`.",
    ),
    Key(
        "warn",
        "names",
        '["sync-manifests"]',
        "The rules whose changes are told, but alone do not make dfix exit with status 1.",
    ),
    Key(
        "ignore",
        "names",
        '["merge-runs"]',
        "The rules to skip. Checks of hadolint and BuildKit (DL3009), too: what answers these is left out.",
    ),
    Key(
        "require-ignore-reasons",
        "flag",
        "true",
        "Whether `# dfix: ignore` must be followed by a reason: dfix exits 1 where one is missing.",
    ),
    Key(
        "unsafe", "flag", "true", "Also apply unsafe rules: they produce a different image and declare the difference."
    ),
    Key(
        "target",
        "target",
        '"buildah"',
        "The builder you use: buildkit, buildah or kaniko. cache-mounts and late-removal write mounts for buildkit.",
    ),
    Key(
        "exclude",
        "names",
        '["vendor/**"]',
        "Files and folders to skip when searching, relative to the settings file.",
    ),
    Key(
        "context",
        "text",
        '"."',
        "The build context, relative to the settings file and inside of the root; found if not set.",
    ),
    Key(
        "hadolint-config",
        "text",
        '".hadolint.yaml"',
        "A settings file of hadolint, inside of the root: what answers the checks that it ignores is left out.",
    ),
    Key(
        "baseline",
        "text",
        '".dfix-baseline.json"',
        "A baseline, inside of the root: the findings that it has are left out. `dfix --write-baseline` writes it.",
    ),
    Key("per-file-ignores", "table", '{ "*.dev" = ["merge-runs"] }', "Rules to skip in files that match a pattern."),
    Key(
        "save",
        "save",
        '{ select = ["split-manifests"] }',
        "Which of these rules a save in the editor applies: `select`, `ignore` or both; all by default.",
    ),
    Key(
        "verify",
        "verify",
        '{ allow = { "/app/build.json" = "has the date of the build in it" } }',
        "What may differ between two images for `dfix verify`: `allow` has paths or patterns, each with the reason.",
    ),
    Key(
        "extend",
        "text",
        '"../dfix.toml"',
        "Another settings file, relative to this one and inside of the root: its values hold where this file has none.",
    ),
)
KEYS_BY_NAME = {key.name: key for key in KEYS}
_ALLOWED = 'allow = { "/app/build.json" = "has the date of the build in it" }'
MOST = 1_000
"""Entries of a list: each path is tried with each pattern."""
FORMS = {
    "names": "a list of strings",
    "flag": "true or false",
    "target": "one of " + ", ".join(f'"{target}"' for target in TARGETS),
    "text": "a string",
    "table": "a table of lists of strings",
    "save": "a table",
    "verify": "a table",
}


class KeyFault(NamedTuple):
    """A faulty key of a table: its name, what is wrong, what to do."""

    name: str
    message: str
    hint: str


def save_faults(found: Mapping[str, object]) -> Iterator[KeyFault]:
    """The faults of a `save` table, in its order."""
    for name, value in found.items():
        if name not in Saving._fields:
            hint = "The keys are " + ", ".join(f"`save.{key}`" for key in Saving._fields)
            yield KeyFault(name, f"unknown key `save.{name}`", hint)
        elif not fits("names", value):
            yield KeyFault(
                name, f"`save.{name}` is not {FORMS['names']}", f"For example: {name} = {KEYS_BY_NAME[name].example}"
            )


def verify_faults(found: Mapping[str, object]) -> Iterator[KeyFault]:
    """The faults of a `verify` table, in its order."""
    for name, value in found.items():
        if name != "allow":
            yield KeyFault(name, f"unknown key `verify.{name}`", "The key is `verify.allow`")
        elif not isinstance(value, dict):
            yield KeyFault(name, "`verify.allow` is not a table", f"For example: {_ALLOWED}")
        elif wrong := next((path for path, reason in value.items() if not _may_be_allowed(path, reason)), None):
            hint = f"Write an absolute path or `config NAME`, and why it may differ: {_ALLOWED}"
            yield KeyFault(name, f"`verify.allow` has no path and reason in `{wrong}`", hint)


def _may_be_allowed(path: str, reason: object) -> bool:
    return path.startswith(("/", "config ")) and isinstance(reason, str) and bool(reason.strip())


def fits(form: str, value: object) -> bool:
    """Whether a value has the type that `form` names."""
    if form in ("save", "verify"):
        return isinstance(value, dict)
    if form == "names":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if form == "table":
        return isinstance(value, dict) and all(fits("names", item) for item in value.values())
    if form == "flag":
        return isinstance(value, bool)
    return isinstance(value, str) and (form != "target" or value in TARGETS)


def has_too_many(value: object) -> bool:
    """Whether a list, or a table of lists, has more than MOST entries."""
    if isinstance(value, dict):
        return len(value) > MOST or any(map(has_too_many, value.values()))
    return isinstance(value, list) and len(value) > MOST


def wrong_value(name: str, value: object) -> str:
    """What is wrong with the value of a key in KEYS, as a phrase; "" for nothing."""
    key = KEYS_BY_NAME[name]
    return "" if fits(key.form, value) else f"`{name}` is not {FORMS[key.form]}, for example {key.example}"


def nearest_key(name: str) -> str:
    """A hint for an unknown key: the most similar key, or all of them."""
    return did_you_mean(name, KEYS_BY_NAME, "The keys are " + ", ".join(KEYS_BY_NAME))

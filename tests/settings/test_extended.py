"""`extend`: what a settings file takes from another, and which files it may name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Saving
from dfix.rewriter.settings.files import Settings, SettingsFinder, load
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.problem import Problem


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / ".git").mkdir(parents=True)
    (tmp_path / "root" / "a").mkdir()
    return tmp_path / "root"


def of(root: Path, base: str, own: str) -> Settings:
    """The settings of a/Dockerfile, whose own file extends the one above."""
    (root / "dfix.toml").write_text(base)
    (root / "a" / "dfix.toml").write_text('extend = "../dfix.toml"\n' + own)
    return SettingsFinder().nearest(str(root / "a" / "Dockerfile"))


def fault(root: Path, own: str) -> Problem:
    (root / "a" / "dfix.toml").write_text(own)
    with pytest.raises(SettingsError) as error:
        SettingsFinder().nearest(str(root / "a" / "Dockerfile"))
    return error.value.problem


def test_own_keys_replace_those_of_the_base(root: Path) -> None:
    found = of(root, 'unsafe = true\nselect = ["x"]\nignore = ["a", "b"]\n', 'ignore = ["c"]\ntarget = "kaniko"\n')
    assert found.unsafe
    assert found.select == frozenset({"x"})
    assert found.ignore == {"c"}
    assert found.target == "kaniko"
    assert found.path == str(root / "a" / "dfix.toml")
    assert found.bases == (str(root / "dfix.toml"),)


def test_false_and_empty_values_are_values(root: Path) -> None:
    found = of(root, 'unsafe = true\nignore = ["a"]\n', "unsafe = false\nignore = []\n")
    assert (found.unsafe, found.ignore) == (False, frozenset())


def test_tables_are_merged_by_key(root: Path) -> None:
    found = of(
        root,
        '[per-file-ignores]\n"x" = ["a"]\n"y" = ["b"]\n[save]\nselect = ["s"]\n[verify.allow]\n"/a" = "1"\n"/b" = "2"\n',
        '[per-file-ignores]\n"y" = ["c"]\n"z" = []\n[save]\nignore = ["i"]\n[verify.allow]\n"/b" = "3"\n',
    )
    assert found.per_file_ignores == {"x": {"a"}, "y": {"c"}, "z": frozenset()}
    assert found.save == Saving(frozenset({"s"}), frozenset({"i"}))
    assert dict(found.verify) == {"/a": "1", "/b": "3"}


def test_patterns_are_relative_to_the_file_in_which_they_stand(root: Path) -> None:
    base = 'exclude = ["a/old"]\n[per-file-ignores]\n"a/x.Dockerfile" = ["clean-up"]\n'
    found = of(root, base, '[per-file-ignores]\n"y.Dockerfile" = ["merge-runs"]\n')
    assert found.excludes(str(root / "a" / "old" / "Dockerfile"))
    assert found.options(str(root / "a" / "x.Dockerfile")).ignore == {"clean-up"}
    assert found.options(str(root / "a" / "y.Dockerfile")).ignore == {"merge-runs"}
    own = of(root, base, 'exclude = ["old"]\n')
    assert own.excludes(str(root / "a" / "old" / "Dockerfile"))
    assert not of(root, base, 'exclude = ["a/old"]\n').excludes(str(root / "a" / "old" / "Dockerfile"))


def test_paths_are_relative_to_the_file_in_which_they_stand(root: Path) -> None:
    (root / ".hadolint.yaml").write_text("ignored: [DL3009]\n")
    found = of(root, 'context = "."\nhadolint-config = ".hadolint.yaml"\nbaseline = "b.json"\n', "")
    assert (found.context, found.baseline) == (str(root), str(root / "b.json"))
    assert found.ignored_checks == {"DL3009"}
    assert found.options(str(root / "a" / "Dockerfile")).context_from == "set in dfix.toml"


def test_where_each_value_is_from(root: Path) -> None:
    found = of(root, 'select = ["x"]\nunsafe = true\n[save]\nselect = []\n', "unsafe = false\n[save]\nignore = []\n")
    base, own = str(root / "dfix.toml"), str(root / "a" / "dfix.toml")
    assert found.sources == {"select": base, "unsafe": own, "save.select": base, "save.ignore": own}


def test_a_pyproject_on_either_side(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.dfix]\nunsafe = true\n")
    (root / "a" / "pyproject.toml").write_text('[tool.dfix]\nextend = "../pyproject.toml"\n')
    assert SettingsFinder().nearest(str(root / "a" / "Dockerfile")).unsafe


def test_a_chain(root: Path) -> None:
    for number in range(1, 4):
        (root / f"{number}.toml").write_text(f'extend = "{number + 1}.toml"\n')
    (root / "4.toml").write_text("unsafe = true\n")
    (root / "a" / "dfix.toml").write_text('extend = "../1.toml"\n')
    found = SettingsFinder().nearest(str(root / "a" / "Dockerfile"))
    assert found.unsafe
    assert [os.path.basename(path) for path in found.bases] == ["1.toml", "2.toml", "3.toml", "4.toml"]
    (root / "4.toml").write_text('extend = "5.toml"\n')
    (root / "5.toml").touch()
    problem = fault(root, 'extend = "../1.toml"\n')
    assert (problem.path, problem.message) == (str(root / "4.toml"), "more than 5 files extend one another")


def test_a_cycle(root: Path) -> None:
    (root / "b.toml").write_text('unsafe = true\nextend = "a/dfix.toml"\n')
    problem = fault(root, 'extend = "../b.toml"\n')
    assert problem == Problem(
        str(root / "b.toml"), 2, "`extend` leads back to dfix.toml", "Leave it out in one of the files"
    )
    assert fault(root, 'extend = "dfix.toml"\n').message == "`extend` leads back to dfix.toml"
    (root / "a" / "link.toml").symlink_to("dfix.toml")
    assert fault(root, 'extend = "link.toml"\n').message == "`extend` leads back to link.toml"


@pytest.mark.parametrize(
    "named",
    [
        "/etc/dfix.toml",
        "~/dfix.toml",
        "~other/dfix.toml",
        "https://example.com/dfix.toml",
        "file:///etc/dfix.toml",
        "github:owner/name",
        "C:/dfix.toml",
        "C:\\\\dfix.toml",
        "\\\\\\\\host\\\\dfix.toml",
        "",
        "a\\u0000b",
    ],
)
def test_what_is_not_a_relative_path(root: Path, named: str) -> None:
    problem = fault(root, f'unsafe = true\nextend = "{named}"\n')
    assert (problem.path, problem.line) == (str(root / "a" / "dfix.toml"), 2)
    assert problem.message == "`extend` is not a relative path"


@pytest.mark.parametrize("named", ["../../outside.toml", "out.toml", "folder/outside.toml", "../.git/dfix.toml"])
def test_nothing_outside_of_the_root_is_read(root: Path, named: str) -> None:
    (root.parent / "outside.toml").write_text("unsafe = true\n")
    (root / ".git" / "dfix.toml").write_text("unsafe = true\n")
    (root / "a" / "out.toml").symlink_to(root.parent / "outside.toml")
    (root / "a" / "folder").symlink_to(root.parent)
    assert fault(root, f'extend = "{named}"\n').message == f"`extend` is outside of {root}"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("absent.toml", "`extend` names absent.toml: no such file"),
        ("$HOME/dfix.toml", "`extend` names $HOME/dfix.toml: no such file"),
        ("..", "`extend` names ..: a folder, not a file"),
        ("pipe", "`extend` names pipe: not a regular file"),
        ("broken", "`extend` names broken: a link to a file that does not exist"),
        ("large.toml", "`extend` names large.toml: larger than 1 MB"),
        ("x" * 300, f"`extend` names {'x' * 200}: cannot be read: file name too long"),
    ],
)
def test_what_cannot_be_read(root: Path, named: str, said: str) -> None:
    os.mkfifo(root / "a" / "pipe")
    (root / "a" / "broken").symlink_to("nowhere")
    (root / "a" / "large.toml").write_text("#" * 1_000_001)
    assert fault(root, f'extend = "{named}"\n').message == said


@pytest.mark.parametrize(
    ("base", "line", "said"),
    [
        ("unsafe = 1\n", 1, "`unsafe` is not true or false"),
        ("\nunsafe =\n", 2, "not valid TOML: Invalid value"),
        ("[tool.dfix]\nunsafe = true\n", 1, "unknown key `tool`"),
        ('context = "../.."\n', 1, "`context` is outside of ROOT"),
        ("[save]\nother = []\n", 2, "unknown key `save.other`"),
    ],
)
def test_a_fault_is_told_where_it_is(root: Path, base: str, line: int, said: str) -> None:
    (root / "b.toml").write_text(base)
    problem = fault(root, 'extend = "../b.toml"\n')
    assert (problem.path, problem.line) == (str(root / "b.toml"), line)
    assert problem.message == said.replace("ROOT", str(root))


def test_an_unknown_rule_is_told_where_it_is(root: Path) -> None:
    found = of(root, 'unsafe = true\nignore = ["qiet"]\n', "")
    with pytest.raises(SettingsError) as error:
        found.check_rules(frozenset({"quiet"}))
    assert (error.value.problem.path, error.value.problem.line) == (str(root / "dfix.toml"), 2)


def test_a_pyproject_without_a_table(root: Path) -> None:
    (root / "pyproject.toml").write_text("[project]\n")
    assert fault(root, 'extend = "../pyproject.toml"\n').message == "has no [tool.dfix] table"


def test_a_value_of_another_type(root: Path) -> None:
    assert fault(root, 'extend = ["../b.toml"]\n').message == "`extend` is not a string"


def test_the_file_that_the_command_line_names_may_extend_one_anywhere(root: Path) -> None:
    (root.parent / "outside.toml").write_text("unsafe = true\n")
    (root / "a" / "dfix.toml").write_text('extend = "../../outside.toml"\n')
    assert load(str(root / "a" / "dfix.toml")).unsafe

"""Which entry points are found, beside what `importlib.metadata` finds."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import DistributionFinder, MetadataPathFinder
from pathlib import Path

from dfix.rewriter.pipeline.installed_plugins import GROUP, Plugin, find
from tests.build_context import put

ONE = "[console_scripts]\nx = y:z\n\n[dfix.transforms]\n# a remark\nmy-rule = one.rule\nother-rule=one.other [extra]\n[z]\nq = r\n"
ABOUT = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n\nVersion: of the description\n"


def by_python(*folders: Path) -> set[tuple[str, str, str]]:
    """What Python's own finder answers."""
    context = DistributionFinder.Context(path=[str(folder) for folder in folders])
    seen: set[str] = set()
    found = set()
    for distribution in MetadataPathFinder.find_distributions(context):
        if distribution.name in seen:
            continue
        seen.add(distribution.name)
        for entry in distribution.entry_points.select(group=GROUP):
            found.add((entry.name, entry.module, f"{distribution.name} {distribution.version}"))
    return found


def test_installed_and_editable_distributions(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a/One_Rules-1.0.dist-info/entry_points.txt": ONE,
            "a/One_Rules-1.0.dist-info/METADATA": ABOUT.format("One.Rules", "1.0"),
            "a/scripts_only-1.0.dist-info/entry_points.txt": "[console_scripts]\nx = y:z\n",
            "a/scripts_only-1.0.dist-info/METADATA": ABOUT.format("scripts-only", "1.0"),
            "a/nothing-1.0.dist-info/METADATA": ABOUT.format("nothing", "1.0"),
            "src/old_style.egg-info/entry_points.txt": "[dfix.transforms]\nold = old_style.rule\n",
            "src/old_style.egg-info/PKG-INFO": ABOUT.format("old-style", "3"),
        },
    )
    found = find([str(tmp_path / "a"), str(tmp_path / "src"), str(tmp_path / "absent"), str(tmp_path / "a")])
    assert found == (
        Plugin("my-rule", "one.rule", "One.Rules 1.0"),
        Plugin("other-rule", "one.other", "One.Rules 1.0"),
        Plugin("old", "old_style.rule", "old-style 3"),
    )
    assert set(found) == by_python(tmp_path / "a", tmp_path / "src")


def test_the_first_of_one_name_on_the_path_counts(tmp_path: Path) -> None:
    for folder, name, version in (("a", "one_rules", "2.0"), ("b", "One.Rules", "1.0"), ("c", "one-rules", "0.1")):
        put(
            tmp_path / folder / f"{name.replace('-', '_')}-{version}.dist-info",
            {
                "entry_points.txt": ONE.replace("one.rule", f"one{version[0]}.rule"),
                "METADATA": ABOUT.format("one-rules", version),
            },
        )
    put(tmp_path / "none" / "one_rules-3.0.dist-info", {"METADATA": ABOUT.format("one-rules", "3.0")})
    for folders, version in ((("a", "b", "c"), "2"), (("b", "a", "c"), "1"), (("c", "b"), "0")):
        path = [tmp_path / folder for folder in folders]
        found = find(map(str, path))
        assert {plugin.module for plugin in found} == {f"one{version}.rule", "one.other"}
        assert set(found) == by_python(*path)
    assert find([str(tmp_path / "none"), str(tmp_path / "a")]) == ()


def test_files_that_are_no_folders_or_not_text(tmp_path: Path) -> None:
    put(tmp_path, {"zip.zip": "", "a-1.dist-info": "a file", "b-1.dist-info/entry_points.txt/c": ""})
    (tmp_path / "d-1.dist-info").mkdir()
    (tmp_path / "d-1.dist-info" / "entry_points.txt").write_bytes(b"\xff[dfix.transforms]\n\xff = \xff\n")
    assert find([str(tmp_path), str(tmp_path / "zip.zip")]) == ()


def test_a_distribution_without_metadata_is_named_by_its_folder(tmp_path: Path) -> None:
    put(tmp_path, {"a-1.dist-info/entry_points.txt": "[dfix.transforms]\nx = y\n"})
    assert find([str(tmp_path)]) == (Plugin("x", "y", "a-1"),)


def test_without_plugins_nothing_slow_is_imported() -> None:
    program = (
        "import sys; from dfix.rewriter.pipeline.registry import plugin_faults, plugin_rules\n"
        "assert not plugin_rules() and not plugin_faults()\n"
        "print({'importlib.metadata', 'email', 'zipfile', 'csv', 'configparser', 'dfix.rewriter.pipeline.plugins'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

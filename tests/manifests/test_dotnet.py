from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext

EMPTY = '<Project Sdk="Microsoft.NET.Sdk"/>'
FILES = {
    "App.sln": 'Project("{F}") = "Web", "src\\Web\\Web.csproj", "{1}"\nProject("{2}") = "docs", "docs", "{3}"\n',
    "src/Web/Web.csproj": '<Project><ItemGroup><ProjectReference Include="../Core/Core.fsproj"/></ItemGroup></Project>',
    "src/Core/Core.fsproj": EMPTY,
    "src/Web/Program.cs": "",
}
WEB, CORE = "src/Web/Web.csproj", "src/Core/Core.fsproj"


def read(
    make_context: MakeContext, files: dict[str, str], command: str = "restore", folder: str = ""
) -> Inputs | Reason:
    return attempt(
        inputs, make_context({**FILES, **files}), Install("dotnet", tuple(command.split()), folder, "dotnet")
    )


def project(inner: str) -> str:
    return f"<Project>{inner}</Project>"


@pytest.mark.parametrize(
    ("files", "command", "folder", "expected"),
    [
        ({}, "restore", "", ("App.sln", WEB, CORE)),
        ({}, "restore src/Web", "", (WEB, CORE)),
        ({}, "restore Web.csproj -r linux-x64 --no-cache", "src/Web", (WEB, CORE)),
        (
            {
                "src/Directory.Build.props": project('<Import Project="../build/common.props"/>'),
                "build/common.props": EMPTY,
            },
            "restore src/Core",
            "",
            (CORE, "src/Directory.Build.props", "build/common.props"),
        ),
        (
            {"global.json": "{}", "src/Core/packages.lock.json": "{}"},
            "restore src/Core --locked-mode",
            "",
            (CORE, "global.json", "src/Core/packages.lock.json"),
        ),
        (
            {WEB: project('<Import Project="$(MSBuildThisFileDirectory)x.props" Condition="Exists(\'x.props\')"/>')},
            "restore src/Web",
            "",
            (WEB,),
        ),
        (
            {
                "src/Directory.Build.props": project(
                    "<Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '..'))\"/>"
                ),
                "Directory.Build.props": EMPTY,
            },
            "restore src/Core",
            "",
            (CORE, "src/Directory.Build.props", "Directory.Build.props"),
        ),
    ],
)
def test_what_a_restore_reads(
    make_context: MakeContext, files: dict[str, str], command: str, folder: str, expected: tuple[str, ...]
) -> None:
    assert read(make_context, files, command, folder) == Inputs(expected)


def test_a_folder_of_packages(make_context: MakeContext) -> None:
    files = {
        "nuget.config": '<configuration><packageSources><add key="a" value="./packages"/>'
        '<add key="b" value="https://example.org/index.json"/></packageSources></configuration>',
        "packages/a.nupkg": "",
    }
    assert read(make_context, files, "restore src/Core") == Inputs((CORE, "nuget.config"), ("packages",))


@pytest.mark.parametrize(
    ("files", "command", "reason"),
    [
        ({"B.sln": ""}, "restore", "the root of the context has 2 projects or solutions"),
        ({}, "restore src", "src has no projects or solutions"),
        ({}, "restore ../x", "`dotnet restore ../x` restores ../x, outside the build context"),
        ({}, "restore $PROJECT", "what `dotnet restore $PROJECT` restores is known only during the build"),
        ({}, "restore src/Web src/Core", "`dotnet restore src/Web src/Core` restores several projects; dfix follows one"),
        (
            {},
            "restore --configfile x src/Web",
            "`dotnet restore --configfile x src/Web` has --configfile, which may change what it reads",
        ),
        ({WEB: "<Project>"}, "restore", f"{WEB} is not valid XML, or has a document type"),
        (
            {WEB: '<!DOCTYPE x [<!ENTITY a "b">]><Project>&a;</Project>'},
            "restore",
            f"{WEB} is not valid XML, or has a document type",
        ),
        ({WEB: project('<ProjectReference Include="$(Root)/a.csproj"/>')}, "restore", f"{WEB} refers to $(Root)/a.csproj, which only MSBuild can resolve"),
        ({WEB: project('<ProjectReference Include="../../../x.csproj"/>')}, "restore", f"{WEB} refers to ../../../x.csproj, outside the build context"),
        ({WEB: project('<ProjectReference Include="x.csproj"/>')}, "restore", "src/Web/x.csproj is not in the build context"),
        ({WEB: project('<Import Project="$(Tools)x.props"/>')}, "restore", f"{WEB} imports $(Tools)x.props, which only MSBuild can resolve"),
        ({WEB: project('<Import Project="x.props"/>')}, "restore", "src/Web/x.props is not in the build context"),
        ({WEB: project("<ArtifactsPath>out</ArtifactsPath>")}, "restore", f"{WEB} sets ArtifactsPath, so the restore writes to another folder than `obj`"),
        ({WEB: project("<RestoreSources>x</RestoreSources>")}, "restore", f"{WEB} sets RestoreSources, which may name folders that dfix does not follow"),
        ({WEB: project('<Target Name="T" BeforeTargets="Restore"/>')}, "restore", f"{WEB}: the target `T` runs during the restore"),
        ({WEB: project("<V>$([System.IO.File]::ReadAllText('v'))</V>")}, "restore", f"{WEB} uses System.IO, so it may read any file"),
        ({"src/Core/packages.lock.json": ""}, "restore", "`dotnet restore` may rewrite src/Core/packages.lock.json"),
        ({"src/Web/obj/a": ""}, "restore", "the build context ships src/Web/obj, which would overwrite what the restore writes"),
        (
            {"nuget.config": '<configuration><packageSources><add key="a" value="../p"/></packageSources></configuration>'},
            "restore",
            "nuget.config takes packages from ../p, which is not a folder of the build context",
        ),
    ],
)  # fmt: skip
def test_what_prevents_a_split(make_context: MakeContext, files: dict[str, str], command: str, reason: str) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Reason)
    assert found.text == reason


def test_projects_that_refer_to_each_other_end(make_context: MakeContext) -> None:
    files = {CORE: project('<ProjectReference Include="..\\Web\\Web.csproj"/>')}
    assert read(make_context, files, "restore src/Core") == Inputs((CORE, WEB))

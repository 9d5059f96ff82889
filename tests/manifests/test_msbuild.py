"""What decides what MSBuild reads: conditions, the project that it takes, and files that it finds by itself."""

from __future__ import annotations

import time

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from dfix.rewriter.manifests.msbuild.conditions import holds
from tests.build_context import MakeContext
from tests.processor import allowed

RELEASE = {"configuration": "Release"}
EMPTY = "<Project/>"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", True),
        ("'$(Configuration)' == 'release'", True),
        ("'$(CONFIGURATION)' == 'Debug'", False),
        ("'$(Configuration)' != 'Debug'", True),
        ("$(Configuration) == Release", True),
        ("'$(Configuration)|$(Platform)' == 'Release|AnyCPU'", None),
        ("'$(Configuration)' == 'Debug' and '$(Other)' == ''", False),
        ("'$(Other)' == '' And '$(Configuration)' == 'Debug'", False),
        ("'$(Other)' == '' or '$(Configuration)' == 'Release'", True),
        ("'$(Other)' == '' or '$(Configuration)' == 'Debug'", None),
        ("'$(Configuration)' == 'Debug' or 'a' == 'a' and 'b' == 'c'", False),
        ("!('$(Configuration)' == 'Debug')", True),
        ("!!('$(Configuration)' == 'Debug')", False),
        ("! '$(Other)' == 'a'", None),
        ("Exists('a') and '$(Configuration)' == 'Debug'", False),
        ("Exists('a')", None),
        ("true", True),
        ("'false'", False),
        ("'a'", None),
        ("'$(Configuration.Length)' == '7'", None),
        ("'$([System.String]::Copy(a))' == 'b'", None),
        ("'@(Item)' == ''", None),
        ("'%(Name)' == ''", None),
        ("'$(Configuration)' > 'a'", None),
        ("'$(Configuration)' ==", None),
        ("('a' == 'b'", None),
        ("'a' == 'b')", None),
        ("and", None),
        ("'a' == 'b", None),
        ("(" * 100 + "'a' == 'b'" + ")" * 100, None),
        ("'a' == 'b' or " * 1000 + "'a' == 'b'", None),
    ],
)
def test_conditions(condition: str, expected: bool | None) -> None:
    assert holds(condition, RELEASE) is expected


def read(
    make_context: MakeContext, files: dict[str, str], command: str = "restore", *, is_download: bool = False
) -> Inputs | Reason:
    return attempt(
        inputs, make_context(files), Install("dotnet", tuple(command.split()), "", "dotnet", is_download=is_download)
    )


def project(inner: str, attributes: str = "") -> str:
    return f"<Project {attributes}>{inner}</Project>"


def solution(*paths: str) -> str:
    return "".join(f'Project("{{F}}") = "x", "{path}", "{{1}}"\n' for path in paths)


A = "a/a.csproj"


@pytest.mark.parametrize(
    ("files", "command", "expected"),
    [
        # the solution counts before the project of the same name
        ({"x.sln": solution("X.csproj"), "X.csproj": EMPTY}, "restore", ("x.sln", "X.csproj")),
        ({"x.slnx": '<Solution><Project Path="a/a.csproj"/></Solution>', A: EMPTY}, "restore", ("x.slnx", A)),
        # MSBuild opens each project of a solution
        ({"x.sln": solution("c.dcproj", A), "c.dcproj": EMPTY, A: EMPTY}, "restore x.sln", ("x.sln", "c.dcproj", A)),
        ({A: EMPTY, "a/b.cs": "", "a/.x.csproj": EMPTY}, "restore a/*.csproj", (A,)),
        ({"x.sln": solution(A), A: EMPTY, "x.cs": ""}, "restore *.sln", ("x.sln", A)),
        # beside the project
        (
            {A: EMPTY, "a/a.csproj.user": project('<Import Project="b.props"/>'), "a/b.props": EMPTY},
            "restore a",
            (A, "a/a.csproj.user", "a/b.props"),
        ),
        ({A: EMPTY, "a/packages.config": "", "packages.config": ""}, "restore a", (A, "a/packages.config")),
        ({A: EMPTY, "MSBuild.rsp": "-x", "a/MSBuild.rsp": "-m:1 /nologo"}, "restore a", (A, "a/MSBuild.rsp")),
        ({A: EMPTY, "Directory.Build.rsp": "# -x\n-v:m\n"}, "restore a", (A, "Directory.Build.rsp")),
        ({A: EMPTY, "a/packages.a.lock.json": ""}, "restore a --locked-mode", (A, "a/packages.a.lock.json")),
        # of a solution
        (
            {"s/x.sln": solution("..\\a\\a.csproj"), A: EMPTY, "Directory.Solution.props": EMPTY}
            | {"s/before.x.sln.targets": EMPTY, "s/after.y.sln.targets": EMPTY},
            "restore s",
            ("s/x.sln", A, "s/before.x.sln.targets", "Directory.Solution.props"),
        ),
        # conditions
        ({A: project("<ProjectReference Include='b.csproj' Condition=\"'$(Configuration)' == 'Debug'\"/>")}, "restore a -p:Configuration=Release", (A,)),
        ({A: project("<ItemGroup Condition=\"'$(Configuration)' == 'Debug'\"><ProjectReference Include='b.csproj'/></ItemGroup>")}, "restore a /p:Configuration=Release", (A,)),
        ({A: project("<Import Project='$(X)/a.props' Condition=\"'$(Configuration)' == 'Debug'\"/>")}, "restore a -p:Configuration=Release", (A,)),
        ({A: project("<PackageReference Include='B' Condition=\"Exists('flag.cs')\"/>"), "a/flag.cs": ""}, "restore a", (A, "a/flag.cs")),
        ({A: project("<PackageReference Include='B' Condition=\"!Exists('flag.cs')\"/>"), "flag.cs": ""}, "restore a", (A,)),
        ({A: project("<X Condition=\"Exists('$(MSBuildExtensionsPath)/x')\"/>")}, "restore a", (A,)),
        ({A: project("<Target Name='T'><Exec Command='x' Condition=\"Exists('web')\"/></Target>"), "a/web/a.js": ""}, "restore a", (A,)),
        (
            {A: EMPTY, "Directory.Build.props": project("<X Condition=\"Exists('$(MSBuildProjectDirectory)/flag')\"/>"), "a/flag": "", "flag": ""},
            "restore a",
            (A, "Directory.Build.props", "a/flag"),
        ),
        (
            {A: EMPTY, "Directory.Build.props": project("<X Condition=\"Exists('$(MSBuildThisFileDirectory)flag')\"/>"), "a/flag": "", "flag": ""},
            "restore a",
            (A, "Directory.Build.props", "flag"),
        ),
        (
            {A: EMPTY, "Directory.Build.props": project("<Import Project='$(MSBuildProjectDirectory)/l.props' Condition=\"Exists('$(MSBuildProjectDirectory)/l.props')\"/>"), "a/l.props": EMPTY},
            "restore a",
            (A, "Directory.Build.props", "a/l.props"),
        ),
        # files that property functions find
        ({A: project("<X>$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildThisFileDirectory), 'LICENSE'))</X>"), "LICENSE": ""}, "restore a", (A, "LICENSE")),
        ({A: project("<Import Project=\"$([MSBuild]::GetPathOfFileAbove('c.props', '$(MSBuildThisFileDirectory)../'))\"/>"), "c.props": EMPTY}, "restore a", (A, "c.props")),
        ({A: project("<Import Project=\"$([MSBuild]::GetDirectoryNameOfFileAbove($(MSBuildThisFileDirectory), c.props))\\c.props\"/>"), "c.props": EMPTY}, "restore a", (A, "c.props")),
        ({A: EMPTY, "a/Directory.Build.props": project("<Import Project=\"$([MSBuild]::GetPathOfFileAbove('$(MSBuildThisFile)', '$(MSBuildThisFileDirectory)../'))\"/>"), "Directory.Build.props": EMPTY}, "restore a", (A, "a/Directory.Build.props", "Directory.Build.props")),
        # a project that a file above refers to has files above, too
        (
            {A: EMPTY, "a/Directory.Build.props": project("<ProjectReference Include='../b/b.csproj'/>"), "b/b.csproj": EMPTY, "b/Directory.Build.props": EMPTY},
            "restore a",
            (A, "a/Directory.Build.props", "b/b.csproj", "b/Directory.Build.props"),
        ),
        ({A: project("<TargetFramework>net8.0</TargetFramework>"), "a/b.razor": ""}, "restore a", (A,)),
        ({A: EMPTY, "a/b.razor": "", "Directory.Build.props": project("<TargetFramework>net9.0</TargetFramework>")}, "restore a", (A, "Directory.Build.props")),
        ({A: project("<TargetFramework>net10.0</TargetFramework><RequiresAspNetWebAssets>true</RequiresAspNetWebAssets>"), "a/b.razor": ""}, "restore a", (A,)),
        ({A: project("<TargetFramework>net10.0</TargetFramework>"), "b.razor": ""}, "restore a", (A,)),
    ],
)  # fmt: skip
def test_what_a_restore_reads(
    make_context: MakeContext, files: dict[str, str], command: str, expected: tuple[str, ...]
) -> None:
    assert read(make_context, files, command) == Inputs(expected)


def test_a_build_looks_for_components_by_itself(make_context: MakeContext) -> None:
    files = {A: project("<TargetFramework>net10.0</TargetFramework>"), "a/b.razor": ""}
    assert read(make_context, files, "restore a", is_download=True) == Inputs((A,))


@pytest.mark.parametrize(
    ("files", "command", "reason"),
    [
        ({"x.sln": "", "y.csproj": EMPTY}, "restore", "the root of the context has 2 projects or solutions"),
        ({"x.sln": "", "x.slnx": ""}, "restore", "the root of the context has 2 projects or solutions"),
        ({"x.csproj": EMPTY, "x.fsproj": EMPTY}, "restore", "the root of the context has 2 projects or solutions"),
        ({A: EMPTY, "a/b.csproj": EMPTY}, "restore a/*.csproj", "`a/*.csproj` names the project by a pattern, which matches 2 files"),
        ({A: EMPTY}, "restore a/*.sln", "`a/*.sln` names the project by a pattern, which matches no file"),
        ({A: EMPTY}, "restore */a.csproj", "`*/a.csproj` names the project by a pattern"),
        ({A: EMPTY}, "restore a/[ab].csproj", "`a/[ab].csproj` names the project by a pattern"),
        ({"x.sln": solution("a.vcxproj"), "a.vcxproj": EMPTY}, "restore x.sln", "a.vcxproj is not a kind of project that dfix reads"),
        ({"x.sln": solution("c.dcproj")}, "restore", "c.dcproj is not in the build context"),
        ({"x.slnf": "{}"}, "restore x.slnf", "x.slnf is not a kind of project that dfix reads"),
        ({A: EMPTY, "a/MSBuild.rsp": "-p:a=b"}, "restore a", "a/MSBuild.rsp has the switch -p:a=b, which may change what the restore reads"),
        ({A: EMPTY, "Directory.Build.rsp": "@other.rsp"}, "restore a", "Directory.Build.rsp has the switch @other.rsp, which may change what the restore reads"),
        ({A: project("", "InitialTargets='T'")}, "restore a", f"{A}: the target `T` runs before the restore"),
        ({A: project("", "TreatAsLocalProperty='Configuration'")}, "restore a", f"{A} may set Configuration itself, whatever the command says (TreatAsLocalProperty)"),
        ({A: project("<Target Name='T' BeforeTargets='CollectPackageReferences'/>")}, "restore a", f"{A}: the target `T` runs during the restore"),
        ({A: project("<Target Name='T' AfterTargets='$(Last)'/>")}, "restore a", f"{A}: the target `T` runs during the restore"),
        ({A: project("<Target Name='Restore'/>")}, "restore a", f"{A}: the target `Restore` runs during the restore"),
        ({A: project("<RestoreConfigFile>x</RestoreConfigFile>")}, "restore a", f"{A} sets RestoreConfigFile, which may name folders that dfix does not follow"),
        ({A: project("<CustomAfterMicrosoftCommonTargets>x</CustomAfterMicrosoftCommonTargets>")}, "restore a", f"{A} sets CustomAfterMicrosoftCommonTargets, which names a file to import"),
        ({A: project("<PackageReference Include='@(Others)'/>")}, "restore a", f"{A} has a PackageReference of @(Others), which only MSBuild can resolve"),
        ({A: project("<X Condition=\"Exists('src')\"/>"), "a/src/b.cs": ""}, "restore a", f"{A} asks whether src exists, which is a folder of the sources"),
        ({A: project("<X Condition=\"Exists('$(Root)x')\"/>")}, "restore a", f"{A} asks whether $(Root)x exists, which only MSBuild can resolve"),
        ({A: project("<X Condition=\"Exists($(Root))\"/>")}, "restore a", f"{A} asks in a condition which files exist: Exists($(Root))"),
        ({A: project("<X Condition=\"Exists('../../x')\"/>")}, "restore a", f"{A} asks whether ../../x exists, outside the build context"),
        ({A: project("<X>$([MSBuild]::GetPathOfFileAbove('$(Name)'))</X>")}, "restore a", f"{A} looks for $(Name) above, which only MSBuild can resolve"),
        ({A: project("<X>$([MSBuild]::GetPathOfFileAbove($(A.B)))</X>")}, "restore a", f"{A} looks for a file above, which only MSBuild can resolve"),
        ({A: project("<Import Project=\"$([MSBuild]::GetDirectoryNameOfFileAbove('.', a.txt))/b.props\"/>")}, "restore a", f"{A} imports $([MSBuild]::GetDirectoryNameOfFileAbove('.', a.txt))/b.props, which only MSBuild can resolve"),
        ({A: EMPTY, "nuget.config": '<configuration><config><add key="globalPackagesFolder" value="p"/></config></configuration>'}, "restore a", "nuget.config keeps packages in p, so the restore writes to a folder of the project"),
        ({A: EMPTY, "nuget.config": '<configuration><fallbackPackageFolders><add key="x" value="p"/></fallbackPackageFolders></configuration>'}, "restore a", "nuget.config takes packages from p, which dfix does not follow"),
        ({A: EMPTY, "a/packages.a.lock.json": ""}, "restore a", "`dotnet restore a` may rewrite a/packages.a.lock.json"),
        ({A: project("<TargetFramework>net10.0</TargetFramework>"), "a/b/c.razor": ""}, "restore a", "`dotnet restore a` takes the scripts of Blazor only where it finds a file such as a/b/c.razor"),
        ({A: project("<TargetFramework>$(Newest)</TargetFramework>"), "a/c.razor": ""}, "restore a", "`dotnet restore a` takes the scripts of Blazor only where it finds a file such as a/c.razor"),
        ({A: project("<TargetFrameworks>net9.0;net10.0</TargetFrameworks>"), "a/c.razor": ""}, "restore a", "`dotnet restore a` takes the scripts of Blazor only where it finds a file such as a/c.razor"),
        ({A: "<Project>" + "<A>" * 200 + "</A>" * 200 + "</Project>"}, "restore a", f"{A} nests elements more than 100 levels deep"),
    ],
)  # fmt: skip
def test_what_prevents_a_split(make_context: MakeContext, files: dict[str, str], command: str, reason: str) -> None:
    found = read(make_context, files, command)
    assert isinstance(found, Reason)
    assert found.text == reason


HOSTILE = {
    "conditions": "<A Condition=\"" + "'$(A)' == 'b' or " * 290_000 + "'a' == 'b'\"/>",
    "parentheses": '<A Condition="' + "(" * 4_900_000 + '"/>',
    "questions": '<A Condition="' + "Exists('a') and " * 300_000 + '"/>',
    "functions": "<A>" + "$([MSBuild]::GetPathOfFileAbove(" * 150_000 + "</A>",
    "folders": "<A>" + "GetDirectoryNameOfFileAbove(a" * 160_000 + "</A>",
    "references": "<ProjectReference Include=\"" + "b.csproj;" * 500_000 + '"/>',
    "elements": "<A Condition=\"'$(A)' == 'b'\"/>" * 150_000,
    "depth": "<A>" * 600_000 + "</A>" * 600_000,
    "frameworks": "<TargetFramework " * 290_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_large_projects_end(make_context: MakeContext, name: str) -> None:
    files = {A: project(HOSTILE[name])[:4_999_990], "a/a.razor": ""}
    if name != "frameworks":
        files[A] = project(HOSTILE[name])
    assert len(files[A]) < 5_000_000
    context = make_context(files)
    start = time.process_time()
    attempt(inputs, context, Install("dotnet", ("restore", "a"), "", "dotnet"))
    assert time.process_time() - start < allowed(6.0)


def test_a_large_response_file_ends(make_context: MakeContext) -> None:
    context = make_context({A: EMPTY, "Directory.Build.rsp": "-m:" * 1_600_000 + " -m" * 60_000})
    start = time.process_time()
    attempt(inputs, context, Install("dotnet", ("restore", "a"), "", "dotnet"))
    assert time.process_time() - start < allowed(3.0)

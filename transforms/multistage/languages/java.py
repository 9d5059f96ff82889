"""Java with Maven or Gradle: ship the archive that is run, on a JRE of the same major, vendor and release."""

from __future__ import annotations

import itertools
import posixpath
import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.official_images import jre, successor_jre
from dfix.rewriter.model.source_evidence import ENDINGS, Starts, needs_jdk, runs_programs, sources
from dfix.rewriter.model.start_scripts import FULL_IMAGE_PROGRAMS
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.multistage.data_files import data_files
from dfix.transforms.multistage.runtime_stage import (
    COPY_COMMANDS,
    BuildStage,
    RuntimeStage,
    StageCopy,
)

NAME = "Maven or Gradle"
PROGRAMS = frozenset(("mvn", "mvnw", "gradle", "gradlew"))
DEFAULT_COMMAND = ()
_BUILT = expression(r"/(?:target|build/libs)/[^/]+\.[jw]ar$")
_CODE = ENDINGS["java"]
_PACKS_DEPENDENCIES = expression(
    r"spring-boot-maven-plugin|maven-shade-plugin|jar-with-dependencies|org\.springframework\.boot|shadow|quarkus"
    r"|io\.micronaut\.application|com\.github\.johnrengelman"
)
"""Plugins that put the dependencies into the archive."""
_DEPENDENCY = expression(r"<dependency>((?:(?!</?dependency>).)*+)</dependency>", re.DOTALL)
_NOT_AT_RUN_TIME = expression(r"<scope>\s*(?:test|provided|system)\s*</scope>")
_GRADLE_DEPENDENCY = expression(r"^[^\S\n]*(?:implementation|api|runtimeOnly|compile|runtime)\b", re.MULTILINE)
_BOOT = expression(
    r"<artifactId>spring-boot-starter-parent</artifactId>\s*<version>\s*(\d+)\.(\d+)"
    r"|org\.springframework\.boot['\"]\)?\s*version\s*\(?['\"](\d+)\.(\d+)"
)
_SOURCES = (".java", ".kt", ".scala", ".groovy", ".gradle", ".kts", "pom.xml", "gradle.properties", "mvnw", "gradlew")
_STARTS = Starts(
    expression(r"\bnew\s+ProcessBuilder\b|\bgetRuntime\(\)\s*\.\s*exec\(|\bProcessBuilder\("),
    expression(r"\bProcessBuilder\(\s*\"([\w./-]+)\""),
    expression(r"ProcessHandle\.current\(\)"),
)
_CLASS_PATH = frozenset(("-cp", "-classpath", "--class-path"))


def is_build_command(command: Located) -> bool:
    """Whether a command runs Maven or Gradle, unpacks a Spring Boot archive, or moves what was built."""
    program = program_name(command.words[0])
    return (
        program in PROGRAMS
        or program in COPY_COMMANDS
        or (program == "java" and any("jarmode" in word.text for word in command.words))
    )


def runtime_stage(build: BuildStage) -> RuntimeStage:
    """The archive on a JRE; a Spring Boot archive in its layers."""
    if build.start.program in PROGRAMS:
        raise LeaveAlone(
            "runs-build-tool", f"the container runs `{build.start.program}` itself, which needs the JDK and the sources"
        )
    if build.start.program != "java":
        raise LeaveAlone("unknown-program", f"the container runs `{build.start.words[0]}`, not `java`")
    place = needs_jdk(build.sources(*_CODE))
    if place:
        raise LeaveAlone("needs-programs", f"{place} needs the JDK at run time")
    image = build.base.reference if build.base.language == "" else jre(build.base) or _successor(build)
    if not image:
        raise LeaveAlone(
            "base-image", f"dfix knows of no JRE of the same major, vendor and release as {build.base.reference}"
        )
    others = "" if not build.base.language else runs_programs(build.sources(*_CODE), _STARTS, build.installed_packages)
    if others:
        raise LeaveAlone("needs-programs", f"{others} may run a program that {image} lacks")
    copies = _archive(build)
    data_paths = data_files(build, _is_source)
    runtime = RuntimeStage(
        image,
        copies,
        data_paths,
        sources_only=True,
        left_behind="the JDK, its build tool, their downloads and the sources",
        megabytes_saved=int(build.base.table.get("jre-saves", 0)),
        missing_programs=FULL_IMAGE_PROGRAMS | {"mvn", "gradle", "javac", "jar"}
        if build.base.language
        else frozenset(),
    )
    return _in_layers(build, runtime)


def _successor(build: BuildStage) -> str:
    """The JRE of another vendor where the base image's has none, if nothing in the stage is of the base image."""
    of_the_base = any(
        "JAVA_HOME" in step.instruction.logical or "/usr/local/openjdk" in step.instruction.logical
        for step in build.stage.steps
    )
    # Ubuntu 24.04, on which the successor is, has a user 1000 of its own
    takes_ids = not build.base.alpine and any(
        command.purpose == "user" and not {"-r", "--system"}.intersection(command.arguments)
        for command in build.commands
    )
    return "" if of_the_base or takes_ids or build.installed_packages else successor_jre(build.base)


def _archive(build: BuildStage) -> tuple[StageCopy, ...]:
    """The archive or class path that `java` runs."""
    words = build.start.words[1:]
    for option, value in itertools.pairwise(words):
        if option == "-jar":
            path = build.start.image_path(value)
            if set("*$").intersection(value):
                raise LeaveAlone(
                    "unknown-program",
                    f"the archive's name is not literal: `{value}`",
                    "name the file without variables and wildcards",
                )
            if not _BUILT.search(build.built_at(path)):
                raise LeaveAlone(
                    "unknown-program", f"the container runs `{value}`, but dfix finds no build that writes it"
                )
            _check_dependencies(build)
            return (StageCopy(path, path),)
        if option in _CLASS_PATH:
            return _class_path(build, value)
    raise LeaveAlone("unknown-program", "dfix cannot tell what `java` runs")


def _class_path(build: BuildStage, value: str) -> tuple[StageCopy, ...]:
    copies = []
    for entry in value.split(":"):
        path = build.start.image_path(entry.removesuffix("/*"))
        if "$" in entry or "*" in path or not re.search(r"/(?:target|build)/", build.built_at(f"{path}/")):
            raise LeaveAlone(
                "unknown-program", f"the class path names `{entry}`, but dfix finds no build that writes it"
            )
        copies.append(StageCopy(path, path))
    return tuple(copies)


def _check_dependencies(build: BuildStage) -> None:
    """Raise LeaveAlone where the archive may need others at run time."""
    poms = [text for path, text in sources(build.context, ("pom.xml",))]
    gradle = [text for path, text in sources(build.context, (".gradle", ".gradle.kts"))]
    if any(_PACKS_DEPENDENCIES.search(text) for text in (*poms, *gradle)):
        return
    needs = any(not _NOT_AT_RUN_TIME.search(one) for text in poms for one in _DEPENDENCY.findall(text))
    if needs or any(_GRADLE_DEPENDENCY.search(text) for text in gradle):
        raise LeaveAlone(
            "thin-jar",
            "the archive does not contain its dependencies, and dfix cannot tell where they are",
            "build one that does (spring-boot-maven-plugin, maven-shade-plugin or Shadow)",
        )


def _in_layers(build: BuildStage, runtime: RuntimeStage) -> RuntimeStage:
    """Copy a Spring Boot archive layer by layer, so that an edit changes only the layer of the application's classes.

    Since Spring Boot 3.3 an unpacked archive starts with the same command (`java -jar NAME.jar`):
    https://docs.spring.io/spring-boot/reference/packaging/container-images/dockerfiles.html
    """
    versions = [
        tuple(int(number) for number in match.groups() if number)
        for _, text in sources(build.context, ("pom.xml", ".gradle", ".gradle.kts"))
        for match in _BOOT.finditer(text)
    ]
    archive = runtime.copies[0]
    if not versions or min(versions) < (3, 3) or not archive.target.endswith(".jar"):
        return runtime
    folder = posixpath.dirname(archive.target)
    run = f"RUN java -Djarmode=tools -jar {archive.source} extract --layers --destination /layers\n"
    layers = ("dependencies", "spring-boot-loader", "snapshot-dependencies", "application")
    copies = tuple(StageCopy(f"/layers/{layer}/", f"{folder}/") for layer in layers)
    return runtime._replace(copies=copies, build_stage_runs=(run,))


def _is_source(path: str) -> bool:
    first = path.split("/", maxsplit=1)[0]
    inside = "/src/main/" in f"/{path}" or "/src/test/" in f"/{path}"
    of_heroku = path == "system.properties"
    return inside or of_heroku or path.endswith(_SOURCES) or first in ("gradle", "target", "build")

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import dfix.rewriter.knowledge
from dfix.rewriter.model.official_images import base_image, jre, jre_variant, successor_jre

TABLES = sorted((Path(dfix.rewriter.knowledge.__file__).parent / "images").glob("*.toml"))


@pytest.mark.parametrize(
    ("reference", "smaller"),
    [
        ("python:3.12", "python:3.12-slim"),
        ("python:3.12.4", "python:3.12.4-slim"),
        ("docker.io/library/python:3.12-bookworm", "python:3.12-slim-bookworm"),
        ("python:3", "python:3-slim"),
        ("python", "python:slim"),
        ("node:22", "node:22-slim"),
        ("node:22-bookworm", "node:22-bookworm-slim"),
        ("ruby:3.3", "ruby:3.3-slim"),
        ("debian:12", "debian:12-slim"),
        ("debian:bookworm", "debian:bookworm-slim"),
        ("elixir:1.17", "elixir:1.17-slim"),
        ("python:3.12-slim", ""),
        ("python:3.12-alpine", ""),
        ("python:3.99", ""),
        ("elixir:1.17-bookworm", ""),
        ("python:3.9-trixie", ""),
        ("python:bookworm", ""),
        ("python:3.12@sha256:00", ""),
        ("node:lts", ""),
        ("golang:1.22", ""),
        ("php:8.2-apache", ""),
        ("debian:sid", ""),
    ],
)
def test_the_slim_variant(reference: str, smaller: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert found.smaller == smaller


@pytest.mark.parametrize(
    ("reference", "release"),
    [
        ("golang:1.22", "bookworm"),
        ("golang:1.22.3", "bookworm"),
        ("golang:1.24.5", "bookworm"),
        ("golang:1.24.6", "trixie"),
        ("golang:1.19.9", "bullseye"),
        ("golang:1.13.4", ""),
        ("golang:1.26.99", ""),
        ("golang:1.22rc1", ""),
        ("golang:1.24.2-alpine", "alpine"),
        ("rust:1.88.0-slim", "bookworm"),
        ("gcc:13.2.0", "bookworm"),
        ("gcc:13.2", ""),
        ("golang:1.22.3-bullseye", "bullseye"),
        ("golang:latest", ""),
        ("golang:1.22-alpine3.20", "alpine3.20"),
        ("golang:1.22-alpine", "alpine"),
        ("rust:1.80", "bookworm"),
        ("rust:1", ""),
        ("debian:11", "bullseye"),
        ("ubuntu:24.04", "noble"),
        ("ubuntu:latest", ""),
        ("alpine:3.20", "alpine3.20"),
    ],
)
def test_the_release(reference: str, release: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert found.release == release


@pytest.mark.parametrize(
    ("reference", "runs_on"),
    [
        ("maven:3.9-eclipse-temurin-21", "eclipse-temurin:21-jre"),
        ("maven:3.9-eclipse-temurin-21-alpine", "eclipse-temurin:21-jre-alpine"),
        ("maven:3-jdk-8-slim", "openjdk:8-jre-slim"),
        ("maven:3.8-openjdk-17", ""),
        ("maven:3.9-amazoncorretto-21", ""),
        ("maven:3.9", ""),
        ("gradle:8-jdk17", "eclipse-temurin:17-jre"),
        ("gradle:8", ""),
        ("eclipse-temurin:17-jdk-jammy", "eclipse-temurin:17-jre-jammy"),
        ("eclipse-temurin:17", "eclipse-temurin:17-jre"),
        ("eclipse-temurin:17-jre", ""),
        ("eclipse-temurin:16", ""),
        ("openjdk:11-jdk-slim", "openjdk:11-jre-slim"),
        ("openjdk:17-jdk-slim", ""),
    ],
)
def test_the_jre_of_the_same_major_and_vendor(reference: str, runs_on: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert jre(found) == runs_on


@pytest.mark.parametrize(
    ("reference", "same", "successor"),
    [
        ("eclipse-temurin:21", "eclipse-temurin:21-jre", ""),
        ("eclipse-temurin:17.0.9_9-jdk-jammy", "eclipse-temurin:17.0.9_9-jre-jammy", ""),
        ("eclipse-temurin:21-jdk-alpine", "eclipse-temurin:21-jre-alpine", ""),
        ("eclipse-temurin:21-jre", "", ""),
        ("eclipse-temurin:16", "", ""),
        ("openjdk:11-slim", "openjdk:11-jre-slim", "eclipse-temurin:11-jre"),
        ("openjdk:17-jdk-slim", "", "eclipse-temurin:17-jre"),
        ("openjdk:17-alpine", "", "eclipse-temurin:17-jre-alpine"),
        ("openjdk:16", "", ""),
        ("maven:3.9-eclipse-temurin-17", "", ""),
    ],
)
def test_a_jre_in_place_of_a_jdk(reference: str, same: str, successor: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert (jre_variant(found), successor_jre(found)) == (same, successor)


@pytest.mark.parametrize(
    ("reference", "release"),
    [
        ("python:3.12", "trixie"),
        ("python:3.8-slim", "bookworm"),
        ("python:3.12.4", "bookworm"),
        ("python:3.12.11-slim", "trixie"),
        ("python:3", ""),
        ("python:2.7", ""),
        ("ruby:3.0", "bullseye"),
        ("node:20", "bookworm"),
        ("node:18.14", ""),
        ("node:18.14.2", "bullseye"),
        ("node:26-slim", "trixie"),
    ],
)
def test_the_release_of_a_tag_that_names_none(reference: str, release: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert found.release == release


def test_what_is_not_known() -> None:
    assert base_image("example.com/python:3.12") is None
    assert base_image("python:${VERSION}") is None


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_table_says_where_it_is_from(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert table["source"].startswith("https://")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", str(table["date"]))
    for versions in table.get("releases", {}).values():
        assert set(versions) <= set(table["versions"])


@pytest.mark.parametrize(
    ("reference", "version", "release"),
    [
        ("python:rc", "", ""),
        ("python:3.12-5", "3.12", ""),
        ("python:3.12-rc", "3.12", ""),
        ("node:22-slim-5", "22", ""),
        ("debian:12-20240101", "", "bookworm"),
        ("debian:bookworm-20240101", "", "bookworm"),
        ("ubuntu:22.04-5", "", "jammy"),
        ("node:22.1", "22.1", ""),
    ],
)
def test_the_version(reference: str, version: str, release: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert (found.version, found.release) == (version, release)


@pytest.mark.parametrize("reference", ["python:3.12-5", "python:rc", "node:22-slim-5", "debian:12-20240101"])
def test_no_slim_variant_of_a_tag_with_words_of_its_own(reference: str) -> None:
    found = base_image(reference)
    assert found is not None
    assert found.smaller == ""

from __future__ import annotations

import pytest

from dfix.rewriter.model.images import family, repository


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("node", ("node", "")),
        ("node:22-slim", ("node", "22-slim")),
        ("docker.io/library/node:22", ("node", "22")),
        ("index.docker.io/library/node", ("node", "")),
        ("library/node", ("node", "")),
        ("node@sha256:00", ("node", "")),
        ("node:22@sha256:00", ("node", "22")),
        ("localhost:5000/node", ("localhost:5000/node", "")),
        ("localhost:5000/node:22", ("localhost:5000/node", "22")),
        ("ghcr.io/a/b:c", ("ghcr.io/a/b", "c")),
    ],
)
def test_repository_and_tag(image: str, expected: tuple[str, str]) -> None:
    assert repository(image) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("debian", "debian"),
        ("ubuntu:24.04", "debian"),
        ("debian:$TAG", "debian"),
        ("alpine:3.20", "alpine"),
        ("fedora:41", "fedora"),
        ("docker.io/library/rockylinux:9", "fedora"),
        ("archlinux", "arch"),
        ("scratch", "scratch"),
        ("node:22", "debian"),
        ("node:22-alpine3.20", "alpine"),
        ("python:3.12-slim-bookworm", "debian"),
        ("nginx:stable-alpine-slim", "alpine"),
        ("openjdk:8-alpine", "alpine"),
        ("openjdk:17-slim", "debian"),
        ("mysql:8-debian", "debian"),
        ("node:${VERSION}-slim", "debian"),
        ("node:${VERSION}-alpine", "alpine"),
        ("mcr.microsoft.com/windows/nanoserver", "windows"),
        # what the name does not tell
        ("node:${VERSION}", "unknown"),
        ("openjdk:17", "unknown"),
        ("openjdk:11-jdk-oracle", "unknown"),
        ("mysql:8", "unknown"),
        ("maven:3-amazoncorretto-21", "unknown"),
        ("maven:3", "unknown"),
        ("eclipse-temurin:21-ubi9-minimal", "unknown"),
        ("eclipse-temurin:17-jdk-centos7", "unknown"),
        ("gradle:8-jdk21-corretto", "unknown"),
        ("mycompany/node:22", "unknown"),
        ("localhost:5000/debian", "unknown"),
        ("${BASE}", "unknown"),
        ("${BASE}:22-alpine", "unknown"),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "unknown"),
        ("debian-custom", "unknown"),
    ],
)
def test_family(image: str, expected: str) -> None:
    assert family(image) == expected

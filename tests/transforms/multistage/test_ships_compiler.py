"""Stages that ship a compiler or development dependencies, and that are not split, have a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from tests.build_context import rewritten

NODE = {"package.json": '{"name": "a", "devDependencies": {"t": "1"}}'}
TWO = "FROM golang:1.22 AS build\nRUN go version\n\nFROM scratch AS files\nCOPY --from=build /a /a\n\n"


def reasons(folder: Path, text: str, files: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """The code and reason of each stage that the rule leaves alone."""
    options = Options(select=frozenset(("multistage",)), unsafe=True, context=str(folder))
    result = rewritten(folder, files or {}, text, options)
    assert not result.changed
    return [(refusal.code, refusal.reason) for refusal in result.refusals]


@pytest.mark.parametrize(
    ("text", "code", "because"),
    [
        (
            TWO + "FROM debian:12\nRUN apt-get install -y build-essential\nCOPY --from=files /a /a\n",
            "several-stages",
            "installs build-essential",
        ),
        (TWO + "FROM golang:1.22\nCOPY --from=files /a /a\n", "several-stages", "the base image golang:1.22 ships"),
        ("FROM debian:12\nRUN apt-get install -y gcc\n", "no-build", "the RUN on line 2 installs gcc"),
        (TWO + "FROM eclipse-temurin:17\nCOPY --from=files /a /a\n", "several-stages", "eclipse-temurin:17 ships"),
        ("FROM centos:7\nRUN yum install -y devtoolset-4-gcc-c++\n", "no-build", "installs devtoolset-4-gcc-c++"),
        ("FROM maven:3.9\nCMD bash\n", "no-build", "the base image maven:3.9 ships a compiler"),
        (
            TWO + "FROM node:22-slim\nRUN npm ci\nCOPY --from=files /a /a\n",
            "several-stages",
            "`npm ci` on line 8 installs development dependencies",
        ),
    ],
)
def test_what_ships(tmp_path: Path, text: str, code: str, because: str) -> None:
    ((found, reason),) = reasons(tmp_path, text, NODE)
    assert found == code
    assert because in reason


@pytest.mark.parametrize(
    "text",
    [
        TWO + "FROM debian:12-slim\nCOPY --from=files /a /a\n",
        TWO + "FROM node:22-slim\nRUN npm ci --omit=dev\nCOPY --from=files /a /a\n",
        TWO + "FROM node:22-slim\nENV NODE_ENV=production\nRUN npm ci\nCOPY --from=files /a /a\n",
        "FROM debian:12\nRUN apt-get install -y gcc && apt-get purge -y gcc\n",
        "FROM alpine:3.20\nRUN apk add --virtual .build gcc && apk del .build\n",
        "FROM debian:12\nRUN apt-get install -y curl\n",
        TWO + "FROM node:22-slim\nRUN npm install --omit=dev gcc\nCOPY --from=files /a /a\n",
        TWO + "FROM openjdk:8-jre-slim\nCOPY --from=files /a /a\n",
        TWO + "FROM eclipse-temurin:17-jre\nCOPY --from=files /a /a\n",
        TWO + "FROM mcr.microsoft.com/azure-functions/dotnet:2.0\nCOPY --from=files /a /a\n",
    ],
)
def test_what_does_not(tmp_path: Path, text: str) -> None:
    assert reasons(tmp_path, text, NODE) == []

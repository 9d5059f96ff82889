"""Variants of each kind of hostile input: each is answered or refused in time, without a fault of dfix, and stops no other file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.hostile.guarded import Ended, guarded
from tests.processor import allowed

Files = Mapping[str, str | bytes]
SECRET = "hunter2-secret"
RULES = "split-manifests,merge-runs,clean-up,dockerignore,multistage,slim-base"
MOST_CPU = 6.0
"""Seconds, of which a quiet machine needs the tenth part; none of these may take two there."""
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
PY = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
LOCAL = PY.replace("-r requirements.txt", "./lib")
LOCK = '{"lockfileVersion": 3, "packages": {"": {}}}'
BOMB = "a: &a [x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(12)
)
BOTH = {
    "package.json": "{}",
    "package-lock.json": LOCK,
    ".dockerignore": "a\n",
    "dfix.toml": "exclude = []",
    "compose.yaml": "a: 1",
}
VARIANTS: dict[str, Files] = {
    "utf16 dockerfile": {"Dockerfile": NODE.encode("utf-16")},
    "utf16be nobom": {"Dockerfile": NODE.encode("utf-16-be")},
    "utf32": {"Dockerfile": NODE.encode("utf-32")},
    "utf7 +": {"Dockerfile": "FROM debian\nRUN echo +AG8-\n"},
    "NULs": {"Dockerfile": "FROM debian\nRUN a\0b\n" * 100},
    "only NUL": {"Dockerfile": "\0" * 99_000},
    "latin1": {"Dockerfile": NODE.encode() + b"# \xe9\nRUN echo \xff\xfe && make\n"},
    "overlong": {"Dockerfile": NODE.encode() + b"RUN echo \xc0\xaf\xed\xa0\x80\n"},
    "bom x3": {"Dockerfile": "\ufeff\ufeff\ufeff" + NODE},
    "CR only": {"Dockerfile": NODE.replace("\n", "\r")},
    "mixed": {"Dockerfile": NODE.replace("\n", "\r\n", 1).replace("COPY", "\rCOPY")},
    "LS PS NEL VT FF": {"Dockerfile": "FROM debian\u2028RUN a\u2029RUN b\x85RUN c\x0bRUN d\x0cRUN e\nRUN f\n"},
    "utf16 everything": {name: text.encode("utf-16") for name, text in BOTH.items()},
    "99k word": {"Dockerfile": "FROM debian\nRUN " + "a" * 99_000 + "\n"},
    "99k spaces": {"Dockerfile": "FROM debian\nRUN a" + " " * 99_000 + "b\n"},
    "99k &&": {"Dockerfile": "FROM debian\nRUN a" + "&&a" * 30_000 + "\n"},
    "99k ;": {"Dockerfile": "FROM debian\nRUN a" + ";a" * 40_000 + "\n"},
    "99k quotes": {"Dockerfile": "FROM debian\nRUN " + "'\"" * 45_000 + "\n"},
    "99k backticks": {"Dockerfile": "FROM debian\nRUN " + "`" * 90_000 + "\n"},
    "99k $(": {"Dockerfile": "FROM debian\nRUN " + "$(" * 30_000 + "\n"},
    "99k ${": {"Dockerfile": "FROM debian\nENV A=" + "${A:-" * 19_000 + "\n"},
    "nested ${} closed": {"Dockerfile": "FROM debian\nENV A=" + "${A:-" * 9_000 + "}" * 9_000 + "\nRUN a $A\n"},
    "60k nested $()": {"Dockerfile": "FROM debian\nRUN " + "$(" * 900 + "a" + ")" * 900 + "\n"},
    "nested if": {"Dockerfile": "FROM debian\nRUN " + "if a; then " * 700 + "b" + "; fi" * 700 + "\n"},
    "nested ()": {"Dockerfile": "FROM debian\nRUN " + "( " * 2000 + "a" + " )" * 2000 + "\n"},
    "nested {}": {"Dockerfile": "FROM debian\nRUN " + "{ " * 2000 + "a;" + " }" * 2000 + "\n"},
    "case nest": {"Dockerfile": "FROM debian\nRUN " + "case a in b) " * 900 + "c" + " ;; esac" * 900 + "\n"},
    "pipes": {"Dockerfile": "FROM debian\nRUN a" + " | a" * 20_000 + "\n"},
    "brace expansion": {
        "Dockerfile": "FROM debian\nRUN mkdir -p " + "{a,b}" * 40 + "\nRUN touch " + "{1..999999999}" * 5 + "\n"
    },
    "brace nest": {"Dockerfile": "FROM debian\nRUN mkdir " + "{a," * 5000 + "}" * 5000 + "\n"},
    "many redirections": {"Dockerfile": "FROM debian\nRUN a" + " >b" * 20_000 + "\n"},
    "many heredocs one line": {
        "Dockerfile": "FROM debian\nRUN cat "
        + " ".join(f"<<E{i}" for i in range(3000))
        + "\n"
        + "".join(f"E{i}\n" for i in range(3000))
    },
    "heredoc of heredocs": {"Dockerfile": "FROM debian\nRUN <<A\n" + "cat <<B\n" * 5000 + "A\n"},
    "heredoc unclosed": {"Dockerfile": "FROM debian\nRUN <<A\n" + "x\n" * 40_000},
    "copy heredoc": {"Dockerfile": "FROM debian\nCOPY <<A <<B /x/\n" + "x\n" * 20_000 + "A\nB\n"},
    "continuations+comments": {"Dockerfile": "FROM debian\nRUN a \\\n" + "# c\n" * 20_000 + " b\n"},
    "empty continuations": {"Dockerfile": "FROM debian\nRUN a \\\n" + "\n" * 50_000 + " b\n"},
    "escape=`": {"Dockerfile": "# escape=`\nFROM debian\nRUN a `\n" + " b `\n" * 20_000 + " c\n"},
    "directives x 5000": {"Dockerfile": "# a=b\n" * 15_000 + "FROM debian\n"},
    "10000 stages": {"Dockerfile": "".join(f"FROM a AS s{i}\n" for i in range(6_000))},
    "199 stages chain from": {
        "Dockerfile": "FROM node:20 AS s0\n"
        + "".join(f"FROM s{i - 1} AS s{i}\nCOPY --from=s{i - 1} . .\nRUN npm ci\n" for i in range(1, 199))
    },
    "copy from cycle": {"Dockerfile": "FROM b AS a\nCOPY --from=b / /\nFROM a AS b\nCOPY --from=a / /\nRUN npm ci\n"},
    "stage named itself": {"Dockerfile": "FROM a AS a\nCOPY --from=a . .\nRUN npm ci\n"},
    "ARG recursion": {"Dockerfile": "ARG A=$B\nARG B=$A\nFROM $A\n" + "ARG A=$B\nARG B=$A\n" * 800 + "RUN echo $A\n"},
    "ARG doubling": {"Dockerfile": "FROM debian\nARG A=aaaaaaaa\n" + "ARG A=$A$A\n" * 1900 + "RUN echo $A\n"},
    "ENV doubling many names": {
        "Dockerfile": "FROM debian\nENV A0=aaaaaaaaaaaaaaaaaaaa\n"
        + "".join(f"ENV A{i + 1}=$A{i}$A{i}$A{i}\n" for i in range(1500))
        + "RUN npm i $A1500\n"
    },
    "ENV replace pattern": {
        "Dockerfile": "FROM debian\nENV A="
        + "a" * 20000
        + "\n"
        + "ENV B=${A//a*a*a*a/b}\nENV C=${A##*a*a*a*b}\nENV D=${A%%*a*b*a}\n" * 200
    },
    "LABEL 1 line 8000": {"Dockerfile": "FROM debian\nLABEL " + " ".join(f"a{i}=b" for i in range(8000)) + "\n"},
    "PATH grows": {"Dockerfile": "FROM debian\n" + "ENV PATH=$PATH:/a/b/c\nRUN x\n" * 950},
    "workdir relative": {"Dockerfile": "FROM debian\n" + "WORKDIR a\nRUN x\n" * 990},
    "workdir ..": {"Dockerfile": "FROM debian\n" + "WORKDIR ../..//a/../\n" * 1900},
    "ONBUILD ONBUILD": {"Dockerfile": "FROM debian\n" + "ONBUILD " * 9000 + "RUN a\n"},
    "json form deep": {"Dockerfile": "FROM debian\nRUN " + "[" * 45_000 + "]" * 45_000 + "\n"},
    "json form long": {"Dockerfile": "FROM debian\nRUN [" + ",".join(['"a"'] * 20_000) + "]\n"},
    "mounts many": {"Dockerfile": "FROM debian\nRUN " + "--mount=type=cache,target=/a " * 3000 + " a\n"},
    "mount csv quotes": {"Dockerfile": "FROM debian\nRUN --mount=" + '"a"","' * 9000 + " a\n"},
    "copy flags": {"Dockerfile": "FROM debian\nCOPY " + "--chown=a " * 9000 + " a b\n"},
    "sed scripts": {"Dockerfile": "FROM debian\nCOPY . .\nRUN sed -i '" + "s/a/b/;" * 9000 + "' x\nRUN npm ci\n"},
    "regex-like sed": {
        "Dockerfile": "FROM debian\nCOPY . .\nRUN sed -i 's/" + "\\(a*\\)*" * 3000 + "/b/' x\nRUN npm ci\n"
    },
    "bash -c nest": {"Dockerfile": "FROM debian\nRUN " + 'bash -c "' * 12 + "npm ci" + '"\n'},
    "sh -c deep quoting": {"Dockerfile": "FROM debian\nCOPY . .\nRUN " + "sh -c sh -c " * 5000 + "npm ci\n"},
    "sudo env nest": {"Dockerfile": "FROM debian\nCOPY . .\nRUN " + "sudo env A=b nice " * 5000 + "npm ci\n"},
    "apt many packages": {
        "Dockerfile": "FROM debian\nRUN apt-get update && apt-get install -y "
        + " ".join(f"p{i}" for i in range(12000))
        + "\n"
    },
    "apt-get x 1000 rm -rf": {
        "Dockerfile": "FROM debian\n"
        + "RUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n" * 990
    },
    "ignore 50000 lines": {".dockerignore": "".join(f"a{i}/**/*b?[c-d]\n" for i in range(50_000))},
    "ignore 50000 ! lines": {
        ".dockerignore": "**\n" + "".join(f"!a{i}/**\n" for i in range(50_000)),
        **{f"d{i}/x{j}": "" for i in range(30) for j in range(30)},
    },
    "ignore ** chain": {
        ".dockerignore": "/".join(["**"] * 3000) + "\n" + "**/a" * 3000 + "b\n",
        "/".join(["a"] * 60) + "/c": "",
    },
    "ignore brackets": {".dockerignore": "[" * 9000 + "\n" + "[a-z]" * 9000 + "\n[!\n[]a]\n[\\\n", "a" * 200: ""},
    "gitignore 5000 **": {
        ".gitignore": "**/a**/**/b\n" * 4999,
        **{"/".join(["a"] * 40) + f"/{i}": "" for i in range(200)},
    },
    "ignore NUL": {".dockerignore": "a\0b\n"},
    "ignore parent": {".dockerignore": "../../../etc\n/../..\n!../x\n"},
    "names": {
        "Dockerfile.a\n::error::x": APT,
        "Dockerfile.\x1b[31m": APT,
        "Dockerfile.\u202e": APT,
        "a\r/Dockerfile": APT,
        "Dockerfile.%0A::error": APT,
        "Dockerfile.`touch x`": APT,
        "$(x)/Dockerfile": APT,
        "-v/Dockerfile": APT,
        "Dockerfile.\u2066\ufeff\u200b": APT,
        "Dockerfile.##[group]x": APT,
    },
    "context names": {
        "Dockerfile": NODE,
        "package.json": '{"workspaces":["p/*"]}',
        "p/a\n::error::x/package.json": "{}",
        "p/\x1b[2J/package.json": "{",
        "p/\u202e/package.json": "[]",
    },
    "names in content": {
        "Dockerfile": "FROM node:20\nCOPY . .\nRUN npm ci --x='\x1b]0;x\x07' && ::error::y \u202e\nRUN pip install -r '\x1b[31m::warning::x'\n"
    },
    "settings globs": {
        "dfix.toml": 'exclude = ["' + "**/*a*a*a*a*b/" * 200 + '"]\n',
        "/".join(["a" * 60] * 20) + "/Dockerfile": APT,
    },
    "settings many globs": {
        "dfix.toml": "exclude = [" + ",".join(f'"*a*{i}*b*"' for i in range(20000)) + "]\n",
        **{f"q{i}/Dockerfile": APT for i in range(100)},
    },
    "settings braces": {"dfix.toml": 'exclude = ["' + "{a,b}" * 200 + '", "[' + "[" * 900 + '"]\n'},
    "toml dates": {"dfix.toml": "a = 9999-99-99T99:99:99.99999999999999999999999999Z\nselect = [1979-05-27]\n"},
    "toml dates ok": {"dfix.toml": "select = [1979-05-27, 07:32:00]\n"},
    "toml inf": {"dfix.toml": "unsafe = inf\nselect = nan\n"},
    "toml huge int": {"dfix.toml": "select = 0x" + "f" * 200_000 + "\n"},
    "toml 900k string": {"dfix.toml": 'select = ["' + "a" * 900_000 + '"]\n'},
    "toml keys many": {"dfix.toml": "".join(f"k{i} = 1\n" for i in range(60_000))},
    "toml dotted tables": {"dfix.toml": "".join("[" + ".".join(["a"] * 150) + f".k{i}]\n" for i in range(2500))},
    "toml quotes": {"dfix.toml": 'a = """' + '"' * 2 + '\\"' * 300_000},
    "toml dup": {"dfix.toml": "exclude=[]\nexclude=[]\n"},
    "pyproject tool.dfix str": {"pyproject.toml": '[tool]\ndfix = "x"\n'},
    "pyproject array tables": {"pyproject.toml": "[[tool.dfix]]\nselect=['x']\n" * 10000},
    "settings context list": {"dfix.toml": 'context = ["a","b"]\n'},
    "settings ESC": {"dfix.toml": 'select = ["\\u001b[31m::error::x", "\\u202e"]\n'},
    "yaml bomb compose": {"compose.yaml": BOMB + "services: {a: {build: .}}\n"},
    "yaml merge bomb": {
        "compose.yaml": "x0: &x0 {a: 1}\n"
        + "".join(f"x{i}: &x{i} {{<<: [*x{i - 1},*x{i - 1},*x{i - 1}], k{i}: 1}}\n" for i in range(1, 60))
        + "services: {a: {build: .}}\n"
    },
    "yaml anchors recursive": {"compose.yaml": "services: &s {a: *s, build: *s}\n"},
    "yaml tags": {
        "compose.yaml": "services: !!python/object/apply:os.system ['touch ran']\nx: !!python/name:os.system ''\n"
    },
    "yaml deep": {"compose.yaml": "services: " + "{a: " * 60_000},
    "yaml flow 190k": {"compose.yaml": "services: {" + ",".join(f"s{i}: {{build: .}}" for i in range(9000)) + "}\n"},
    "yaml ints": {
        "compose.yaml": "services: {a: {build: {context: " + "1_" * 50_000 + "}}}\nx: 1:1:1" + ":1" * 30000 + "\n"
    },
    "yaml dates": {"compose.yaml": "services: {a: {build: 2001-99-99}, 2001-12-14t21:59:43.10-05:00: {build: .}}\n"},
    "yaml keys odd": {
        "compose.yaml": "services:\n  ? [a, b]\n  : {build: .}\n  ? {c: d}\n  : {build: .}\n  null: {build: .}\n  .nan: {build: ~}\n"
    },
    "compose includes": {
        "compose.yaml": "include: [" + ",".join(f"c{i}.yaml" for i in range(500)) + "]\n",
        **{
            f"c{i}.yaml": f"include: [c{(i + 1) % 500}.yaml, compose.yaml]\nservices: {{a: {{build: ., extends: {{file: c{(i + 7) % 500}.yaml, service: a}}}}}}\n"
            for i in range(500)
        },
    },
    "env files": {
        "compose.yaml": "services: {a: {build: '${A:-${B:-${C}}}'}}\n",
        ".env": "A=$B\nB=$A\n" + "X=${X}${X}\n" * 20000,
    },
    "bake": {
        "docker-bake.hcl": 'target "a" { context = "' + "${a}" * 40000 + '" }\nvariable "a" { default = "${a}${a}" }\n'
    },
    "bake inherits": {
        "docker-bake.json": json.dumps(
            {
                "target": {
                    f"t{i}": {"inherits": [f"t{(i + 1) % 2000}", f"t{(i + 7) % 2000}"], "context": "."}
                    for i in range(2000)
                }
            }
        )
    },
    "devcontainer features": {
        ".devcontainer/devcontainer.json": json.dumps(
            {
                "build": {"dockerfile": "../Dockerfile", "context": ".."},
                "features": {f"./f{i}": {} for i in range(3000)},
            }
        )
    },
    "json 100000 deep": {
        "package.json": '{"a":' * 100_000 + "1" + "}" * 100_000,
        "package-lock.json": "[" * 100_000 + "]" * 100_000,
    },
    "json 5MB keys": {"package.json": "{" + ",".join(f'"k{i}":1' for i in range(300_000)) + "}"},
    "json dup workspaces": {"package.json": '{"workspaces":[' + ",".join(f'"p{i}/*"' for i in range(20_000)) + "]}"},
    "json lock links": {
        "package-lock.json": json.dumps(
            {
                "lockfileVersion": 3,
                "packages": {
                    f"node_modules/a{i}": {"link": True, "resolved": f"../../../etc/{i}"} for i in range(20000)
                },
            }
        )
    },
    "json numbers": {"package.json": '{"version":1e999999,"workspaces":-0,"x":' + "9" * 4000 + "}"},
    "json surrogates": {
        "package.json": '{"workspaces":["\\ud800/*","\\u0000","a\\u0000b"],"dependencies":{"x":"file:\\u0000"}}'
    },
    "workspaces braces": {
        "package.json": '{"workspaces":["' + "{a,b,c}" * 60 + '","{1..99999999}","' + "{a," * 3000 + '"]}'
    },
    "workspaces negations": {
        "package.json": '{"workspaces":["**","!' + "**/*" * 300 + '"]}',
        **{f"w{i}/w{j}/package.json": "{}" for i in range(20) for j in range(20)},
    },
    "file deps chain": {
        "package.json": '{"dependencies":{"a":"file:p0"}}',
        **{
            f"p{i}/package.json": json.dumps(
                {"dependencies": {"a": f"file:../p{i + 1}", "b": f"file:../p{(i * 7) % 300}"}}
            )
            for i in range(300)
        },
    },
    "scripts chain": {
        "package.json": json.dumps(
            {
                "scripts": {
                    "postinstall": "npm run s0",
                    **{f"s{i}": f"npm run s{i + 1} && npm run s{i + 1}" for i in range(200)},
                }
            }
        )
    },
    "scripts sh chain": {
        "package.json": '{"scripts":{"postinstall":"sh s0.sh"}}',
        **{f"s{i}.sh": f"sh s{i + 1}.sh; sh s{i + 1}.sh; . ./s{i + 2}.sh\n" for i in range(400)},
    },
    "requirements -r chain": {
        "Dockerfile": PY,
        "requirements.txt": "-r r0.txt\n",
        **{f"r{i}.txt": f"-r r{i + 1}.txt\n-c r{i // 2}.txt\n" for i in range(190)},
        "r190.txt": "",
    },
    "requirements nul": {"Dockerfile": PY, "requirements.txt": "a\0b\n-r x\0y\n./\0\n"},
    "requirements coding": {"Dockerfile": PY, "requirements.txt": b"# coding: zlib\n\xff\x80./a\n"},
    "requirements invalid": {"Dockerfile": PY, "requirements.txt": b"\x80./a\n"},
    "setup.py deep": {"Dockerfile": LOCAL, "lib/setup.py": "a=" + "(" * 3000 + ")" * 3000},
    "setup.py unicode": {"Dockerfile": LOCAL, "lib/setup.py": b"# coding: utf-7\n+AG8-\n"},
    "setup.py 400kB": {"Dockerfile": LOCAL, "lib/setup.py": "x = 1\n" * 60_000},
    "setup.cfg": {
        "Dockerfile": LOCAL,
        "lib/setup.py": "",
        "lib/setup.cfg": "[metadata]\nversion = attr: a" + ".b" * 20_000 + "\n" + "k = %(k)s\n" * 1,
    },
    "pyproject toml deep": {"Dockerfile": LOCAL, "lib/pyproject.toml": "a=" + "[" * 4000 + "]" * 4000},
}
SCRIPTS = {
    "parentheses": "a = " + "(" * 3_000 + ")" * 3_000,
    "lists": "a = " + "[" * 190 + "]" * 190,
    "and": "a = b" + " and b" * 20_000,
    "comparisons": "a = b" + " < b" * 20_000,
    "sum": "a = b" + " + b" * 20_000,
    "minus": "a = " + "-" * 90_000 + "1",
    "lambdas": "a = " + "lambda: " * 20_000 + "1",
    "conditions": "a = " + "b if b else " * 10_000 + "b",
    "calls": "open" + "()" * 20_000,
    "attributes": "open" + ".parent" * 20_000,
    "divisions": "open('a'" + " / 'b'" * 20_000 + ")",
    "assignments": "a = " * 40_000 + "1",
    "elif": "if a: pass\n" + "elif a: pass\n" * 10_000,
    "import": "import a" + ".a" * 50_000,
    "imports": "import a\n" * 20_000,
    "escapes": "a = '\\d'\n" * 10_000,
    "null": "a = '\0'",
    "surrogate": "a = '\udcff'",
}
"""Texts of setup.py."""
MANIFESTS: dict[str, Files] = {
    "go": {
        "Dockerfile": "FROM golang:1\nWORKDIR /a\nCOPY . .\nRUN go mod download && go build ./...\n",
        "go.mod": "module a\n" + "".join(f"replace a{i} => ../../../x{i}\n" for i in range(30_000)),
        "go.work": "use (\n" + "./a\n" * 50_000 + ")\n",
    },
    "maven": {
        "Dockerfile": "FROM maven:3\nWORKDIR /a\nCOPY . .\nRUN mvn package\n",
        "pom.xml": "<project><modules>"
        + "".join(f"<module>m{i}</module>" for i in range(20000))
        + "</modules></project>",
    },
    "maven chain": {
        "Dockerfile": "FROM maven:3\nWORKDIR /a\nCOPY . .\nRUN mvn package\n",
        "pom.xml": "<project><modules><module>m0</module></modules></project>",
        **{
            f"m{i}/pom.xml": f"<project><parent><relativePath>../m{(i + 3) % 300}/pom.xml</relativePath></parent><modules><module>../m{(i + 1) % 300}</module></modules></project>"
            for i in range(300)
        },
    },
    "xml bomb": {
        "Dockerfile": "FROM maven:3\nWORKDIR /a\nCOPY . .\nRUN mvn package\n",
        "pom.xml": '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY a{i} "&a{i - 1 if i else ""};&a{i - 1 if i else ""};">' for i in range(30))
        + "]><project>&a29;</project>",
    },
    "xml external": {
        "Dockerfile": "FROM maven:3\nWORKDIR /a\nCOPY . .\nRUN mvn package\n",
        "pom.xml": '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><project>&x;</project>',
    },
    "dotnet": {
        "Dockerfile": "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /a\nCOPY . .\nRUN dotnet restore\n",
        "a.csproj": "<Project>" + "<ProjectReference Include='../../../etc/x.csproj'/>" * 20_000 + "</Project>",
        "Directory.Build.props": "<Project><Import Project='$(A)" + "/.." * 9000 + "'/></Project>",
    },
    "ruby": {
        "Dockerfile": "FROM ruby:3\nWORKDIR /a\nCOPY . .\nRUN bundle install\n",
        "Gemfile": "eval_gemfile 'Gemfile'\n" * 3000 + "gem 'a', path: '" + "../" * 20000 + "'\n",
        "Gemfile.lock": "PATH\n" * 60000,
    },
    "cargo": {
        "Dockerfile": "FROM rust:1\nWORKDIR /a\nCOPY . .\nRUN cargo build\n",
        "Cargo.toml": "[workspace]\nmembers = [" + ",".join(f"'c{i}/*'" for i in range(9000)) + "]\n",
    },
    "cargo chain": {
        "Dockerfile": "FROM rust:1\nWORKDIR /a\nCOPY . .\nRUN cargo build\n",
        "Cargo.toml": "[package]\nname='a'\nversion='1.0.0'\n[dependencies]\nb={path='c0'}\n",
        "Cargo.lock": "",
        **{
            f"c{i}/Cargo.toml": f"[package]\nname='c{i}'\nversion='1.0.0'\n[dependencies]\nb={{path='../c{(i + 1) % 300}'}}\n"
            for i in range(300)
        },
    },
    "composer": {
        "Dockerfile": "FROM composer:2\nWORKDIR /a\nCOPY . .\nRUN composer install\n",
        "composer.json": json.dumps({"repositories": [{"type": "path", "url": "p*/" + "*/" * 900}] * 2000}),
        "composer.lock": "{}",
    },
    "gradle": {
        "Dockerfile": "FROM gradle:8\nWORKDIR /a\nCOPY . .\nRUN ./gradlew build\n",
        "build.gradle": "a { " * 60_000,
        "settings.gradle": "include " + "'a'," * 60_000,
        "gradlew": "#!/bin/sh\n" + 'exec "$0"\n' * 30000,
    },
    "uv": {
        "Dockerfile": "FROM python:3.12\nWORKDIR /a\nCOPY . .\nRUN uv sync --frozen\n",
        "pyproject.toml": "[project]\nname='a'\nversion='1'\n[tool.uv.workspace]\nmembers=["
        + ",".join(f"'p{i}/**'" for i in range(5000))
        + "]\n",
        "uv.lock": "a=1\n" + "".join(f"[[package]]\nname='a{i}'\nversion='1'\n" for i in range(20000)),
    },
    "poetry": {
        "Dockerfile": "FROM python:3.12\nWORKDIR /a\nCOPY . .\nRUN poetry install\n",
        "pyproject.toml": "[tool.poetry]\nname='a'\nversion='1'\n[tool.poetry.dependencies]\n"
        + "".join(f"a{i}={{path='../../b{i}'}}\n" for i in range(20000)),
        "poetry.lock": "# x\n",
    },
    "pnpm": {
        "Dockerfile": "FROM node:20\nWORKDIR /a\nCOPY . .\nRUN pnpm install --frozen-lockfile\n",
        "pnpm-workspace.yaml": "packages:\n" + "  - 'a/**/b*{c,d}'\n" * 9000,
        "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" + "".join(f"a{i}: {{b: c}}\n" for i in range(15000)),
    },
    "yarn": {
        "Dockerfile": "FROM node:20\nWORKDIR /a\nCOPY . .\nRUN yarn install --frozen-lockfile\n",
        "yarn.lock": "# yarn lockfile v1\n" + '"a@^1":\n  version "1"\n' * 60_000,
        ".yarnrc.yml": "plugins:\n" + "  - path: ../../x\n" * 5000,
    },
    "conda": {
        "Dockerfile": "FROM continuumio/miniconda3\nWORKDIR /a\nCOPY . .\nRUN conda env create -f environment.yml\n",
        "environment.yml": "dependencies:\n" + "  - pip:\n    - -r ../../x.txt\n" * 6000,
    },
    "mix": {
        "Dockerfile": "FROM elixir:1\nWORKDIR /a\nCOPY . .\nRUN mix deps.get\n",
        "mix.exs": '{:a, path: "../../x"},' * 20_000,
        "mix.lock": "%{" * 60000,
    },
    "make": {
        "Dockerfile": "FROM debian\nWORKDIR /a\nCOPY . .\nRUN make a0\n",
        "Makefile": "".join(f"a{i}: a{i + 1} a{i + 2}\n\techo x\n" for i in range(8000))
        + "include Makefile\n" * 500
        + "X = $(X)$(X)\nY := $(shell touch ran)\n",
    },
}


def lay(folder: Path, files: Files) -> Path:
    """A repository with an ordinary project, another Dockerfile beside it, and these files."""
    root = folder / "repo"
    own: Files = {
        ".git/HEAD": "",
        "package.json": "{}",
        "package-lock.json": LOCK,
        "z/Dockerfile": APT,
        "Dockerfile": NODE,
    }
    for name, content in {**own, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape"))
    return root


def answered(root: Path, *, all_others: bool = True) -> Ended:
    """Run dfix with every rule and reason, and look at what holds for each input."""
    ended = guarded(["--explain", "--unsafe", "--select", RULES, "."], root, environment={"TOKEN": SECRET})
    assert ended.status in (0, 1, 2), ended
    for fault in ("internal error", "gave up", "Traceback", SECRET, "root:x:"):
        assert fault not in ended.said, ended
    assert ended.cpu < allowed(MOST_CPU)
    assert not (root / "ran").exists()
    for line in ended.said.splitlines():
        assert line.isprintable(), line
        assert not line.lstrip().startswith("::"), line
    if all_others:
        assert "z/Dockerfile:2: clean-up" in ended.out, ended
    return ended


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant(tmp_path: Path, name: str) -> None:
    files = VARIANTS[name]
    governs = {"dfix.toml", "pyproject.toml"} & files.keys()
    ended = answered(lay(tmp_path, files), all_others=not governs)
    assert not governs or ended.status == 2 or "z/Dockerfile:2: clean-up" in ended.out


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_of_other_ecosystems(tmp_path: Path, name: str) -> None:
    answered(lay(tmp_path, MANIFESTS[name]))


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_of_a_local_project(tmp_path: Path, name: str) -> None:
    ended = answered(lay(tmp_path, {"Dockerfile": LOCAL, "lib/setup.py": SCRIPTS[name]}))
    assert "Warning" not in ended.said


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({".dockerignore": "a\n" * 5_001}, "it has more than 5,000 patterns"),
        ({"package.json": json.dumps({"workspaces": ["a"] * 1_001})}, "the workspaces are more than 1,000 patterns"),
        ({"dfix.toml": f"exclude = {['a'] * 1_001}"}, "dfix.toml:1: `exclude` has more than 1,000 entries"),
        ({"dfix.toml": f"[per-file-ignores]\na = {['clean-up'] * 1_001}"}, "`per-file-ignores` has more than 1,000"),
        ({"Dockerfile": "FROM debian\nRUN a\n" + "ONBUILD " * 2_000 + "RUN a\n"}, "ONBUILD"),
    ],
)
def test_what_is_said_of_too_much(tmp_path: Path, files: Files, told: str) -> None:
    ended = answered(lay(tmp_path, files), all_others="dfix.toml" not in files)
    assert told in ended.said


def loops(root: Path) -> None:
    (root / "x/y").mkdir(parents=True)
    links = {
        "x/y/up": "../..",
        "here": ".",
        "a": "b",
        "b": "a",
        "l60": "l0",
        **{f"l{i}": f"l{i + 1}" for i in range(60)},
    }
    for name, target in links.items():
        (root / name).symlink_to(target)


def to_proc(root: Path) -> None:
    links = {
        "package.json": "/proc/self/environ",
        "package-lock.json": "/proc/self/fd/0",
        "compose.yaml": "/proc/self/maps",
        ".npmrc": "/proc/1/environ",
        "proc": "/proc",
        "dev": "/dev",
    }
    for name, target in links.items():
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)


def fan(root: Path) -> None:
    """Eight links in each folder to the next one: eight to the power of thirty paths."""
    for number in range(30):
        (root / f"f{number}").mkdir(exist_ok=True)
        for link in range(8):
            (root / f"f{number}/{link}").symlink_to(f"../f{number + 1}")


def deep(root: Path) -> None:
    """Folders whose path is longer than a path may be."""
    here = os.getcwd()
    os.chdir(root)
    for _ in range(150):
        os.mkdir("d" * 40)
        os.chdir("d" * 40)
    Path("Dockerfile").write_text(APT)
    os.chdir(here)


def many(root: Path) -> None:
    (root / "m").mkdir()
    for number in range(20_000):
        (root / f"m/{number}.txt").touch()


FAN = "FROM node:20\nCOPY f0 /x/\nCOPY f*/ /y/\nCOPY . .\nRUN npm ci\n"
LOOPS = "FROM node:20\nCOPY a b l0 here x/y/up/x/y/up /app/\nCOPY here/here/here/package.json .\nRUN npm ci\n"
TREES: dict[str, tuple[Files, Callable[[Path], None]]] = {
    "loops of links": ({"Dockerfile": LOOPS}, loops),
    "links to /proc": ({"Dockerfile": "FROM node:20\nCOPY proc/self/ dev/ /x/\nCOPY . .\nRUN npm ci\n"}, to_proc),
    "links that multiply": ({"Dockerfile": FAN, "package.json": '{"workspaces": ["f0/*/*/*/*/*/*/*", "**/x"]}'}, fan),
    "deep folders": ({"package.json": '{"workspaces": ["**"]}'}, deep),
    "many files": ({".dockerignore": "m/*1*2*\n*.md\n!m/**/9*\n"}, many),
}


@pytest.mark.parametrize("name", TREES)
def test_a_tree(tmp_path: Path, name: str) -> None:
    files, add = TREES[name]
    root = lay(tmp_path, files)
    add(root)
    answered(root)


def test_a_hard_link_to_a_file_outside_is_not_written(tmp_path: Path) -> None:
    root = lay(tmp_path, {"z/x": ""})
    (tmp_path / "outside").write_text(APT)
    os.link(tmp_path / "outside", root / "z/Dockerfile.hard")
    ended = guarded(["--write", "z"], root)
    assert ended.status == 2
    assert (tmp_path / "outside").read_text() == APT
    assert (root / "z/Dockerfile").read_text() != APT

from __future__ import annotations

import pytest
from soundness import look_at

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result

FROM = "FROM debian:12\nWORKDIR /app\n"
OPTIONS = Options(select=frozenset(("merge-runs",)), use_context=False)


def merged(text: str, head: str = FROM) -> Result:
    looked = look_at("/nowhere/Dockerfile", (head + text).encode(), OPTIONS)
    assert looked.faults == {}
    assert looked.result.problem is None
    return looked.result


def after(text: str, head: str = FROM) -> str:
    return merged(text, head).after.text.removeprefix(head)


def codes(text: str, head: str = FROM) -> list[str]:
    """The refusals' codes; the file has to stay as it is."""
    result = merged(text, head)
    assert not result.changed, result.after.text
    return [refusal.code for refusal in result.refusals]


def test_different_flags() -> None:
    # D14, with commands that would be merged
    text = (
        "RUN --mount=type=secret,id=a mkdir /1\n"
        "RUN --mount=type=secret,id=b mkdir /2\n"
        "RUN --network=none mkdir /3\n"
        "RUN mkdir /4\n"
        "RUN mkdir /5\n"
    )
    assert after(text) == text.replace("RUN mkdir /4\nRUN mkdir /5\n", "RUN mkdir /4 \\\n    && mkdir /5\n")
    assert [refusal.code for refusal in merged(text).refusals] == ["flags-differ"] * 3


def test_different_flags_and_scripts_that_are_not_known() -> None:
    text = (
        "RUN --mount=type=secret,id=a ./one.sh\n"
        "RUN --mount=type=secret,id=b ./two.sh\n"
        "RUN --network=none ./three.sh\n"
        "RUN ./four.sh\n"
        "RUN ./five.sh\n"
    )
    assert codes(text) == ["unknown-cost"] * 4


def test_the_same_flags_once_before_the_command() -> None:
    text = (
        "RUN --mount=type=secret,id=a --network=none \\\n    mkdir /1\n"
        "RUN --mount=type=secret,id=a --network=none mkdir /2\n"
    )
    assert after(text) == "RUN --mount=type=secret,id=a --network=none \\\n    mkdir /1 \\\n    && mkdir /2\n"


def test_flags_in_another_order() -> None:
    text = "RUN --network=none --security=sandbox mkdir /1\nRUN --security=sandbox --network=none mkdir /2\n"
    assert codes(text) == ["flags-differ"]


def test_cd_does_not_survive() -> None:
    # D15: a lone cd leaves nothing, configure takes time, and what is left is one quick step on each side of it
    assert codes("RUN cd /tmp\nRUN touch made\nRUN cd /opt && ./configure\nRUN pwd > where\n") == [
        "leaves-nothing",
        "unrelated",
        "quick-after-slow",
    ]


@pytest.mark.parametrize(
    ("first", "alone"),
    [
        ("cd /opt && touch a", "(cd /opt && touch a)"),
        ("export A=b && mkdir $A", "(export A=b && mkdir $A)"),
        ("A=b && mkdir $A", "(A=b && mkdir $A)"),
        ("umask 077 && mkdir a", "(umask 077 && mkdir a)"),
        ("unset A && mkdir a", "(unset A && mkdir a)"),
        ("mkdir a && exit", "(mkdir a && exit)"),
        ("cd /opt && touch a;", "(cd /opt && touch a)"),
    ],
)
def test_a_subshell_keeps_what_the_shell_would(first: str, alone: str) -> None:
    assert after(f"RUN {first}\nRUN touch b\n") == f"RUN {alone} \\\n    && touch b\n"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ("set -e && mkdir a", "shell-state"),
        ("set -x; mkdir a", "shell-state"),
        ("(set -e; mkdir a; mkdir b)", "shell-state"),
        ("f() { mkdir $1; }; mkdir a", "shell-state"),
        ("trap 'touch c' EXIT && mkdir a", "shell-state"),
        ("alias m=mkdir && mkdir a", "shell-state"),
        ("cd /opt; touch a", "shell-state"),
        ("cd /opt || true", None),
        ("test -d /x && cd /x || mkdir /x", "shell-state"),
        ("for i in a b; do mkdir $i; done", "shell-state"),
        ("mkdir a && touch a/b &", "still-runs"),
        ("(mkdir a &)", "still-runs"),
        ("mkdir a # why", "comment"),
        ("echo a > /etc/resolv.conf", "fresh-each-run"),
        ("echo a > /proc/sys/kernel/x", "fresh-each-run"),
        ("touch /dev/shm/a", "fresh-each-run"),
        ("ln -sf /proc/self/fd /dev/fdx", "fresh-each-run"),
        ("ln -s /opt/a -t /dev", "fresh-each-run"),
        ("mkdir -p /opt && cp /opt/a /dev", "fresh-each-run"),
        ("cd /dev && touch a", "fresh-each-run"),
        ("rm /dev/random && ln -s /dev/urandom /dev/random", "fresh-each-run"),
        ("echo a > /dev/null-a", "fresh-each-run"),
        ("rm -rf /app", "workdir"),
        ("rm -rf /a*", "workdir"),
        ("rm -rf $APP", "workdir"),
        ("rm -r ../app", "workdir"),
        ("mv /app /srv", "workdir"),
        ("cp -l a b", "hard-link"),
        ("ln a b", "hard-link"),
        ("rm /bin/sh && ln -s /bin/bash /bin/sh", "shell-start"),
        ("cd /bin && ln -sf bash sh", "shell-start"),
        ("echo dash dash/sh boolean false | debconf-set-selections", "shell-start"),
        ("usermod -d /x root", "shell-start"),
        ("usermod root -aG b", "shell-start"),
        ("addgroup --gid 999 b && adduser root b", "shell-start"),
        ("gpasswd -a root b", "shell-start"),
        ("gpasswd -M a,root b", "shell-start"),
        ("deluser root b", "shell-start"),
        ("groupmod -g 9 root", "shell-start"),
        ("groupmems -a root -g b", "shell-start"),
        ("useradd -o -u 0 b", "shell-start"),
        ("cd /etc && sed -i s/a/b/ passwd", "shell-start"),
        ("cd /etc && echo b:x:9: >> group", "shell-start"),
        ("sed -i s/a/b/ /etc/passwd", "shell-start"),
        ("cp passwd /etc/", "shell-start"),
        ("cp etc/* /etc", "fresh-each-run"),
        ("cp hosts /etc/", "fresh-each-run"),
        ("mkdir -p /x && mv resolv.conf /etc", "fresh-each-run"),
        ("cd /etc && echo 1.2.3.4 a >> hosts", "fresh-each-run"),
        ("cd / && echo 1.2.3.4 a >> etc/hosts", "fresh-each-run"),
        ("sed -i s/a/b/ /etc/h*", "fresh-each-run"),
        ("ln -sf bash /bin/./sh", "shell-start"),
        ("ln -sf bash /usr/bin/../bin/sh", "shell-start"),
        ("cd / && ln -sf bash bin/sh", "shell-start"),
        ("cp /bin/bash /tmp/bash && cp /tmp/bash /bin", "shell-start"),
    ],
)
def test_what_a_first_script_must_not_do(first: str, code: str | None) -> None:
    assert codes(f"RUN {first}\nRUN touch b\n") == ([code or "leaves-nothing"])


@pytest.mark.parametrize(
    "first",
    [
        "rm -rf ./build",
        "rm -rf build /var/cache/x",
        "mv a b",
        "rm /app/x",
        "ln -sf /dev/stdout /var/log/a",
        "ln -s /proc/self/fd/1 /var/log/a",
        "(cd /var/log && ln -sf /dev/stderr b)",
        "rm -f /var/log/a 2> /dev/null",
        "mkdir -p /develop/dev && touch dev",
        "echo a > /dev/null && mkdir /x",
        "useradd -s /bin/bash -d /home/a a",
        "usermod -aG b a",
        "useradd -r -g root a",
        "adduser -D -G root a && addgroup b",
        "gpasswd -a a b && deluser c",
        "sed -i s/a/b/ /srv/passwd",
        "cp hosts /srv/",
        "cp a.conf /etc/",
        "(cd /srv && echo a >> hosts)",
        "cp sh /usr/local/bin",
        "cp tools/* /usr/bin/",
        "systemctl enable a",
        "[ -d /x ]  &&  mkdir y",
        "! test -d /x && mkdir y",
        "echo a | tee /etc/a",
        "if [ -d /x ]; then mkdir y; fi",
        "{ mkdir a; mkdir b; }",
        "(cd /x; mkdir a)",
    ],
)
def test_what_a_first_script_may_do(first: str) -> None:
    assert after(f"RUN {first}\nRUN touch b\n") == f"RUN {first} \\\n    && touch b\n"


@pytest.mark.parametrize(
    "second",
    [
        "echo $! > b",
        "echo $? > b",
        "echo ${?} > b",
        "echo $- > b",
        "touch $OLDPWD/b",
        "cd - && touch b",
        "echo $SECONDS > b",
        "type sed > b",
        "command -V sed | tee b",
        "cd /opt && ls ~- > b",
    ],
)
def test_what_a_second_script_must_not_ask(second: str) -> None:
    assert codes(f"RUN mkdir a\nRUN {second}\n") == ["shell-state"]


@pytest.mark.parametrize("second", ["touch b &", "touch b; touch c &", "touch b && touch c &"])
def test_a_second_script_that_goes_to_the_background(second: str) -> None:
    # `mkdir a && touch b &` is one background list, whose failure nobody sees
    assert codes(f"RUN mkdir a\nRUN {second}\n") == ["still-runs"]


@pytest.mark.parametrize(
    ("scripts", "written"),
    [
        (["mkdir a || true", "touch b"], "{ mkdir a || true; } \\\n    && touch b"),
        (["mkdir a", "touch b || true"], "mkdir a \\\n    && { touch b || true; }"),
        (["mkdir a", "touch b; touch c"], "mkdir a \\\n    && { touch b; touch c; }"),
        (["mkdir a; mkdir b;", "touch c;"], "{ mkdir a; mkdir b; } \\\n    && touch c;"),
        (["mkdir a;", "touch b"], "mkdir a \\\n    && touch b"),
        (["mkdir a ;", "touch b"], "mkdir a \\\n    && touch b"),
        (["mkdir a || mkdir b", "touch c", "touch d"], "{ mkdir a || mkdir b; } \\\n    && touch c \\\n    && touch d"),
        (["(cd /x; mkdir a) && cd /y && mkdir b", "touch c"], None),
    ],
)
def test_lists_keep_their_meaning(scripts: list[str], written: str | None) -> None:
    text = "".join(f"RUN {script}\n" for script in scripts)
    assert after(text) == (text if written is None else f"RUN {written}\n")


def test_exec_form_and_heredocs_stay() -> None:
    # breakages 7 and 13
    assert codes('RUN ["mkdir", "a"]\nRUN mkdir b\nRUN ["mkdir", "c"]\n') == ["exec-form"] * 2
    assert codes("RUN <<EOF\nmkdir a\nEOF\nRUN <<EOF\nmkdir b\nEOF\n") == ["heredoc"]
    assert codes("RUN mkdir a\nRUN cat > b <<EOF\n# no comment\n  a\nEOF\nRUN mkdir c\n") == ["heredoc"] * 2
    assert codes("RUN mkdir a\nRUN cat <<A > b && cat <<-'B' > c\na\nA\n\tb\n\tB\nRUN mkdir c\n") == ["heredoc"] * 2


def test_stages_and_users_part() -> None:
    # breakage 13
    assert codes("RUN mkdir a\nUSER app\nRUN mkdir b\nUSER root\nRUN mkdir c\nFROM debian:12\nRUN mkdir d\n") == []
    assert (
        codes('RUN mkdir a\nWORKDIR /x\nRUN mkdir b\nENV A=b\nRUN mkdir c\nSHELL ["/bin/bash", "-c"]\nRUN mkdir d\n')
        == []
    )


def test_onbuild_stays() -> None:
    # breakage 6
    assert codes("ONBUILD RUN mkdir a\nONBUILD RUN mkdir b\nRUN mkdir c\nONBUILD RUN mkdir d\nRUN mkdir e\n") == []


def test_comments_within_keep_their_place() -> None:
    # breakage 1
    text = (
        "RUN apt-get update\n"
        "RUN apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates\n"
        "RUN rm -rf /var/lib/apt/lists/*\n"
    )
    assert after(text) == (
        "RUN apt-get update \\\n    && apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
    )


def test_a_comment_between_keyword_and_command_parts() -> None:
    assert codes("RUN mkdir a\nRUN \\\n    # why\n    mkdir b\n") == ["comment"]
    assert codes("RUN mkdir a\n# why\nRUN mkdir b\n") == ["comment"]
    assert codes("RUN mkdir a\n\n  # why\n\nRUN mkdir b\n") == ["comment"]


def test_a_comment_where_nothing_would_be_merged() -> None:
    assert codes("RUN npm ci\n# why\nRUN mkdir b\n") == ["quick-after-slow"]


def test_a_list_that_goes_on_with_a_semicolon() -> None:
    # breakage 2: the last line of the packages is followed by `; \`
    text = "RUN apt-get update; \\\n  apt-get install -y \\\n    curl \\\n  ; \\\n  rm -rf /x\nRUN apt-get clean\n"
    assert codes(text) == ["not-a-chain"]


def test_a_trailing_comment_takes_nothing_in() -> None:
    # breakage 3
    text = "RUN apt-get update && apt-get install -y gcc # c\nRUN rm -rf /var/lib/apt/lists/*\n"
    assert codes(text) == ["comment"]
    assert codes("RUN mkdir a\nRUN mkdir b # c\n") == ["comment"]


def test_line_ends_bom_and_last_newline() -> None:
    # breakage 4
    data = b"\xef\xbb\xbfFROM a\r\nRUN mkdir a\r\n\r\nRUN mkdir b && \\\r\n\tmkdir c\r\nRUN mkdir d"
    looked = look_at("/nowhere/Dockerfile", data, OPTIONS)
    assert looked.faults == {}
    assert looked.result.after.to_bytes() == (
        b"\xef\xbb\xbfFROM a\r\nRUN mkdir a && \\\r\n\tmkdir b && \\\r\n\tmkdir c && \\\r\n\tmkdir d"
    )


def test_directives_stay_on_top() -> None:
    # breakage 5
    head = "# syntax=docker/dockerfile:1\n# escape=\\\nFROM a\n"
    assert after("RUN mkdir a\nRUN mkdir b\n", head) == "RUN mkdir a \\\n    && mkdir b\n"
    head = "# escape=`\nFROM a\n"
    assert after("RUN mkdir C:\\a\nRUN mkdir b\n", head) == "RUN mkdir C:\\a\nRUN mkdir b\n"


def test_a_merge_without_last_newline() -> None:
    assert after("RUN a && mkdir b\nRUN mkdir c && mkdir d") == "RUN a && mkdir b\nRUN mkdir c && mkdir d"
    assert after("RUN mkdir b\nRUN mkdir c && mkdir d") == "RUN mkdir b \\\n    && mkdir c && mkdir d"


def test_a_network_flag_is_not_dropped() -> None:
    assert codes("RUN --network=none mkdir x\nRUN mkdir y\n") == ["flags-differ"]


def test_lists_that_end_in_true_are_no_set_e_scripts() -> None:
    assert codes("RUN false; echo a; echo b\nRUN test -d /z && rm -r /z; true\n") == ["leaves-nothing"]
    assert after("RUN test -d /z && rm -r /z; true\nRUN mkdir /z\n") == (
        "RUN { test -d /z && rm -r /z; true; } \\\n    && mkdir /z\n"
    )


def test_a_continued_list_and_what_follows_it() -> None:
    text = "RUN apt-get install -y \\\n curl \\\n bash \\\n && rm -rf /x\nRUN apt-get install -y git\nCOPY --from=x /a /b\n"
    assert after(text) == (
        "RUN apt-get install -y \\\n curl \\\n bash \\\n && rm -rf /x \\\n && apt-get install -y git\nCOPY --from=x /a /b\n"
    )


def test_the_keyword_is_the_first_ones() -> None:
    assert after("run mkdir a\nRun mkdir b\n") == "run mkdir a \\\n    && mkdir b\n"


def test_many_neighbours_settle() -> None:
    text = "".join(f"RUN mkdir /{number}\n" for number in range(30))
    assert after(text) == "RUN " + " \\\n    && ".join(f"mkdir /{number}" for number in range(30)) + "\n"


def test_no_run_of_more_than_a_hundred_lines() -> None:
    result = merged("".join(f"RUN mkdir /{number}\n" for number in range(110)))
    lines = result.after.text.removeprefix(FROM).split("\nRUN ")
    assert [part.count("\n") + 1 for part in lines] == [100, 11]
    assert [refusal.code for refusal in result.refusals] == ["too-long"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("apt-get update", "apt-get install -y a && curl -O http://x/y && make"),
        ("apt-get update && apt-get install -y a", "apt-get install -y b"),
        ("apt-get update && apt-get install -y a", "rm -rf /var/lib/apt/lists/*"),
        ("apt-get install -y a", "apt-get clean"),
        ("sudo apt-get update", "sudo apt-get install -y a"),
        ("DEBIAN_FRONTEND=x apt-get update", "DEBIAN_FRONTEND=x apt-get install -y a"),
        ("apt-get update && apt-get install -y a", "apt-get purge -y a"),
        ("apt-get update && apt-get install -y a", "rm -rf /usr/share/doc /usr/share/man/*"),
        ("yum makecache", "yum install -y b && touch /x"),
        ("apk update && apk add a", "apk add b"),
        ("dnf install -y a", "dnf clean all"),
        ("tdnf install -y a", "tdnf clean all"),
        ("echo x > /etc/tdnf/tdnf.conf", "tdnf install -y a"),
        ("pacman -Syu --noconfirm a", "pacman -Scc --noconfirm"),
        ("sed -i s/a/b/ /etc/pacman.conf", "pacman -S --noconfirm a"),
        ("apk update", "apk add a"),
        ("apk add --virtual .build gcc", "apk del .build"),
        ("pip install a", "rm -rf ~/.cache/pip"),
        ("npm install -g a", "npm cache clean --force"),
        ("dpkg --add-architecture i386", "apt-get update && apt-get install -y a:i386"),
        ("curl -fsSL https://x/key | apt-key add -", "apt-get update && apt-get install -y x"),
        ("curl -sL https://deb.nodesource.com/setup_18.x | bash -", "apt-get install -y nodejs"),
        ("sed -i s/a/b/ /etc/apk/repositories", "apk add --no-cache a"),
        ("wget https://x/a.tgz", "tar xf a.tgz && rm a.tgz"),
        ("curl -LO https://x/a.deb", "dpkg -i a.deb && rm -f *.deb"),
        ("curl --output /srv/a https://x/b", "rm /srv/a"),
        ("git clone https://x/a /srv/a", "rm -rf /srv/a"),
        ("git clone https://x/a", "chown -R 1000 a"),
        ("groupadd a", "useradd -g a a"),
        ("git config --global a b", "npm config set c d"),
    ],
)
def test_what_belongs_together(first: str, second: str) -> None:
    assert after(f"RUN {first}\nRUN {second}\n") == f"RUN {first} \\\n    && {second}\n"


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("pip install a", "pip install b", "keeps-dependencies"),
        ("npm ci", "npm run build", "keeps-dependencies"),
        ("apt-get update && apt-get install -y a", "pip install b", "keeps-packages"),
        ("apt-get update && apt-get install -y a", "apt-get update && apt-get install -y b", "two-installs"),
        ("apk add --no-cache a", "apk add --no-cache b", "two-installs"),
        ("apk add a", "apk add b", "two-installs"),
        ("yum install -y a", "yum install -y b", "two-installs"),
        ("dnf install -y a", "dnf install -y b && dnf clean all", "two-installs"),
        ("yum install -y a && yum clean all", "yum install -y b && yum clean all", "two-installs"),
        ("apt-get update && apt-get install -y a", "apt-get install -y b && make", "two-installs"),
        ("wget https://x/a.tgz", "tar xf a.tgz && make && rm a.tgz", "keeps-download"),
        ("wget https://x/a.tgz", "tar xf a.tgz", "quick-after-slow"),
        ("apt-get update && apt-get install -y a", "mkdir /x", "quick-after-slow"),
        ("apt-get update && apt-get install -y a", "apt-get purge -y b", "quick-after-slow"),
        ("apt-get update && apt-get install -y a", "rm -f /etc/nginx/default", "quick-after-slow"),
        ("git clone https://x/a /opt", "rm -rf /opt/other", "quick-after-slow"),
        ("npm ci", "chown -R 1000 /app", "quick-after-slow"),
        ("mkdir /x", "npm ci", "unrelated"),
        ("git clone https://x/a /srv/a", "git -C /srv/a checkout 8fc2492", "stale-clone"),
        ("git clone https://x/a /a", "cd /a && git checkout v1 && make", "keeps-download"),
        ("git clone https://x/a /a", "git clone https://x/b /b", "keeps-download"),
        ("make", "git checkout v1", "keeps-build"),
        ("./build.sh", "npm ci", "unknown-cost"),
        ("tar xf a.tgz", "mkdir /x", "unrelated-quick"),
        ("true", "npm ci", "leaves-nothing"),
        ("groupadd a", "apt-get update && apt-get install -y b", "unrelated"),
        ("mkdir $(./where)", "mkdir /x", "quick-after-slow"),
        ("cp -r /a /b", "mkdir /x", "quick-after-slow"),
    ],
)
def test_what_is_kept_separate(first: str, second: str, code: str) -> None:
    assert codes(f"RUN {first}\nRUN {second}\n") == [code]


def test_a_removal_that_comes_too_late() -> None:
    text = "RUN apk add --no-cache build-base\nCOPY x /x\nRUN make -C /x\nRUN apk del build-base\n"
    result = merged(text, "FROM alpine:3.20\n")
    assert [refusal.code for refusal in result.refusals] == ["late-removal"]
    assert "only saves space in the RUN that created the files (line 2)" in result.refusals[0].reason
    # also where other instructions are between them
    text = "RUN git clone https://x/a /opt/a\nCOPY b /opt/b\nRUN rm -rf /opt/a\n"
    assert codes(text) == ["late-removal"]
    # but not what the RUN itself created, or what the earlier one cleans by itself
    install = "RUN apt-get update && apt-get install -y {} && rm -rf /var/lib/apt/lists/*\n"
    assert codes(install.format("a") + "COPY b /b\n" + install.format("c")) == []
    assert codes(install.format("a") + "COPY b /b\nRUN rm -rf /var/lib/apt/lists/*\n") == []


def test_a_stage_that_does_not_ship() -> None:
    head = "FROM debian:12 AS build\n"
    text = "RUN mkdir a\nRUN mkdir b\nRUN make\nRUN make test\nFROM debian:12\nCOPY --from=build /a /a\n"
    assert codes(text, head) == ["not-shipped", "unrelated", "keeps-build"]


@pytest.mark.parametrize("asks", ["wait", "jobs > b", "dirs"])
def test_a_slow_second_script_must_not_ask(asks: str) -> None:
    assert codes(f"RUN apt-get update\nRUN apt-get install -y a && {asks}\n") == ["shell-state"]


def test_joining_what_only_prints_saves_nothing() -> None:
    assert (
        codes("RUN ls -la\nRUN mkdir a\nRUN pwd\nRUN echo a > /dev/null\nRUN export A=b\nRUN mkdir b\n")
        == ["leaves-nothing"] * 5
    )


def test_lists_in_a_cache_mount() -> None:
    # D16: what a mount keeps is in no layer
    mount = "RUN --mount=type=cache,target=/var/lib/apt/lists --mount=type=cache,target=/var/cache/apt"
    text = f"{mount} apt-get update && apt-get install -y a\n{mount} apt-get install -y b\n"
    assert codes(text) == ["two-installs"]
    text = (
        "RUN --mount=target=/var/lib/apt/lists,sharing=locked,type=cache --mount=type=cache,target=/var/cache/apt "
        "apt-get update && apt-get install -y git\n"
        "RUN --mount=type=cache,target=/root/.cache/pip apt-get update && apt-get install -y curl\n"
    )
    assert codes(text) == ["two-installs"]


def test_download_unpack_remove() -> None:
    assert after("RUN wget https://x/a.tgz\nRUN tar xf a.tgz\nRUN rm a.tgz\n") == (
        "RUN wget https://x/a.tgz \\\n    && tar xf a.tgz \\\n    && rm a.tgz\n"
    )


def test_an_unknown_working_folder_may_be_removed() -> None:
    assert codes("RUN rm -rf /srv/x\nRUN mkdir /y\n", "FROM a\n") == ["workdir"]
    assert after("RUN rm -rf /tmp/x\nRUN mkdir /y\n", "FROM a\n") == "RUN rm -rf /tmp/x \\\n    && mkdir /y\n"


@pytest.mark.parametrize(
    ("shell", "merges"),
    [
        ('["/bin/bash", "-c"]', True),
        ('["/bin/bash", "-o", "pipefail", "-c"]', True),
        ('["/bin/ash", "-eo", "pipefail", "-c"]', True),
        ('["/bin/bash", "-lc"]', False),
        ('["/bin/bash", "--login", "-c"]', False),
        ('["/bin/zsh", "-c"]', False),
        ('["/usr/bin/python3", "-c"]', False),
    ],
)
def test_shells(shell: str, merges: bool) -> None:
    text = f"SHELL {shell}\nRUN mkdir a\nRUN mkdir b\n"
    assert merged(text).changed == merges


def test_bash_that_reads_a_file_at_its_start() -> None:
    assert codes('SHELL ["/bin/bash", "-c"]\nENV BASH_ENV=/etc/a\nRUN mkdir a\nRUN mkdir b\n') == ["shell-start"]
    assert codes('SHELL ["/bin/bash", "-c"]\nRUN echo a >> ~/.bashrc && cp ~/.bashrc /b\nRUN mkdir b\n') == [
        "shell-start"
    ]
    assert merged("RUN echo a >> ~/.bashrc\nRUN mkdir b\n").changed


def test_an_image_whose_shell_sets_up_each_run() -> None:
    assert codes("RUN mkdir a\nRUN mkdir b\n", "FROM mambaorg/micromamba:1 AS a\nFROM a\n") == ["shell-start"]


def test_a_program_that_may_be_another_one_by_then() -> None:
    # bash and dash remember where they found a program
    assert merged("RUN apk update\nRUN sed -i s/a/b/ c && apk add sed && sed -i s/a/b/ d\n").changed
    assert codes("RUN sed -i s/a/b/ /etc/apk/repositories\nRUN apk add sed && sed -i s/a/b/ d\n") == ["program-changes"]
    assert codes("RUN cut -f1 a > b && mv ./cut /usr/local/bin\nRUN cut -f1 a > c\n") == ["program-changes"]
    assert codes("RUN cut -f1 a > b && cd /usr/bin && ln -sf busybox cut\nRUN cut -f1 a > c\n") == ["program-changes"]
    assert codes("RUN cut -f1 a > b && cd /usr/local/bin && rm cut\nRUN cut -f1 a > c\n") == ["program-changes"]
    assert merged("RUN sudo apt-get install sudo\nRUN sudo apt-get install -y a\n").changed
    # Debian's packages replace programs where they are
    assert merged("RUN sed -i s/a/b/ /etc/apt/sources.list\nRUN apt-get update && sed -i s/a/b/ d\n").changed


def test_reasons_name_what_was_found() -> None:
    result = merged("RUN mkdir a\nRUN chmod 700 a\nRUN npm ci\nRUN rm -rf b\n")
    assert [change.line for change in result.changes] == [3]
    assert "`mkdir a` and `chmod 700 a`" in result.changes[0].reason
    assert [refusal.line for refusal in result.refusals] == [5, 6]
    assert "`npm ci`" in result.refusals[1].reason


def test_the_reason_names_the_group() -> None:
    (few,) = merged("RUN mkdir /1\nRUN A=1 && chown 1 /1\nRUN ln -s /1 /2\n").changes
    assert few.reason == "3 quick RUNs (`mkdir`, `chown`, `ln`) become one; none needs a layer of its own"
    (many,) = merged("".join(f"RUN mkdir /{at}\n" for at in range(7))).changes
    named = ", ".join(["`mkdir`"] * 5)
    assert many.reason == f"7 quick RUNs ({named} and 2 more) become one; none needs a layer of its own"

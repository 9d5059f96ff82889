"""What a script's commands, lists and compounds are."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from dfix.rewriter.shell.nodes import AndOr, Command, Pipeline
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import commands
from dfix.rewriter.text.source import Span
from tests.shell.written import read, written

LISTS = [
    ("a", "[a]"),
    ("  a  b\t c ", "[a b c]"),
    ("a && b || c", "[a] && [b] || [c]"),
    ("a&&b||c;d", "[a] && [b] || [c]; [d]"),
    ("a; b;", "[a]; [b];"),
    ("a & b", "[a]& [b]"),
    ("a && b & c", "[a] && [b]& [c]"),
    ("sleep 1 &", "[sleep 1]&"),
    ("a | b | c", "[a] | [b] | [c]"),
    ("a |& b", "[a] | [b]"),
    ("a | b && c", "[a] | [b] && [c]"),
    ("a && b | c", "[a] && [b] | [c]"),
    ("! a", "! [a]"),
    ("! a | b && c", "! [a] | [b] && [c]"),
    ("a && ! b", "[a] && ! [b]"),
    ("!a", "[!a]"),
    ("a\nb\n", "[a]$ [b]$"),
    ("a\n\n\nb", "[a]$ [b]"),
    ("a &&\nb", "[a] && [b]"),
    ("a |\n\n# c\nb\n", "[a] | [b]$"),
    ("a;\nb\n", "[a]; [b]$"),
    ("a &\nb\n", "[a]& [b]$"),
    ("time a | b", "[time a] | [b]"),
    ("", ""),
    ("# only a comment", ""),
]

COMMANDS = [
    ("A=1 B=2 c d=3", "[=A=1 =B=2 c d=3]"),
    ("A=1", "[=A=1]"),
    ("A=", "[=A=]"),
    ("A+=x B[0]=y c", "[=A+=x =B[0]=y c]"),
    ('A="b c" d', '[=A="b c" d]'),
    ("export A=1 B", "[export A=1 B]"),
    ("readonly A=1", "[readonly A=1]"),
    ("local A", "[local A]"),
    ("declare -a A=(b c) d", "[declare -a A=(b c) d]"),
    ("A=(b\nc)\nd\n", "[=A=(b\nc)]$ [d]$"),
    ("unset A B", "[unset A B]"),
    ('[ -f "a b" ] && c', '[[ -f "a b" ]] && [c]'),
    ("test a = b", "[test a = b]"),
    ("c-$v-d x", "[c-$v-d x]"),
    ("a\"b\"'c'$d${e}`f`$(g) h", "[a\"b\"'c'$d${e}`f`$(g) h]"),
    ("a=b-$c-d e", "[=a=b-$c-d e]"),
    ("find . -exec rm {} \\; -print", "[find . -exec rm {} \\; -print]"),
    ("echo if then fi done { } !", "[echo if then fi done { } !]"),
    ("echo a#b #c", "[echo a#b]"),
    ("a;#b", "[a];"),
    ("echo 'a && b; c' \"d | e\"", "[echo 'a && b; c' \"d | e\"]"),
    ("echo \\&\\& a\\ b", "[echo \\&\\& a\\ b]"),
    ("echo $(a && b; c | d) e", "[echo $(a && b; c | d) e]"),
    ("echo $(case a in a) b;; esac) c", "[echo $(case a in a) b;; esac) c]"),
    ("echo $((1 + (2 * 3))) a", "[echo $((1 + (2 * 3))) a]"),
    ('echo "$(a "b c" `d`)" e', '[echo "$(a "b c" `d`)" e]'),
    ('echo "${a:-"b c"}" d', '[echo "${a:-"b c"}" d]'),
    ("echo ${a:-'b }'} c", "[echo ${a:-'b }'} c]"),
    ("echo \"${a:-'b'}\" c", "[echo \"${a:-'b'}\" c]"),
    ("echo ${a#\\}} b", "[echo ${a#\\}} b]"),
    ("diff <(a) <(b; c)", "[diff <(a) <(b; c)]"),
    ("echo $'a b' c", "[echo $'a b' c]"),
    ("a `# a comment` b", "[a `# a comment` b]"),
]

REDIRECTS = [
    ("a > f", "[a ~>f]"),
    ('echo >&2 "x" y', '[echo "x" y ~>&2]'),
    ("cat <f a b", "[cat a b ~<f]"),
    (">&2 echo a", "[echo a ~>&2]"),
    ("a 2>&1 >>f 3<>g 4>|h", "[a ~>&1 ~>>f ~<>g ~>|h]"),
    ("a 2>f", "[a ~>f]"),
    ("a b2>f", "[a b2 ~>f]"),
    ("a 2 >f", "[a 2 ~>f]"),
    ("a >&-", "[a ~>&-]"),
    ("a <&3", "[a ~<&3]"),
    ("a &> f", "[a ~&>f]"),
    ("a >& f", "[a ~&>f]"),
    ("a >&$f", "[a ~>&$f]"),
    ("a &>>f && b", "[a ~&>>f] && [b]"),
    ("a <<<$b c", "[a c ~<<<$b]"),
    ("> f", "[~>f]"),
    ("a > f | b && c > g", "[a ~>f] | [b] && [c ~>g]"),
    ("(a; b) > f 2>&1 && c", "subshell([a]; [b]) ~>f ~>&1 && [c]"),
    ("{ a; } > f", "group([a];) ~>f"),
    ("if a; then b; fi > f", "if([a]; [b];) ~>f"),
    ("while read a; do b; done < f", "while([read a]; [b];) ~<f"),
]

COMPOUNDS = [
    ("(a)", "subshell([a])"),
    ("( a && b ) || c", "subshell([a] && [b]) || [c]"),
    ("( (a) )", "subshell(subshell([a]))"),
    ("{ a; b; } && c", "group([a]; [b];) && [c]"),
    ("{ a\n}\n", "group([a]$)$"),
    ("a | { b; }", "[a] | group([b];)"),
    ("if a; then b; fi", "if([a]; [b];)"),
    ("if a && b; then c; elif d; then e; else f; g; fi", "if([a] && [b]; [c]; [d]; [e]; [f]; [g];)"),
    ("if [ a ]\nthen\n  b\nelse\n  c\nfi\n", "if([[ a ]]$ [b]$ [c]$)$"),
    ("for i in a $b *.c; do d $i; done", "for([d $i];: i a $b *.c)"),
    ("for i; do a; done", "for([a];: i)"),
    ("for ((i=0; i<3; i++)); do a; done", "for([a];: ((i=0; i<3; i++)))"),
    ("while a; do b; done", "while([a]; [b];)"),
    ("until a || b; do c & d; done", "while([a] || [b]; [c]& [d];)"),
    ("case $a in b) c;; d|e) f; g;; *) h; esac", "case([c] [f]; [g] [h];: $a b d e *)"),
    ("case a in (b) ;; (c) d ;; esac", "case([d]: a b c)"),
    ("case a in\n  b)\n    c\n    ;;\n  *)\n    d ;;\nesac\n", "case([c]$ [d]: a b *)$"),
    ("case a in b) c ;& d) e ;;& f) g ;; esac", "case([c] [e] [g]: a b d f)"),
    ('case "$(a)" in "b c") d;; esac', 'case([d]: "$(a)" "b c")'),
    ("case a in esac", "case(: a)"),
    ("f() { a; }; b", "function(group([a];): f); [b]"),
    ("f () (a) && b", "function(subshell([a]): f) && [b]"),
    ("function f { a; }", "function(group([a];): f)"),
    ("function f() { a; }", "function(group([a];): f)"),
    ("f()\n{\n  a\n}\nf\n", "function(group([a]$): f)$ [f]$"),
    ("[[ -f a ]]", "test(: -f a)"),
    ("[[ $a == b* && ! ( -f c || $d =~ ^(e|f)$ ) ]] && g", "test(: $a == b* ! -f c $d =~ ^(e|f)$) && [g]"),
    ("[[ a < b ]]", "test(: a b)"),
    ("((i++))", "test(: ((i++)))"),
    ("(( a > 1 )) && b", "test(: (( a > 1 ))) && [b]"),
    ("for i in 1 2; do if a; then case b in c) d;; esac; fi; done", "for(if([a]; case([d]: b c););: i 1 2)"),
]


@pytest.mark.parametrize(("text", "expected"), LISTS + COMMANDS + REDIRECTS + COMPOUNDS)
def test_structure(text: str, expected: str) -> None:
    assert written(text) == expected


def test_spans_of_a_flat_list() -> None:
    #       0         1         2         3
    #       0123456789012345678901234567890123456
    text = "A=1 b 'c d' >f && e | g || ! h; i & #j"
    script = read(text)
    first, second = script.statements
    assert first.span == Span(0, 30)
    assert first.terminator == ";"
    assert second.span == Span(32, 33)
    assert second.terminator == "&"
    assert script.comments == (Span(36, 38),)
    assert isinstance(first.node, AndOr)
    assert [(o.text, o.span) for o in first.node.operators] == [("&&", Span(15, 17)), ("||", Span(24, 26))]
    command, pipeline, negated = first.node.parts
    assert isinstance(command, Command)
    assert command.span == Span(0, 14)
    assert [word.span for word in command.assigns] == [Span(0, 3)]
    assert [word.span for word in command.words] == [Span(4, 5), Span(6, 11)]
    assert [redirect.span for redirect in command.redirects] == [Span(12, 14)]
    assert isinstance(pipeline, Pipeline)
    assert pipeline.span == Span(18, 23)
    assert isinstance(negated, Pipeline)
    assert negated.span == Span(27, 30)


def test_a_command_begins_and_ends_with_its_redirects() -> None:
    command = next(commands(read(">f a b 2> g ;")))
    assert command.span == Span(0, 11)
    assert [redirect.span for redirect in command.redirects] == [Span(0, 2), Span(7, 11)]


def test_a_statement_without_terminator_ends_where_its_node_does() -> None:
    (statement,) = read("a b  # c").statements
    assert (statement.span, statement.terminator) == (Span(0, 3), "")


def test_a_compound_spans_its_keywords_and_redirects() -> None:
    text = "x && if a; then b; fi >f; y"
    script = read(text)
    node = script.statements[0].node
    assert isinstance(node, AndOr)
    assert text[node.parts[1].span.start : node.parts[1].span.end] == "if a; then b; fi >f"
    assert [text[c.span.start : c.span.end] for c in commands(script)] == ["x", "a", "b", "y"]


VALUES = [
    ("a", "a"),
    ("'a b'", "a b"),
    ('"a b"', "a b"),
    ("a'b'\"c\"\\d", "abcd"),
    ("''", ""),
    ('""', ""),
    ("'a\"b$c`d\\'", 'a"b$c`d\\'),
    ('"a\'b"', "a'b"),
    (r'"\$a\`\"\\\n"', '$a`"\\\\n'),
    (r"\$a\ b\*", "$a b*"),
    ("'*.c'", "*.c"),
    ("{}", "{}"),
    ("a{b}c", "a{b}c"),
    ("'{a,b}'", "{a,b}"),
    ("{a", "{a"),
    ("[", "["),
    ("a]b", "a]b"),
    ("'~/a'", "~/a"),
    ("a~b", "a~b"),
    ("a#b", "a#b"),
    ("a=b", "a=b"),
    ("ä'ö'", "äö"),
    ("$a", None),
    ('"$a"', None),
    ('"a${b}"', None),
    ("`a`", None),
    ('"`a`"', None),
    ("$(a)", None),
    ("$((1+2))", None),
    ("$'a'", None),
    ('$"a"', None),
    ("*.c", None),
    ("a?", None),
    ("a[bc]", None),
    ('["a"]', None),
    ("{a,b}", None),
    ("{1..3}", None),
    ("x{'a',b}", None),
    ("~", None),
    ("~/a", None),
    ("--a=~/b", None),
    ("a:~b", None),
    ("<(a)", None),
]


@pytest.mark.parametrize(("word", "value"), VALUES)
def test_value(word: str, value: str | None) -> None:
    command = next(commands(read(f"x {word} y")))
    assert [w.text for w in command.words] == ["x", word, "y"]
    assert command.words[1].value == value


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_real_shell_makes_the_same_of_it(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is absent")
    certain = [(word, value) for word, value in VALUES if value is not None]
    script = "".join(f"printf '%s\\0' {word}\n" for word, _ in certain)
    done = subprocess.run([program], input=script.encode(), capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == [value for _, value in certain]


HEREDOCS = [
    ("cat <<E\na $b\nE\n", "a $b\n", None),
    ("cat <<E\na\n\nb\nE\n", "a\n\nb\n", "a\n\nb\n"),
    ("cat <<'E'\na $b `c`\nE\n", "a $b `c`\n", "a $b `c`\n"),
    ('cat <<"E F"\na\nE\nE F\n', "a\nE\n", "a\nE\n"),
    ("cat <<\\E\n$a\nE\n", "$a\n", "$a\n"),
    ("cat <<-E\n\ta\n\t\tb\n\tE\n", "\ta\n\t\tb\n", "a\nb\n"),
    ("cat << E\nE\n", "", ""),
    ("cat <<E\n'it is\" && no shell ( \nE\n", "'it is\" && no shell ( \n", "'it is\" && no shell ( \n"),
    ("cat <<E\n# no comment\nE\n", "# no comment\n", "# no comment\n"),
]


@pytest.mark.parametrize(("text", "body", "value"), HEREDOCS)
def test_heredoc_body(text: str, body: str, value: str | None) -> None:
    script = read(text)
    (command,) = commands(script)
    (redirect,) = command.redirects
    assert redirect.target is None
    assert redirect.body is not None
    assert (redirect.body.text, redirect.body.value) == (body, value)
    assert text[redirect.body.span.start : redirect.body.span.end] == body
    assert script.comments == ()


def test_words_after_a_heredoc_mark_and_the_next_line() -> None:
    assert written("cat <<E > f && b\nbody\nE\nc\n") == "[cat ~<< ~>f] && [b]$ [c]$"
    assert written("cat <<E |\nbody\nE\nb\n") == "[cat ~<<] | [b]$"


def test_two_heredocs_on_a_line() -> None:
    text = "cat <<A 3<<B && c\n1\nB\nA\n2\nB\nd\n"
    assert written(text) == "[cat ~<< ~<<] && [c]$ [d]$"
    first, second = next(commands(read(text))).redirects
    assert first.body is not None
    assert second.body is not None
    assert (first.body.text, second.body.text) == ("1\nB\n", "2\n")


def test_a_heredoc_within_a_substitution() -> None:
    assert written('a "$(cat <<E\nit\'s (\nE\n)" b\nc\n') == '[a "$(cat <<E\nit\'s (\nE\n)" b]$ [c]$'


def test_comments_in_a_script_of_lines() -> None:
    text = "# one\na # two\nb '# no' \"# no\" c#no \\# no\n  # three  \n"
    script = read(text)
    assert [text[span.start : span.end] for span in script.comments] == ["# one", "# two", "# three"]
    assert written(text) == "[a]$ [b '# no' \"# no\" c#no \\# no]$"


def test_few_long_scripts_are_remembered_however_many_keys_are_pressed() -> None:
    script = "echo a; " * 150
    first = parse(script, 0, script)
    assert parse(script, 0, script) is first
    for typed in range(1, 101):
        parse(script, typed, " " * typed + script)
    assert parse(script, 0, script) is not first

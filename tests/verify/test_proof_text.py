from __future__ import annotations

import io
import json

from dfix.rewriter.report.output import Output
from dfix.rewriter.verify.compare import Comparison, Difference, Origin
from dfix.rewriter.verify.document import document
from dfix.rewriter.verify.proof import Blame, Proof, Rebuild, Sources
from dfix.rewriter.verify.proof_markdown import markdown
from dfix.rewriter.verify.proof_text import proof_text
from tests.verify import proofs


def shown(proof: Proof, *, verbose: bool = False) -> tuple[str, str]:
    out, err = io.BytesIO(), io.BytesIO()
    proof_text(Output(out, colour=False), Output(err, colour=False), proof, verbose=verbose)
    return out.getvalue().decode(), err.getvalue().decode()


def test_a_proven_file_with_its_table() -> None:
    text, errors = shown(proofs.proven())
    assert errors == ""
    assert text == (
        "app/Dockerfile: proven, the same image, except caches\n"
        "  line 3: split-manifests, promised: same image (confirmed)\n"
        "  line 7: clean-up, promised: same image, except caches (confirmed)\n"
        "  package caches: 2.0 MB fewer\n"
        "  ignored 1 difference that is build noise (-v lists it)\n"
        "\n"
        "                                before                after\n"
        "  build without cache           2 of 2 steps, 12.3 s  3 of 3 steps, 12.0 s\n"
        "  rebuild, nothing edited       0 of 2 steps, 0.3 s   0 of 3 steps, 0.3 s\n"
        "  rebuild, src/a.js edited      2 of 2 steps, 9.0 s   1 of 3 steps, 0.5 s   18.0 times faster\n"
        "  rebuild, package.json edited  2 of 2 steps, 9.5 s   3 of 3 steps, 9.6 s\n"
        "  layers                        4                     5\n"
        "  image size                    231.0 MB              229.0 MB              2.0 MB less\n"
        "  to push, src/a.js edited      45.6 MB               12.3 kB               45.6 MB less\n"
        "\n"
    )


def test_more_is_shown_when_asked_for() -> None:
    text, _ = shown(proofs.proven(), verbose=True)
    assert "    /var/log/dpkg.log content differs (9 bytes, was 8): a log\n" in text
    assert "  steps that re-run when src/a.js is edited, after:\n    [4/4] COPY . .\n" in text


def test_a_broken_promise_names_the_change_and_what_differs() -> None:
    text, errors = shown(proofs.broken())
    assert errors == ""
    assert text == (
        "app/Dockerfile: 1 change broke its promise\n"
        "  line 3: split-manifests, promised: same image (broken)\n"
        "  line 7: clean-up, promised: same image, except caches (confirmed)\n"
        "  line 3: split-manifests is left out, because with it these paths differ:\n"
        "    /app/x is gone\n"
        "    set on line 9 (USER node) before, nowhere now:\n"
        '      config User is not set, was "node"\n'
        "  package caches: 2.0 MB fewer\n"
        "\n"
    )


def test_a_change_that_breaks_the_build_names_the_log() -> None:
    text, _ = shown(proofs.broken_build())
    assert text == (
        "app/Dockerfile: 1 change broke its promise\n"
        "  line 3: split-manifests, promised: same image (confirmed)\n"
        "  line 7: clean-up, promised: same image, except caches (broken)\n"
        "  line 7: clean-up is left out, because with it the file no longer builds: `RUN make`: exit code 2\n"
        "  the build log is in /tmp/kept.log\n"
        "\n"
    )


def test_somebody_elses_rewrite_is_no_change_of_ours() -> None:
    alone = proofs.REWRITE._replace(changes=())
    proof = Proof("broken", alone, alone, None, (Blame(None, (proofs.FILE,), ""),))
    text, _ = shown(proof)
    assert text == "app/Dockerfile: not the same image\n  these paths differ:\n    /app/x is gone\n\n"


def test_long_lists_are_cut_unless_asked_for() -> None:
    many = tuple(proofs.FILE._replace(path=f"/app/{number}") for number in range(10))
    proof = proofs.broken()._replace(blamed=(Blame(proofs.SPLIT, many, ""),))
    assert "    /app/7 is gone\n    … 2 more (-v lists them)\n" in shown(proof)[0]
    assert "/app/9 is gone" in shown(proof, verbose=True)[0]


def test_what_did_not_build_before_proves_nothing() -> None:
    assert shown(proofs.unbuilt()) == (
        "",
        "app/Dockerfile: does not build even without dfix's changes, so nothing is proven: `RUN false`: exit code 1\n"
        "  the build log is in /tmp/kept.log\n",
    )


def test_the_name_that_a_file_had_is_told() -> None:
    moved = Proof("new", proofs.REWRITE, proofs.REWRITE, was="web/Dockerfile")
    assert shown(moved)[0].startswith("app/Dockerfile (was web/Dockerfile): new")
    assert json.loads(document([moved], "", None))["files"][0]["was"] == "web/Dockerfile"
    assert "web&#47;Dockerfile" in markdown([moved], None)


def test_nothing_to_change_is_told_when_asked_for() -> None:
    same = proofs.REWRITE._replace(changes=(), after=proofs.REWRITE.before)
    assert shown(Proof("unchanged", same, same)) == ("", "")
    assert shown(Proof("unchanged", same, same), verbose=True) == ("app/Dockerfile: nothing to change\n", "")


def test_a_written_file_says_so() -> None:
    text, _ = shown(proofs.proven()._replace(written=True))
    assert text.startswith("app/Dockerfile: proven, the same image, except caches (written)\n")


def test_faster_is_only_claimed_where_fewer_steps_run() -> None:
    proof = proofs.proven()
    assert proof.before is not None and proof.after is not None
    after = proof.after._replace(
        unchanged=Rebuild((), 3, 0.1),
        source=Rebuild(("a", "b"), 1, 0.1),
        size=proof.before.size - 99_999,
        pushed=45_600_000,
    )
    text, _ = shown(proof._replace(after=after))
    assert "faster" not in text and "less" not in text.replace("in less time", "")
    assert "  nothing gained here: no rebuild runs fewer steps" in text
    assert "nothing gained" not in shown(proof._replace(after=after._replace(layers=3)))[0]
    assert "1 fewer" in shown(proof._replace(after=after._replace(layers=3)))[0]
    assert "nothing gained" not in shown(proof._replace(after=after._replace(unchanged=None, source=None)))[0]
    assert "nothing gained" not in shown(proofs.proven())[0]


def test_caches_that_grow_are_no_gain() -> None:
    proof = proofs.proven()
    assert proof.comparison is not None
    more = proof._replace(comparison=proof.comparison._replace(cache_bytes=3600))
    assert "  package caches: 3.6 kB more, no gain\n" in shown(more)[0]


def test_two_images_that_both_fail_show_nothing() -> None:
    change = proofs.CLEAN._replace(contract="changed-image")
    result = proofs.REWRITE._replace(changes=(proofs.SPLIT, change))
    text, errors = shown(Proof("unshown", result, result, proofs.proven().comparison, message="name one with --smoke"))
    assert text.startswith(
        "app/Dockerfile: not shown, because both images fail when they run\n"
        "  line 3: split-manifests, promised: same image (confirmed)\n"
    )
    assert "(not shown)" in text
    assert errors == "app/Dockerfile: name one with --smoke\n"


def test_files_that_a_run_no_longer_gets() -> None:
    read = Difference("/app/a", "`npm ci` on line 3 reads it", 0, "read")
    blame = Blame(proofs.SPLIT, (), "", "", (read,))
    text, _ = shown(proofs.broken()._replace(blamed=(blame,)))
    assert (
        "split-manifests is left out, because with it a RUN no longer gets the files that it uses:\n    /app/a `npm"
        in text
    )
    alone = proofs.REWRITE._replace(changes=())
    text, _ = shown(Proof("broken", alone, alone, None, (blame._replace(change=None),)))
    assert text.startswith("app/Dockerfile: the same image today, but not after an edit\n  a RUN no longer gets")
    both = blame._replace(change=None, differences=(proofs.FILE,))
    text, _ = shown(Proof("broken", alone, alone, None, (both,)))
    assert "not the same image\n  these paths differ:\n    /app/x is gone\n  a RUN no longer gets the files" in text


def test_a_different_image_is_only_as_good_as_what_was_run() -> None:
    change = proofs.CLEAN._replace(contract="changed-image")
    result = proofs.REWRITE._replace(changes=(proofs.SPLIT, change))
    seen = Comparison((proofs.FILE,), (), (), 0)
    text, _ = shown(Proof("proven", result, result, seen, ran="its command answers on port 80"))
    assert text.startswith(
        "app/Dockerfile: a different image, as its changes declare, which did the same in what was run\n"
        "  line 3: split-manifests, promised: same image (confirmed)\n"
    )
    assert "(held in what was run)\n" in text
    assert "both images were run: its command answers on port 80; nothing else was started or requested\n" in text
    assert "proven" not in text


def test_a_declared_change_that_changes_nothing_is_proven() -> None:
    result = proofs.REWRITE._replace(changes=(proofs.CLEAN._replace(contract="changed-image"),))
    text, _ = shown(Proof("proven", result, result, Comparison((), (), (), 0)))
    assert text.startswith("app/Dockerfile: proven, the same image\n")
    assert "(confirmed)" in text


def test_what_the_sources_did_is_told_apart() -> None:
    alone = proofs.REWRITE._replace(changes=())
    copy = Origin(3, "COPY . .")
    seen = Comparison((proofs.FILE._replace(was=copy, now=copy),), (), (), 0)
    proof = Proof("unchanged", alone, alone, sources=Sources(("x", "y"), seen))
    assert shown(proof) == (
        "app/Dockerfile: the Dockerfile has not changed\n"
        "  sources: 2 files that the build reads have changed; with the old Dockerfile, these paths of the image differ:\n"
        "    written on line 3 (COPY . .):\n"
        "      /app/x is gone\n"
        "\n",
        "",
    )
    same = proof._replace(sources=Sources(("x",), Comparison((), (), (), 0)))
    assert shown(same)[0].splitlines()[1] == (
        "  sources: 1 file that the build reads has changed, but the image of the old Dockerfile has not"
    )
    apart = Sources(("x",), None, "The old Dockerfile does not build with them")
    assert shown(Proof("unshown", alone, alone, seen, sources=apart))[0].splitlines() == [
        "app/Dockerfile: not shown, because Dockerfile and sources changed together",
        "  these paths differ:",
        "    written on line 3 (COPY . .):",
        "      /app/x is gone",
        "  sources: 1 file that the build reads has changed. The old Dockerfile does not build with them",
        "",
    ]
    unbuilt = Proof("unbuilt", alone, alone, message="it builds with the old sources", sources=Sources(("x",)))
    assert shown(unbuilt) == ("", "app/Dockerfile: nothing is shown: it builds with the old sources\n")
    assert shown(Proof("gone", alone, alone)) == ("app/Dockerfile: no longer there\n", "")

"""Coverage-guided fuzzing of everything between a file's bytes and dfix's result (atheris, libFuzzer).

`python scripts/fuzz.py --minutes 10` exits 0 if nothing was found. Inputs that break something are written to the
`--keep` folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dfix"]):
    from dfix.rewriter.pipeline.options import Options
    from dfix.rewriter.pipeline.registry import transforms
    from dfix.rewriter.pipeline.run import run  # noqa: F401  # imports everything to instrument

    transforms()

from shared_data import corpus
from soundness import look_at

WORDS = """
FROM RUN COPY ADD ONBUILD WORKDIR USER ENV ARG SHELL HEALTHCHECK CMD ENTRYPOINT AS scratch debian:12 node:22-alpine
--mount=type=cache,target= --from= --chown= apt-get update install -y apk add --no-cache pip npm ci yum clean all dnf rm
-rf /var/lib/apt/lists/* mkdir chmod cd export set <<EOF <<-EOF EOF && || ; | & ( ) { } [ ] [[ ]] if then fi for do done
case esac # \\ ` ' " $ ${ $( \\x0a \\x0d\\x0a \\x09 \\x00 \\xef\\xbb\\xbf \\xc2\\xa0 \\xff
""".split()
LONGEST = 2048
SEEDS = 300
ALONE = Options(use_context=False)


def one_input(data: bytes) -> None:
    """Raise if an invariant of all files doesn't hold for this input."""
    faults = look_at("/nowhere/Dockerfile", data, ALONE).faults
    if faults:
        raise AssertionError(faults)


def write_seeds(folder: Path) -> None:
    """Write seeds: the transforms' examples, and some real files if the corpus is available."""
    texts = [example.before.encode() for transform in transforms() for example in transform.EXAMPLES]
    real = corpus()
    if real is not None:
        names = sorted(real.dockerfiles)
        texts += [real.dockerfiles[name] for name in names[:: max(1, len(names) // SEEDS)]]
    for number, text in enumerate(texts):
        if len(text) <= LONGEST:
            (folder / f"seed{number}").write_bytes(text)


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", type=Path, default=Path(), help="where to write an input that breaks something")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        write_seeds(folder / "seeds")
        quoted = (word.replace("\\", "\\\\").replace('"', '\\"').replace("\\\\x", "\\x") for word in WORDS)
        (folder / "words").write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
        atheris.Setup(
            [
                sys.argv[0],
                f"-max_total_time={round(arguments.minutes * 60)}",
                f"-max_len={LONGEST}",
                f"-dict={folder / 'words'}",
                f"-artifact_prefix={arguments.keep.resolve()}/",
                "-print_final_stats=1",
                str(folder / "seeds"),
            ],
            one_input,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""`python -m dfix`: the same as the `dfix` command."""

from dfix.rewriter.cli.main import main

if __name__ == "__main__":
    main()

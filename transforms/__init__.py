"""The rules: a module each, or a folder with `rule.py`; `dfix.rewriter.pipeline.registry` finds them by itself."""

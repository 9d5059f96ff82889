"""The rewrites, one module each; every module here is found by `dfix.rewriter.pipeline.run` on its own."""

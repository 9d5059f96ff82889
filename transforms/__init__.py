"""The rewrites, one module each; every module here is found by `rewriter.pipeline` on its own."""

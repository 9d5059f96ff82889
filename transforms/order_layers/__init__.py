"""Moving RUNs that need nothing of a COPY above it: which may move, how far, and the edits."""

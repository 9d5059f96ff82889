"""Giving copied files their owner as they are copied: which copies a `chown` re-owns, and where else it may run."""

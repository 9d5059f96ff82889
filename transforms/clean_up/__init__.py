"""Package managers' caches: what fills them, what empties them, and what needs them later."""

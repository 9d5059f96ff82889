"""Package caches: what fills them, what empties them, and who needs them later."""

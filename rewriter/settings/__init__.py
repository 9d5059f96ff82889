"""Settings files: their keys, how they are found, what they mean."""

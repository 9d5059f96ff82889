"""The rule cache-mounts, and the parts that only it needs."""

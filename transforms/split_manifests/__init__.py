"""Copying dependency manifests before the sources: which copies can move, what prevents it, and the edits."""

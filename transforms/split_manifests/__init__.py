"""Parting the copy of dependency manifests from the copy of the sources: what stands in the way, and the edits."""

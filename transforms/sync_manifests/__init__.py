"""Keeping the manifests complete that a Dockerfile copies before an install."""

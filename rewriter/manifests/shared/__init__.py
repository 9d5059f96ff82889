"""Shared by the readers of all ecosystems."""

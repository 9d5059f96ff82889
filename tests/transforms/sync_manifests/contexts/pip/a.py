"""A program of the image."""

"""Proof by real builds: building before and after, comparing the images, measuring rebuilds."""

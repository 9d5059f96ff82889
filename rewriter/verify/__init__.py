"""Proof by real builds: build before and after, compare the images, measure rebuilds."""

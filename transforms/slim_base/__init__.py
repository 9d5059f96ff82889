"""The rule slim-base: replace a base image by its slim variant."""

"""The rule slim-base: the slim variant of a base image."""

"""Inputs for which dfix once broke the build or shipped another image, each with the right result."""

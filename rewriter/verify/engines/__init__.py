"""The engines that dfix can build with, each through its own command."""

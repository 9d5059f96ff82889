"""The supported build engines, each used through its own command."""

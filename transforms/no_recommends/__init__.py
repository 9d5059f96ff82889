"""The rule no-recommends: install packages without those that they only recommend."""

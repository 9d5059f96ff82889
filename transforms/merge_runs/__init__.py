"""Merging neighbouring RUNs: what each does, what merging gains, and what would change in a shared shell."""

"""Making one RUN of neighbours: what each does, what is gained, and what would differ in one shell."""

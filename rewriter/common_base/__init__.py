"""The costly beginnings that several Dockerfiles share, and a base of their own for them: `dfix common-base`."""

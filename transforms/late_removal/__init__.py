"""Removing files in the RUN that makes them: which RUNs join, and where what is between them goes."""

"""Real editors: each saves a file through dfix."""

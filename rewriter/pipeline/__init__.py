"""Running the transforms on one file until nothing changes, and checking the result."""

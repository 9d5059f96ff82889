"""One module for each language: which commands build, and what the program needs at run time."""

"""One module for each language: which commands build, and what the program needs when it runs."""

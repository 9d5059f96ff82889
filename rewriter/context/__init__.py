"""The build context: which files are sent, and what a COPY copies from them."""

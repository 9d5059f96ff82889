"""The build context: what ships, what a COPY brings, what an install reads."""

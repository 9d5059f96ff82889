"""Which images the Dockerfiles of a tree build on, and what is to say about each: `dfix bases`."""

"""Which files a moved RUN reads and writes, watched in a build that is thrown away."""

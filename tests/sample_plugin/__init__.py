"""A plug-in that is built and installed, and others that are broken."""

"""Rules of Acme for dfix."""

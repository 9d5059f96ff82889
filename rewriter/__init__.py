"""dfix: rewrites Dockerfiles together with their build context."""

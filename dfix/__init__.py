"""dfix rewrites Dockerfiles so that they rebuild faster and ship smaller, and stay the same image."""

"""The rule dockerignore: host output in the build context."""

"""The rule dockerignore: local build outputs in the build context."""

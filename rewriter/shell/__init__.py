"""A RUN's shell script: its commands with their words, and what it leaves in the shell."""

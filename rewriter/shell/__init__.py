"""What a RUN's shell script says: its commands with their words, and what it leaves in the shell."""

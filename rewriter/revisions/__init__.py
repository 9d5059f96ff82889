"""What git knows of a repository: commits, and the files of one."""

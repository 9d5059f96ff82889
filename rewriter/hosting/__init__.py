"""The service that hosts a repository: which pull request a CI job is about, and one comment on it."""

"""The service jobs."""

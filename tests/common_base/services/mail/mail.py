"""The service mail."""

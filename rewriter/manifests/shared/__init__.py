"""What the readers of all ecosystems share."""

"""The language server: it answers editors about documents that may not be saved yet."""

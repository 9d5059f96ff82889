"""The language server: what editors ask of dfix about documents that may not be saved yet."""

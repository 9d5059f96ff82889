"""Running the transforms on one file until nothing changes, and guarding what comes out."""

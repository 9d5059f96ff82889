"""Writing changes in the author's own layout."""

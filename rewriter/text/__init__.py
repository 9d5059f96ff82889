"""Files as text: reading, finding, spans and edits, writing."""

"""What each instruction costs, what makes it run again, and how often it would have: `dfix layers`."""

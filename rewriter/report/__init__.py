"""What people and machines read: diffs, framed text, JSON, SARIF and GitHub annotations."""

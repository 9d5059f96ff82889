"""Reports for people and programs: diffs, framed text, JSON, SARIF, GitHub annotations and others."""

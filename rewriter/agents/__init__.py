"""`dfix mcp`: answers for coding agents, by the Model Context Protocol."""

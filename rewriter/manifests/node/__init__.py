"""What an install of npm, Yarn, pnpm or Bun reads."""

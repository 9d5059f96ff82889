"""What an install with npm, Yarn, pnpm or Bun reads."""

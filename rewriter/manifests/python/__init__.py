"""What an install of Python packages reads."""

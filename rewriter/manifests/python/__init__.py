"""What an install with pip, uv, poetry, pdm, pipenv or hatch reads."""

import fastapi

print(fastapi.__version__)

"""The engine: reads Dockerfiles and their build context, runs transforms, guards and reports the result."""

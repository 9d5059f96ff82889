"""What a Dockerfile means: stages, the state in force at each step, base images, what ships."""

from rewriter.model.build import Model, build
from rewriter.model.mounts import Mount
from rewriter.model.stage import Stage, Step

__all__ = ["Model", "Mount", "Stage", "Step", "build"]

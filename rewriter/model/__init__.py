"""What a Dockerfile means: stages, the settings that apply at each step, base images, what ships."""

from dfix.rewriter.model.build import Model, build
from dfix.rewriter.model.mounts import Mount
from dfix.rewriter.model.stage import Stage, Step

__all__ = ["Model", "Mount", "Stage", "Step", "build"]

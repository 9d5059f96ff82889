"""Which file of the build context is at which path of the image when a step runs."""

from dfix.rewriter.model.file_map.file_map import FileMap, Hidden, ImageFile
from dfix.rewriter.model.file_map.image_view import ImageView

__all__ = ["FileMap", "Hidden", "ImageFile", "ImageView"]

"""Pictures of templates, in black and white at the size at which they stand on the label."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image

from devices.labels.placed import Raster


@lru_cache(maxsize=16)
def scaled(path: str, width_dots: int, height_dots: int) -> Raster:
    """The picture stretched to this size; transparency is white, darker than half is black."""
    with Image.open(path) as picture:
        coloured = picture.convert("RGBA")
    ground = Image.new("RGBA", coloured.size, "white")
    ground.alpha_composite(coloured)
    grey = ground.convert("L").resize((max(1, width_dots), max(1, height_dots)), Image.Resampling.LANCZOS)
    black = grey.point(lambda value: 255 * (value < 128)).convert("1", dither=Image.Dither.NONE)
    return Raster((black.width + 7) // 8, black.height, black.tobytes())

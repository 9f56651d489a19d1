"""A parcel label as a picture in TSPL: exactly the raster's dots, white left out, repeated rows as bars."""

from __future__ import annotations

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.tspl.commands import bitmaps, label


def raster_job(raster: Raster, media: Media) -> bytes:
    """One whole label. What reaches over the media's edge the printer leaves out."""
    return label(bitmaps(raster), media)

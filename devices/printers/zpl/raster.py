"""A whole label as one compressed picture: looks the same on every printer, whatever fonts it has."""

from __future__ import annotations

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.zpl.graphic import graphic, trimmed
from devices.printers.zpl.label_format import field, label_format


def raster_job(raster: Raster, media: Media) -> bytes:
    """The bytes of one label: some 10 kB for 76 x 130 mm at 203 dpi."""
    ink = trimmed(raster)
    return label_format(field(ink.x, ink.y, graphic(ink.raster)), media)

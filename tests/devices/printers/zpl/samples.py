"""Labels, printers and an independent reader that the tests of this language share."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import zplkit
import zplkit.rendering
from PIL import Image

from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, Media
from devices.labels.layout import lay_out
from devices.labels.placed import Layout, Raster
from devices.labels.raster import draw
from devices.labels.specimen import SPECIMEN
from devices.labels.template import load_templates
from devices.links.tcp import TcpLink
from devices.printers.printer import LabelPrinter
from devices.printers.status import Confirm, Timeouts
from devices.printers.zpl.language import ZPL
from devices.printers.zpl.raster import raster_job
from devices.sim.printer import SimPrinter

MEDIA = Media(76, 130)
FAST = 200.0
QUICK = Timeouts(
    connect_s=2.0,
    probe_s=0.2,
    status_s=0.2,
    write_s=0.5,
    confirm_s=0.6,
    poll_s=0.02,
    grace_s=0.05,
    hold_s=0.03,
)
# What zplkit does not draw, because it moves no ink.
_NOT_DRAWN = re.compile(rb"\^PQ1|\^JZN|\^MNN\^MMC")


def laid_out(template: str = "express", media: Media = MEDIA, label: Label = SPECIMEN) -> Layout:
    """A label of a shipped template, in the typeface of the native form."""
    return lay_out(load_templates()[template], label, media, ZPL.typeface(media))


@cache
def drawn(template: str = "express", media: Media = MEDIA) -> Raster:
    """The same as dots."""
    return draw(laid_out(template, media), RasterTypeface())


@cache
def payload() -> bytes:
    """The sample label's bytes."""
    return raster_job(drawn(), MEDIA)


def seen_by_zplkit(job: bytes, media: Media = MEDIA) -> Image.Image:
    """The label as another implementation draws it: mode '1', 0 is black."""
    options = zplkit.Options(width=media.width_dots, height=media.height_dots, dpi=media.dpi)
    limits = zplkit.rendering.Limits(graphic_bytes=10_000_000)
    (label,) = zplkit.render(_NOT_DRAWN.sub(b"", job), options, limits=limits).labels
    dots = label.rasterize()
    return Image.frombytes("L", (dots.width, dots.height), dots.pixels).convert("1")


def driver(sim: SimPrinter, timeouts: Timeouts = QUICK, confirm: Confirm = "auto") -> LabelPrinter:
    """Another owner of the same printer, not connected yet."""
    return LabelPrinter(TcpLink("127.0.0.1", sim.port), ZPL, sim.media, timeouts=timeouts, confirm=confirm)


@asynccontextmanager
async def printing(
    *, timeouts: Timeouts = QUICK, confirm: Confirm = "auto", **options: Any
) -> AsyncIterator[tuple[SimPrinter, LabelPrinter]]:
    """A simulated printer that takes 4 ms for a label, and our driver for it."""
    async with SimPrinter(MEDIA, language="zpl", **{"speed": FAST, **options}) as sim:
        printer = driver(sim, timeouts, confirm)
        try:
            yield sim, printer
        finally:
            await printer.close()

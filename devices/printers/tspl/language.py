"""TSPL, as the driver takes it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from devices.printers.conversation import Language
from devices.printers.tspl.conversation import STATUS_QUERY, TsplConversation
from devices.printers.tspl.native import native_job, typeface
from devices.printers.tspl.raster import raster_job

TSPL = Language(
    name="tspl",
    converse=TsplConversation,
    raster=raster_job,
    native=native_job,
    typeface=typeface,
    greeting=STATUS_QUERY,
    recognises=lambda heard: len(heard) == 1,  # the others answer with more, or begin with other bytes
)


def with_font(font: str) -> Language:
    """For a printer whose Chinese font of 24 dots has another name than `TSS24.BF2`."""
    return replace(TSPL, native=partial(native_job, font=font))

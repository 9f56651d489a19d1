"""ZPL II, as the driver wants it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from devices.printers.conversation import Language
from devices.printers.zpl.conversation import ZplConversation
from devices.printers.zpl.native import RESIDENT, native_job, typeface
from devices.printers.zpl.raster import raster_job
from devices.printers.zpl.replies import Faults, ReplyReader

# Behind the question ESC @: an ESC/POS printer has taken the question for text, and forgets it with that.
_GREETING = b"~HQES\x1b@"


def recognises(answer: bytes) -> bool:
    """Does it answer ~HQES?"""
    return any(isinstance(reply, Faults) for reply in ReplyReader().feed(answer))


ZPL = Language(
    name="zpl",
    converse=ZplConversation,
    raster=raster_job,
    native=native_job,
    typeface=typeface,
    greeting=_GREETING,
    recognises=recognises,
)


def with_font(font: str) -> Language:
    """For a printer that has a Chinese font of this name, as `E:SIMSUN.TTF`."""
    return replace(ZPL, native=partial(native_job, font=font), typeface=lambda _: RESIDENT)

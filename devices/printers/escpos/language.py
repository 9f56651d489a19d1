"""ESC/POS as one of the languages that a label printer speaks."""

from __future__ import annotations

from devices.printers.conversation import Language
from devices.printers.escpos.conversation import EscposConversation
from devices.printers.escpos.native import native_job, typeface
from devices.printers.escpos.raster import raster_job
from devices.printers.escpos.replies import RealTimeStatus, ReplyReader


def _recognises(heard: bytes) -> bool:
    return any(isinstance(reply, RealTimeStatus) for reply in ReplyReader().feed(heard))


ESCPOS = Language(
    name="escpos",
    converse=EscposConversation,
    raster=raster_job,
    native=native_job,
    typeface=typeface,
    greeting=b"\x10\x04\x01",  # DLE EOT 1: control characters alone
    recognises=_recognises,
)

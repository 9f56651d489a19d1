"""What a ZPL printer's firmware makes of bytes, without a motor."""

from __future__ import annotations

from typing import Any

from PIL import Image

from devices.labels.label import Media
from devices.sim.firmware import Label
from devices.sim.mechanism import Mechanism
from devices.sim.zpl.firmware import ZplFirmware

MEDIA = Media(76, 130)


def firmware(media: Media = MEDIA, mechanism: Mechanism | None = None, **quirks: Any) -> ZplFirmware:
    """One that has just been switched on."""
    return ZplFirmware(media, mechanism or Mechanism(), **quirks)


def come_out(printer: ZplFirmware) -> list[Image.Image]:
    """The labels whose turn it is, up to the first that the media hold up."""
    return [thing.image for thing in iter(printer.next, None) if isinstance(thing, Label)]


def printed(data: bytes, media: Media = MEDIA) -> list[Image.Image]:
    """The labels of a whole stream."""
    printer = firmware(media)
    printer.receive(data)
    return come_out(printer)

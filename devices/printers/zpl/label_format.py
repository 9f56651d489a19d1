"""What is around the fields of every label: `^XA`, the settings that a label must not inherit, `^XZ`.

Sources: ZPL programming guide (docs.zebra.com), the pages of the commands named.
"""

from __future__ import annotations

from devices.labels.label import Media

# ^JZN: a label that was in motion when the media ran out is not printed again by the printer on its own. Whether
# it is printed again is decided by its owner, by the odometer.
_ALWAYS = b"^LH0,0^JZN^PQ1"
_CONTINUOUS_AND_CUT = b"^MNN^MMC"
_UTF8 = b"^CI28"


def label_format(fields: bytes, media: Media) -> bytes:
    """One label of these fields. On a roll its length is cut off; with gaps the printer finds the next one."""
    stock = b"" if media.gap else _CONTINUOUS_AND_CUT
    size = b"^PW%d^LL%d" % (media.width_dots, media.height_dots)
    return b"^XA" + size + stock + _ALWAYS + _UTF8 + fields + b"^XZ"


def field(x: int, y: int, content: bytes) -> bytes:
    """Something at its place."""
    return b"^FO%d,%d%b^FS" % (x, y, content)

"""Text for printers that know GBK: none of it can act as a command, and what GBK lacks is seen to be missing."""

from __future__ import annotations

from devices.labels.text import MISSING_GLYPH, printable

KANJI_ON = b"\x1c&"
KANJI_OFF = b"\x1c."


def encode(text: str) -> bytes:
    """The bytes that print `text`; 〓 in the place of what GBK lacks."""
    text = printable(text)
    if text.isascii():
        return text.encode("ascii")
    shown = "".join(char if in_gbk(char) else MISSING_GLYPH for char in text)
    return KANJI_ON + shown.encode("gbk") + KANJI_OFF


def in_gbk(char: str) -> bool:
    """Whether a printer's Chinese font has this character."""
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True

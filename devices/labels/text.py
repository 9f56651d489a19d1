"""Text as a label may carry it: nothing in it can act as a command, or be seen by nobody."""

from __future__ import annotations

import re
import unicodedata

MISSING_GLYPH = "〓"  # the printer's trade's own sign for a character that the case does not hold
ELLIPSIS = "…"
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def printable(text: str) -> str:
    """Without control and formatting characters; line ends, tabs and odd spaces become plain spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", _VARIATION_SELECTORS.sub("", text))
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(char: str) -> str:
    if char.isprintable() or char == "\u3000":
        return char
    category = unicodedata.category(char)
    if category.startswith("Z") or char in "\t\n\r\v\f":
        return " "
    return "" if category in ("Cc", "Cf", "Cs") else char

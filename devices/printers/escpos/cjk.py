"""Text for printers that know GBK: none of it can act as a command, and what GBK lacks is seen to be missing.

Widths are counted in cells: an ASCII character fills one, a Chinese character two.
"""

from __future__ import annotations

from collections.abc import Iterator

from devices.labels.text import ELLIPSIS as ELLIPSIS
from devices.labels.text import MISSING_GLYPH as MISSING_GLYPH
from devices.labels.text import printable as printable

KANJI_ON = b"\x1c&"
KANJI_OFF = b"\x1c."


def encode(text: str) -> tuple[bytes, str]:
    """The bytes that print `text`, and the characters of it that had to be replaced by 〓."""
    text = printable(text)
    if text.isascii():
        return text.encode("ascii"), ""
    try:
        return KANJI_ON + text.encode("gbk") + KANJI_OFF, ""
    except UnicodeEncodeError:
        missing = "".join(char for char in text if not _in_gbk(char))
        shown = "".join(char if _in_gbk(char) else MISSING_GLYPH for char in text)
        return KANJI_ON + shown.encode("gbk") + KANJI_OFF, missing


def _in_gbk(char: str) -> bool:
    try:
        char.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def cells(text: str) -> int:
    """How wide `text` prints; what GBK lacks is replaced by a wide character."""
    return len(text) if text.isascii() else sum(1 if char.isascii() else 2 for char in text)


def clip(text: str, columns: int) -> str:
    """`text` within `columns`, a cut shown by an ellipsis."""
    if cells(text) <= columns:
        return text
    return _head(text, columns - 2) + ELLIPSIS


def _head(text: str, columns: int) -> str:
    used = 0
    for at, char in enumerate(text):
        used += 1 if char.isascii() else 2
        if used > columns:
            return text[:at]
    return text


def wrap(text: str, columns: int, max_lines: int) -> Iterator[str]:
    """`text` in lines of at most `columns`; what does not fit the last one is cut off with an ellipsis."""
    for _ in range(max_lines - 1):
        head = _head(text, columns)
        if head:
            yield head
        text = text[len(head) :].lstrip()
    if text:
        yield clip(text, columns)

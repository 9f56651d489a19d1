"""Which characters a font file has: its cmap table, read without loading the font.

Formats 4 and 12 of the OpenType specification, which between them every CJK font has.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Span = tuple[int, int]  # first and last code point

_UNICODE = {(3, 10), (3, 1), (0, 3), (0, 4), (0, 6)}  # platform and encoding
_WRAP = 0x10000


class Cmap:
    """The code points of one face as spans in ascending order."""

    def __init__(self, spans: Iterator[Span]) -> None:
        self._firsts, self._lasts = array("I"), array("I")
        for first, last in spans:
            if self._lasts and first == self._lasts[-1] + 1:
                self._lasts[-1] = last
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __contains__(self, char: str) -> bool:
        at = bisect_right(self._firsts, ord(char)) - 1
        return at >= 0 and ord(char) <= self._lasts[at]


def read_cmap(path: Path, face: int = 0) -> Cmap:
    """The characters of face number `face` of a font file or collection.

    Raises OSError where the file cannot be read, ValueError where it is no such font.
    """
    with path.open("rb") as file:
        try:
            table = _table(file, b"cmap", face)
            return Cmap(_spans(table))
        except (struct.error, IndexError) as error:
            raise ValueError(f"{path} is no OpenType font: {error}") from error


def _table(file: BinaryIO, tag: bytes, face: int) -> bytes:
    start = 0
    if file.read(4) == b"ttcf":
        file.seek(12 + 4 * face)
        (start,) = struct.unpack(">I", file.read(4))
    file.seek(start + 4)
    (tables,) = struct.unpack(">H6x", file.read(8))
    for name, offset, length in struct.iter_unpack(">4s4xII", file.read(16 * tables)):
        if name == tag:
            file.seek(offset)
            return file.read(length)
    raise IndexError(f"no {tag.decode()} table")


def _spans(table: bytes) -> Iterator[Span]:
    """Of the sub-table that knows the most: format 12 where there is one, else format 4."""
    (count,) = struct.unpack_from(">2xH", table)
    records = struct.iter_unpack(">HHI", table[4 : 4 + 8 * count])
    offsets = {offset for platform, encoding, offset in records if (platform, encoding) in _UNICODE}
    formats = {struct.unpack_from(">H", table, offset)[0]: offset for offset in offsets}
    if 12 in formats:
        return _format_12(table[formats[12] :])
    return _format_4(table[formats[4] :]) if 4 in formats else iter(())


def _format_12(table: bytes) -> Iterator[Span]:
    (groups,) = struct.unpack_from(">12xI", table)
    for first, last, glyph in struct.iter_unpack(">III", table[16 : 16 + 12 * groups]):
        yield (first, last) if glyph else (first + 1, last)


def _format_4(table: bytes) -> Iterator[Span]:
    (doubled,) = struct.unpack_from(">6xH", table)
    size = doubled // 2
    lasts, firsts, deltas, offsets = (
        struct.unpack_from(f">{size}H", table, 14 + doubled * part + (2 if part else 0)) for part in range(4)
    )
    for at, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        where = 16 + 3 * doubled + 2 * at + offsets[at]
        glyphs = struct.unpack_from(f">{last - first + 1}H", table, where) if offsets[at] else ()
        for point in range(first, last + 1):
            glyph = glyphs[point - first] if glyphs else (point + deltas[at]) % _WRAP
            if glyph and point != 0xFFFF:
                yield point, point

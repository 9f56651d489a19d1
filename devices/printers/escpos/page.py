"""ESC/POS page mode, and a page of it being written: positions in dots, changes of style, graphics.

ESC W measures the page, GS P makes motion units of dots, ESC $ and GS $ name the left end of a base line: characters
reach 3 of their 24 dots below it, codes and graphics stand on it (Epson TM-T88III specification, 3.12.3). GS v 0 is
not known in page mode (same, ESC L): dots are GS ( L graphics, function 112 and then 50, as the TM-L90 has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.escpos.blocks import Block, Blocks, spans
from devices.printers.escpos.library import EscposBytes
from devices.printers.escpos.raster import MOST_ROWS, without_real_time

CELL_DOTS, HALF_CELL_DOTS = 24, 12
BASE_LINE_DOTS = 21  # from the top of a character of 24 dots
SIZE, BOLD, REVERSE, DEFINED = b"\x1d!", b"\x1bE", b"\x1dB", b"\x1b%"
_MOST_UNITS_PER_INCH = 255
_GRAPHICS_HEADER_BYTES = 10
_PRINT_GRAPHICS = b"\x1d(L\x02\x0002"
_REAL_TIME_WORDS = (0x0410, 0x0510, 0x1410)  # low byte first they are DLE EOT, DLE ENQ, DLE DC4


class Page:
    """One page. Heads of more than 255 dpi have positions in twos of dots."""

    def __init__(self, escpos: EscposBytes, media: Media, width_dots: int, height_dots: int) -> None:
        self._escpos = escpos
        self._dots_per_unit = ceil(media.dpi / _MOST_UNITS_PER_INCH)
        self._width_dots = width_dots
        self._styles: dict[bytes, int] = {}
        self._blocks = Blocks()
        units = media.dpi // self._dots_per_unit
        self.raw(b"\x1dP" + bytes((units, units)) + b"\x1bL\x1bT\x00")
        self.raw(b"\x1bW" + bytes(4) + self._units(width_dots) + self._units(height_dots))

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self._escpos._raw(data)

    def move(self, x: int, base_line: int) -> None:
        """What comes next begins at `x` and stands on `base_line`, in dots from the top left."""
        self.raw(b"\x1b$" + self._units(x) + b"\x1d$" + self._units(base_line))

    def style(self, command: bytes, n: int) -> None:
        """Send a mode command, where it changes anything."""
        if self._styles.get(command, 0) != n:
            self._styles[command] = n
            self.raw(command + bytes((n,)))

    def text(
        self, x: int, y: int, data: bytes, times: int, *, bold: bool = False, inverse: bool = False
    ) -> None:
        """Encoded characters of the resident fonts, `times` as large both ways; (x, y) is their top left."""
        self._character_style(times, times, bold=bold, inverse=inverse)
        self.move(x, y + times * BASE_LINE_DOTS)
        self.raw(data)

    def fill(self, x: int, y: int, width_dots: int, height_dots: int) -> None:
        """A black rectangle, paved with a character that is a black block. No cell reaches out of the page."""
        across, along = spans(width_dots, HALF_CELL_DOTS), spans(height_dots, CELL_DOTS)
        left = HALF_CELL_DOTS - across.block_dots if x + HALF_CELL_DOTS > self._width_dots else 0
        above = CELL_DOTS - along.block_dots if y + height_dots >= CELL_DOTS else 0
        char, definition = self._blocks.of(Block(across.block_dots, along.block_dots, left, above))
        self.raw(definition)
        self._character_style(across.times, along.times, defined=True)
        for top in along.starts:
            base_line = y + top - above + along.times * BASE_LINE_DOTS
            self.move(x - left, base_line)
            self.raw(char * across.in_a_row)
            if across.last_start:
                self.move(x + across.last_start, base_line)
                self.raw(char)

    def _character_style(
        self, wide: int, high: int, *, bold: bool = False, inverse: bool = False, defined: bool = False
    ) -> None:
        self.style(SIZE, (wide - 1) << 4 | high - 1)
        self.style(BOLD, bold)
        self.style(REVERSE, inverse)
        self.style(DEFINED, defined)

    def dots(self, x: int, y: int, width_dots: int, raster: Raster) -> None:
        """The first `width_dots` of every row; (x, y) is the top left."""
        width = _no_command(width_dots)
        row_bytes = ceil(width / 8)
        for top, rows in _slices(raster.height_dots, row_bytes):
            at = top * raster.width_bytes
            cut = raster.data[at : at + rows * raster.width_bytes]
            self.move(x, y + top + rows)
            self.raw(_graphics(width, rows, _rows_of(cut, raster.width_bytes, row_bytes)))

    def _units(self, dots: int) -> bytes:
        """One unit more where the number would be a command."""
        return _no_command(max(0, dots) // self._dots_per_unit).to_bytes(2, "little")


def _no_command(number: int) -> int:
    return number + 1 if number in _REAL_TIME_WORDS else number


def _slices(height_dots: int, row_bytes: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of pieces whose length is no real-time command."""
    top = 0
    while top < height_dots:
        rows = min(MOST_ROWS, height_dots - top)
        if _GRAPHICS_HEADER_BYTES + rows * row_bytes in _REAL_TIME_WORDS:
            rows -= 1
        yield top, rows
        top += rows


def _rows_of(data: bytes, width_bytes: int, row_bytes: int) -> bytes:
    """Every row cut or filled with white to `row_bytes`."""
    if width_bytes == row_bytes:
        return data
    rows = (data[at : at + width_bytes] for at in range(0, len(data), width_bytes))
    return b"".join(row[:row_bytes].ljust(row_bytes, b"\0") for row in rows)


def _graphics(width_dots: int, rows: int, data: bytes) -> bytes:
    size = width_dots.to_bytes(2, "little") + rows.to_bytes(2, "little")
    body = b"0p0\x01\x011" + size + without_real_time(data)
    return b"\x1d(L" + len(body).to_bytes(2, "little") + body + _PRINT_GRAPHICS

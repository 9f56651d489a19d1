"""A label as a picture in ESC/POS: bands of GS v 0, none of which holds a command that the printer would obey.

GS v 0 is Epson's oldest raster command and the one that every clone has. It knows no compression, so that rows
without black are sent as strips one byte wide, and every band ends at its last black byte: both are exact in dots,
unlike ESC J, whose motion unit differs from model to model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.escpos.library import EscposBytes, this_threads_dummy

MOST_ROWS = 256  # clones keep a band whole in a small buffer
MOST_WIDTH_BYTES = 255  # 2040 dots: wider than any head
_HEADER_BYTES = 8
_LONGEST_HEADER_BYTES = 16  # of GS ( L, the other command that carries dots

_LONE_DOT, _WIDENED_DOT = b"\x10", b"\x18"
_REAL_TIME = b"\x04\x05\x14"  # DLE EOT, DLE ENQ and DLE DC4 are obeyed on arrival, inside a picture too


def longest_command_bytes(media: Media) -> int:
    """So many bytes end any command of ours on this media that was cut off in the middle."""
    return _LONGEST_HEADER_BYTES + MOST_ROWS * (media.width_dots // 8)


def raster_job(raster: Raster, media: Media) -> bytes:
    """The whole label, ended by FF where there are gaps and else by a cut. Raises ValueError beyond 2040 dots across.

    About one label in eight would hold DLE EOT, DLE ENQ or DLE DC4 by chance: see `without_real_time`.
    """
    if raster.width_bytes > MOST_WIDTH_BYTES:
        raise ValueError(f"{raster.width_bytes * 8} dots are wider than a band of ESC/POS")
    escpos = this_threads_dummy()
    escpos.hw("INIT")
    escpos._raw(b"".join(_bands(raster, trailing_white=not media.gap)))
    end_label(escpos, media)
    return escpos.output


@dataclass(frozen=True, slots=True)
class _Band:
    """Rows that are sent together, cut off behind `width_bytes`."""

    width_bytes: int
    rows: int

    @property
    def size_bytes(self) -> int:
        return _HEADER_BYTES + self.width_bytes * self.rows

    def with_next(self, other: _Band) -> _Band:
        return _Band(max(self.width_bytes, other.width_bytes), self.rows + other.rows)


def without_real_time(dots: bytes) -> bytes:
    """`dots` in which no printer finds DLE EOT, DLE ENQ or DLE DC4: its lone dot before such a byte is one dot wider.

    0x10 is one black dot with white ones on either side, which a bar, a module or a rule of two dots and more never
    makes: what a scanner measures stays as it is. 0x18 begins no command.
    """
    for second in _REAL_TIME:
        after = bytes((second,))
        dots = dots.replace(_LONE_DOT + after, _WIDENED_DOT + after)
    return dots


def end_label(escpos: EscposBytes, media: Media) -> None:
    """To the top of the next label, or to the knife and through (GS V 66, which feeds as far as the model needs)."""
    if media.gap:
        escpos.control("FF")
    else:
        escpos.cut(feed=False)


def _bands(raster: Raster, *, trailing_white: bool) -> Iterator[bytes]:
    """GS v 0 in mode 0 for all rows. Headers make no real-time command: no band has more than 256 rows."""
    across, top = raster.width_bytes, 0
    rows = [raster.data[at : at + across] for at in range(0, raster.height_dots * across, across)]
    if not trailing_white:
        black_bytes = len(raster.data.rstrip(b"\0"))
        rows = rows[: max(1, -(-black_bytes // across))]
    for band in _banded([max(1, len(row.rstrip(b"\0"))) for row in rows]):
        dots = b"".join([row[: band.width_bytes] for row in rows[top : top + band.rows]])
        yield _header(band) + without_real_time(dots)
        top += band.rows


def _header(band: _Band) -> bytes:
    return b"\x1dv0\x00" + bytes((band.width_bytes, 0, band.rows % 256, band.rows // 256))


def _banded(widths: list[int]) -> list[_Band]:
    """Rows of a like width together: a band is joined to the one before where that costs no more than a header."""
    bands: list[_Band] = []
    for width, run in groupby(widths):
        rows = len(list(run))
        while rows > 0:
            band, rows = _Band(width, min(rows, MOST_ROWS)), rows - MOST_ROWS
            while bands and _worth_joining(bands[-1], band):
                band = bands.pop().with_next(band)
            bands.append(band)
    return bands


def _worth_joining(band: _Band, other: _Band) -> bool:
    joined = band.with_next(other)
    return joined.rows <= MOST_ROWS and joined.size_bytes <= band.size_bytes + other.size_bytes

"""The TSPL commands that a label is made of. Sources: devices.md 1.3 and the TSC manual."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from devices.labels.label import Media
from devices.labels.placed import Raster
from devices.printers.tspl.blocks import COMMAND_BYTES, Block, black_blocks, rows_of

LINE_END = b"\r\n"
GAP_MM = 3
LONGEST_PAYLOAD_BYTES = 2048  # of one BITMAP: what a cut one swallows of whatever comes next
BAR_BYTES = 21  # with its numbers and the line end, about
_INVERTED = bytes(255 - value for value in range(256))
_OBEYED_AT_ONCE = re.compile(rb"[\x1b~]!")  # begins a command that some firmware obeys inside dots too


def label(body: bytes, media: Media) -> bytes:
    """One whole label of `media` with what `body` draws on it; a roll is cut after it.

    DIRECTION 1 puts the origin at the top left of a label whose top comes out first. DIRECTION 0 turns it by half a
    turn, which is seen only where the stock is larger than SIZE says, or by whoever takes the label out.
    """
    gap = f"GAP {GAP_MM} mm,0 mm" if media.gap else "GAP 0,0"
    head = f"SIZE {media.width_mm} mm,{media.height_mm} mm\r\n{gap}\r\nDIRECTION 1\r\nCLS\r\n"
    tail = b"PRINT 1,1\r\n" if media.gap else b"PRINT 1,1\r\nCUT\r\n"
    return head.encode("ascii") + body + tail


def bar(x: int, y: int, width_dots: int, height_dots: int) -> bytes:
    """A black rectangle."""
    return f"BAR {x},{y},{width_dots},{height_dots}\r\n".encode("ascii")


def bitmaps(raster: Raster, x: int = 0, y: int = 0) -> bytes:
    """The black parts of `raster` with its top left corner at (x, y)."""
    return b"".join(part for block in black_blocks(raster) for part in _drawn(raster, block, x, y))


def _drawn(raster: Raster, block: Block, x: int, y: int) -> Iterator[bytes]:
    """Rows that repeat as bars where that takes fewer bytes: a barcode, a rule, black ground. The rest as dots."""
    dots_from = block.top
    for top, bottom, row in _equal_rows(raster, block):
        runs = _black_runs(row)
        if len(runs) * BAR_BYTES + COMMAND_BYTES > len(row) * (bottom - top):
            continue
        yield from _bitmaps(raster, Block(block.left, dots_from, block.right, top), x, y)
        for start, end in runs:
            yield bar(x + 8 * block.left + start, y + top, end - start, bottom - top)
        dots_from = bottom
    yield from _bitmaps(raster, Block(block.left, dots_from, block.right, block.bottom), x, y)


def _equal_rows(raster: Raster, block: Block) -> Iterator[tuple[int, int, bytes]]:
    """The block's rows from `top` to before `bottom` that are all the same."""
    top = block.top
    for row, same in groupby(rows_of(raster, block)):
        bottom = top + sum(1 for _ in same)
        yield top, bottom, row
        top = bottom


def _black_runs(row: bytes) -> list[tuple[int, int]]:
    """Where black begins and ends, in dots."""
    return [run.span() for run in re.finditer("1+", f"{int.from_bytes(row):0{8 * len(row)}b}")]


def _bitmaps(raster: Raster, block: Block, x: int, y: int) -> Iterator[bytes]:
    for part in _safe_parts(raster, block):
        yield _bitmap(raster, part, x, y)


def _bitmap(raster: Raster, block: Block, x: int, y: int) -> bytes:
    """BITMAP in mode 0; in its bytes 0 is black."""
    width_bytes, height_dots = block.right - block.left, block.bottom - block.top
    head = f"BITMAP {x + 8 * block.left},{y + block.top},{width_bytes},{height_dots},0,"
    return head.encode("ascii") + _dots(raster, block) + LINE_END


def _dots(raster: Raster, block: Block) -> bytes:
    return b"".join(rows_of(raster, block)).translate(_INVERTED)


def _safe_parts(raster: Raster, block: Block) -> Iterator[Block]:
    """The block in slices that are short, and in whose bytes nothing can be obeyed at once."""
    rows = max(1, LONGEST_PAYLOAD_BYTES // (block.right - block.left))
    for top in range(block.top, block.bottom, rows):
        yield from _disarmed(raster, Block(block.left, top, block.right, min(top + rows, block.bottom)))


def _disarmed(raster: Raster, block: Block) -> Iterator[Block]:
    """Cut between the two bytes of every sequence that could act as a command."""
    found = _OBEYED_AT_ONCE.search(_dots(raster, block))
    if found is None:
        yield block
        return
    row, column = divmod(found.start() + 1, block.right - block.left)
    if column == 0:
        first = Block(block.left, block.top, block.right, block.top + row)
        second = Block(block.left, block.top + row, block.right, block.bottom)
    else:
        first = Block(block.left, block.top, block.left + column, block.bottom)
        second = Block(block.left + column, block.top, block.right, block.bottom)
    yield from _disarmed(raster, first)
    yield from _disarmed(raster, second)

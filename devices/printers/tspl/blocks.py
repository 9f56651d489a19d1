"""Where a raster is black: the rectangles whose dots are worth sending, everything else stays white.

TSPL has no compression that every printer knows. So white is left out: rows that are black in about the same columns
make a strip, the black parts of a strip join those above them, each as long as that saves more bytes than one more
command takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from devices.labels.placed import Raster

COMMAND_BYTES = 28  # BITMAP with its numbers and the line end, about
_WORTH_A_STRIP_BYTES = 2 * COMMAND_BYTES
_REACH_ROWS = 24  # how far above its upper part may end
_INKED = bytes((0, *[1] * 255))  # which bytes of a row have black in them
_RUN = re.compile(rb"\x01+")


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of a raster, in whole bytes across; `right` and `bottom` are the first outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def cost_bytes(self) -> int:
        """What sending it takes."""
        return (self.right - self.left) * (self.bottom - self.top) + COMMAND_BYTES

    def around(self, other: Block) -> Block:
        """The smallest that holds both."""
        return Block(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def rows_of(raster: Raster, block: Block) -> Iterator[bytes]:
    """The bytes of each row inside the block."""
    for start in range(block.top * raster.width_bytes, block.bottom * raster.width_bytes, raster.width_bytes):
        yield raster.data[start + block.left : start + block.right]


def black_blocks(raster: Raster) -> list[Block]:
    """Blocks that hold every black dot, from the top. They may overlap: each holds all dots of its rectangle."""
    done: list[Block] = []
    in_reach: list[Block] = []
    for strip in _strips(raster):
        done += [block for block in in_reach if block.bottom + _REACH_ROWS < strip.top]
        in_reach = [block for block in in_reach if block.bottom + _REACH_ROWS >= strip.top]
        for part in strip.parts(raster.width_bytes):
            _join(in_reach, part)
    return sorted(done + in_reach, key=lambda block: (block.top, block.left))


def _join(blocks: list[Block], part: Block) -> None:
    """Add `part`, merged with whatever it can be sent together with in fewer bytes."""
    while blocks:
        saved = [block.cost_bytes + part.cost_bytes - block.around(part).cost_bytes for block in blocks]
        best = max(range(len(blocks)), key=saved.__getitem__)
        if saved[best] < 0:
            break
        part = blocks.pop(best).around(part)
    blocks.append(part)


@dataclass(slots=True)
class _Strip:
    """Rows one below the other; `columns` has a 1 in each byte where any of them has black."""

    top: int
    rows: int
    columns: int

    def takes(self, columns: int) -> bool:
        """Whether another row costs less here than in a strip of its own."""
        apart = self.rows * self.columns.bit_count() + columns.bit_count() + _WORTH_A_STRIP_BYTES
        return (self.rows + 1) * (self.columns | columns).bit_count() <= apart

    def parts(self, width_bytes: int) -> Iterator[Block]:
        """Its black columns; white between them is sent where that is cheaper."""
        bottom = self.top + self.rows
        open_part: Block | None = None
        for run in _RUN.finditer(self.columns.to_bytes(width_bytes)):
            part = Block(run.start(), self.top, run.end(), bottom)
            if open_part is not None and (part.left - open_part.right) * self.rows <= COMMAND_BYTES:
                part = open_part.around(part)
            elif open_part is not None:
                yield open_part
            open_part = part
        if open_part is not None:
            yield open_part


def _strips(raster: Raster) -> Iterator[_Strip]:
    """The rows with black in them, from the top."""
    strip: _Strip | None = None
    for y, row in enumerate(rows_of(raster, Block(0, 0, raster.width_bytes, raster.height_dots))):
        columns = int.from_bytes(row.translate(_INKED))
        if strip is not None and columns and strip.takes(columns):
            strip.rows += 1
            strip.columns |= columns
            continue
        if strip is not None:
            yield strip
        strip = _Strip(y, 1, columns) if columns else None
    if strip is not None:
        yield strip

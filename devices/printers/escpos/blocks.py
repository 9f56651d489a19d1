"""Black rectangles as characters: a rule or a ground costs a dozen bytes, whatever its size.

ESC & defines a character of up to 12 by 24 dots, GS ! magnifies it up to eight times each way, and a page takes it
several times over itself. So a few definitions pave every rectangle exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_TIMES = 8
_FIRST_CHAR, _LAST_CHAR = 0x20, 0x7E
_CELL_DOTS, _BYTES_OF_A_COLUMN = 24, 3


@dataclass(frozen=True, slots=True)
class Spans:
    """One direction of a rectangle: blocks of `block_dots`, magnified `times`, the last one perhaps over others."""

    block_dots: int
    times: int
    in_a_row: int
    last_start: int  # 0: those in a row fill it

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each block begins."""
        row = tuple(at * self.block_dots * self.times for at in range(self.in_a_row))
        return (*row, self.last_start) if self.last_start else row


def spans(dots: int, most_block_dots: int) -> Spans:
    """The fewest blocks that fill exactly `dots`, which is at least 1."""
    if dots < most_block_dots:
        return Spans(dots, 1, 1, 0)
    times = min(_MOST_TIMES, dots // most_block_dots)
    step = most_block_dots * times
    return Spans(most_block_dots, times, dots // step, dots - step if dots % step else 0)


@dataclass(frozen=True, slots=True)
class Block:
    """Black dots within a character's cell of 12 by 24, `left` and `top` dots from its corner."""

    columns: int
    rows: int
    left: int
    top: int

    @property
    def definition(self) -> bytes:
        """What follows the character in ESC &: its width, and 24 dots for each column from the left."""
        column = ((1 << self.rows) - 1 << _CELL_DOTS - self.top - self.rows).to_bytes(
            _BYTES_OF_A_COLUMN, "big"
        )
        white = bytes(_BYTES_OF_A_COLUMN * self.left)
        return bytes((self.left + self.columns,)) + white + column * self.columns


@dataclass(slots=True)
class Blocks:
    """The black blocks that a page has defined so far."""

    _chars: dict[Block, int] = field(default_factory=dict)

    def of(self, block: Block) -> tuple[bytes, bytes]:
        """The character of a block, and the bytes that define it where it is new; the oldest makes room."""
        char = self._chars.get(block)
        if char is not None:
            return bytes((char,)), b""
        char = _FIRST_CHAR + len(self._chars)
        if char > _LAST_CHAR:
            char = self._chars.pop(next(iter(self._chars)))
        self._chars[block] = char
        return bytes((char,)), b"\x1b&\x03" + bytes((char, char)) + block.definition

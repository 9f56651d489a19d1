"""The typeface of printers that bring their own: cells of a fixed size, magnified in whole steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellTypeface:
    """A Chinese character fills a square cell of `cell_dots`, an ASCII character half of it.

    Sizes are the cell times 1 to `max_magnification`. `encodable`: whether the printer has a character.
    """

    encodable: Callable[[str], bool]
    cell_dots: int = 24
    max_magnification: int = 8

    def size_at_most(self, size_dots: int) -> int:
        """Whole cells."""
        return self.cell_dots * self.magnification(size_dots)

    def magnification(self, size_dots: int) -> int:
        """How many times the cell a line of this size is, along both axes."""
        return max(1, min(self.max_magnification, size_dots // self.cell_dots))

    def width_dots(self, text: str, size_dots: int, bold: bool = False) -> int:  # noqa: ARG002 -- the same cell
        """Bold is struck twice in the same cell."""
        halves = len(text) if text.isascii() else sum(1 if char.isascii() else 2 for char in text)
        return halves * self.cell_dots * self.magnification(size_dots) // 2

    def missing(self, text: str) -> str:
        """What the printer's own character set lacks."""
        if text.isascii():
            return ""
        return "".join(char for char in dict.fromkeys(text) if not (char.isascii() or self.encodable(char)))

"""What laying out a label asks of a typeface, be it drawn here or resident in a printer."""

from __future__ import annotations

from typing import Protocol


class Typeface(Protocol):
    """Sizes are heights of line boxes in dots; no character reaches out of its line box."""

    def size_at_most(self, size_dots: int) -> int:
        """The largest size there is that is not larger; the smallest there is where all are larger."""
        ...

    def width_dots(self, text: str, size_dots: int, bold: bool = False) -> int:
        """How far `text` reaches on one line, as it will be shown."""
        ...

    def missing(self, text: str) -> str:
        """The characters of `text` that this typeface lacks, each once; they are shown as 〓."""
        ...

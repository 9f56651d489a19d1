"""What an ESC/POS printer is told to do, one value per thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RealTime:
    """Obeyed at once: `status` (DLE EOT n), `recover` (DLE ENQ n) or `clear` (DLE DC4 8)."""

    kind: str
    n: int = 0


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look. `align`: 0 left, 1 centre, 2 right."""

    width: int = 1
    height: int = 1
    bold: bool = False
    align: int = 0
    reverse: bool = False  # white on black


@dataclass(frozen=True, slots=True)
class Text:
    """Characters for the open line."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class DefinedChar:
    """A character of the host's own (ESC &): columns of 24 dots, three bytes each, top bit highest."""

    columns: bytes
    style: Style


@dataclass(frozen=True, slots=True)
class LineEnd:
    """LF: the open line is printed, and the paper moves by at least `spacing_dots`."""

    spacing_dots: int


@dataclass(frozen=True, slots=True)
class Barcode:
    """A one-dimensional code that the printer draws (GS k); `data` as sent, code set marks included."""

    symbology: int
    data: bytes
    height_dots: int
    module_dots: int
    with_text: bool
    align: int


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code that the printer draws (GS ( k). `level`: 0 L, 1 M, 2 Q, 3 H."""

    data: bytes
    module_dots: int
    level: int
    align: int


@dataclass(frozen=True, slots=True)
class Feed:
    """The paper moves on."""

    dots: int


@dataclass(frozen=True, slots=True)
class BitImage:
    """Rows of dots (GS v 0, GS ( L), each dot drawn `scale_x` by `scale_y`; a set bit is black, the highest leftmost.

    `old`: it came as GS v 0, which page mode does not know.
    """

    width_bytes: int
    rows: int
    data: bytes
    scale_x: int = 1
    scale_y: int = 1
    align: int = 0
    old: bool = False


@dataclass(frozen=True, slots=True)
class MotionUnits:
    """GS P: the fractions of an inch in which positions are given from here on; 0: the model's own."""

    across_per_inch: int
    along_per_inch: int


@dataclass(frozen=True, slots=True)
class PageMode:
    """ESC L, or ESC S: from here on things stand where they are told to, or one below the other."""

    on: bool


@dataclass(frozen=True, slots=True)
class PrintArea:
    """ESC W, in motion units: the part of the page that positions count from."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MoveTo:
    """ESC $ or GS $, in motion units from the top left of the print area: the left edge, or the base line."""

    x: int | None = None
    y: int | None = None


@dataclass(frozen=True, slots=True)
class EndOfLabel:
    """FF or a cut: what was printed so far comes out."""

    cut: bool = False


@dataclass(frozen=True, slots=True)
class Init:
    """ESC @: all modes as after power-on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered in its turn: `process-id` (GS ( H), `paper` (GS r), `info` (GS I), or `auto-status` (GS a)."""

    kind: str
    data: bytes = b""


OnPage = (
    Text
    | DefinedChar
    | LineEnd
    | Barcode
    | Qr
    | Feed
    | BitImage
    | PageMode
    | MotionUnits
    | PrintArea
    | MoveTo
)
"""What makes up a label."""
Operation = OnPage | EndOfLabel | Init | Ask
"""What waits in the receive buffer for its turn."""

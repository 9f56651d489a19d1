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


@dataclass(frozen=True, slots=True)
class Text:
    """Characters for the open line."""

    text: str
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
class EndOfLabel:
    """FF or a cut: what stands on the page comes out."""


@dataclass(frozen=True, slots=True)
class Init:
    """ESC @: all modes as after power-on."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered in its turn: `process-id` (GS ( H), `paper` (GS r), `info` (GS I), or `auto-status` (GS a)."""

    kind: str
    data: bytes = b""


Operation = Text | LineEnd | Barcode | Qr | Feed | EndOfLabel | Init | Ask
"""What waits in the receive buffer for its turn."""

"""What a TSPL printer is told to do, one value per thing. Lengths and places are dots."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Immediate:
    """ESC ! and a letter: obeyed when it arrives."""

    letter: str


@dataclass(frozen=True, slots=True)
class Size:
    """The label's size is set anew."""


@dataclass(frozen=True, slots=True)
class Direction:
    """How the picture lies on the label: `turned` by half a turn, or `mirrored`."""

    turned: bool
    mirrored: bool


@dataclass(frozen=True, slots=True)
class CodePage:
    """What the bytes of text mean."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """The picture is white again."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters of a resident font. `rotation` in degrees, clockwise."""

    x: int
    y: int
    font: str
    rotation: int
    times_x: int
    times_y: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Barcode:
    """A one-dimensional code that the printer draws."""

    x: int
    y: int
    symbology: str
    height: int
    module: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code that the printer draws. `level`: L, M, Q or H."""

    x: int
    y: int
    level: str
    module: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Bar:
    """A black rectangle."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Box:
    """A black frame, drawn inwards; the end belongs to it."""

    x: int
    y: int
    end_x: int
    end_y: int
    rule: int


@dataclass(frozen=True, slots=True)
class Reverse:
    """Black becomes white there, and white black."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Dots as sent, 0 is black. `mode`: 0 overwrite, 1 or, 2 exclusive or."""

    x: int
    y: int
    width_bytes: int
    height: int
    mode: int
    dots: bytes


@dataclass(frozen=True, slots=True)
class Print:
    """The picture is put on so many labels."""

    copies: int


@dataclass(frozen=True, slots=True)
class Out:
    """Sent back in its turn."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Query:
    """~! and a letter: answered in its turn, once the printer is ready."""

    letter: str


Drawing = Text | Barcode | Qr | Bar | Box | Reverse | Bitmap
Operation = Size | Direction | CodePage | Clear | Drawing | Print | Out | Query

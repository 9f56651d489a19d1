"""A label laid out: every element at its place in whole dots, for a raster or for a printer's own commands.

The origin is the label's top left corner as a reader holds it; x grows to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line of text, already cut to fit: (x, y) is the top left of its line box, `size_dots` that box's height."""

    x: int
    y: int
    text: str
    size_dots: int
    width_dots: int
    bold: bool = False
    inverse: bool = False  # white on the black that another element put there


@dataclass(frozen=True, slots=True)
class Fill:
    """A black rectangle: a rule, or the ground of inverse text."""

    x: int
    y: int
    width_dots: int
    height_dots: int


@dataclass(frozen=True, slots=True)
class Box:
    """A black frame of `rule_dots`, drawn inside its rectangle."""

    x: int
    y: int
    width_dots: int
    height_dots: int
    rule_dots: int


@dataclass(frozen=True, slots=True)
class Bars:
    """A Code 128 symbol without quiet zones. `data` is what a scanner reads, without FNC1; `gs1`: GS1-128.

    `modules`: 1 a bar, 0 a space, each `module_dots` wide.
    """

    x: int
    y: int
    height_dots: int
    module_dots: int
    data: str
    modules: str
    gs1: bool = False

    @property
    def width_dots(self) -> int:
        """Of the bars alone."""
        return len(self.modules) * self.module_dots


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code of error correction level M without its quiet zone; `matrix[row][column]` True is black."""

    x: int
    y: int
    module_dots: int
    data: str
    matrix: tuple[tuple[bool, ...], ...]

    @property
    def width_dots(self) -> int:
        """It is square."""
        return len(self.matrix) * self.module_dots


@dataclass(frozen=True, slots=True)
class Raster:
    """Black and white dots, row by row from the top: a set bit is black, the leftmost dot is the highest bit."""

    width_bytes: int
    height_dots: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster at its place."""

    x: int
    y: int
    raster: Raster


Placed = TextRun | Fill | Box | Bars | QrCode | Picture


@dataclass(frozen=True, slots=True)
class Layout:
    """All elements of one label, those beneath first. `missing`: characters that no font has, each once."""

    width_dots: int
    height_dots: int
    placed: tuple[Placed, ...]
    missing: tuple[str, ...] = ()

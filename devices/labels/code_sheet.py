"""Codes for people to scan from paper or from a screen: pairing codes, grades."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from PIL import Image

from devices.labels.code128 import QUIET_ZONE_MODULES, modules
from devices.labels.fonts import RasterTypeface
from devices.labels.placed import Bars, Layout, Placed, QrCode, TextRun
from devices.labels.qr import QUIET_ZONE_MODULES as QR_QUIET_ZONE_MODULES
from devices.labels.qr import matrix
from devices.labels.raster import draw, preview

_MODULE_DOTS = 3  # 0.38 mm at 203 dpi: any hand scanner reads that from half a metre
_QR_MODULE_DOTS = 8
_QUIET_DOTS = QUIET_ZONE_MODULES * _QR_MODULE_DOTS  # more than either kind of code needs
_BAR_DOTS = 90
_CAPTION_DOTS, _CODE_DOTS = 32, 26
_MARGIN_DOTS, _GAP_DOTS = 80, 8

#: Two modules a character: neither, the right one, the left one, both.
_HALVES = {"00": " ", "01": "▐", "10": "▌", "11": "█"}


class SheetCode(NamedTuple):
    """What to scan, and the words above it."""

    caption: str
    data: str


def code_sheet(codes: Sequence[SheetCode]) -> Image.Image:
    """One under another, each as Code 128 and as QR code, for scanners that read only the one or the other.

    Raises ValueError for data that are not printable ASCII.
    """
    typeface = RasterTypeface()
    placed: list[Placed] = []
    width, top = 0, _MARGIN_DOTS
    for code in codes:
        row = _row(code, top, typeface)
        placed += row
        width = max(width, *(each.x + each.width_dots for each in row))
        top = max(each.y + each.width_dots for each in row if isinstance(each, QrCode)) + _MARGIN_DOTS
    width_bytes = -(-(width + _QUIET_DOTS) // 8)
    return preview(draw(Layout(width_bytes * 8, top, tuple(placed)), typeface))


def _row(code: SheetCode, top: int, typeface: RasterTypeface) -> list[TextRun | Bars | QrCode]:
    """The square is the tallest of them: even the smallest has 21 modules."""
    bars_top = top + _CAPTION_DOTS + _GAP_DOTS
    bars = Bars(_QUIET_DOTS, bars_top, _BAR_DOTS, _MODULE_DOTS, code.data, modules(code.data))
    caption = _text(code.caption, top, _CAPTION_DOTS, typeface)
    text = _text(code.data, bars_top + _BAR_DOTS, _CODE_DOTS, typeface)
    right = max(each.x + each.width_dots for each in (bars, caption, text)) + _QUIET_DOTS
    return [caption, bars, text, QrCode(right, top, _QR_MODULE_DOTS, code.data, matrix(code.data))]


def _text(text: str, top: int, size_dots: int, typeface: RasterTypeface) -> TextRun:
    return TextRun(_QUIET_DOTS, top, text, size_dots, typeface.width_dots(text, size_dots))


def bars_in_text(data: str) -> str:
    """One line of a Code 128 symbol for a terminal, black on white where its background is light; repeat it for height.

    Two modules are one character wide. Raises ValueError for data that are not printable ASCII.
    """
    quiet = "0" * QUIET_ZONE_MODULES
    padded = quiet + modules(data) + quiet
    pairs = zip(*[chain(padded, "0")] * 2, strict=False)
    return "".join(_HALVES[left + right] for left, right in pairs)


def square_in_text(data: str) -> list[str]:
    """The lines of a QR code for a terminal, black on white, its quiet zone included. Raises ValueError for no data.

    A character is two modules high.
    """
    rows = matrix(data)
    quiet = QR_QUIET_ZONE_MODULES
    empty = (False,) * (len(rows) + 2 * quiet)
    padded = (
        [empty] * quiet + [(*empty[:quiet], *row, *empty[:quiet]) for row in rows] + [empty] * (quiet + 1)
    )
    return [
        "".join(map(_half, upper, lower)) for upper, lower in zip(padded[::2], padded[1::2], strict=False)
    ]


def _half(upper: bool, lower: bool) -> str:
    return " ▄▀█"[2 * upper + lower]

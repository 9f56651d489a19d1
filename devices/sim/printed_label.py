"""A label that came out of a simulated printer, as whoever holds it can read it: by its codes."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp
from PIL import Image

_PRINT_QR = re.compile(r"FH1:(?P<waybill>[^:]+):(?P<job>.+):(?P<copy>\d+)")
_FORMATS = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode))
_GS1 = "]C1"
_QUIET_DOTS = 40  # labels are read on a table, with white around them


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One label that came out. What cannot be read on it is empty; times are seconds since the epoch.

    `codes` is what a scanner reads of its Code 128 symbols, from top to bottom; `gs1` of those that are GS1-128.
    `first_byte_at` is when the first byte of its print data arrived (questions do not count), `printed_at` when it was
    out.
    """

    qr: str
    codes: tuple[str, ...]
    gs1: tuple[str, ...]
    first_byte_at: float
    printed_at: float
    size_dots: tuple[int, int]
    dots: bytes  # the picture, compressed: a day has thousands

    @property
    def waybill(self) -> str:
        """The number that stands as Code 128 and in the QR code alike."""
        named = self._print_no("waybill")
        return named if not named or named in self.codes else ""

    @property
    def job(self) -> str:
        """The print job that the QR code names."""
        return self._print_no("job")

    @property
    def copy(self) -> int:
        """Which print of the label this is, from 1 on."""
        return int(self._print_no("copy") or 0)

    @property
    def order_no(self) -> str:
        """The other code: packers match label and tote by it."""
        return next((code for code in self.codes if code != self._print_no("waybill")), "")

    @property
    def image(self) -> Image.Image:
        """The label as it looks, dot by dot."""
        return Image.frombytes("1", self.size_dots, zlib.decompress(self.dots))

    def _print_no(self, part: str) -> str:
        found = _PRINT_QR.fullmatch(self.qr)
        return found[part] if found else ""


def read_label(image: Image.Image, *, first_byte_at: float, printed_at: float) -> PrintedLabel:
    """Scan what is on the paper."""
    found = _scan(image)
    bars = sorted(
        (code for code in found if code.format == zxingcpp.BarcodeFormat.Code128),
        key=lambda code: code.position.top_left.y,
    )
    qr = (code.text for code in found if code.format == zxingcpp.BarcodeFormat.QRCode)
    return PrintedLabel(
        qr=next(qr, ""),
        codes=tuple(code.text for code in bars if code.symbology_identifier != _GS1),
        gs1=tuple(code.text for code in bars if code.symbology_identifier == _GS1),
        first_byte_at=first_byte_at,
        printed_at=printed_at,
        size_dots=image.size,
        dots=zlib.compress(image.tobytes(), 1),
    )


def _scan(image: Image.Image) -> Sequence[zxingcpp.Barcode]:
    """The head's own dots lie straight, sharp and in full size: nothing of what helps a camera is needed."""
    table = Image.new("L", (image.width + 2 * _QUIET_DOTS, image.height + 2 * _QUIET_DOTS), 255)
    table.paste(image, (_QUIET_DOTS, _QUIET_DOTS))
    return zxingcpp.read_barcodes(
        table,
        formats=_FORMATS,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
        binarizer=zxingcpp.Binarizer.BoolCast,
        text_mode=zxingcpp.TextMode.Plain,
    )

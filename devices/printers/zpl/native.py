"""A label in the printer's own text, bars and rules: short enough for a slow serial line.

Text of plain ASCII is set in the printer's scalable font 0. Everything else is sent as small pictures in the typeface
of drawn labels, so that no printer needs a Chinese font and none shows a wrong glyph. A printer that has a Chinese font
(`E:SIMSUN.TTF`), whose ASCII is half as wide as its squares, is sent all text as text: a tenth of the bytes.

Nothing that stands in an order can act as a command: text goes through ^FH, which writes carets, tildes and
whatever is not printable as `_` and two hex digits (ZPL programming guide, ^FH).
"""

from __future__ import annotations

from functools import cache

from devices.labels.cells import CellTypeface
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Media
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun
from devices.printers.zpl.code128 import invocations
from devices.printers.zpl.graphic import graphic, trimmed
from devices.printers.zpl.label_format import field, label_format

# Font 0 at this part of the line box is no wider than the drawn typeface, but for a few signs: their widths in ems.
_FONT_0_PERCENT = 87
_WIDE_IN_FONT_0 = dict.fromkeys("+-=", 0.96) | dict.fromkeys("<>~", 1.06) | dict.fromkeys('"*\\{|}', 0.56)
_NEEDS_ESCAPE = b"^~_"


RESIDENT = CellTypeface(
    lambda _: True, cell_dots=1, max_magnification=1_000
)  # a scalable font of square cells


def native_job(layout: Layout, media: Media, *, font: str | None = None) -> bytes:
    """The bytes of one label laid out in `typeface(media)`, or in `RESIDENT` where the printer has a Chinese `font`."""
    return label_format(b"".join(_field(element, font) for element in layout.placed), media)


@cache
def _drawn() -> RasterTypeface:
    return RasterTypeface()


def typeface(media: Media) -> RasterTypeface:
    """Text is measured as it is drawn: the printer's own is no wider."""
    del media
    return _drawn()


def _field(element: Placed, resident: str | None) -> bytes:
    x, y = element.x, element.y
    match element:
        case TextRun() if resident is not None:
            return _resident_text(element, resident)
        case TextRun():
            return _text(element)
        case Fill(_, _, width, height):
            return field(x, y, b"^GB%d,%d,%d" % (width, height, min(width, height)))
        case Box(_, _, width, height, rule):
            return field(x, y, b"^GB%d,%d,%d" % (width, height, rule))
        case Bars():
            return field(x, y, _bars(element))
        case QrCode():
            return field(x, y, _qr(element))
        case Picture(_, _, raster):
            return _picture(x, y, raster)


def _resident_text(run: TextRun, font: str) -> bytes:
    """^A@ with height and width alike; bold is struck twice (ZPL programming guide, ^A@)."""
    height = max(1, run.size_dots * _FONT_0_PERCENT // 100)
    text = b"^A@N,%d,%d,%b^FH_^FD" % (height, height, font.encode("ascii")) + escaped(run.text)
    text = (b"^FR" if run.inverse else b"") + text
    y = run.y + (run.size_dots - height) // 2
    strikes = (
        (0, 1) if run.bold and not run.inverse else (0,)
    )  # struck twice, inverse text would be black again
    return b"".join(field(run.x + shift, y, text) for shift in strikes)


def _text(run: TextRun) -> bytes:
    if not (run.text.isascii() and run.text.isprintable()):
        ink = _drawn().line(run.text, run.size_dots, run.bold)
        return _picture(run.x, run.y, Raster((ink.width + 7) // 8, ink.height, ink.tobytes()), run.inverse)
    height = max(1, run.size_dots * _FONT_0_PERCENT // 100)
    down = (run.size_dots - height) // 2
    reverse = b"^FR" if run.inverse else b""
    font = b"^A0N,%d,%d" % (height, _font_width(run, height))
    return field(run.x, run.y + down, reverse + font + b"^FH_^FD" + escaped(run.text))


def _font_width(run: TextRun, height: int) -> int:
    """The width of font 0 with which the run keeps within its place: its height, or less."""
    needed = sum(
        max(_drawn().width_dots(char, run.size_dots), _WIDE_IN_FONT_0.get(char, 0) * height)
        for char in run.text
    )
    return height if needed <= run.width_dots else max(1, int(height * run.width_dots / needed))


def _picture(x: int, y: int, raster: Raster, inverse: bool = False) -> bytes:
    ink = trimmed(raster)
    return field(x + ink.x, y + ink.y, (b"^FR" if inverse else b"") + graphic(ink.raster))


def _bars(bars: Bars) -> bytes:
    """^BC in mode N without its own line of text; a module is ^BY's whole dots."""
    data = invocations(bars.data, gs1=bars.gs1).encode("ascii")
    return b"^BY%d^BCN,%d,N,N,N,N^FD" % (bars.module_dots, bars.height_dots) + data


def _qr(code: QrCode) -> bytes:
    """^BQ model 2. ^BY's height, which moves a QR code down on many printers, is one dot.

    The data begin with the correction level M and A for automatic input (ZPL programming guide, ^BQ).
    """
    return b"^BY2,2,1^BQN,2,%d^FH_^FDMA," % code.module_dots + escaped(code.data)


def escaped(text: str) -> bytes:
    """For ^FD behind ^FH_: bytes of UTF-8, which ^CI28 reads."""
    return b"".join(
        bytes((byte,)) if 0x20 <= byte < 0x7F and byte not in _NEEDS_ESCAPE else b"_%02X" % byte
        for byte in text.encode("utf-8", "replace")
    )

"""A parcel label in the printer's own text, codes and rules: two or three thousand bytes, for slow lines.

Nothing that stands in an order can act as a command: control characters are gone, a quotation mark is written as the
manual says, and the two bytes that would begin an escape or a query never stand side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from devices.labels.cells import CellTypeface
from devices.labels.code128 import symbol_values
from devices.labels.label import Media
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun
from devices.labels.text import MISSING_GLYPH, printable
from devices.printers.tspl.commands import LINE_END, bar, bitmaps, label

FONT = "TSS24.BF2"  # simplified Chinese, 24 by 24 dots, ASCII half as wide; what most printers sold in China have
CODE_PAGE = "936"
_ENCODING = "gbk"  # of GB18030, what resident fonts have
_QUOTE = b'\\["]'
_BEGINS_SOMETHING = re.compile(rb"\\(?=[\[\x22])|~(?=!)")  # \[R] is a line end and ~!T a query
_SAFE_IN_CODES = re.compile(r"[^\"!\\~]*")  # ! leads the code set marks of 128M
_TO_SET_C = (99, 105)  # symbol values: the change to set C, and the start in it
_FNC1 = 102


def encodable(char: str) -> bool:
    """Whether a printer's resident Chinese font has `char`."""
    try:
        char.encode(_ENCODING)
    except UnicodeEncodeError:
        return False
    return True


TYPEFACE = CellTypeface(encodable)


def typeface(media: Media) -> CellTypeface:
    """The same on every media."""
    del media
    return TYPEFACE


def native_job(layout: Layout, media: Media, *, font: str = FONT, code_page: str = CODE_PAGE) -> bytes:
    """One whole label. `font` and `code_page` by the printer's own names, for text in GBK."""
    commands = [f"CODEPAGE {code_page}\r\n".encode("ascii")]
    commands += [_command(placed, font) for placed in layout.placed]
    return label(b"".join(commands), media)


def _command(placed: Placed, font: str) -> bytes:
    match placed:
        case TextRun():
            return _text(placed, font)
        case Fill(x, y, width, height):
            return bar(x, y, width, height)
        case Box(x, y, width, height, rule):
            # Whether the end belongs to the box is not certain: so it never reaches out of it.
            return f"BOX {x},{y},{x + width - 1},{y + height - 1},{rule}\r\n".encode("ascii")
        case Bars():
            return _barcode(placed)
        case QrCode():
            return _qr_code(placed)
        case Picture(x, y, raster):
            return bitmaps(raster, x, y)


def _text(run: TextRun, font: str) -> bytes:
    """Bold is struck twice. White on black: the ground is turned white, written on, and turned back."""
    struck = b"".join(_strike(run, font, shift) for shift in ((0, 1) if run.bold else (0,)))
    if not run.inverse:
        return struck
    turn = f"REVERSE {run.x},{run.y},{run.width_dots + run.bold},{run.size_dots}\r\n".encode("ascii")
    return turn + struck + turn


def _strike(run: TextRun, font: str, shift_dots: int) -> bytes:
    times = TYPEFACE.magnification(run.size_dots)
    half_cell = TYPEFACE.cell_dots * times // 2
    x, commands = run.x + shift_dots, b""
    for part in _parts(_encoded(run.text)):
        head = f'TEXT {x},{run.y},"{font}",0,{times},{times},"'
        commands += head.encode("ascii") + _quoted(part) + b'"' + LINE_END
        x += len(part) * half_cell  # one byte is half a cell, in both widths
    return commands


def _encoded(text: str) -> bytes:
    text = printable(text)
    try:
        return text.encode(_ENCODING)
    except UnicodeEncodeError:
        shown = (char if encodable(char) else MISSING_GLYPH for char in text)
        return "".join(shown).encode(_ENCODING)


def _parts(data: bytes) -> Iterator[bytes]:
    """Cut where two bytes side by side would begin something; the second of a Chinese character may be one of them."""
    start = 0
    for found in _BEGINS_SOMETHING.finditer(data):
        yield data[start : found.end()]
        start = found.end()
    if start < len(data):
        yield data[start:]


def _quoted(part: bytes) -> bytes:
    r"""A quotation mark is never the second byte of a character; some firmware takes \" at the end for one."""
    return part.replace(b'"', _QUOTE) + (b" " if part.endswith(b"\\") else b"")


def _barcode(bars: Bars) -> bytes:
    """The printer's own Code 128 with our code sets (128M), so that it is as wide as it was laid out."""
    if not _SAFE_IN_CODES.fullmatch(bars.data):
        return _drawn_bars(bars)
    data = "".join(_in_128m(symbol_values(bars.data, gs1=bars.gs1)))
    head = f'BARCODE {bars.x},{bars.y},"128M",{bars.height_dots},0,0,{bars.module_dots},{bars.module_dots},'
    return f'{head}"{data}"\r\n'.encode("ascii")


def _in_128m(values: list[int]) -> Iterator[str]:
    """Symbols as 128M has them: !104 and the like for sets and FNC1, characters in set B, two digits in set C."""
    in_c = False
    for value in values:
        if value < (100 if in_c else 99):
            yield f"{value:02}" if in_c else chr(value + 32)
            continue
        yield f"!{value:03}"
        in_c = value in _TO_SET_C or (in_c and value == _FNC1)


def _drawn_bars(bars: Bars) -> bytes:
    """Bar by bar, where the data cannot stand in a command."""
    return b"".join(
        bar(bars.x + run.start() * bars.module_dots, bars.y, len(run[0]) * bars.module_dots, bars.height_dots)
        for run in re.finditer("1+", bars.modules)
    )


def _qr_code(code: QrCode) -> bytes:
    if not (code.data.isascii() and code.data.isprintable() and _SAFE_IN_CODES.fullmatch(code.data)):
        return bitmaps(_drawn_qr(code), code.x, code.y)
    return f'QRCODE {code.x},{code.y},M,{code.module_dots},A,0,"{code.data}"\r\n'.encode("ascii")


def _drawn_qr(code: QrCode) -> Raster:
    """Its modules as dots, rows filled up to whole bytes."""
    width_bytes = (code.width_dots + 7) // 8
    rows = []
    for modules in code.matrix:
        dots = "".join(("1" if black else "0") * code.module_dots for black in modules)
        rows.append(int(dots.ljust(8 * width_bytes, "0"), 2).to_bytes(width_bytes) * code.module_dots)
    return Raster(width_bytes, code.width_dots, b"".join(rows))

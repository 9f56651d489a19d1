"""A label in the printer's own ESC/POS: its fonts, its bars and its QR codes, each at its place on a page.

FF prints the page and goes back to standard mode; what ends the label comes after it. There FF feeds to the next
label's print position, and moves no paper where that is reached already (Bixolon SRP-352 manual, FF), as it is after
a page as long as its label.

Nothing that stands in an order can act as a command: text is printable characters alone, and what a printer would
take for a real-time command inside a code's data is sent as dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devices.labels.cells import CellTypeface
from devices.labels.label import Media
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun
from devices.labels.text import printable
from devices.printers.escpos.cjk import encode, in_gbk
from devices.printers.escpos.code128 import gs_k_data
from devices.printers.escpos.library import EscposBytes, this_threads_dummy
from devices.printers.escpos.page import CELL_DOTS, Page
from devices.printers.escpos.raster import end_label

_TYPEFACE = CellTypeface(in_gbk, CELL_DOTS, max_magnification=8)
_QR_LEVEL_M = 1
_MOST_QR_MODULE_DOTS = 16
_BAR_MODULES_DOTS = range(2, 7)
_MOST_BAR_DOTS = 255


def typeface(media: Media) -> CellTypeface:
    """Font A and the Chinese font beside it, whatever the media."""
    del media
    return _TYPEFACE


def native_job(layout: Layout, media: Media) -> bytes:
    """The whole label, ended by FF where there are gaps and else by a cut."""
    escpos = this_threads_dummy()
    escpos.hw("INIT")
    page = Page(escpos, media, layout.width_dots, layout.height_dots)
    for element in _without_grounds(layout.placed):
        _put(page, escpos, element)
    escpos.control("FF")
    end_label(escpos, media)
    return escpos.output


def _put(page: Page, escpos: EscposBytes, element: Placed) -> None:
    match element:
        case TextRun():
            _text(page, element)
        case Fill():
            _fill(page, element)
        case Box():
            for side in _sides(element):
                _fill(page, side)
        case Bars():
            _bars(page, element)
        case QrCode():
            _qr(page, escpos, element)
        case Picture(x, y, raster):
            page.dots(x, y, raster.width_bytes * 8, raster)


def _text(page: Page, run: TextRun) -> None:
    times = _TYPEFACE.magnification(run.size_dots)
    page.text(run.x, run.y, encode(run.text), times, bold=run.bold, inverse=run.inverse)


def _fill(page: Page, fill: Fill) -> None:
    if fill.width_dots > 0 and fill.height_dots > 0:
        page.fill(fill.x, fill.y, fill.width_dots, fill.height_dots)


def _sides(box: Box) -> tuple[Fill, ...]:
    x, y, width, height, rule = box.x, box.y, box.width_dots, box.height_dots, box.rule_dots
    return (
        Fill(x, y, width, rule),
        Fill(x, y + height - rule, width, rule),
        Fill(x, y, rule, height),
        Fill(x + width - rule, y, rule, height),
    )


def _bars(page: Page, bars: Bars) -> None:
    """GS k 73 draws up to 255 dots high: higher bars are printed again higher up, over themselves."""
    data = gs_k_data(bars.data, gs1=bars.gs1)
    if data is None or bars.module_dots not in _BAR_MODULES_DOTS:
        page.dots(bars.x, bars.y, bars.width_dots, _tiled(bars.modules, bars.module_dots, bars.height_dots))
        return
    height = min(bars.height_dots, _MOST_BAR_DOTS)
    page.raw(b"\x1dh" + bytes((height,)) + b"\x1dw" + bytes((bars.module_dots,)))
    for bottom in (*range(bars.height_dots, height, -height), height):
        page.move(bars.x, bars.y + bottom)
        page.raw(b"\x1dkI" + bytes((len(data),)) + data)


def _qr(page: Page, escpos: EscposBytes, code: QrCode) -> None:
    if code.data == printable(code.data) and code.module_dots <= _MOST_QR_MODULE_DOTS:
        page.move(code.x, code.y + code.width_dots)
        escpos.qr(code.data, ec=_QR_LEVEL_M, size=code.module_dots, native=True)
        return
    for row, modules in enumerate(code.matrix):
        line = _tiled("".join("1" if black else "0" for black in modules), code.module_dots, code.module_dots)
        page.dots(code.x, code.y + row * code.module_dots, code.width_dots, line)


def _tiled(modules: str, module_dots: int, height_dots: int) -> Raster:
    """Rows all alike: each of `modules` (1 is black) `module_dots` wide."""
    width = len(modules) * module_dots
    width_bytes = -(-width // 8)
    dots = "".join(module * module_dots for module in modules).ljust(width_bytes * 8, "0")
    return Raster(width_bytes, height_dots, int(dots, 2).to_bytes(width_bytes, "big") * height_dots)


def _without_grounds(placed: Iterable[Placed]) -> Iterator[Placed]:
    """Fills cut out beneath inverse text: on a page black stays black, and its cells bring their own ground."""
    elements = tuple(placed)
    cells = [_cell(run) for run in elements if isinstance(run, TextRun) and run.inverse]
    for element in elements:
        if isinstance(element, Fill):
            yield from _around(element, cells)
        else:
            yield element


def _cell(run: TextRun) -> Fill:
    text = printable(run.text)
    return Fill(
        run.x, run.y, _TYPEFACE.width_dots(text, run.size_dots), _TYPEFACE.size_at_most(run.size_dots)
    )


def _around(fill: Fill, cells: list[Fill]) -> list[Fill]:
    pieces = [fill]
    for cell in cells:
        pieces = [rest for piece in pieces for rest in _cut_out(piece, cell)]
    return pieces


def _cut_out(fill: Fill, hole: Fill) -> Iterator[Fill]:
    """What is left of `fill`: above, below, left and right of `hole`."""
    right, bottom = fill.x + fill.width_dots, fill.y + fill.height_dots
    left_of, above = max(fill.x, hole.x), max(fill.y, hole.y)
    right_of = min(right, hole.x + hole.width_dots)
    below = min(bottom, hole.y + hole.height_dots)
    if left_of >= right_of or above >= below:
        yield fill
        return
    rests = (
        Fill(fill.x, fill.y, fill.width_dots, above - fill.y),
        Fill(fill.x, below, fill.width_dots, bottom - below),
        Fill(fill.x, above, left_of - fill.x, below - above),
        Fill(right_of, above, right - right_of, below - above),
    )
    yield from (rest for rest in rests if rest.width_dots and rest.height_dots)

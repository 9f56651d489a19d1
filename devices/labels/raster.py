"""A layout drawn: black and white dots for printers that take them, and a picture for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PIL import Image

from devices.labels.fonts import RasterTypeface
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun

_BLACK, _WHITE = 1, 0  # on a sheet a set dot is black, as in the raster that it becomes


def draw(layout: Layout, typeface: RasterTypeface) -> Raster:
    """The whole layout, which must have been laid out in `typeface`."""
    return draw_over(blank(layout.width_dots, layout.height_dots), layout.placed, typeface)


def blank(width_dots: int, height_dots: int) -> Raster:
    """A label with nothing on it."""
    width_bytes = (width_dots + 7) // 8
    return Raster(width_bytes, height_dots, bytes(width_bytes * height_dots))


def preview(raster: Raster) -> Image.Image:
    """The label as people see it: black on white, mode '1'."""
    size = (raster.width_bytes * 8, raster.height_dots)
    return Image.frombytes("1", size, raster.data, "raw", "1;I")


def draw_over(raster: Raster, placed: Iterable[Placed], typeface: RasterTypeface) -> Raster:
    """`raster` with each element drawn over those before.

    Pillow keeps a byte for each dot; only the rows that change are turned into such bytes and back.
    """
    rows = bytearray(raster.data)
    for top, bottom, elements in _bands(placed, raster.height_dots):
        band = slice(top * raster.width_bytes, bottom * raster.width_bytes)
        sheet = _sheet(Raster(raster.width_bytes, bottom - top, bytes(rows[band])))
        for element in elements:
            _draw(sheet, element, element.y - top, typeface)
        rows[band] = sheet.tobytes()
    return Raster(raster.width_bytes, raster.height_dots, bytes(rows))


def _sheet(raster: Raster) -> Image.Image:
    return Image.frombytes("1", (raster.width_bytes * 8, raster.height_dots), raster.data)


def _bands(placed: Iterable[Placed], height_dots: int) -> Iterator[tuple[int, int, list[Placed]]]:
    """First row, row after the last, and the elements that lie between: no two bands share a row."""
    top = bottom = 0
    order: list[tuple[int, Placed]] = []
    for at, element in sorted(enumerate(placed), key=lambda numbered: numbered[1].y):
        if order and element.y >= bottom:
            yield top, bottom, _in_order(order)
            order = []
        top, bottom = (top, bottom) if order else (element.y, element.y)
        bottom = min(height_dots, max(bottom, element.y + _rows(element)))
        order.append((at, element))
    if order:
        yield top, bottom, _in_order(order)


def _in_order(numbered: list[tuple[int, Placed]]) -> list[Placed]:
    return [element for _, element in sorted(numbered, key=lambda each: each[0])]


def _rows(element: Placed) -> int:
    match element:
        case TextRun():
            return element.size_dots
        case QrCode():
            return element.width_dots
        case Picture():
            return element.raster.height_dots
        case Fill() | Box() | Bars():
            return element.height_dots


def _draw(sheet: Image.Image, element: Placed, y: int, typeface: RasterTypeface) -> None:
    x = element.x
    match element:
        case TextRun():
            ink = typeface.line(element.text, element.size_dots, element.bold)
            sheet.paste(_WHITE if element.inverse else _BLACK, (x, y), ink)
        case Fill():
            _fill(sheet, x, y, element.width_dots, element.height_dots)
        case Box():
            _frame(sheet, element, y)
        case Bars():
            bars = (tuple(module == "1" for module in element.modules),)
            sheet.paste(_BLACK, (x, y), _modules(bars, element.width_dots, element.height_dots))
        case QrCode():
            sheet.paste(_BLACK, (x, y), _modules(element.matrix, element.width_dots, element.width_dots))
        case Picture():
            sheet.paste(_BLACK, (x, y), _sheet(element.raster))


def _fill(sheet: Image.Image, x: int, y: int, width: int, height: int) -> None:
    sheet.paste(_BLACK, (x, y, x + width, y + height))


def _frame(sheet: Image.Image, box: Box, y: int) -> None:
    x, width, height, rule = box.x, box.width_dots, box.height_dots, box.rule_dots
    _fill(sheet, x, y, width, rule)
    _fill(sheet, x, y + height - rule, width, rule)
    _fill(sheet, x, y, rule, height)
    _fill(sheet, x + width - rule, y, rule, height)


def _modules(rows: tuple[tuple[bool, ...], ...], width: int, height: int) -> Image.Image:
    """A grid of modules, black where set, each stretched to whole dots."""
    grid = Image.new("1", (len(rows[0]), len(rows)))
    grid.putdata([255 * module for row in rows for module in row])
    return grid.resize((width, height), Image.Resampling.NEAREST)

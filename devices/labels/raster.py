"""A layout drawn: black and white dots for printers that take them, and a picture for people."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image

from devices.labels.fonts import RasterTypeface
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun

_BLACK, _WHITE = 1, 0  # on the sheet a set dot is black, as in the raster that it becomes


def draw(layout: Layout, typeface: RasterTypeface) -> Raster:
    """The whole layout, which must have been laid out in `typeface`."""
    sheet = blank(layout.width_dots, layout.height_dots)
    draw_on(sheet, layout.placed, typeface)
    return packed(sheet)


def blank(width_dots: int, height_dots: int) -> Image.Image:
    """A sheet with nothing on it."""
    return Image.new("1", (width_dots, height_dots), _WHITE)


def packed(sheet: Image.Image) -> Raster:
    """The sheet's dots in bytes."""
    return Raster((sheet.width + 7) // 8, sheet.height, sheet.tobytes())


def unpacked(raster: Raster) -> Image.Image:
    """The sheet with these dots, in whole bytes across."""
    return Image.frombytes("1", (raster.width_bytes * 8, raster.height_dots), raster.data)


def preview(raster: Raster) -> Image.Image:
    """The label as people see it: black on white, mode '1'."""
    size = (raster.width_bytes * 8, raster.height_dots)
    return Image.frombytes("1", size, raster.data, "raw", "1;I")


def draw_on(sheet: Image.Image, placed: Iterable[Placed], typeface: RasterTypeface) -> None:
    """Draw each element over those before."""
    for each in placed:
        match each:
            case TextRun():
                ink = typeface.line(each.text, each.size_dots, each.bold)
                sheet.paste(_WHITE if each.inverse else _BLACK, (each.x, each.y), ink)
            case Fill():
                _fill(sheet, each.x, each.y, each.width_dots, each.height_dots)
            case Box():
                _frame(sheet, each)
            case Bars():
                rows = (tuple(module == "1" for module in each.modules),)
                _modules(sheet, each.x, each.y, rows, each.width_dots, each.height_dots)
            case QrCode():
                _modules(sheet, each.x, each.y, each.matrix, each.width_dots, each.width_dots)
            case Picture():
                sheet.paste(_BLACK, (each.x, each.y), unpacked(each.raster))


def _fill(sheet: Image.Image, x: int, y: int, width: int, height: int) -> None:
    sheet.paste(_BLACK, (x, y, x + width, y + height))


def _frame(sheet: Image.Image, box: Box) -> None:
    x, y, width, height, rule = box.x, box.y, box.width_dots, box.height_dots, box.rule_dots
    _fill(sheet, x, y, width, rule)
    _fill(sheet, x, y + height - rule, width, rule)
    _fill(sheet, x, y, rule, height)
    _fill(sheet, x + width - rule, y, rule, height)


def _modules(
    sheet: Image.Image, x: int, y: int, rows: tuple[tuple[bool, ...], ...], width: int, height: int
) -> None:
    """A grid of modules, each stretched to whole dots."""
    grid = Image.new("1", (len(rows[0]), len(rows)))
    grid.putdata([255 * module for row in rows for module in row])
    sheet.paste(_BLACK, (x, y), grid.resize((width, height), Image.Resampling.NEAREST))

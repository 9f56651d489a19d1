"""A printed label as a picture, dot by dot as the head would burn it: readable by people and by scanners.

In page mode text stands on its base line and everything else on its lower edge, as in Epson's printers
(TM-T88III specification, 3.12.3).
"""

from __future__ import annotations

from functools import lru_cache

import qrcode  # ships no types
from PIL import Image

from devices.labels.fonts import RasterTypeface
from devices.labels.label import Media
from devices.sim.code128 import bars, symbols_and_text
from devices.sim.escpos.operations import (
    Barcode,
    BitImage,
    DefinedChar,
    Feed,
    LineEnd,
    MotionUnits,
    MoveTo,
    OnPage,
    PageMode,
    PrintArea,
    Qr,
    Style,
    Text,
)

CELL_DOTS, CHAR_DOTS = 12, 24
TEXT_BELOW_CODE_DOTS = 32
_LINE_DOTS = 30
_BASE_LINE_DOTS = 21  # of the 24 of a character
_INK = 1  # pieces are drawn as masks: what is set is burnt
_QR_LEVELS = (
    qrcode.constants.ERROR_CORRECT_L,
    qrcode.constants.ERROR_CORRECT_M,
    qrcode.constants.ERROR_CORRECT_Q,
    qrcode.constants.ERROR_CORRECT_H,
)


def picture(operations: tuple[OnPage, ...], media: Media) -> Image.Image:
    """Draw what was printed, mode "1", 0 is black. Labels with gaps are cut off where they end, a roll is not."""
    canvas = _Canvas(media)
    for operation in operations:
        canvas.print(operation)
    canvas.end_line(0)
    return canvas.image()


class _Canvas:
    """Standard mode: line below line. Page mode: where the print position is."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._placed: list[tuple[int, int, Image.Image]] = []
        self._line: list[Image.Image] = []
        self._align = 0  # of the open line
        self._y = 0
        self._in_page = False
        self._units = MotionUnits(0, 0)
        self._area = (0, 0, media.width_dots, media.height_dots)
        self._pen = (0, 0)

    def print(self, operation: OnPage) -> None:
        match operation:
            case Text(text, style):
                self._characters([_glyph(char, style.bold) for char in text], style)
            case DefinedChar(columns, style):
                self._characters([_defined_glyph(columns)], style)
            case LineEnd(spacing):
                self.end_line(spacing)
            case Feed(dots):
                self._y += dots
            case BitImage(old=True) if self._in_page:
                return  # GS v 0 is not known there
            case BitImage() as image:
                self._place(_bit_image(image), image.align)
            case Barcode() as code:
                self._barcode(code)
            case Qr() as code:
                self._place(_qr(code), code.align)
            case _:
                self._set(operation)

    def _set(self, operation: PageMode | MotionUnits | PrintArea | MoveTo) -> None:
        match operation:
            case PageMode(on) if on != self._in_page:
                self.end_line(0)
                self._y += 0 if on else self._area[1] + self._area[3]
                self._in_page, self._pen = on, (0, _BASE_LINE_DOTS)
            case MotionUnits():
                self._units = operation
            case PrintArea(x, y, width, height):
                self._area = (self._across(x), self._along(y), self._across(width), self._along(height))
            case MoveTo(x, y):
                across = self._pen[0] if x is None else self._across(x)
                along = self._pen[1] if y is None else self._along(y)
                if across <= self._area[2] and along <= self._area[3]:  # else it is ignored
                    self._pen = (across, along)

    def _across(self, units: int) -> int:
        return round(units * self._media.dpi / (self._units.across_per_inch or self._media.dpi))

    def _along(self, units: int) -> int:
        return round(units * self._media.dpi / (self._units.along_per_inch or 2 * self._media.dpi))

    def end_line(self, spacing_dots: int) -> None:
        if self._in_page:
            self._pen = (0, self._pen[1] + spacing_dots)
        elif self._line:
            image, align = _in_line(self._line), self._align
            self._line = []
            self._place(image, align, max(spacing_dots, image.height))
        else:
            self._y += spacing_dots

    def _characters(self, glyphs: list[Image.Image], style: Style) -> None:
        characters = [_styled(glyph, style) for glyph in glyphs]
        if self._in_page:
            self._on_page(characters, below_dots=(CHAR_DOTS - _BASE_LINE_DOTS) * style.height)
            return
        if not self._line:
            self._align = style.align
        self._line += characters

    def _on_page(self, characters: list[Image.Image], below_dots: int) -> None:
        """What does not fit into the print area goes to the next line."""
        for character in characters:
            if self._pen[0] + character.width > self._area[2]:
                self._pen = (0, self._pen[1] + _LINE_DOTS)
            self._place(character, 0, down_dots=below_dots)

    def _barcode(self, code: Barcode) -> None:
        read = symbols_and_text(code.data)
        if read is None:
            return  # the firmware prints no code that it cannot encode
        symbols, text = read
        self._place(_bars(bars(symbols), code.module_dots, code.height_dots), code.align)
        if code.with_text:
            line = _in_line([_glyph(char, False) for char in text])
            self._place(line, code.align, TEXT_BELOW_CODE_DOTS, down_dots=4)

    def _place(
        self, image: Image.Image, align: int, advance_dots: int | None = None, down_dots: int = 0
    ) -> None:
        if self._in_page:
            self._place_in_area(image, down_dots)
            return
        free = self._media.width_dots - image.width
        self._placed.append((max(0, free * align // 2), self._y + down_dots, image))
        self._y += image.height if advance_dots is None else advance_dots

    def _place_in_area(self, image: Image.Image, down_dots: int) -> None:
        (x, y), (left, top, width, height) = self._pen, self._area
        above = y + down_dots - image.height
        inside = image.crop(
            (0, max(0, -above), min(image.width, width - x), min(image.height, height - above))
        )
        self._placed.append((left + x, self._y + top + max(0, above), inside))
        self._pen = (x + image.width, y)

    def image(self) -> Image.Image:
        height = self._media.height_dots if self._media.gap else self._y
        label = Image.new("1", (self._media.width_dots, max(1, height)), 1)
        for x, y, image in self._placed:
            label.paste(0, (x, y), image)
        return label


def _negative(mask: Image.Image) -> Image.Image:
    around = Image.new("1", mask.size, _INK)
    around.paste(0, (0, 0), mask)
    return around


def _bit_image(image: BitImage) -> Image.Image:
    drawn = Image.frombytes("1", (image.width_bytes * 8, image.rows), image.data)
    size = (drawn.width * image.scale_x, drawn.height * image.scale_y)
    return drawn if size == drawn.size else drawn.resize(size, Image.Resampling.NEAREST)


def _bars(modules: str, module_dots: int, height_dots: int) -> Image.Image:
    row = Image.new("1", (len(modules), 1))
    row.putdata([_INK * (module == "1") for module in modules])
    return row.resize((len(modules) * module_dots, height_dots), Image.Resampling.NEAREST)


def _qr(code: Qr) -> Image.Image:
    drawn = qrcode.QRCode(border=0, error_correction=_QR_LEVELS[code.level if 0 <= code.level <= 3 else 0])
    drawn.add_data(code.data)
    drawn.make(fit=True)
    matrix = drawn.get_matrix()
    image = Image.new("1", (len(matrix), len(matrix)))
    image.putdata([_INK * dark for row in matrix for dark in row])
    side = len(matrix) * max(1, code.module_dots)
    return image.resize((side, side), Image.Resampling.NEAREST)


def _in_line(characters: list[Image.Image]) -> Image.Image:
    """Characters of all sizes, their feet on one line."""
    width = sum(character.width for character in characters)
    line = Image.new("1", (max(1, width), max(character.height for character in characters)))
    x = 0
    for character in characters:
        line.paste(character, (x, line.height - character.height))
        x += character.width
    return line


def _styled(glyph: Image.Image, style: Style) -> Image.Image:
    size = (glyph.width * style.width, glyph.height * style.height)
    magnified = glyph if size == glyph.size else glyph.resize(size, Image.Resampling.NEAREST)
    return _negative(magnified) if style.reverse else magnified


def _defined_glyph(columns: bytes) -> Image.Image:
    """Narrower ones are filled up with white to the width of a character."""
    turned = Image.frombytes("1", (CHAR_DOTS, len(columns) // 3), columns)
    cell = Image.new("1", (CELL_DOTS, CHAR_DOTS))
    cell.paste(turned.transpose(Image.Transpose.TRANSPOSE), (0, 0))
    return cell


def _cell_dots(char: str) -> int:
    return CELL_DOTS if char.isascii() else 2 * CELL_DOTS


@lru_cache(maxsize=4096)
def _glyph(char: str, bold: bool) -> Image.Image:
    """One character in the middle of its cell; what is wider loses its sides."""
    ink = _resident_font().line(char, CHAR_DOTS, bold)
    cell = Image.new("1", (_cell_dots(char), CHAR_DOTS))
    cell.paste(ink, ((cell.width - ink.width) // 2, 0))
    return cell


@lru_cache(maxsize=1)
def _resident_font() -> RasterTypeface:
    return RasterTypeface()

"""A printed label as a picture, dot by dot as a 203 dpi head would burn it: readable by people and by scanners."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import qrcode  # ships no types
from PIL import Image, ImageDraw, ImageFont

from devices.labels.label import Media
from devices.sim.code128 import bars, symbols_and_text
from devices.sim.escpos.operations import Barcode, Feed, LineEnd, Operation, Qr, Style, Text

CELL_DOTS, CHAR_DOTS = 12, 24
TEXT_BELOW_CODE_DOTS = 32
_WHITE, _BLACK = 1, 0
_BASELINE_DOTS = 19
_SIZES_DOTS = (22, 20, 18, 16, 14, 12)  # the first that keeps a character within its cell
_FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
# Fonts with Chinese characters, best first, and which face of the collection is simplified and monospaced.
_CJK_FONTS = (
    ("NotoSansCJK-Regular.ttc", 7),
    ("NotoSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 1),
    ("wqy-zenhei.ttc", 1),
    ("DroidSansFallbackFull.ttf", 0),
)
_QR_LEVELS = (
    qrcode.constants.ERROR_CORRECT_L,
    qrcode.constants.ERROR_CORRECT_M,
    qrcode.constants.ERROR_CORRECT_Q,
    qrcode.constants.ERROR_CORRECT_H,
)


def picture(operations: tuple[Operation, ...], media: Media) -> Image.Image:
    """Draw what was printed. A label longer than its media is drawn longer, as a roll would show it."""
    canvas = _Canvas(media)
    for operation in operations:
        canvas.print(operation)
    canvas.end_line(0)
    return canvas.image()


class _Canvas:
    def __init__(self, media: Media) -> None:
        self._media = media
        self._rows: list[tuple[int, int, Image.Image]] = []
        self._line: list[tuple[str, Style]] = []
        self._y = 0

    def print(self, operation: Operation) -> None:
        match operation:
            case Text(text, style):
                self._line.append((text, style))
            case LineEnd(spacing):
                self.end_line(spacing)
            case Feed(dots):
                self._y += dots
            case Barcode() as code:
                self._barcode(code)
            case Qr() as code:
                self._place(_qr(code), code.align)

    def end_line(self, spacing_dots: int) -> None:
        if self._line:
            image, align = _text_line(self._line), self._line[0][1].align
            self._place(image, align, max(spacing_dots, image.height))
            self._line = []
        else:
            self._y += spacing_dots

    def _barcode(self, code: Barcode) -> None:
        read = symbols_and_text(code.data)
        if read is None:
            return  # the firmware prints no code that it cannot encode
        symbols, text = read
        self._place(_bars(bars(symbols), code.module_dots, code.height_dots), code.align)
        if code.with_text:
            line = _text_line([(text, Style())])
            self._place(line, code.align, TEXT_BELOW_CODE_DOTS, down_dots=4)

    def _place(
        self, image: Image.Image, align: int, advance_dots: int | None = None, down_dots: int = 0
    ) -> None:
        free = self._media.width_dots - image.width
        self._rows.append((max(0, free * align // 2), self._y + down_dots, image))
        self._y += image.height if advance_dots is None else advance_dots

    def image(self) -> Image.Image:
        height = max(self._media.height_dots, self._y) if self._media.gap else self._y
        label = Image.new("1", (self._media.width_dots, max(1, height)), _WHITE)
        for x, y, image in self._rows:
            label.paste(image, (x, y))
        return label


def _bars(modules: str, module_dots: int, height_dots: int) -> Image.Image:
    row = Image.new("1", (len(modules), 1), _WHITE)
    row.putdata([_BLACK if module == "1" else _WHITE for module in modules])
    return row.resize((len(modules) * module_dots, height_dots), Image.Resampling.NEAREST)


def _qr(code: Qr) -> Image.Image:
    drawn = qrcode.QRCode(border=0, error_correction=_QR_LEVELS[code.level if 0 <= code.level <= 3 else 0])
    drawn.add_data(code.data)
    drawn.make(fit=True)
    matrix = drawn.get_matrix()
    image = Image.new("1", (len(matrix), len(matrix)), _WHITE)
    image.putdata([_BLACK if dark else _WHITE for row in matrix for dark in row])
    side = len(matrix) * max(1, code.module_dots)
    return image.resize((side, side), Image.Resampling.NEAREST)


def _text_line(spans: list[tuple[str, Style]]) -> Image.Image:
    width = sum(_cell_dots(char) * style.width for text, style in spans for char in text)
    height = max(style.height for _, style in spans) * CHAR_DOTS
    line, x = Image.new("1", (max(1, width), height), _WHITE), 0
    for text, style in spans:
        for char in text:
            size = (_cell_dots(char) * style.width, CHAR_DOTS * style.height)
            glyph = _glyph(char, style.bold).resize(size, Image.Resampling.NEAREST)
            line.paste(glyph, (x, height - size[1]))
            x += size[0]
    return line


def _cell_dots(char: str) -> int:
    return CELL_DOTS if char.isascii() else 2 * CELL_DOTS


@cache
def _glyph(char: str, bold: bool) -> Image.Image:
    """One character in its cell; a box where no font on this machine has Chinese characters."""
    width = _cell_dots(char)
    cell = Image.new("1", (width, CHAR_DOTS), _WHITE)
    draw = ImageDraw.Draw(cell)
    draw.fontmode = "1"
    font = next((font for font in map(_font, _SIZES_DOTS) if font and font.getlength(char) <= width), None)
    if font is None and not char.isascii():
        draw.rectangle((2, 2, width - 3, CHAR_DOTS - 3), outline=_BLACK)
        return cell
    for shift in (0, 1) if bold else (0,):
        at = (width / 2 + shift, _BASELINE_DOTS)
        draw.text(at, char, font=font or ImageFont.load_default(_SIZES_DOTS[-1]), fill=_BLACK, anchor="ms")
    return cell


@cache
def _font(size_dots: int) -> ImageFont.FreeTypeFont | None:
    for name, index in _CJK_FONTS:
        for folder in _FONT_FOLDERS:
            for path in sorted(folder.rglob(name)):
                return ImageFont.truetype(path, size_dots, index=index)
    return None

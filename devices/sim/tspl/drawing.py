"""The picture that TSPL commands make, dot by dot. What lies outside it is cut off."""

from __future__ import annotations

from functools import cache, lru_cache

import qrcode  # ships no types
from PIL import Image, ImageChops, ImageDraw

from devices.labels.fonts import RasterTypeface
from devices.labels.label import Media
from devices.sim.tspl.code128 import modules
from devices.sim.tspl.operations import Bar, Barcode, Bitmap, Box, Drawing, Qr, Reverse, Text

_CELL_DOTS = 24
_LARGEST_DOTS = 4096  # of anything drawn, along either axis
_INK, _PAPER = 255, 0  # while drawing; a printed label has black 0
_QR_LEVELS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}
_CODE_PAGES = {"936": "gbk", "54936": "gb18030", "UTF-8": "utf-8", "950": "big5"}


class Picture:
    """The image buffer of a printer with this media."""

    def __init__(self, media: Media) -> None:
        self._size = (media.width_dots, media.height_dots)
        self.code_page = "936"
        self.clear()

    def clear(self) -> None:
        """White."""
        self._image = Image.new("1", self._size, _PAPER)

    def label(self, *, turned: bool, mirrored: bool) -> Image.Image:
        """As it will be on paper: 0 is black."""
        image = ImageChops.invert(self._image)
        if mirrored:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return image.transpose(Image.Transpose.ROTATE_180) if turned else image

    def draw(self, drawing: Drawing) -> None:
        """Nothing raises: what cannot be drawn is not."""
        match drawing:
            case Bar(x, y, width, height):
                self._fill(x, y, width, height)
            case Box():
                self._box(drawing)
            case Reverse(x, y, width, height):
                area = (x, y, x + width, y + height)
                if width > 0 and height > 0:
                    self._image.paste(ImageChops.invert(self._crop(area)), (x, y))
            case Bitmap():
                self._bitmap(drawing)
            case Text():
                self._text(drawing)
            case Barcode():
                self._barcode(drawing)
            case Qr():
                self._qr(drawing)

    def _crop(self, area: tuple[int, int, int, int]) -> Image.Image:
        """A copy that may reach over the edge."""
        x, y, right, bottom = area
        copy = Image.new("1", (min(right - x, _LARGEST_DOTS), min(bottom - y, _LARGEST_DOTS)), _PAPER)
        copy.paste(self._image, (-x, -y))
        return copy

    def _fill(self, x: int, y: int, width: int, height: int) -> None:
        if width > 0 and height > 0:
            ImageDraw.Draw(self._image).rectangle((x, y, x + width - 1, y + height - 1), fill=_INK)

    def _box(self, box: Box) -> None:
        width, height = box.end_x - box.x + 1, box.end_y - box.y + 1
        self._fill(box.x, box.y, width, box.rule)
        self._fill(box.x, box.end_y - box.rule + 1, width, box.rule)
        self._fill(box.x, box.y, box.rule, height)
        self._fill(box.end_x - box.rule + 1, box.y, box.rule, height)

    def _bitmap(self, bitmap: Bitmap) -> None:
        if not bitmap.dots:
            return
        size = (8 * bitmap.width_bytes, bitmap.height)
        dots = ImageChops.invert(Image.frombytes("1", size, bitmap.dots))
        area = (bitmap.x, bitmap.y, bitmap.x + size[0], bitmap.y + size[1])
        if bitmap.mode:
            combine = ImageChops.logical_or if bitmap.mode == 1 else ImageChops.logical_xor
            dots = combine(self._crop(area), dots)
        self._image.paste(dots, area[:2])

    def _ink(self, shape: Image.Image, x: int, y: int) -> None:
        self._image.paste(_INK, (x, y), shape)

    def _text(self, text: Text) -> None:
        decoded = text.data.decode(_CODE_PAGES.get(self.code_page, "latin-1"), errors="replace")
        line = _line(decoded[:200])
        line = line.resize((line.width * text.times_x, line.height * text.times_y), Image.Resampling.NEAREST)
        line = line.rotate(-text.rotation, expand=True)
        x = text.x - (line.width if text.rotation in (90, 180) else 0)
        y = text.y - (line.height if text.rotation in (180, 270) else 0)
        self._ink(line, x, y)

    def _barcode(self, code: Barcode) -> None:
        for at, module in enumerate(modules(code.symbology, code.data) or ""):
            if module == "1":
                self._fill(code.x + at * code.module, code.y, code.module, code.height)

    def _qr(self, code: Qr) -> None:
        if code.level not in _QR_LEVELS or not 1 <= code.module <= 10 or not code.data:
            return
        drawn = qrcode.QRCode(border=0, error_correction=_QR_LEVELS[code.level])
        drawn.add_data(code.data)
        try:
            drawn.make(fit=True)
        except qrcode.exceptions.DataOverflowError:
            return
        for row, cells in enumerate(drawn.get_matrix()):
            for column, dark in enumerate(cells):
                if dark:
                    self._fill(
                        code.x + column * code.module, code.y + row * code.module, code.module, code.module
                    )


@cache
def _typeface() -> RasterTypeface:
    return RasterTypeface()


def _line(text: str) -> Image.Image:
    widths = [_CELL_DOTS // 2 if char.isascii() else _CELL_DOTS for char in text]
    line = Image.new("1", (max(1, sum(widths)), _CELL_DOTS), _PAPER)
    x = 0
    for char, width in zip(text, widths, strict=True):
        line.paste(_glyph(char, width), (x, 0))
        x += width
    return line


@lru_cache(maxsize=4096)
def _glyph(char: str, width: int) -> Image.Image:
    """One character in the middle of its cell; what is wider is cut off."""
    drawn = _typeface().line(char, _CELL_DOTS)
    cell = Image.new("1", (width, _CELL_DOTS), _PAPER)
    cell.paste(drawn, ((width - drawn.width) // 2, 0))
    return cell

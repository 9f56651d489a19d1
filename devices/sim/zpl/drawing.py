"""A ZPL label as a picture: every field of a format, dot by dot. What lies outside the media is cut off.

Font 0 and every other is drawn in the typeface of this machine; ^BC without its line of text; ^FT as ^FO.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import qrcode  # ships no types
from PIL import Image, ImageChops

from devices.labels.fonts import RasterTypeface
from devices.labels.label import Media
from devices.sim.code128 import bars
from devices.sim.zpl.code128 import symbols
from devices.sim.zpl.graphic import picture
from devices.sim.zpl.reader import Command

_BLACK, _WHITE = 1, 0  # on the page a set dot is black
_MOST_DOTS = 4096  # along either side of a field: no head is wider
_MOST_CHARACTERS = 512
_UTF8 = 28
_QR_LEVELS = {
    "L": qrcode.constants.ERROR_CORRECT_L,
    "M": qrcode.constants.ERROR_CORRECT_M,
    "Q": qrcode.constants.ERROR_CORRECT_Q,
    "H": qrcode.constants.ERROR_CORRECT_H,
}


@dataclass(slots=True)
class Settings:
    """What outlives a label, until it is set anew or the printer is switched off."""

    reprints: bool = True  # ^JZ: the label that was in motion when the media ran out
    width_dots: int = _MOST_DOTS
    home: tuple[int, int] = (0, 0)
    encoding: int = 0
    font: tuple[int, int] = (9, 5)
    module_dots: int = 2
    code_height_dots: int = 10


@dataclass(slots=True)
class _Field:
    x: int = 0
    y: int = 0
    font: tuple[int, int] | None = None
    reverse: bool = False
    hex_mark: str = ""
    code: Command | None = None
    data: bytes | None = None
    ink: Image.Image | None = None


@dataclass(slots=True)
class Page:
    """One format being obeyed. `copies`: how many labels it asks for."""

    settings: Settings
    media: Media
    copies: int = 1
    is_blank: bool = True
    ink: Image.Image = field(init=False)
    _field: _Field = field(default_factory=_Field)

    def __post_init__(self) -> None:
        self.ink = Image.new("1", (self.media.width_dots, self.media.height_dots))

    @property
    def image(self) -> Image.Image:
        """Black on white, as far as the print width reaches."""
        width = min(self.settings.width_dots, self.ink.width)
        self.ink.paste(_WHITE, (width, 0, self.ink.width, self.ink.height))
        return Image.frombytes("1", self.ink.size, self.ink.tobytes(), "raw", "1;I")

    def obey(self, commands: Sequence[Command]) -> None:
        """Everything between ^XA and ^XZ."""
        for command in commands:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        match command.name:
            case "^FO" | "^FT":
                self._field.x, self._field.y = _number(command, 0), _number(command, 1)
            case "^FD":
                self._field.data = command.data
            case "^FH":
                self._field.hex_mark = command.data.decode("latin-1").strip()[:1] or "_"
            case "^FR":
                self._field.reverse = True
            case "^A":
                self._field.font = _font(command)
            case "^BC" | "^BQ":
                self._field.code = command
            case "^GB":
                self._field.ink = _box(command)
            case "^GF":
                self._field.ink = picture(command.data)
            case "^FS":
                self._end_field()
            case _:
                self._set(command)

    def _set(self, command: Command) -> None:
        settings = self.settings
        match command.name:
            case "^PQ":
                self.copies = _number(command, 0, 1)
            case "^JZ":
                settings.reprints = command.data.strip().upper() != b"N"
            case "^PW":
                settings.width_dots = _number(command, 0, _MOST_DOTS)
            case "^LH":
                settings.home = _number(command, 0), _number(command, 1)
            case "^CI":
                settings.encoding = _number(command, 0)
            case "^CF":
                settings.font = _font(command)
            case "^BY":
                settings.module_dots = min(10, _number(command, 0, settings.module_dots))
                settings.code_height_dots = _number(command, 2, settings.code_height_dots)

    def _end_field(self) -> None:
        ended, self._field = self._field, _Field()
        ink, down = ended.ink or self._drawn(ended), 0
        if ink is None:
            return
        if ended.code is not None and ended.code.name == "^BQ":
            down = self.settings.code_height_dots  # firmware moves QR codes down by the height of ^BY
        x, y = ended.x + self.settings.home[0], ended.y + self.settings.home[1] + down
        self.is_blank = False
        box = (x, y, x + ink.width, y + ink.height)
        if ended.reverse:
            self.ink.paste(ImageChops.logical_xor(self.ink.crop(box), ink), box[:2])
        else:
            self.ink.paste(_BLACK, box[:2], ink)

    def _drawn(self, ended: _Field) -> Image.Image | None:
        if ended.data is None:
            return None
        text = self._text(ended.data, ended.hex_mark)
        if ended.code is None:
            return _line(text, *(ended.font or self.settings.font))
        if ended.code.name == "^BQ":
            return _qr(text, _number(ended.code, 2, 2))
        height = _number(ended.code, 1, self.settings.code_height_dots)
        return _bars(text, self.settings.module_dots, height)

    def _text(self, data: bytes, hex_mark: str) -> str:
        if hex_mark:
            escape = re.escape(hex_mark.encode("latin-1")) + rb"([0-9A-Fa-f]{2})"
            data = re.sub(escape, lambda found: bytes.fromhex(found[1].decode("ascii")), data)
        encoding = "utf-8" if self.settings.encoding == _UTF8 else "cp850"
        return data.decode(encoding, "replace")[:_MOST_CHARACTERS]


def _number(command: Command, at: int, default: int = 0) -> int:
    """A parameter within what a printer accepts; left out or nonsense: its default."""
    parameters = command.parameters
    text = parameters[at].strip() if at < len(parameters) else ""
    return min(int(text), 32_000) if re.fullmatch("[0-9]{1,8}", text) else default


def _font(command: Command) -> tuple[int, int]:
    """Height and width; one alone gives both."""
    height, width = _number(command, 1), _number(command, 2)
    height, width = min(height or width or 9, 1000), min(width or height or 5, 1000)
    return height, width


@cache
def _typeface() -> RasterTypeface:
    return RasterTypeface()


def _line(text: str, height: int, width: int) -> Image.Image | None:
    if not text:
        return None
    line = _typeface().line(text, height)
    size = (max(1, min(_MOST_DOTS, line.width * width // height)), height)
    return line if size == line.size else line.resize(size, Image.Resampling.NEAREST)


def _box(command: Command) -> Image.Image:
    rule = max(1, _number(command, 2, 1))
    width = min(_MOST_DOTS, max(rule, _number(command, 0)))
    height = min(_MOST_DOTS, max(rule, _number(command, 1)))
    box = Image.new("1", (width, height), _WHITE if command.parameters[3:4] == ("W",) else _BLACK)
    box.paste(_WHITE, (rule, rule, max(rule, width - rule), max(rule, height - rule)))
    return box


def _bars(text: str, module_dots: int, height: int) -> Image.Image | None:
    values = symbols(text)
    modules = bars(values) if values else ""
    if not modules or len(modules) * module_dots > _MOST_DOTS:
        return None
    row = Image.new("1", (len(modules), 1))
    row.putdata([255 * (module == "1") for module in modules])
    size = (len(modules) * max(1, module_dots), max(1, min(_MOST_DOTS, height)))
    return row.resize(size, Image.Resampling.NEAREST)


def _qr(text: str, module_dots: int) -> Image.Image | None:
    """The data are the correction level, A for automatic input, a comma, and what is encoded."""
    level, content = _QR_LEVELS.get(text[:1]), text[3:]
    if level is None or text[1:3] != "A," or not content:
        return None
    code = qrcode.QRCode(border=0, error_correction=level)
    code.add_data(content.encode())
    code.make(fit=True)
    matrix = code.get_matrix()
    grid = Image.new("1", (len(matrix), len(matrix)))
    grid.putdata([255 * dark for row in matrix for dark in row])
    side = len(matrix) * max(1, min(100, module_dots))
    return grid.resize((side, side), Image.Resampling.NEAREST)

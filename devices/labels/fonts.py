"""The typeface of drawn labels: a chain of font files, looked up character by character.

The first font is bundled (Noto Sans SC, SIL Open Font Licence 1.1); what it lacks is looked for in the fonts of
the system. A character that no font has is never a box: it is shown as 〓 and reported. Glyphs are black and
white from the start, without anti-aliasing, and kept in a bounded cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from devices.labels.cmap import Cmap, read_cmap
from devices.labels.text import MISSING_GLYPH

SMALLEST_DOTS = 8  # below this no Chinese character can be read
_BUNDLED_PACKAGE, _BUNDLED_FILE = "pylopdf_fonts_zh_cn", "NotoSansSC-Regular.otf"
_FONTS = Path("/usr/share/fonts")
_SYSTEM_FILES = (  # path below the system's font folder, face
    ("opentype/noto/NotoSansCJK-Regular.ttc", 2),  # 2 is SC
    ("truetype/wqy/wqy-zenhei.ttc", 0),
    ("truetype/wqy/wqy-microhei.ttc", 0),
    ("truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("truetype/dejavu/DejaVuSans.ttf", 0),
)
_EM_PERCENT = 87  # of the line box: leaves room for a descender below and for an accent above
_BASELINE_PERCENT = 78  # of the line box, from its top
_MEASURED_AT_DOTS = 1000  # advances are measured once at this size and scaled
_STROKE_PER_EM = 0.026  # of bold, on either side of a line: Regular becomes about as heavy as Bold


@dataclass(frozen=True, slots=True)
class FontFile:
    """One face of a font file."""

    path: Path
    face: int = 0


@dataclass(frozen=True, slots=True)
class Glyph:
    """The ink of one character: `image` is black where set, (x, y) its place from the pen on the base line."""

    image: Image.Image | None
    x: int
    y: int


def installed_fonts() -> tuple[FontFile, ...]:
    """The bundled font and those of the system, in the order in which they are asked."""
    spec = find_spec(_BUNDLED_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    bundled = [FontFile(Path(folder) / _BUNDLED_FILE) for folder in folders or ()]
    system = [FontFile(_FONTS / path, face) for path, face in _SYSTEM_FILES]
    return tuple(font for font in (*bundled, *system) if font.path.is_file())


@cache
def _cmap(font: FontFile) -> Cmap:
    try:
        return read_cmap(font.path, font.face)
    except (OSError, ValueError):  # a broken font has no characters: the next one of the chain is asked
        return Cmap(iter(()))


@lru_cache(maxsize=4)  # an open face costs 1.5 MB, opening it again 0.3 ms
def _sized(font: FontFile, em_dots: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font.path), em_dots, index=font.face, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _advance_per_mille(font: FontFile, char: str) -> int:
    return round(_sized(font, _MEASURED_AT_DOTS).getlength(char))


@lru_cache(maxsize=1024)
def _glyph(font: FontFile, char: str, em_dots: int, bold: bool) -> Glyph:
    """Drawn on a sheet with a margin of an em all round, then cut to its ink."""
    sheet = Image.new("1", (4 * em_dots, 3 * em_dots))
    pen = ImageDraw.Draw(sheet)
    pen.fontmode = "1"
    stroke = em_dots * _STROKE_PER_EM if bold else 0
    pen.text(
        (em_dots, 2 * em_dots), char, fill=1, font=_sized(font, em_dots), anchor="ls", stroke_width=stroke
    )
    ink = sheet.getbbox()
    if ink is None:
        return Glyph(None, 0, 0)
    return Glyph(sheet.crop(ink), ink[0] - em_dots, ink[1] - 2 * em_dots)


class RasterTypeface:
    """A proportional typeface of any size, over a chain of font files."""

    def __init__(self, fonts: tuple[FontFile, ...] | None = None) -> None:
        self._fonts = installed_fonts() if fonts is None else fonts
        if not self._fonts:
            raise FileNotFoundError(f"no font: neither {_BUNDLED_PACKAGE} nor one of the system's is there")
        self._home = lru_cache(maxsize=8192)(self._find_home)

    def size_at_most(self, size_dots: int) -> int:
        """Any whole number of dots, from the smallest that can be read."""
        return max(SMALLEST_DOTS, size_dots)

    def width_dots(self, text: str, size_dots: int, bold: bool = False) -> int:
        """The sum of the advances: no kerning, so that every character has its place of its own."""
        em_dots = _em_dots(size_dots)
        return sum(self._advance_dots(char, em_dots, bold) for char in text)

    def missing(self, text: str) -> str:
        """What no font of the chain has."""
        return "".join(char for char in dict.fromkeys(text) if self._home(char) is None)

    def line(self, text: str, size_dots: int, bold: bool = False) -> Image.Image:
        """One line drawn, black where set, exactly `width_dots` by `size_dots`; what reaches out is cut off."""
        em_dots, baseline = _em_dots(size_dots), size_dots * _BASELINE_PERCENT // 100
        line = Image.new("1", (max(1, self.width_dots(text, size_dots, bold)), size_dots))
        x = 0
        for char in text:
            font, shown = self._shown(char)
            glyph = _glyph(font, shown, em_dots, bold)
            if glyph.image is not None:
                line.paste(1, (x + glyph.x, baseline + glyph.y), glyph.image)
            x += self._advance_dots(char, em_dots, bold)
        return line

    def _advance_dots(self, char: str, em_dots: int, bold: bool) -> int:
        font, shown = self._shown(char)
        advance = (_advance_per_mille(font, shown) * em_dots + _MEASURED_AT_DOTS // 2) // _MEASURED_AT_DOTS
        return advance + 1 if bold and shown.isascii() else advance

    def _shown(self, char: str) -> tuple[FontFile, str]:
        """The font that draws `char`, and what it draws for it."""
        home = self._home(char)
        return (home, char) if home else (self._home(MISSING_GLYPH) or self._fonts[0], MISSING_GLYPH)

    def _find_home(self, char: str) -> FontFile | None:
        """The first font that has `char`."""
        return next((font for font in self._fonts if char in _cmap(font)), None)


def _em_dots(size_dots: int) -> int:
    return max(1, size_dots * _EM_PERCENT // 100)

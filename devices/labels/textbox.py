"""Text in a box: it shrinks, is broken into lines, and is cut with an ellipsis; it never leaves the box."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_letters, digits

from devices.errors import Unprintable
from devices.labels.elements import ITEMS, Text
from devices.labels.fields import Fields
from devices.labels.placed import Fill, TextRun
from devices.labels.text import ELLIPSIS, MISSING_GLYPH, printable
from devices.labels.typeface import Typeface

_SHRINK_STEPS = 16  # a step takes a sixteenth of the size, at least a dot
_MOST_CHARS = 2000  # more never stand on a label: an address as long as a book takes no longer to lay out
_GROUND_MARGIN_MM = 0.6  # white letters need black beside them
_ROUNDING = 1e-6
_WORD = ascii_letters + digits + "._/-"


@dataclass(frozen=True, slots=True)
class Rect:
    """A place on the label in dots."""

    x: int
    y: int
    width: int
    height: int

    def narrowed(self, dots: int) -> Rect:
        """Without so many dots on the left, and on the right."""
        return Rect(self.x + dots, self.y, max(0, self.width - 2 * dots), self.height)


@dataclass(frozen=True, slots=True)
class _Setting:
    """Type of one size, in a box of one width and so many lines."""

    typeface: Typeface
    size_dots: int
    bold: bool
    width_dots: int
    lines: int

    def width(self, text: str) -> int:
        return self.typeface.width_dots(text, self.size_dots, self.bold)

    def fits(self, text: str) -> bool:
        return self.width(text) <= self.width_dots


def runs(
    element: Text, fields: Fields, rect: Rect, type_scale: float, typeface: Typeface, missing: dict[str, None]
) -> Iterator[Fill | TextRun]:
    """The element's lines, on a black ground where it is inverse; nothing at all where its text is empty.

    `type_scale`: dots of type for a millimetre of the design. Characters that `typeface` lacks are added to
    `missing`. Raises Unprintable where not even the smallest type there is stands in `rect`.
    """
    texts = _texts(element, fields, typeface, missing)
    if not any(texts):
        return
    if element.inverse:
        yield Fill(rect.x, rect.y, rect.width, rect.height)
        rect = rect.narrowed(round(_GROUND_MARGIN_MM * type_scale))
    setting, lines = _set(element, texts, rect, type_scale, typeface)
    y = rect.y + _offset(element.vertical, rect.height - len(lines) * setting.size_dots)
    for line in lines:
        width = setting.width(line)
        x = rect.x + _offset(element.align, rect.width - width)
        if line:
            yield TextRun(x, y, line, setting.size_dots, width, element.bold, element.inverse)
        y += setting.size_dots


def _texts(element: Text, fields: Fields, typeface: Typeface, missing: dict[str, None]) -> tuple[str, ...]:
    """What to show, characters that the typeface lacks already replaced."""
    raw = fields.items if element.text == ITEMS else (fields.filled(element.text),)
    return tuple(_shown(printable(text[:_MOST_CHARS]).strip(), typeface, missing) for text in raw)


def _shown(text: str, typeface: Typeface, missing: dict[str, None]) -> str:
    lacking = typeface.missing(text)
    missing |= dict.fromkeys(lacking)
    return text.translate(dict.fromkeys(map(ord, lacking), MISSING_GLYPH)) if lacking else text


def _offset(align: str, free_dots: int) -> int:
    return {"left": 0, "top": 0, "center": free_dots // 2, "middle": free_dots // 2}.get(align, free_dots)


def _set(
    element: Text, texts: tuple[str, ...], rect: Rect, type_scale: float, typeface: Typeface
) -> tuple[_Setting, list[str]]:
    """The largest type in which all stands, else the smallest with the rest cut off."""
    for size_dots in _sizes(element, rect, type_scale, typeface):
        most_lines = min(element.max_lines, rect.height // size_dots)
        setting = _Setting(typeface, size_dots, element.bold, rect.width, most_lines)
        lines, whole = _listed(texts, setting) if element.text == ITEMS else _broken(texts[0], setting)
        if whole:
            break
    return setting, lines


def _sizes(element: Text, rect: Rect, type_scale: float, typeface: Typeface) -> Iterator[int]:
    """From the wanted size down to the smallest allowed; at least one."""
    wanted, smallest = (
        typeface.size_at_most(min(rect.height, int(size_mm * type_scale + _ROUNDING)))
        for size_mm in (element.size_mm, element.smallest_mm)
    )
    if smallest > rect.height:
        raise Unprintable(
            f"no type of the printer is so small that {element.text} stands in {rect.height} dots"
        )
    while wanted > smallest:
        yield wanted
        wanted = max(smallest, typeface.size_at_most(wanted - max(1, wanted // _SHRINK_STEPS)))
    yield smallest


def _listed(texts: tuple[str, ...], setting: _Setting) -> tuple[list[str], bool]:
    """A line for each text; where there are too many, the last one says how many more."""
    if len(texts) <= setting.lines:
        return [_clipped(text, setting) for text in texts], True
    shown = [_clipped(text, setting) for text in texts[: setting.lines - 1]]
    rest = f"{ELLIPSIS} 另 {len(texts) - len(shown)} 行, 共 {len(texts)} 行"
    return [*shown, _clipped(rest, setting)], False


def _broken(text: str, setting: _Setting) -> tuple[list[str], bool]:
    """Lines, and whether they hold the whole text."""
    lines: list[str] = []
    while len(lines) < setting.lines - 1 and text and not setting.fits(text):
        head = _head(text, setting)
        if not head:
            break
        lines.append(head.rstrip())
        text = text[len(head) :].lstrip()
    whole = setting.fits(text)
    return [*lines, text if whole else _clipped(text, setting)], whole


def _head(text: str, setting: _Setting) -> str:
    """As much as fits on a line; a word that would be cut goes to the next one, if a line can begin before it."""
    size = _fitting(text, setting, "")
    if 0 < size < len(text) and text[size - 1] in _WORD and text[size] in _WORD:
        size = len(text[:size].rstrip(_WORD)) or size
    return text[:size]


def _clipped(text: str, setting: _Setting) -> str:
    if setting.fits(text):
        return text
    if not setting.fits(ELLIPSIS):
        return ""
    return text[: _fitting(text, setting, ELLIPSIS)].rstrip() + ELLIPSIS


def _fitting(text: str, setting: _Setting, tail: str) -> int:
    """The most leading characters that fit together with `tail`."""
    room = min(len(text), setting.width_dots)  # hardly a character is narrower than a dot
    return bisect_right(
        range(1, room + 1), setting.width_dots, key=lambda size: setting.width(text[:size] + tail)
    )

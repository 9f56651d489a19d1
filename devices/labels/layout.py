"""A template and a label laid out on a media: every element at its place in whole dots.

What needs the waybill number comes last, so that a label can be drawn ahead of payment up to there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devices.errors import Unprintable
from devices.labels import code128, qr
from devices.labels.elements import AnyElement, Code128, Element, Frame, Gs1Code128, Qr, Rule, Template, Text
from devices.labels.elements import Picture as PictureElement
from devices.labels.fields import Fields, fields_of
from devices.labels.label import Label, Media
from devices.labels.picture import scaled
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode
from devices.labels.textbox import Rect, runs
from devices.labels.typeface import Typeface

FEWEST_MODULE_DOTS = 2  # one dot is what a worn head loses


@dataclass(frozen=True, slots=True)
class Scale:
    """How many dots a millimetre of the design has: across, along the feed, and in type; and one of the media."""

    x: float
    y: float
    type: float
    dots_per_mm: float

    def rect(self, element: Element) -> Rect:
        """The element's box; boxes that do not overlap in millimetres do not in dots."""
        left, top = round(element.x_mm * self.x), round(element.y_mm * self.y)
        right = round((element.x_mm + element.width_mm) * self.x)
        bottom = round((element.y_mm + element.height_mm) * self.y)
        return Rect(left, top, right - left, bottom - top)

    def line_dots(self, line_mm: float) -> int:
        """The thickness of a rule, the same wherever it stands."""
        return max(1, round(line_mm * self.type))


def scale_of(template: Template, media: Media) -> Scale:
    """From the template's design size to the media's dots."""
    x, y = media.width_dots / template.width_mm, media.height_dots / template.height_mm
    return Scale(x, y, min(x, y), media.dots_per_mm)


def lay_out(template: Template, label: Label, media: Media, typeface: Typeface) -> Layout:
    """The whole label: first what is known ahead of its number, then the rest.

    Raises Unprintable where a code cannot be encoded, or does not fit in modules of two dots or more and of
    the widths that the template allows.
    """
    fields = fields_of(label)
    ahead, numbered = split(template)
    missing: dict[str, None] = {}
    placed = place((*ahead, *numbered), fields, scale_of(template, media), typeface, missing)
    return Layout(media.width_dots, media.height_dots, tuple(placed), tuple(missing))


def split(template: Template) -> tuple[tuple[AnyElement, ...], tuple[AnyElement, ...]]:
    """The elements that are known ahead of waybill number, job and copy; and those that need one of them."""
    ahead = tuple(element for element in template.elements if not element.needs_number)
    return ahead, tuple(element for element in template.elements if element.needs_number)


def place(
    elements: Iterable[AnyElement],
    fields: Fields,
    scale: Scale,
    typeface: Typeface,
    missing: dict[str, None],
) -> Iterator[Placed]:
    """Each element that is to be drawn, in dots. Characters that `typeface` lacks are added to `missing`."""
    for element in elements:
        if element.when and not fields.texts[element.when].strip():
            continue
        if isinstance(element, Text):
            yield from runs(element, fields, scale.rect(element), scale.type, typeface, missing)
        else:
            yield from _drawn(element, fields, scale)


def _drawn(element: AnyElement, fields: Fields, scale: Scale) -> Iterator[Placed]:
    rect = scale.rect(element)
    match element:
        case Frame():
            yield Box(rect.x, rect.y, rect.width, rect.height, scale.line_dots(element.line_mm))
        case Rule():
            yield _rule(element, rect, scale)
        case PictureElement():
            yield Picture(rect.x, rect.y, scaled(element.file, rect.width, rect.height))
        case Code128():
            yield from _code128(element, fields.filled(element.data), rect, scale)
        case Gs1Code128():
            yield _sscc(element, fields.texts["sscc"], rect, scale)
        case Qr():
            yield _qr(element, fields.filled(element.data), rect, scale)


def _rule(element: Rule, rect: Rect, scale: Scale) -> Fill:
    """It ends where its box ends, so that it stays on the label where its whole dots are more than its millimetres."""
    if element.width_mm >= element.height_mm:
        line = scale.line_dots(element.height_mm)
        return Fill(rect.x, max(0, rect.y + rect.height - line), rect.width, line)
    line = scale.line_dots(element.width_mm)
    return Fill(max(0, rect.x + rect.width - line), rect.y, line, rect.height)


def _code128(element: Code128, data: str, rect: Rect, scale: Scale) -> Iterator[Bars]:
    try:
        if not code128.encodable(data):
            raise Unprintable(f"{data!r} cannot be a barcode, expected printable ASCII")
        yield _bars(element, data, rect, scale)
    except Unprintable:
        if not element.optional:
            raise


def _sscc(element: Gs1Code128, sscc: str, rect: Rect, scale: Scale) -> Bars:
    if not code128.is_sscc(sscc):
        raise Unprintable(f"{sscc!r} is no SSCC, expected 18 digits whose last is the check digit")
    return _bars(element, code128.SSCC_AI + sscc, rect, scale)


def _bars(element: Code128 | Gs1Code128, data: str, rect: Rect, scale: Scale) -> Bars:
    gs1 = isinstance(element, Gs1Code128)
    modules = code128.modules(data, gs1=gs1)
    module_dots = _module_dots(element, len(modules) + 2 * code128.QUIET_ZONE_MODULES, rect.width, scale)
    if module_dots is None:
        raise Unprintable(f"the bars of {data} do not fit on {rect.width} dots")
    x = rect.x + (rect.width - len(modules) * module_dots) // 2
    return Bars(x, rect.y, rect.height, module_dots, data, modules, gs1)


def _qr(element: Qr, data: str, rect: Rect, scale: Scale) -> QrCode:
    try:
        matrix = qr.matrix(data)
    except ValueError as error:
        raise Unprintable(str(error)) from error
    room = min(rect.width, rect.height)
    module_dots = _module_dots(element, len(matrix) + 2 * qr.QUIET_ZONE_MODULES, room, scale)
    if module_dots is None:
        raise Unprintable(f"the QR code of {data} does not fit on {room} dots")
    size = len(matrix) * module_dots
    x, y = rect.x + (rect.width - size) // 2, rect.y + (rect.height - size) // 2
    return QrCode(x, y, module_dots, data, matrix)


def _module_dots(
    element: Code128 | Gs1Code128 | Qr, modules: int, room_dots: int, scale: Scale
) -> int | None:
    """The widest whole-dot module that fits and that the template allows, None where there is none."""
    fewest = max(FEWEST_MODULE_DOTS, math.ceil(round(element.min_module_mm * scale.dots_per_mm, 3)))
    most = max(fewest, math.floor(round(element.max_module_mm * scale.dots_per_mm, 3)))
    widest = min(most, room_dots // modules)
    return widest if widest >= fewest else None

"""What is wrong with a template beyond the types of its keys: one sentence for each fault."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from PIL import Image

from devices.labels.elements import (
    ITEMS,
    AnyElement,
    Code128,
    Element,
    Frame,
    Gs1Code128,
    Picture,
    Qr,
    Rule,
    Template,
    Text,
)
from devices.labels.fields import ALL_FIELDS, NUMBER_FIELDS, ORDER_FIELDS, placeholders

Area = tuple[float, float, float, float]  # left, top, right, bottom in mm

_ROUNDING_MM = 1e-6
# A line keeps its thickness in whole dots, so it may reach a dot beyond its millimetres.
_LINE_CLEARANCE_MM = 0.2
_BRACES = re.compile(r"[{}]")


def faults(template: Template, folder: Path) -> Iterator[str]:
    """Every fault, those of single elements first. `folder`: where pictures may be."""
    for at, element in enumerate(template.elements, start=1):
        for fault in (*_outside(element, template), *_contents(element), *_kind(element, folder)):
            yield f"element {at}: {fault}"
    yield from _collisions(template)
    yield from _left_out(template)


def _outside(element: Element, template: Template) -> Iterator[str]:
    edges = _box(element)
    if not all(map(math.isfinite, edges)):
        yield "expected numbers of millimetres"
    elif edges[2] > template.width_mm + _ROUNDING_MM or edges[3] > template.height_mm + _ROUNDING_MM:
        size = f"{template.width_mm:g} × {template.height_mm:g} mm"
        yield f"reaches to ({edges[2]:g}, {edges[3]:g}) mm, expected within the label of {size}"


def _contents(element: AnyElement) -> Iterator[str]:
    bare = re.sub(r"\{[^{}]*\}", "", element.content)
    if _BRACES.search(bare):
        yield "a brace stands alone, expected {field}"
    for name in element.names:
        if name not in ALL_FIELDS:
            yield f"{{{name}}} is no field, expected one of {', '.join(sorted(ALL_FIELDS))}"
        elif element.is_code and name in placeholders(element.content) and not _may_be_coded(name):
            yield f"{{{name}}} is never put into a code, expected numbers of the parcel or the order"
    if ITEMS in element.content and element.content != ITEMS:
        yield f"{ITEMS} is a list of lines, expected to stand alone"


def _may_be_coded(name: str) -> bool:
    """Never a person, nor what a person ordered: a code can be read from far by anybody's telephone."""
    return name in NUMBER_FIELDS | ORDER_FIELDS


def _kind(element: AnyElement, folder: Path) -> Iterator[str]:
    match element:
        case Text() if element.smallest_mm > element.size_mm:
            yield f"min_size_mm is {element.smallest_mm:g}, expected at most size_mm {element.size_mm:g}"
        case Text() if element.smallest_mm > element.height_mm + _ROUNDING_MM:
            yield f"height_mm is {element.height_mm:g}, expected room for type of {element.smallest_mm:g} mm"
        case Code128() | Gs1Code128() | Qr() if element.min_module_mm > element.max_module_mm:
            yield f"min_module_mm is {element.min_module_mm:g}, expected at most {element.max_module_mm:g}"
        case Frame() if 2 * element.line_mm > min(element.width_mm, element.height_mm):
            yield f"line_mm is {element.line_mm:g}, expected at most half of the box"
        case Picture():
            yield from _picture(Path(element.file), folder)


def _picture(path: Path, folder: Path) -> Iterator[str]:
    if not path.is_relative_to(folder.resolve()):
        yield f"{path.name} is outside the template's folder, expected a picture in it"
        return
    try:
        with Image.open(path) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError):  # Pillow says SyntaxError of a broken PNG
        yield f"{path.name} is no picture, expected a PNG file beside the template"


def _collisions(template: Template) -> Iterator[str]:
    numbered = list(enumerate(template.elements, start=1))
    codes = [(at, element) for at, element in numbered if element.is_code]
    for (code_at, code), (at, other) in product(codes, numbered):
        twice = other.is_code and at <= code_at
        if not twice and any(_overlap(_box(code), area) for area in _ink(other)):
            yield f"element {at}: reaches into the code of element {code_at}, expected clear of its box"


def _box(element: Element) -> Area:
    x, y = element.x_mm, element.y_mm
    return x, y, x + element.width_mm, y + element.height_mm


def _ink(element: Element) -> Iterator[Area]:
    """Where it may blacken the label."""
    left, top, right, bottom = _box(element)
    if isinstance(element, Frame):
        line = element.line_mm
        yield _thickened((left, top, right, top + line))
        yield _thickened((left, bottom - line, right, bottom))
        yield _thickened((left, top, left + line, bottom))
        yield _thickened((right - line, top, right, bottom))
    elif isinstance(element, Rule):
        yield _thickened((left, top, right, bottom))
    else:
        yield left, top, right, bottom


def _thickened(area: Area) -> Area:
    left, top, right, bottom = area
    more = _LINE_CLEARANCE_MM
    return left - more, top - more, right + more, bottom + more


def _overlap(one: Area, other: Area) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return across > _ROUNDING_MM and along > _ROUNDING_MM


def _left_out(template: Template) -> Iterator[str]:
    """The contract's own: waybill, QR code, and the mark of a further copy."""
    always = [element for element in template.elements if not element.when]
    if not any(
        isinstance(each, Code128) and each.data == "{waybill}" and not each.optional for each in always
    ):
        yield 'expected an element of kind "code128" with data "{waybill}", always drawn'
    if not any(isinstance(each, Qr) and each.data == "{qr}" for each in always):
        yield 'expected an element of kind "qr" with data "{qr}", always drawn'
    shown = [each for each in template.elements if isinstance(each, Text) and each.when in ("", "again")]
    if not any("again" in placeholders(each.text) for each in shown):
        yield 'expected an element of kind "text" that shows {again}, drawn on every further copy'

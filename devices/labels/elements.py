"""What label templates are made of: one description of a label in millimetres.

A template is designed for one media and fits others: places and sizes stretch along both axes, type by the
smaller of the two. Every code's box holds its quiet zone, and nothing else may reach into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import msgspec

from devices.labels.fields import NUMBER_FIELDS, placeholders

Millimetres = Annotated[float, msgspec.Meta(ge=0, le=1000)]
Length = Annotated[float, msgspec.Meta(gt=0, le=1000)]
TypeSize = Annotated[float, msgspec.Meta(ge=1, le=100)]

ITEMS = "{items}"

_LINE_MM = 0.3
_MIN_MODULE_MM = 0.25
_MAX_MODULE_MM = 0.51


class Element(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all kinds have: a box, and a field without which the element is left out."""

    is_code: ClassVar[bool] = False

    x_mm: Millimetres
    y_mm: Millimetres
    width_mm: Length
    height_mm: Length
    when: str = ""

    @property
    def content(self) -> str:
        """The pattern with placeholders that it shows; empty where it shows none."""
        return ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that it depends on."""
        return (*placeholders(self.content), *((self.when,) if self.when else ()))

    @property
    def needs_number(self) -> bool:
        """Whether it waits for the waybill number, the job or the copy."""
        return not NUMBER_FIELDS.isdisjoint(self.names)


class Text(Element, frozen=True, kw_only=True, tag="text"):
    """Lines of text. Type shrinks from `size_mm` to `min_size_mm`, then the text is cut with an ellipsis.

    Sizes are heights of line boxes. `{items}` stands alone: one line for each order line.
    """

    text: Annotated[str, msgspec.Meta(min_length=1)]
    size_mm: TypeSize
    min_size_mm: TypeSize | None = None
    max_lines: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    bold: bool = False
    align: Literal["left", "center", "right"] = "left"
    vertical: Literal["top", "middle", "bottom"] = "top"
    inverse: bool = False

    @property
    def content(self) -> str:
        """Its text."""
        return self.text

    @property
    def smallest_mm(self) -> float:
        """How far the type may shrink."""
        return self.size_mm if self.min_size_mm is None else self.min_size_mm


class Frame(Element, frozen=True, kw_only=True, tag="box"):
    """A frame of `line_mm`, drawn inside its box."""

    line_mm: Length = _LINE_MM


class Rule(Element, frozen=True, kw_only=True, tag="rule"):
    """A black rectangle: the thinner side is the thickness of the rule."""


class Code128(Element, frozen=True, kw_only=True, tag="code128"):
    """Bars in the middle of the box. `optional`: left out where no module of the allowed widths fits."""

    is_code: ClassVar[bool] = True

    data: Annotated[str, msgspec.Meta(min_length=1)]
    min_module_mm: Length = _MIN_MODULE_MM
    max_module_mm: Length = _MAX_MODULE_MM
    optional: bool = False

    @property
    def content(self) -> str:
        """What a scanner reads."""
        return self.data


class Gs1Code128(Element, frozen=True, kw_only=True, tag="gs1-128"):
    """The parcel's SSCC under application identifier 00."""

    is_code: ClassVar[bool] = True

    min_module_mm: Length = _MIN_MODULE_MM
    max_module_mm: Length = _MAX_MODULE_MM

    @property
    def content(self) -> str:
        """The SSCC without its application identifier."""
        return "{sscc}"


class Qr(Element, frozen=True, kw_only=True, tag="qr"):
    """A QR code in the middle of the box."""

    is_code: ClassVar[bool] = True

    data: Annotated[str, msgspec.Meta(min_length=1)]
    min_module_mm: Length = _MIN_MODULE_MM
    max_module_mm: Length = 0.75

    @property
    def content(self) -> str:
        """What a scanner reads."""
        return self.data


class Picture(Element, frozen=True, kw_only=True, tag="image"):
    """A picture in black and white, stretched to the box. `file`: its path, in the file beside the template."""

    file: Annotated[str, msgspec.Meta(min_length=1)]


AnyElement = Text | Frame | Rule | Code128 | Gs1Code128 | Qr | Picture


@dataclass(frozen=True, slots=True)
class Template:
    """A label's description in the millimetres of its design, those elements first that lie beneath."""

    name: str
    width_mm: float
    height_mm: float
    elements: tuple[AnyElement, ...]

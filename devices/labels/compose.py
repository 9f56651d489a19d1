"""Labels drawn in two steps: what is known ahead of the waybill number long before, the rest when it is paid.

A label finished so has the same bytes as one drawn at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.labels.elements import Template
from devices.labels.fields import fields_of
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, Media
from devices.labels.layout import place, scale_of, split
from devices.labels.placed import Raster
from devices.labels.raster import blank, draw_over


@dataclass(frozen=True, slots=True)
class Prepared:
    """A label without its number. `known`: the fields it was drawn from; `missing`: what no font has."""

    template: Template
    media: Media
    raster: Raster
    known: dict[str, str]
    missing: tuple[str, ...]

    @property
    def size_bytes(self) -> int:
        """What keeping it costs, texts aside."""
        return len(self.raster.data)


class Composer:
    """Draws labels in the typeface of this machine. Not for two threads at once."""

    def __init__(self, typeface: RasterTypeface | None = None) -> None:
        self._typeface = typeface or RasterTypeface()

    def prepare(self, label: Label, template: Template, media: Media) -> Prepared:
        """All that does not need waybill number, SSCC, job or copy; those of `label` are not looked at.

        Raises Unprintable where a code does not fit.
        """
        fields = fields_of(label)
        ahead, _ = split(template)
        missing: dict[str, None] = {}
        placed = place(ahead, fields, scale_of(template, media), self._typeface, missing)
        raster = draw_over(blank(media.width_dots, media.height_dots), placed, self._typeface)
        return Prepared(template, media, raster, fields.beside_numbers(), tuple(missing))

    def finish(self, prepared: Prepared, label: Label) -> tuple[Raster, tuple[str, ...]]:
        """The whole label, and the characters that no font has.

        Raises Unprintable as `lay_out` does; ValueError where `label` is not the one that was prepared.
        """
        fields = fields_of(label)
        if fields.beside_numbers() != prepared.known:
            raise ValueError(f"{label.order_no} has changed since its label was prepared")
        _, numbered = split(prepared.template)
        missing = dict.fromkeys(prepared.missing)
        scale = scale_of(prepared.template, prepared.media)
        placed = place(numbered, fields, scale, self._typeface, missing)
        return draw_over(prepared.raster, placed, self._typeface), tuple(missing)

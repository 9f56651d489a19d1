"""Labels drawn in two steps: what is known ahead of the waybill number long before, the rest when it is paid.

A label finished so has the same bytes as one drawn at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from devices.labels.fields import fields_of
from devices.labels.fonts import RasterTypeface
from devices.labels.label import Label, Media
from devices.labels.layout import place, scale_of, split
from devices.labels.placed import Raster
from devices.labels.raster import blank, draw_on, packed, unpacked
from devices.labels.elements import Template


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

    def suits(self, label: Label) -> bool:
        """Whether `label` says the same, number, job and copy aside."""
        return fields_of(label).beside_numbers() == self.known


class Composer:
    """Draws labels in the typeface of this machine."""

    def __init__(self, typeface: RasterTypeface | None = None) -> None:
        self._typeface = typeface or RasterTypeface()

    def prepare(self, label: Label, template: Template, media: Media) -> Prepared:
        """All that does not need waybill number, SSCC, job or copy; those of `label` are not looked at."""
        fields = fields_of(label)
        ahead, _ = split(template)
        missing: dict[str, None] = {}
        sheet = blank(media.width_dots, media.height_dots)
        draw_on(
            sheet, place(ahead, fields, scale_of(template, media), self._typeface, missing), self._typeface
        )
        return Prepared(template, media, packed(sheet), fields.beside_numbers(), tuple(missing))

    def finish(self, prepared: Prepared, label: Label) -> tuple[Raster, tuple[str, ...]]:
        """The whole label, and the characters that no font has.

        Raises Unprintable as `lay_out` does; ValueError where `label` is not the one that was prepared.
        """
        fields = fields_of(label)
        if fields.beside_numbers() != prepared.known:
            raise ValueError(f"{label.order_no} has changed since its label was prepared")
        _, numbered = split(prepared.template)
        missing = dict.fromkeys(prepared.missing)
        sheet = unpacked(prepared.raster)
        scale = scale_of(prepared.template, prepared.media)
        draw_on(sheet, place(numbered, fields, scale, self._typeface, missing), self._typeface)
        return packed(sheet), tuple(missing)

    def compose(self, label: Label, template: Template, media: Media) -> tuple[Raster, tuple[str, ...]]:
        """Both steps at once."""
        return self.finish(self.prepare(label, template, media), label)

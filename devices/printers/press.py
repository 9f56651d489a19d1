"""How a label gets onto one printer's wire: in which form, as which bytes, and how long that takes.

A picture shows every character and every template alike, and is what a fast wire gets. A slow one gets the printer's
own text and codes, a hundredth of the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.errors import Unprintable
from devices.labels.compose import Composer, Prepared
from devices.labels.label import Label, Media
from devices.labels.layout import lay_out
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template
from devices.links.link import wire_s
from devices.printers.conversation import Language

PROMISE_S = 3.0  # from payment to the label in the hand
RESERVE_S = 0.3  # of it for the commit, composing and the question before the job


class Form(StrEnum):
    """How a label is said."""

    RASTER = "raster"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What a full label of a template takes at a printer: bytes, and seconds for wire and paper together."""

    form: Form
    payload_bytes: int
    label_s: float

    @property
    def keeps_promise(self) -> bool:
        """Is the label in the hand within the promised time?"""
        return self.label_s <= PROMISE_S - RESERVE_S


@dataclass(frozen=True, slots=True)
class Composed:
    """The bytes of one label, and the characters that no font has (shown as 〓)."""

    payload: bytes
    missing: tuple[str, ...]


class Press:
    """Makes the bytes of labels for one language, media and wire. Not for two threads at once.

    `bytes_per_s`: of the wire, None where it is not known and taken for fast. Presses may share a `composer`.
    """

    def __init__(
        self,
        language: Language,
        media: Media,
        *,
        bytes_per_s: float | None,
        mm_per_s: float,
        composer: Composer | None = None,
    ) -> None:
        self.media = media
        self._composer = composer or Composer()
        self._language = language
        self._bytes_per_s = bytes_per_s
        self._motion_s = media.height_mm / mm_per_s
        self._reckoned: dict[str, Reckoning] = {}

    def reckon(self, template: Template) -> Reckoning:
        """The form in which a full label of this template is in the hand in time: a picture, if that is fast enough.

        Where neither is, the faster one. Raises Unprintable where a full label does not fit on this media.
        """
        if template.name not in self._reckoned:
            self._reckoned[template.name] = self._best(template, SPECIMEN)
        return self._reckoned[template.name]

    def _best(self, template: Template, sample: Label) -> Reckoning:
        raster = self.reckoning(Form.RASTER, template, sample)
        native = raster if raster.keeps_promise else self.reckoning(Form.NATIVE, template, sample)
        return min(raster, native, key=lambda each: each.label_s)

    def reckoning(self, form: Form, template: Template, sample: Label = SPECIMEN) -> Reckoning:
        """What a label takes in this form. Raises Unprintable."""
        size = len(self.say(form, template, sample).payload)
        return Reckoning(form, size, wire_s(size, self._bytes_per_s) + self._motion_s)

    def _form(self, template: Template, label: Label) -> Form:
        """As reckoned; where a full label's number does not fit, this one's may: it is reckoned with itself."""
        try:
            return self.reckon(template).form
        except Unprintable:
            return self._best(template, label).form

    def prepare(self, template: Template, draft: Label) -> Prepared | None:
        """Draw all that does not depend on the number; None where nothing is gained by it. Raises Unprintable."""
        if self.reckon(template).form is Form.NATIVE:
            return None
        return self._composer.prepare(draft, template, self.media)

    def compose(self, template: Template, label: Label, prepared: Prepared | None = None) -> Composed:
        """The whole label; `prepared` of the same template and draft saves time. Raises Unprintable."""
        return self.say(self._form(template, label), template, label, prepared)

    def say(self, form: Form, template: Template, label: Label, prepared: Prepared | None = None) -> Composed:
        """The whole label in this form, be it the one for this wire or not. Raises Unprintable."""
        if form is Form.RASTER:
            prepared = prepared or self._composer.prepare(label, template, self.media)
            raster, missing = self._composer.finish(prepared, label)
            return Composed(self._language.raster(raster, self.media), missing)
        layout = lay_out(template, label, self.media, self._language.typeface(self.media))
        return Composed(self._language.native(layout, self.media), layout.missing)

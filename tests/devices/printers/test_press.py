"""The press: which form a wire gets, and that each form of each language says the whole label."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from devices.errors import Unprintable
from devices.labels.label import Label, Media
from devices.labels.layout import lay_out
from devices.labels.placed import TextRun
from devices.labels.specimen import SPECIMEN
from devices.labels.template import Template, load_templates
from devices.printers.conversation import Language
from devices.printers.languages import LANGUAGES, WITH_FONT, language_of
from devices.printers.press import PROMISE_S, Form, Press
from devices.sim.printed_label import PrintedLabel, read_label
from devices.sim.printer import first_page

TEMPLATES = load_templates()
MEDIA = [
    Media(width, height, dpi)
    for (width, height), dpi in product([(76, 130), (100, 150), (100, 180)], [203, 300])
]
SERIAL_9600, SERIAL_115200, NETWORK = 960.0, 11_520.0, 1_000_000.0
SPEAKERS = {name: language_of(name) for name in LANGUAGES} | {
    f"{name}-with-font": language_of(name, "E:SIMSUN.TTF") for name in WITH_FONT
}

every_language = pytest.mark.parametrize("language", SPEAKERS.values(), ids=SPEAKERS.keys())


def press(language: Language, bytes_per_s: float | None, media: Media = MEDIA[0]) -> Press:
    return Press(language, media, bytes_per_s=bytes_per_s, mm_per_s=100)


def printed(language: Language, payload: bytes, media: Media) -> PrintedLabel:
    """What a printer makes of it."""
    page = first_page(language.name, payload, media)
    assert page is not None
    return read_label(page, first_byte_at=0, printed_at=0)


@every_language
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
@pytest.mark.parametrize("media", MEDIA, ids=lambda media: f"{media.width_mm}x{media.height_mm}-{media.dpi}")
def test_every_template_on_every_media_reads_back_in_every_language_and_form(
    language: Language, form: Form, template: Template, media: Media
) -> None:
    made = press(language, NETWORK if form is Form.RASTER else SERIAL_115200 / 100, media)
    payload = made.say(form, template, SPECIMEN).payload
    label = printed(language, payload, media)
    assert (label.waybill, label.qr) == (SPECIMEN.waybill, SPECIMEN.qr)
    assert label.gs1 == ((f"00{SPECIMEN.sscc}",) if template.name == "gs1-logistic" else ())


@every_language
def test_the_printers_own_type_leaves_no_mark_of_the_waybill_out(language: Language) -> None:
    layout = lay_out(TEMPLATES["express"], replace(SPECIMEN, copy=2), MEDIA[0], language.typeface(MEDIA[0]))
    texts = {each.text for each in layout.placed if isinstance(each, TextRun)}
    assert {"集", "收", "寄", "补打 2", SPECIMEN.routing_code, SPECIMEN.bag_code} <= texts


@every_language
def test_a_network_gets_a_picture_and_a_slow_line_text(language: Language) -> None:
    template = TEMPLATES["express"]
    assert press(language, NETWORK).reckon(template).form is Form.RASTER
    assert press(language, None).reckon(template).form is Form.RASTER
    assert press(language, SERIAL_9600).reckon(template).form is Form.NATIVE


@every_language
def test_the_reckoned_time_is_that_of_the_wire_and_the_paper(language: Language) -> None:
    template = TEMPLATES["express"]
    reckoned = press(language, SERIAL_9600).reckon(template)
    payload = press(language, SERIAL_9600).compose(template, SPECIMEN).payload
    assert reckoned.payload_bytes == len(payload)
    assert reckoned.label_s == pytest.approx(len(payload) / SERIAL_9600 + 130 / 100)
    assert not reckoned.keeps_promise
    assert press(language, NETWORK).reckon(template).label_s < PROMISE_S


@pytest.mark.parametrize("name", LANGUAGES)
def test_at_115200_every_language_keeps_the_promise_on_a_waybill(name: str) -> None:
    for template in TEMPLATES.values():
        assert press(language_of(name), SERIAL_115200).reckon(template).keeps_promise


def test_a_resident_font_makes_native_zpl_a_fraction_of_what_it_is_without() -> None:
    template = TEMPLATES["express"]
    with_font, without = (
        press(language_of("zpl", font), NETWORK).reckoning(Form.NATIVE, template).payload_bytes
        for font in ("E:SIMSUN.TTF", None)
    )
    assert with_font * 2 < without


@pytest.mark.parametrize("name", LANGUAGES)
def test_what_was_prepared_gives_the_same_bytes(name: str) -> None:
    made, template = press(language_of(name), NETWORK), TEMPLATES["express"]
    prepared = made.prepare(template, SPECIMEN.draft)
    assert prepared is not None
    assert made.compose(template, SPECIMEN, prepared) == made.compose(template, SPECIMEN)


def test_nothing_is_prepared_for_text() -> None:
    assert press(language_of("escpos"), SERIAL_9600).prepare(TEMPLATES["express"], SPECIMEN.draft) is None


@pytest.mark.parametrize("bytes_per_s", [SERIAL_9600, NETWORK])
def test_a_label_that_lacks_what_its_template_wants_is_refused(bytes_per_s: float) -> None:
    label: Label = replace(SPECIMEN, sscc="")
    with pytest.raises(Unprintable, match="SSCC"):
        press(language_of("zpl"), bytes_per_s).compose(TEMPLATES["gs1-logistic"], label)

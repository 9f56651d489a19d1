"""A label drawn in two steps is the label drawn at once, dot for dot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import Unprintable
from devices.labels.compose import Composer
from devices.labels.elements import Template
from devices.labels.label import Media
from devices.labels.placed import Box, Fill, Layout, Picture, Raster, TextRun
from devices.labels.raster import blank, draw, draw_over, preview
from tests.devices.labels.samples import (
    EVERY_MEDIA,
    EXPRESS,
    LABEL,
    LOGISTIC,
    MEDIA,
    TEMPLATES,
    TYPEFACE,
    laid_out,
)

COMPOSER = Composer(TYPEFACE)
WAYBILLS = st.text(alphabet="SFJDY0123456789", min_size=1, max_size=20)


@given(
    st.sampled_from(list(TEMPLATES.values())),
    st.sampled_from(EVERY_MEDIA),
    WAYBILLS,
    st.integers(1, 12),
    st.text(max_size=12),
)
@settings(max_examples=40)
def test_two_steps_give_the_bytes_of_one(
    template: Template, media: Media, waybill: str, copy: int, service: str
) -> None:
    label = replace(LABEL, waybill=waybill, copy=copy, service=service)
    prepared = COMPOSER.prepare(replace(label.draft, sscc=""), template, media)
    layout = laid_out(template, label, media)
    assert COMPOSER.finish(prepared, label) == (draw(layout, TYPEFACE), layout.missing)


def test_one_preparation_serves_many_numbers() -> None:
    prepared = COMPOSER.prepare(LABEL.draft, EXPRESS, MEDIA)
    first, _ = COMPOSER.finish(prepared, LABEL)
    COMPOSER.finish(prepared, replace(LABEL, waybill="YT9", copy=2))
    assert COMPOSER.finish(prepared, LABEL)[0] == first


@pytest.mark.parametrize("change", [{"routing_code": "9"}, {"items": ()}, {"service": "next day"}])
def test_a_label_that_has_changed_since_is_not_printed_as_it_was(change: dict[str, object]) -> None:
    prepared = COMPOSER.prepare(LABEL.draft, EXPRESS, MEDIA)
    with pytest.raises(ValueError, match="SO-1001 has changed"):
        COMPOSER.finish(prepared, replace(LABEL, **change))  # type: ignore[arg-type]


def test_a_number_that_no_barcode_holds_is_refused_when_it_is_known() -> None:
    prepared = COMPOSER.prepare(LABEL.draft, LOGISTIC, MEDIA)
    with pytest.raises(Unprintable):
        COMPOSER.finish(prepared, replace(LABEL, waybill="单号"))


def test_a_preparation_costs_its_dots() -> None:
    assert COMPOSER.prepare(LABEL.draft, EXPRESS, MEDIA).size_bytes == 608 * 1040 // 8


def test_inverse_text_is_white_on_its_ground() -> None:
    line = TextRun(0, 0, "收", 24, 24, inverse=True)
    ground = draw_over(blank(24, 24), [Fill(0, 0, 24, 24)], TYPEFACE)
    inverse = draw_over(ground, [line], TYPEFACE).data
    plain = draw_over(blank(24, 24), [replace(line, inverse=False)], TYPEFACE).data
    assert inverse == bytes(0xFF ^ byte for byte in plain)
    assert any(plain)


def test_a_frame_is_hollow_and_a_picture_lies_where_it_is_put() -> None:
    layout = Layout(16, 4, (Box(0, 0, 8, 4, 1), Picture(8, 1, Raster(1, 2, b"\xa0\x50"))))
    assert draw(layout, TYPEFACE).data.hex(" ", 2) == "ff00 81a0 8150 ff00"


def test_later_elements_lie_over_earlier_ones_wherever_they_begin() -> None:
    mark = TextRun(0, 4, "■", 16, 16, inverse=True)
    over = draw(Layout(16, 24, (Fill(0, 0, 16, 24), mark)), TYPEFACE)
    under = draw(Layout(16, 24, (mark, Fill(0, 0, 16, 24))), TYPEFACE)
    assert under.data == b"\xff" * 48 != over.data


def test_what_reaches_beyond_the_label_is_cut_off() -> None:
    layout = Layout(8, 2, (Fill(-4, 1, 8, 9),))
    assert draw(layout, TYPEFACE).data == b"\x00\xf0"


def test_a_preview_is_black_on_white() -> None:
    assert preview(Raster(1, 1, b"\x80")).convert("L").tobytes() == b"\x00" + b"\xff" * 7

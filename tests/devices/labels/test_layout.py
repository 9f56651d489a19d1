"""Elements in whole dots: what does not fit is refused, never printed wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Unprintable
from devices.labels.elements import AnyElement, Code128, Frame, Qr, Rule, Template
from devices.labels.label import Label, Media
from devices.labels.layout import lay_out, split
from devices.labels.placed import Bars, Box, Fill, Placed, QrCode, TextRun
from tests.devices.labels.samples import (
    EXPRESS,
    LABEL,
    LOGISTIC,
    MEDIA,
    TYPEFACE,
    area,
    laid_out,
    text_element,
)

PLACE: dict[str, Any] = {"x_mm": 2, "y_mm": 2, "width_mm": 60, "height_mm": 20}
CODE = Code128(data="{waybill}", **PLACE)


def placed(element: AnyElement, label: Label = LABEL, media: Media = MEDIA) -> list[Placed]:
    template = Template("one", 76, 130, (element,))
    return list(lay_out(template, label, media, TYPEFACE).placed)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"waybill": ""}, "'' cannot be a barcode"),
        ({"waybill": "单号1"}, "'单号1' cannot be a barcode"),
        ({"waybill": "SF1\n"}, "cannot be a barcode"),
        ({"waybill": "W" * 40}, "the bars of W+ do not fit on 576 dots"),
        ({"job": "j" * 250}, "too many for the QR code"),
    ],
)
def test_a_code_that_cannot_be_read_is_not_printed(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unprintable, match=says):
        laid_out(label=replace(LABEL, **changes))


@pytest.mark.parametrize("sscc", ["", "XX", LABEL.sscc[:-1], LABEL.sscc[:-1] + "0"])
def test_a_logistic_label_needs_a_right_sscc(sscc: str) -> None:
    with pytest.raises(Unprintable, match="is no SSCC, expected 18 digits"):
        laid_out(LOGISTIC, replace(LABEL, sscc=sscc))
    assert laid_out(EXPRESS, replace(LABEL, sscc=sscc))


def test_an_optional_code_is_left_out_where_it_does_not_fit() -> None:
    optional = Code128(data="{order_no}", optional=True, **{**PLACE, "width_mm": 10})
    assert placed(optional) == []
    assert placed(Code128(data="{order_no}", optional=True, **PLACE))


@pytest.mark.parametrize(("width_mm", "module_dots"), [(72, 3), (62, 3), (61, 2), (42, 2)])
def test_bars_take_the_widest_whole_dots_that_fit_with_their_quiet_zone(
    width_mm: int, module_dots: int
) -> None:
    (bars,) = placed(Code128(data="{waybill}", **{**PLACE, "width_mm": width_mm}))
    assert isinstance(bars, Bars)
    assert bars.module_dots == module_dots
    left, _, right, _ = area(bars, quiet=True)
    assert 16 <= left < right <= 16 + 8 * width_mm


@pytest.mark.parametrize(("dpi", "module_dots"), [(203, 2), (300, 3)])
def test_the_finest_module_is_measured_in_millimetres(dpi: int, module_dots: int) -> None:
    (bars,) = placed(Code128(data="{waybill}", max_module_mm=0.26, **PLACE), media=Media(76, 130, dpi))
    assert isinstance(bars, Bars)
    assert bars.module_dots == module_dots


def test_no_module_is_a_single_dot_however_fine_a_template_wants_it() -> None:
    fine = Code128(data="{waybill}", min_module_mm=0.05, max_module_mm=0.1, **PLACE)
    (bars,) = placed(fine)
    assert isinstance(bars, Bars)
    assert bars.module_dots == 2


def test_a_qr_code_stands_in_the_middle_of_its_box() -> None:
    (code,) = placed(Qr(data="{qr}", **PLACE))
    assert isinstance(code, QrCode)
    assert (code.x + code.width_dots // 2, code.y + code.width_dots // 2) == (16 + 240, 16 + 80)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (Frame(line_mm=0.4, **PLACE), Box(16, 16, 480, 160, 3)),
        (Rule(**{**PLACE, "height_mm": 0.3}), Fill(16, 16, 480, 2)),
        (Rule(**{**PLACE, "width_mm": 0.01}), Fill(15, 16, 1, 160)),
        (Rule(x_mm=0, y_mm=129.9, width_mm=76, height_mm=0.1), Fill(0, 1039, 608, 1)),
    ],
)
def test_lines_are_whole_dots_and_never_thinner_than_one(element: AnyElement, expected: Placed) -> None:
    assert placed(element) == [expected]


@given(st.floats(0, 129.4), st.sampled_from([203, 300]))
def test_all_rules_of_a_template_are_equally_thick_and_on_the_label(y_mm: float, dpi: int) -> None:
    media = Media(76, 130, dpi)
    (rule,) = placed(Rule(x_mm=0, y_mm=y_mm, width_mm=76, height_mm=0.3), media=media)
    assert isinstance(rule, Fill)
    assert rule.height_dots == round(0.3 * min(media.width_dots / 76, media.height_dots / 130))
    assert 0 <= rule.y <= media.height_dots - rule.height_dots


def test_inverse_text_brings_its_own_ground() -> None:
    ground, line = placed(text_element("{carrier}", inverse=True))
    assert ground == Fill(16, 24, 320, 96)
    assert isinstance(line, TextRun)
    assert line.inverse
    assert line.x > ground.x


def test_an_element_without_its_field_is_left_out_with_its_ground() -> None:
    element = text_element("集", when="bag_code", inverse=True)
    assert placed(element, replace(LABEL, bag_code=" ")) == []
    assert placed(text_element("{bag_code}", inverse=True), replace(LABEL, bag_code="")) == []


def test_a_label_on_larger_media_is_stretched_and_its_type_is_not_distorted() -> None:
    template = Template("one", 76, 130, (text_element("{carrier}"),))
    (line,) = lay_out(template, LABEL, Media(152, 195), TYPEFACE).placed
    assert isinstance(line, TextRun)
    assert (line.x, line.y, line.size_dots) == (32, 36, 36)


def test_what_needs_the_number_comes_last() -> None:
    ahead, numbered = split(EXPRESS)
    assert {element.content for element in numbered} == {
        "{again}",
        "{waybill}",
        "{waybill_spaced}",
        "{qr}",
        "打印号 {job}/{copy}",
    }
    assert len(ahead) + len(numbered) == len(EXPRESS.elements)
    assert laid_out().placed[-1] == [each for each in laid_out().placed if isinstance(each, TextRun)][-1]


def test_characters_that_are_missing_are_reported_once() -> None:
    label = replace(LABEL, service="\ue001\ue000\ue001", carrier="\ue000")
    assert set(laid_out(label=label).missing) == {"\ue000", "\ue001"}
    assert len(laid_out(label=label).missing) == 2


def test_a_head_of_203_dpi_has_eight_dots_to_the_millimetre() -> None:
    sizes = [
        (Media(*size).width_dots, Media(*size).height_dots) for size in ((76, 130), (100, 150), (100, 180))
    ]
    assert sizes == [(608, 1040), (800, 1200), (800, 1440)]

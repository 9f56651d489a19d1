"""The shipped labels, on every media and head: readable by machines and people, and by nobody else."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from devices.labels.cells import CellTypeface
from devices.labels.elements import Template
from devices.labels.label import Media
from devices.labels.layout import lay_out
from devices.labels.placed import Bars, QrCode, TextRun
from devices.labels.raster import draw, preview
from tests.devices.labels.samples import (
    EVERY_MEDIA,
    LABEL,
    LOGISTIC,
    SSCC,
    TEMPLATES,
    TYPEFACE,
    area,
    codes,
    laid_out,
    overlap,
    texts,
)

EVERYWHERE = [
    pytest.param(template, media, id=f"{template.name}-{media.width_mm}x{media.height_mm}-{media.dpi}")
    for template, media in product(TEMPLATES.values(), EVERY_MEDIA)
]
everywhere = pytest.mark.parametrize(("template", "media"), EVERYWHERE)


@everywhere
def test_every_code_reads_back_and_there_is_no_other(template: Template, media: Media) -> None:
    expected = {("]C0", "SF1234567890123"), ("]Q1", "FH1:SF1234567890123:J-000123:1")}
    expected.add(("]C1", "00" + SSCC) if template is LOGISTIC else ("]C0", LABEL.order_no))
    assert codes(preview(draw(laid_out(template, media=media), TYPEFACE))) == expected


@everywhere
@pytest.mark.parametrize("waybill", ["JDX000123456789-1-1-", "A1B2C3D4E5F6G7H8I9J0", "78901234567890123456"])
def test_a_waybill_number_of_20_characters_fits_whatever_they_are(
    template: Template, media: Media, waybill: str
) -> None:
    bars = [
        each
        for each in laid_out(template, replace(LABEL, waybill=waybill), media).placed
        if isinstance(each, Bars)
    ]
    assert waybill in [each.data for each in bars]


@everywhere
def test_no_text_touches_a_code_or_its_quiet_zone(template: Template, media: Media) -> None:
    placed = laid_out(template, replace(LABEL, copy=12), media).placed
    quiet = [area(each, quiet=True) for each in placed if isinstance(each, Bars | QrCode)]
    others = [area(each) for each in placed if not isinstance(each, Bars | QrCode)][
        1:
    ]  # all but the outer frame
    assert not [(code, other) for code, other in product(quiet, others) if overlap(code, other)]


@everywhere
def test_nothing_leaves_the_label(template: Template, media: Media) -> None:
    layout = laid_out(template, replace(LABEL, copy=12), media)
    for left, top, right, bottom in (area(each, quiet=True) for each in layout.placed):
        assert 0 <= left < right <= layout.width_dots
        assert 0 <= top < bottom <= layout.height_dots


@everywhere
@pytest.mark.parametrize("routing_code", ["1", "342-081-00 052", "A12-B34-C56-D78 901 234 567 890"])
def test_the_routing_code_stands_whole_in_the_largest_type(
    template: Template, media: Media, routing_code: str
) -> None:
    layout = laid_out(template, replace(LABEL, routing_code=routing_code, carrier="O", copy=2), media)
    runs = [each for each in layout.placed if isinstance(each, TextRun)]
    size = max(each.size_dots for each in runs)
    routing = [each for each in runs if each.size_dots == size]
    assert " ".join(each.text for each in routing).replace(" ", "") == routing_code.replace(" ", "")


@everywhere
def test_a_further_copy_says_so_and_the_first_does_not(template: Template, media: Media) -> None:
    assert "补打 2" in texts(laid_out(template, replace(LABEL, copy=2), media))
    assert not [text for text in texts(laid_out(template, media=media)) if "补打" in text]


@everywhere
def test_nobody_is_readable_on_it(template: Template, media: Media) -> None:
    layout = laid_out(template, media=media)
    shown = "".join(
        [*texts(layout), *(each.data for each in layout.placed if isinstance(each, Bars | QrCode))]
    )
    for secret in ("张小丰", "小丰", "样例仓", "13812345678", "12345678", "501室", "2单元"):
        assert secret not in shown.replace("SF1234567890123", "").replace(SSCC, "")
    assert "138******78" in shown


@everywhere
def test_it_also_fits_in_the_cells_of_a_printers_own_type(template: Template, media: Media) -> None:
    layout = lay_out(template, LABEL, media, CellTypeface(encodable=lambda char: True))
    runs = [each for each in layout.placed if isinstance(each, TextRun)]
    assert all(each.size_dots % 24 == 0 for each in runs)
    assert all(each.x + each.width_dots <= layout.width_dots for each in runs)
    assert max(runs, key=lambda each: each.size_dots).text == LABEL.routing_code


@pytest.mark.parametrize("media", EVERY_MEDIA, ids=str)
def test_the_unit_code_is_the_lowest_and_at_least_32_mm_high(media: Media) -> None:
    bars = [each for each in laid_out(LOGISTIC, media=media).placed if isinstance(each, Bars)]
    unit = next(each for each in bars if each.gs1)
    assert unit.height_dots >= int(32 * media.dots_per_mm)
    assert all(each.y < unit.y for each in bars if each is not unit)


@pytest.mark.parametrize("media", [each for each in EVERY_MEDIA if each.width_mm == 100], ids=str)
def test_the_unit_codes_modules_are_as_wide_as_gs1_asks(media: Media) -> None:
    unit = next(
        each for each in laid_out(LOGISTIC, media=media).placed if isinstance(each, Bars) and each.gs1
    )
    assert 0.495 <= unit.module_dots / media.dots_per_mm <= 0.51


def test_more_order_lines_than_fit_are_counted_in_the_last() -> None:
    label = replace(LABEL, items=LABEL.items * 100)
    shown = [text for text in texts(laid_out(label=label)) if "×" in text or "另" in text]
    assert shown[-1] == f"… 另 {300 - len(shown) + 1} 行, 共 300 行"

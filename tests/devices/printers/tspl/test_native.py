"""A label in the printer's own words reads back, and nothing in an order can act as a command."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.labels.code128 import modules
from devices.labels.label import Media
from devices.labels.placed import Bars, Box, Fill, Picture, QrCode, Raster, TextRun
from devices.labels.qr import matrix
from devices.labels.text import printable
from devices.printers.tspl.native import native_job
from devices.sim.tspl.operations import Bar, Barcode, Bitmap, Qr, Text
from tests.devices.printers.samples import LABEL, MEDIA, native_payload
from tests.devices.printers.tspl.samples import layout_of, payload, printed, read

anything = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from('"\\[]RL~!^@\x1b\r\n,？乗')), max_size=12
)


@pytest.mark.parametrize("template", ["express", "gs1-logistic"])
@pytest.mark.parametrize("media", [MEDIA, Media(100, 150)])
def test_the_label_that_comes_out_reads_back(template: str, media: Media) -> None:
    label = printed(native_payload("tspl", media, of=template), media)
    assert (label.waybill, label.qr) == (LABEL.waybill, LABEL.qr)
    assert label.gs1 == (("00006141411234567890",) if template == "gs1-logistic" else ())


def test_it_is_small_enough_for_a_slow_line() -> None:
    assert len(native_payload("tspl")) < 3000


@given(anything)
def test_any_text_is_text_and_nothing_else(text: str) -> None:
    run = TextRun(0, 0, text, 24, 400)
    told = read(native_job(layout_of(run), MEDIA))
    kinds = [type(operation) for operation in told if not isinstance(operation, Text)]
    assert kinds == [type(op) for op in read(native_job(layout_of(), MEDIA))]
    shown = b"".join(op.data for op in told if isinstance(op, Text)).decode("gbk")
    assert shown.replace(" ", "") == _in_gbk(printable(text)).replace(" ", "")


def _in_gbk(text: str) -> str:
    return "".join(char if char.encode("gbk", "ignore") else "〓" for char in text)


@given(anything)
def test_parts_of_a_line_stand_where_the_whole_would(text: str) -> None:
    told = read(native_job(layout_of(TextRun(7, 0, text, 48, 400)), MEDIA))
    at = 7
    for part in (op for op in told if isinstance(op, Text)):
        assert part.x == at
        at += 24 * len(part.data.removesuffix(b" ") if part.data.endswith(b"\\ ") else part.data)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=14))
@settings(max_examples=40)
def test_any_waybill_reads_back(waybill: str) -> None:
    data = waybill.strip() or "x"  # scanners may drop spaces at the ends
    label = printed(native_job(layout_of(Bars(40, 100, 80, 2, data, modules(data))), MEDIA))
    assert label.codes == (data,)


@given(st.text(min_size=1, max_size=20))
@settings(max_examples=40)
def test_any_qr_code_reads_back(data: str) -> None:
    code = QrCode(40, 300, 5, data, matrix(data))
    told = read(native_job(layout_of(code), MEDIA))
    assert sum(isinstance(op, Qr | Bitmap) for op in told) >= 1
    assert {type(op) for op in told} <= {type(op) for op in read(payload())} | {Bitmap, Bar}


@pytest.mark.parametrize("waybill", ["SF1234567890123", "00", "A", "12345", "AB99C100102", 'a"b!c\\d~!T'])
def test_bars_are_exactly_as_they_were_laid_out(waybill: str) -> None:
    bars = Bars(8, 16, 3, 2, waybill, modules(waybill))
    image = printed(native_job(layout_of(bars), MEDIA)).image
    drawn = "".join("0" if image.getpixel((8 + 2 * at, 17)) else "1" for at in range(len(bars.modules)))
    assert drawn == bars.modules


def test_a_gs1_code_begins_with_fnc1() -> None:
    sscc = "00006141411234567890"
    bars = Bars(8, 16, 80, 2, sscc, modules(sscc, gs1=True), gs1=True)
    (code,) = [op for op in read(native_job(layout_of(bars), MEDIA)) if isinstance(op, Barcode)]
    assert code.data == b"!105!102" + sscc.encode()


def test_inverse_text_is_white_on_what_was_black_and_leaves_the_rest() -> None:
    ground, run = Fill(0, 0, 96, 48), TextRun(0, 0, "收", 48, 48, inverse=True)
    white = printed(native_job(layout_of(ground, run), MEDIA)).image.crop((0, 0, 96, 48))
    black = printed(native_job(layout_of(TextRun(0, 0, "收", 48, 48)), MEDIA)).image.crop((0, 0, 96, 48))
    assert ImageChops.invert(white).tobytes() == black.tobytes()
    assert white.getbbox() is not None


def test_bold_is_struck_twice() -> None:
    told = read(native_job(layout_of(TextRun(10, 0, "收", 48, 48, bold=True)), MEDIA))
    assert [(op.x, op.times_x) for op in told if isinstance(op, Text)] == [(10, 2), (11, 2)]


def test_a_box_is_a_frame_inside_its_rectangle() -> None:
    image = printed(native_job(layout_of(Box(8, 8, 40, 30, 3)), MEDIA)).image
    assert ImageChops.invert(image).getbbox() == (8, 8, 48, 38)
    assert ImageChops.invert(image.crop((11, 11, 45, 35))).getbbox() is None


def test_a_picture_is_its_dots() -> None:
    raster = Raster(2, 3, bytes.fromhex("8001 0ff0 ffff"))
    image = printed(native_job(layout_of(Picture(9, 5, raster)), MEDIA)).image.crop((9, 5, 25, 8))
    assert image.tobytes() == ImageChops.invert(Image.frombytes("1", (16, 3), raster.data)).tobytes()


def test_font_and_code_page_are_the_printers_own() -> None:
    job = native_job(layout_of(TextRun(0, 0, "a", 24, 12)), MEDIA, font="K", code_page="949")
    assert b'CODEPAGE 949\r\nTEXT 0,0,"K",0,1,1,"a"\r\n' in job

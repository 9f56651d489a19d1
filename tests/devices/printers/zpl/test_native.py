"""A label in the printer's own commands: the codes read back, text keeps its place, and no text is a command."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.labels.code128 import modules
from devices.labels.label import Label, Media, Party
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun
from devices.labels.qr import matrix
from devices.labels.specimen import SPECIMEN
from devices.printers.zpl.native import native_job, typeface
from devices.sim.printed_label import read_label
from devices.sim.zpl.reader import read_all
from tests.devices.printers.zpl.samples import MEDIA, laid_out, seen_by_zplkit
from tests.devices.sim.zpl_paper import printed

WAYBILL, QR = "SF1234567890123", "FH1:SF1234567890123:J-7K2-000123:1"
MEDIAS = [MEDIA, Media(100, 150), Media(100, 180), Media(100, 150, 300), Media(76, 130, gap=False)]


def job(*placed: Placed) -> bytes:
    return native_job(Layout(MEDIA.width_dots, MEDIA.height_dots, placed), MEDIA)


def text_run(text: str, **changes: Any) -> TextRun:
    run = TextRun(40, 100, text, 30, typeface(MEDIA).width_dots(text, 30))
    return replace(run, **changes)


def ink(image: Image.Image) -> tuple[int, int, int, int] | None:
    return image.point(lambda dot: not dot).getbbox()


@pytest.mark.parametrize("template", ["express", "gs1-logistic"])
@pytest.mark.parametrize("media", MEDIAS, ids=str)
def test_the_codes_read_back_in_the_printer_and_in_another_implementation(
    template: str, media: Media
) -> None:
    native = native_job(laid_out(template, media), media)
    (label,) = printed(native, media)
    for picture in (label, seen_by_zplkit(native, media)):
        paper = read_label(picture, first_byte_at=0.0, printed_at=0.0)
        assert (paper.waybill, paper.qr) == (WAYBILL, QR)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=16))
@settings(max_examples=40)
def test_any_code_128_has_the_bars_of_the_layout(data: str) -> None:
    bars = Bars(16, 40, 60, 2, data, modules(data))
    native = job(bars)
    (label,) = printed(native)
    row = "".join(str(dots) * 2 for dots in bars.modules)
    for picture in (label, seen_by_zplkit(native)):
        dots = picture.crop((16, 70, 16 + bars.width_dots, 71)).convert("L").tobytes()
        assert "".join("0" if dot else "1" for dot in dots) == row


def test_gs1_codes_begin_with_fnc1() -> None:
    data = "00006141411234567890"
    picture = seen_by_zplkit(job(Bars(40, 40, 100, 3, data, modules(data, gs1=True), gs1=True)))
    (code,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert (code.symbology_identifier, code.bytes) == ("]C1", data.encode())


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() and text.strip() == text))
@settings(max_examples=25)
def test_any_qr_code_reads_back(data: str) -> None:
    native = job(QrCode(40, 40, 5, data, matrix(data)))
    paper = read_label(seen_by_zplkit(native), first_byte_at=0.0, printed_at=0.0)
    assert paper.qr == data


hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from('^~_>\\"\r\n\x00\x03\x1b'),
    ),
    min_size=1,
    max_size=30,
) | st.sampled_from(
    ["^XZ^XA", "~JA", "_7EJA", "^FS^FO0,0^GB9,9,9", '! U1 getvar "x"\r\n', "~HS", "^CC+", "\x02\x03"]
)


@given(hostile)
@settings(max_examples=150)
def test_no_text_is_a_command(text: str) -> None:
    harmless = {"ascii": "abc", "drawn": "中文"}[
        "ascii" if text.isascii() and text.isprintable() else "drawn"
    ]
    commands = [command.name for command in read_all(job(text_run(text), Fill(0, 0, 9, 9)))]
    assert commands == [command.name for command in read_all(job(text_run(harmless), Fill(0, 0, 9, 9)))]


@given(hostile)
@settings(max_examples=60)
def test_no_field_of_an_order_is_a_command(text: str) -> None:
    party = Party(text, text, text, text, text, text)
    label: Label = replace(SPECIMEN, consignee=party, sender=party, routing_code=text, carrier=text)
    commands = read_all(native_job(laid_out(label=label), MEDIA))
    assert [command.name for command in commands if command.name[0] == "~"] == []
    assert [command.name for command in commands].count("^XZ") == 1
    assert len(printed(native_job(laid_out(label=label), MEDIA))) == 1


@pytest.mark.parametrize("text", ["342-081-00 052", "M" * 20, "-" * 20, "<>~|{}" * 3, "a~b^c_d_5E"])
def test_text_of_the_printers_own_font_keeps_its_place(text: str) -> None:
    run = text_run(text)
    box = ink(seen_by_zplkit(job(run)))
    assert box is not None
    left, top, right, bottom = box
    assert left >= run.x
    assert right <= run.x + run.width_dots * 1.1
    assert run.y <= top < bottom <= run.y + run.size_dots


def test_chinese_text_has_the_dots_of_the_drawn_typeface() -> None:
    run = text_run("收 张** 138******78", bold=True)
    (label,) = printed(job(run))
    line = typeface(MEDIA).line(run.text, run.size_dots, bold=True)
    there = label.crop((run.x, run.y, run.x + line.width, run.y + line.height)).point(lambda dot: not dot)
    assert there.tobytes() == line.tobytes()


@pytest.mark.parametrize("text", ["SF", "收"])
def test_inverse_text_is_white_on_black(text: str) -> None:
    ground = Fill(30, 90, 200, 60)
    native = job(ground, text_run(text, inverse=True))
    (label,) = printed(native)
    for picture in (label, seen_by_zplkit(native)):
        inside = picture.crop((30, 90, 230, 150))
        white = sum(dot > 0 for dot in inside.convert("L").tobytes())
        assert 20 < white < 1500
        assert ink(picture) == (30, 90, 230, 150)


def test_boxes_rules_and_pictures_have_their_dots() -> None:
    logo = Raster(2, 3, b"\xf0\x0f\xaa\x55\x81\x18")
    native = job(Box(10, 20, 100, 50, 3), Fill(10, 200, 300, 4), Picture(77, 301, logo))
    (label,) = printed(native)
    assert ImageChops.logical_xor(label, seen_by_zplkit(native)).getbbox() is None
    assert label.crop((77, 301, 93, 304)).point(lambda dot: not dot).tobytes() == logo.data
    assert ink(label.crop((0, 0, 608, 150))) == (10, 20, 110, 70)


def test_a_label_in_ascii_has_a_few_hundred_bytes() -> None:
    bars, qr = Bars(40, 40, 100, 3, WAYBILL, modules(WAYBILL)), QrCode(40, 300, 5, QR, matrix(QR))
    assert (
        len(job(bars, qr, text_run("SF standard"), text_run("342-081-00 052"), Box(0, 0, 608, 1040, 3))) < 450
    )

"""A label in the printer's own type stands where it was laid out, and says nothing but its text."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from devices.labels import code128, qr
from devices.labels.label import Media
from devices.labels.placed import Bars, Box, Fill, Layout, Picture, Placed, QrCode, Raster, TextRun
from devices.labels.raster import draw, preview
from devices.labels.text import printable
from devices.printers.escpos.cjk import in_gbk
from devices.printers.escpos.native import native_job, typeface
from devices.sim.escpos.firmware import EscposFirmware
from devices.sim.escpos.operations import EndOfLabel, Init, PageMode, Text
from devices.sim.escpos.parser import RealTimeReader, read_all
from devices.sim.firmware import Label
from devices.sim.mechanism import Mechanism
from devices.sim.printed_label import PrintedLabel, read_label
from tests.devices.printers.samples import LABEL, MEDIA, ROLL, drawn_typeface, layout, native_payload

ANY = st.text(max_size=30) | st.text('\x00\x04\x05\x0c\x10\x14\x1b\x1c\x1d@LV^~"\\{A', max_size=30)


def printed(data: bytes, media: Media = MEDIA) -> Image.Image:
    firmware = EscposFirmware(media, Mechanism())
    firmware.receive(data)
    label = firmware.next()
    assert isinstance(label, Label)
    assert firmware.next() is None
    return label.image


def scanned(data: bytes, media: Media = MEDIA) -> PrintedLabel:
    return read_label(printed(data, media), first_byte_at=0, printed_at=0)


def sheet(*placed: Placed) -> Layout:
    return Layout(MEDIA.width_dots, MEDIA.height_dots, placed)


def same_dots(*placed: Placed) -> bool:
    """Does the printer put the very dots on paper that the picture of the layout has?"""
    wanted = preview(draw(sheet(*placed), drawn_typeface()))
    got = printed(native_job(sheet(*placed), MEDIA))
    return ImageChops.difference(got.convert("L"), wanted.convert("L")).getbbox() is None


@pytest.mark.parametrize("of", ["express", "gs1-logistic"])
@pytest.mark.parametrize("media", [MEDIA, ROLL, Media(100, 150), Media(100, 150, dpi=300)])
def test_a_scanner_reads_every_code(of: str, media: Media) -> None:
    label = scanned(native_payload(media=media, of=of, copy=2), media)
    assert (label.waybill, label.copy, label.job) == (LABEL.waybill, 2, LABEL.job)
    assert label.gs1 == (("00006141411234567890",) if of == "gs1-logistic" else ())


def test_a_slow_line_has_two_kilobytes_to_carry() -> None:
    assert len(native_payload()) < 2000


@given(st.integers(0, 600), st.integers(0, 1036), st.integers(1, 300), st.integers(1, 400))
@settings(max_examples=60)
def test_rules_and_grounds_are_exact(x: int, y: int, width: int, height: int) -> None:
    width, height = min(width, MEDIA.width_dots - x), min(height, MEDIA.height_dots - y)
    assert same_dots(Fill(x, y, width, height))


def test_a_frame_round_the_whole_label_is_exact() -> None:
    assert same_dots(Box(0, 0, 608, 1040, 2), Box(8, 8, 13, 25, 3), Box(30, 8, 1, 1, 1))


@pytest.mark.parametrize("data", ["SF1234567890123", "16041604", "A{B}{{"])
@pytest.mark.parametrize("height", [8, 255, 256, 700])
def test_bars_are_exact_also_where_the_printer_cannot_draw_them(data: str, height: int) -> None:
    assert same_dots(Bars(17, 20, height, 2, data, code128.modules(data)))


def test_a_picture_is_exact() -> None:
    dots = Raster(7, 700, bytes(at * 37 % 251 | 0x20 for at in range(4900)))
    assert same_dots(Picture(3, 300, dots))


@pytest.mark.parametrize("data", ["FH1:SF1:J-1:1", "a\x10\x04\x01b", "快递"])
def test_a_qr_code_is_read_whatever_it_says(data: str) -> None:
    code = QrCode(100, 100, 5, data, qr.matrix(data))
    assert scanned(native_job(sheet(code), MEDIA)).qr == data


def test_inverse_text_is_white_on_its_ground() -> None:
    ground, run = Fill(100, 100, 200, 60), TextRun(130, 106, "集", 48, 48, inverse=True)
    got = printed(native_job(sheet(ground, run), MEDIA)).convert("L")
    plain = printed(native_job(sheet(replace(run, inverse=False)), MEDIA)).convert("L")
    wanted = Image.new("L", got.size, 255)
    wanted.paste(0, (100, 100, 300, 160))
    wanted.paste(ImageChops.invert(plain.crop((130, 106, 178, 154))), (130, 106))
    assert ImageChops.difference(got, wanted).getbbox() is None


@settings(max_examples=80)
@given(ANY, ANY, ANY)
def test_no_text_in_an_order_can_act_as_a_command(one: str, two: str, three: str) -> None:
    data = "".join(char for char in three if code128.encodable(char)) or "A"
    texts = (TextRun(0, 0, one, 24, 24, bold=True), TextRun(0, 50, two, 30, 24, inverse=True))
    codes = (
        Bars(0, 100, 40, 2, data, code128.modules(data)),
        QrCode(0, 300, 3, three + "x", qr.matrix(three + "x")),
    )
    payload = native_job(sheet(*texts, *codes, Fill(0, 600, 7, 7)), MEDIA)
    assert RealTimeReader().feed(payload) == []
    operations = read_all(payload)
    assert [type(each) for each in operations if isinstance(each, Init | EndOfLabel | PageMode)] == [
        Init, PageMode, EndOfLabel, EndOfLabel,
    ]  # fmt: skip
    shown = "".join(char if in_gbk(char) else "〓" for char in printable(one) + printable(two))
    assert "".join(each.text for each in operations if isinstance(each, Text)) == shown


def test_no_position_on_a_label_of_1040_rows_is_a_command() -> None:
    code = QrCode(0, 1040 - 21 * 2, 2, "x", qr.matrix("x"))
    rules = (Fill(0, 1019, 2, 21), Fill(100, 0, 1, 1040))
    assert RealTimeReader().feed(native_job(sheet(code, *rules), MEDIA)) == []


def test_labels_with_gaps_end_with_a_form_feed_and_rolls_with_a_cut() -> None:
    assert native_payload().endswith(b"\x0c\x0c")  # the page, and the label
    assert native_payload(media=ROLL).endswith(b"\x0c\x1dVB\x00")


def test_what_the_font_lacks_is_said_by_the_layout() -> None:
    assert layout(typeface(MEDIA), order_no="䶮䶮𠮷").missing == ("䶮", "𠮷")


def test_composing_writes_nothing_to_the_screen() -> None:
    with redirect_stdout(io.StringIO()) as screen:
        native_payload()
    assert screen.getvalue() == ""


def test_threads_do_not_mix_their_labels() -> None:
    sheets = [layout(typeface(MEDIA), waybill=f"YT{n:08}") for n in range(50)]
    with ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(lambda each: native_job(each, MEDIA), sheets))
    assert jobs == [native_job(each, MEDIA) for each in sheets]


def test_importing_the_library_leaves_no_handler_no_directory_and_no_setting(tmp_path: Path) -> None:
    script = (
        "import logging, os; before = dict(os.environ)\n"
        "import devices.printers.escpos.library, tempfile\n"
        "assert not logging.root.handlers and dict(os.environ) == before and tempfile.tempdir is None"
    )
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environ, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []

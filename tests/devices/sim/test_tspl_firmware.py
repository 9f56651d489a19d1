"""The simulated TSPL printer answers, waits, draws and forgets as the hardware does."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageChops

from devices.labels.label import Media
from devices.printers.tspl.conversation import FILLER
from devices.sim.firmware import Answer, Label
from devices.sim.mechanism import Mechanism
from devices.sim.tspl.firmware import TsplFirmware

STAMP = Media(8, 6)
HEAD = b"SIZE 8 mm,6 mm\r\nDIRECTION 1\r\nCLS\r\n"
LABEL = HEAD + b"BAR 0,0,8,8\r\nPRINT 1,1\r\n"


def printer(**quirks: Any) -> tuple[TsplFirmware, Mechanism]:
    mechanism = Mechanism()
    return TsplFirmware(STAMP, mechanism, **quirks), mechanism


def image(commands: bytes) -> Image.Image:
    firmware, _ = printer()
    firmware.receive(HEAD + commands + b"PRINT 1,1\r\n")
    label = firmware.next()
    assert isinstance(label, Label)
    return label.image


def black(commands: bytes) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(image(commands)).getbbox()


@pytest.mark.parametrize(
    ("sensor", "short", "long"),
    [
        ({}, b"\x00", b"\x02@@@@\x03\r\n"),
        ({"has_paper": False}, b"\x04", b"\x02E@@A\x03\r\n"),
        ({"cover_open": True}, b"\x01", b"\x02E@@`\x03\r\n"),
        ({"jammed": True}, b"\x02", b"\x02E@@B\x03\r\n"),
        ({"head_hot": True}, b"\x80", b"\x02E@A@\x03\r\n"),
        ({"paused": True}, b"\x10", b"\x02`@@@\x03\r\n"),
        ({"printing": True}, b"\x20", b"\x02P@@@\x03\r\n"),
        ({"paper_low": True}, b"\x00", b"\x02@A@@\x03\r\n"),
    ],
)
def test_status_is_answered_at_once_whatever_the_state(
    sensor: dict[str, bool], short: bytes, long: bytes
) -> None:
    firmware, mechanism = printer()
    for name, value in sensor.items():
        setattr(mechanism, name, value)
    assert firmware.receive(b"\x1b!?\x1b!S") == short + long


def test_out_behind_a_label_is_answered_before_the_label_is_out() -> None:
    firmware, _ = printer()
    assert firmware.receive(LABEL + b'OUT "x"\r\n') == b"x\r\n"
    assert isinstance(firmware.next(), Label)


def test_a_printer_that_does_not_run_ahead_answers_out_when_the_label_is_out() -> None:
    firmware, _ = printer(runs_ahead=False, line_ends=b"")
    assert firmware.receive(LABEL + b'OUT "x"\r\n') == b""
    assert isinstance(firmware.next(), Label)
    assert firmware.next() is None
    firmware.printed()
    assert firmware.next() == Answer(b"x")


def test_mileage_waits_until_the_printer_is_ready() -> None:
    firmware, mechanism = printer()
    mechanism.fed_mm, mechanism.has_paper = 2900, False
    assert firmware.receive(b"~!@\r\n") == b""
    mechanism.has_paper = True
    assert firmware.next() == Answer(b"2\r")


@pytest.mark.parametrize(
    ("quirk", "question"),
    [
        ({"out": False}, b'OUT "x"\r\n'),
        ({"mileage": False}, b"~!@\r\n"),
        ({"long_status": False}, b"\x1b!S"),
        ({"answers": False}, b'\x1b!?\x1b!S~!@\r\n~!T\r\nOUT "x"\r\n'),
    ],
)
def test_what_it_lacks_it_does_not_answer(quirk: dict[str, bool], question: bytes) -> None:
    firmware, _ = printer(**quirk)
    assert firmware.receive(question) == b""


def test_a_cancel_drops_labels_that_do_not_move_yet() -> None:
    firmware, _ = printer()
    firmware.receive(LABEL * 3 + b"\x1b!.")
    assert (firmware.next(), firmware.waiting_bytes) == (None, 0)


def test_where_cancel_is_unknown_all_labels_come() -> None:
    firmware, _ = printer(cancel=False)
    firmware.receive(LABEL * 2 + b"\x1b!.")
    for _ in range(2):
        assert isinstance(firmware.next(), Label)
        firmware.printed()


def test_pause_and_resume_work_from_afar() -> None:
    firmware, mechanism = printer()
    firmware.receive(b"\x1b!P")
    assert mechanism.paused
    firmware.receive(b"\x1b!O")
    assert not mechanism.paused


def test_a_reset_forgets_everything() -> None:
    firmware, _ = printer()
    firmware.receive(LABEL + b"\x1b!R")
    assert firmware.next() is None


def test_a_label_began_where_its_size_stood() -> None:
    firmware, _ = printer()
    firmware.receive(b"\r\nCLS\r\n" + LABEL)
    label = firmware.next()
    assert isinstance(label, Label)
    assert label.began_at_byte == 7


def test_copies_are_labels_of_their_own() -> None:
    firmware, _ = printer()
    firmware.receive(HEAD + b"PRINT 2,2\r\n")
    assert sum(isinstance(firmware.next(), Label) for _ in range(5)) == 4


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_after_the_filler_a_cut_bitmap_swallows_nothing(cut: int) -> None:
    firmware, _ = printer()
    job = HEAD + b"BITMAP 0,0,8,48,0," + bytes(384)
    firmware.receive(job[: len(job) - 384 + 6 * cut] + FILLER)
    assert firmware.receive(b"\x1b!?") == b"\x00"


def test_another_languages_label_prints_nothing() -> None:
    firmware, _ = printer()
    assert firmware.receive(b"\x1b@hello\n\x1dV\x00\x10\x04\x01^XA^FO1,1^FDx^FS^XZ\r\n") == b""
    assert firmware.next() is None


@pytest.mark.parametrize(
    ("commands", "box"),
    [
        (b"BAR 8,4,10,6\r\n", (8, 4, 18, 10)),
        (b"BOX 8,4,20,12,2\r\n", (8, 4, 21, 13)),
        (b"BAR 60,40,99,99\r\n", (60, 40, 64, 48)),
        (b"BAR -5,-5,10,10\r\n", (0, 0, 5, 5)),
        (b"BITMAP 8,8,1,2,0,\x7f\xfe\r\n", (8, 8, 16, 10)),
        (b"BAR 0,0,9,9\r\nREVERSE 0,0,9,4\r\n", (0, 4, 9, 9)),
        (b"BAR 0,0,9,9\r\nBITMAP 0,0,1,9,0,\xff\xff\xff\xff\xff\xff\xff\xff\xff\r\n", (8, 0, 9, 9)),
        (b"BAR 0,0,4,1\r\nBITMAP 0,0,1,1,1,\xf0\r\n", (0, 0, 8, 1)),
        (b"BAR 0,0,4,1\r\nBITMAP 0,0,1,1,2,\x00\r\n", (4, 0, 8, 1)),
        (b"BAR 0,0,9,9\r\nCLS\r\n", None),
        (b"BAR 8,4,10,6\r\nDIRECTION 0\r\n", (46, 38, 56, 44)),
        (b"BAR 8,4,10,6\r\nDIRECTION 1,1\r\n", (46, 4, 56, 10)),
        (b'BARCODE 0,0,"39",20,0,0,2,2,"A"\r\n', None),
        (b'BARCODE 0,0,"128M",20,0,0,1,1,"!105123"\r\n', None),
    ],
)
def test_shapes_are_drawn_to_the_dot(commands: bytes, box: tuple[int, int, int, int] | None) -> None:
    assert black(commands) == box


def test_text_fills_its_cells_and_turns_about_its_corner() -> None:
    upright = black('TEXT 20,20,"TSS24.BF2",0,1,1,"收"\r\n'.encode("gbk"))
    turned = black('TEXT 44,20,"TSS24.BF2",90,1,1,"收"\r\n'.encode("gbk"))
    assert upright is not None
    assert turned is not None
    assert min(upright[:2]) >= 20
    assert max(upright[2:]) <= 44
    assert turned == (64 - upright[3], upright[0], 64 - upright[1], upright[2])

"""The simulated printer reads ESC/POS the same way however the network cuts it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devices.sim.escpos.operations import (
    Ask,
    Barcode,
    BitImage,
    DefinedChar,
    EndOfLabel,
    LineEnd,
    MotionUnits,
    MoveTo,
    Operation,
    PageMode,
    PrintArea,
    Qr,
    RealTime,
    Style,
    Text,
)
from devices.sim.escpos.parser import OrderedReader, RealTimeReader
from tests.devices.printers.samples import native_payload, raster_payload


def drain(reader: OrderedReader) -> list[Operation]:
    """Every operation that is complete."""
    return list(iter(reader.next, None))


def read(data: bytes, *, page_mode: bool = True) -> list[Operation]:
    """What a printer makes of these bytes, to the last."""
    reader = OrderedReader(page_mode=page_mode)
    reader.feed(data)
    operations = drain(reader)
    assert reader.waiting_bytes == 0
    return operations


SNIPPETS = [
    b"\x1b@", b"\x1b3 ", b"\x1d!\x11", b"\x1ba\x01", b"\x1bE\x01", b"plain\n", b"\x1c&\xbb\xa6-03\x1c.\n", b"\x0c",
    b"\x1dV\x00", b"\x1dVB\x05", b"\x1dkI\x05{BABC", b"\x1dk\x04ABC\x00", b"\x1d(k\x05\x001P0ab", b"\x1d(k\x03\x001Q0",
    b"\x1dv0\x01\x01\x00\x02\x00\xa5\x5a", b"\x1d(L\x0b\x000p0\x01\x021\x08\x00\x01\x00\xff\x1d(L\x02\x0002", b"\x1bL",
    b"\x1bW\x00\x00\x00\x00\x60\x02\x11\x04", b"\x1dP\xcb\xcb", b"\x1b$\x05\x00\x1d$\x07\x01", b"\x1bS",
    b"\x1b&\x03AB\x01abc\x00",
    b"\x1b%\x01A\x1b%\x00A", b"\x1d(D\x05\x00\x14\x01\x00\x02\x00", b"\x1d(H\x03\x00101",
    b"\x1d(H\x06\x00000001", b"\x1dr\x01", b"\x1dIC", b"\x1da\x0f", b"\x10\x04\x01", b"\x10\x05\x02", b"\x10", b"\x00",
    bytes.fromhex("10 14 08 01 03 14 01 06 02 08"),
]  # fmt: skip


def split_read(stream: bytes, cuts: list[int]) -> tuple[list[Operation], list[RealTime]]:
    ordered, at_once = OrderedReader(), RealTimeReader()
    operations: list[Operation] = []
    commands: list[RealTime] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        ordered.feed(stream[start:end])
        commands += at_once.feed(stream[start:end])
        operations += drain(ordered)
    return operations, commands


@given(st.lists(st.sampled_from(SNIPPETS) | st.binary(max_size=6)), st.lists(st.integers(0)))
def test_any_split_gives_the_same_operations(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    assert split_read(stream, cuts) == split_read(stream, [])


@given(st.binary(max_size=300))
def test_noise_is_read_to_its_end(noise: bytes) -> None:
    reader = OrderedReader()
    reader.feed(noise)
    drain(reader)
    assert reader.offset + reader.waiting_bytes == len(noise)


def test_text_carries_its_style_and_its_characters() -> None:
    assert read(b"\x1d!\x12\x1bE\x01\x1ba\x02\x1c&\xbb\xa6-03\x1c.\n") == [
        Text("沪-03", Style(width=2, height=3, bold=True, align=2)),
        LineEnd(34),
    ]


def test_codes_carry_what_was_set_before_them() -> None:
    barcode, qr = b"\x1dhX\x1dw\x02\x1dH\x02\x1dkI\x05{BABC", b"\x1d(k\x03\x001C\x05\x1d(k\x03\x001E1"
    assert read(barcode + qr + b"\x1d(k\x05\x001P0ab\x1d(k\x03\x001Q0") == [
        Barcode(73, b"{BABC", 88, 2, True, 0),
        Qr(b"ab", 5, 1, 0),
    ]


def test_questions_and_ends_of_labels_are_read_in_their_turn() -> None:
    stream = b"\x0c\x1d(H\x06\x00000042\x1dr\x01\x1dV\x00"
    asked = [Ask("process-id", b"0042"), Ask("paper", b"\x01")]
    assert read(stream) == [EndOfLabel(), *asked, EndOfLabel(cut=True)]


def test_a_real_time_command_is_obeyed_inside_data_too() -> None:
    inside = b"\x1dkI\x07{C\x10\x04\x01\x22\x22"
    assert RealTimeReader().feed(inside) == [RealTime("status", 1)]


def test_our_own_labels_hold_no_real_time_command() -> None:
    assert RealTimeReader().feed(native_payload() + raster_payload()) == []


def test_a_raster_is_read_in_each_of_its_four_modes() -> None:
    sizes = [(1, 1), (2, 1), (1, 2), (2, 2)]
    for mode, (scale_x, scale_y) in enumerate(sizes):
        for written in (mode, mode + ord("0")):
            image = b"\x1dv0" + bytes((written, 1, 0, 2, 0)) + b"\x0f\xf0"
            assert read(image) == [BitImage(1, 2, b"\x0f\xf0", scale_x, scale_y, old=True)]


def test_graphics_are_stored_and_printed_when_told() -> None:
    stored = b"\x1d(L\x0c\x000p0\x01\x021\x06\x00\x02\x00\xfc\x84"
    assert read(stored) == []
    assert read(stored + b"\x1d(L\x02\x0002" * 2) == [BitImage(1, 2, b"\xfc\x84", 1, 2)]


def test_page_mode_says_where_things_stand() -> None:
    page = b"\x1dP\xcb\xcb\x1bL\x1bW\x00\x00\x08\x00\x60\x02\x11\x04\x1b$\x05\x00\x1d$\x07\x01\x1bS"
    places = [MotionUnits(203, 203), PageMode(True), PrintArea(0, 8, 608, 1041), MoveTo(x=5), MoveTo(y=263)]
    assert read(page) == [*places, PageMode(False)]


def test_without_page_mode_its_parameters_are_text() -> None:
    assert Text("`", Style()) in read(b"\x1bL\x1bW\x00\x00\x00\x00`\x02\x11\x04", page_mode=False)


def test_a_defined_character_takes_the_place_of_a_letter_until_it_is_told_off() -> None:
    define = b"\x1b&\x03AA\x02abcdef"
    assert read(define + b"\x1b%\x01AB\n")[:2] == [DefinedChar(b"abcdef", Style()), Text("B", Style())]
    assert read(define + b"\x1b%\x01\x1b%\x00A\n")[0] == Text("A", Style())

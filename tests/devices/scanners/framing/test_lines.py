"""Line ends: which end a code in each framing, and what silence does."""

from __future__ import annotations

import pytest

from devices.scanners.framing.framer import (
    IDLE_S,
    KEPT_OF_NOISE,
    LONGEST_FRAME,
    STALL_S,
    Frame,
    FramingName,
    Noise,
)
from devices.scanners.framing.kinds import framer_of
from devices.scanners.framing.lines import LineFramer
from devices.scanners.framing.pile import Pile

TABLE: list[tuple[FramingName, bytes, list[bytes]]] = [
    ("line", b"6901234567892\r", [b"6901234567892"]),
    ("line", b"A\nB\r\nC\r", [b"A", b"B", b"C"]),
    ("line", b"\r\n\r\n\r", []),
    ("line", b"]C0SF1\r\r\nSF2\n", [b"]C0SF1", b"SF2"]),
    ("line", b"no end yet", []),
    ("line", b"x" * LONGEST_FRAME + b"\r", [b"x" * LONGEST_FRAME]),
    ("cr", b"A\rB\nC\r\nD\r", [b"A", b"B\nC", b"\nD"]),
    ("lf", b"A\nB\rC\r\nD\n", [b"A", b"B\rC\r", b"D"]),
    ("crlf", b"A\r\nB\rC\nD\r\r\nE\n\r\n", [b"A", b"B\rC\nD\r", b"E\n"]),
    ("silence", b"A\rB\nC\r\n", []),
]


@pytest.mark.parametrize(("framing", "data", "codes"), TABLE)
def test_each_framing_has_its_own_line_end(framing: FramingName, data: bytes, codes: list[bytes]) -> None:
    assert framer_of(framing).feed(data, now=0.0) == [Frame(code) for code in codes]


def test_a_line_that_never_ends_is_no_code_and_costs_none() -> None:
    framed = LineFramer().feed(b"x" * (LONGEST_FRAME + 1) + b"\rSF1\r", now=0.0)
    assert framed == [Noise("too-long", b"x" * KEPT_OF_NOISE), Frame(b"SF1")]


@pytest.mark.parametrize("framing", ["line", "silence"])
def test_silence_ends_a_code_without_a_terminator(framing: FramingName) -> None:
    framer = framer_of(framing)
    assert framer.feed(b"SF1", now=10.0) == []
    assert framer.waiting
    assert framer.idle_s == IDLE_S
    assert framer.flush(10.0 + IDLE_S / 2) == []
    assert framer.flush(10.0 + IDLE_S) == [Frame(b"SF1")]
    assert not framer.waiting


@pytest.mark.parametrize("framing", ["line", "silence"])
def test_bytes_after_a_silence_start_a_new_code(framing: FramingName) -> None:
    framer = framer_of(framing)
    framer.feed(b"SF1", now=10.0)
    assert framer.feed(b"SF2", now=11.0) == [Frame(b"SF1")]
    assert framer.flush(12.0) == [Frame(b"SF2")]


def test_a_pause_of_the_radio_does_not_cut_the_code_of_a_scanner_that_sends_line_ends() -> None:
    framer = framer_of("line")
    assert framer.feed(b"SF1\rSF", now=10.0) == [Frame(b"SF1")]
    assert framer.feed(b"2\r", now=10.0 + STALL_S * 0.9) == [Frame(b"SF2")]
    framer.feed(b"SF", now=11.0)
    assert framer.flush(11.0 + STALL_S) == [Frame(b"SF")]


def test_silence_keeps_line_ends_in_a_code_that_nothing_else_ends() -> None:
    framer = framer_of("silence")
    framer.feed(b"A\rB\r\n", now=0.0)
    assert framer.flush(1.0) == [Frame(b"A\rB\r\n")]


@pytest.mark.parametrize("framing", ["cr", "lf", "crlf"])
def test_where_one_line_end_alone_counts_a_stalled_code_is_truncated(framing: FramingName) -> None:
    framer = framer_of(framing)
    framer.feed(b"SF1", now=10.0)
    assert framer.flush(10.0 + STALL_S / 2) == []
    assert framer.flush(10.0 + STALL_S) == [Noise("truncated", b"SF1")]


def test_a_cr_that_might_begin_a_crlf_is_waited_for() -> None:
    framer = framer_of("crlf")
    assert framer.feed(b"SF1\r", now=1.0) == []
    assert framer.feed(b"\n", now=1.1) == [Frame(b"SF1")]
    assert framer.feed(b"SF2\r", now=2.0) == []
    assert framer.flush(3.0) == [Noise("truncated", b"SF2\r")]


def test_silence_also_ends_a_line_that_never_ended() -> None:
    framer = LineFramer(code=Pile(longest=8))
    framer.feed(b"x" * 20, now=0.0)
    assert framer.flush(1.0) == [Noise("too-long", b"x" * 20)]
    assert framer.feed(b"SF1\r", now=1.01) == [Frame(b"SF1")]

"""STX to ETX: what stands outside is noise, and every STX begins anew."""

from __future__ import annotations

import pytest

from devices.scanners.framing.framer import KEPT_OF_NOISE, LONGEST_FRAME, STALL_S, Frame, Framed, Noise
from devices.scanners.framing.stx_etx import StxEtxFramer

TABLE: list[tuple[bytes, list[Framed]]] = [
    (b"\x02SF1\x03\x02SF2\x03", [Frame(b"SF1"), Frame(b"SF2")]),
    (b"\x02SF1\r\nA\x03", [Frame(b"SF1\r\nA")]),
    (b"\x02\x03", []),
    (b"xy\x02SF1\x03", [Noise("malformed", b"xy"), Frame(b"SF1")]),
    (b"\x03\x02SF1\x03", [Noise("malformed", b"\x03"), Frame(b"SF1")]),
    (b"\x02SF\x02SF1\x03", [Noise("truncated", b"SF"), Frame(b"SF1")]),
    (b"\x02SF1\x03\r\n\x02SF2\x03\r", [Frame(b"SF1"), Frame(b"SF2")]),
    (
        b"\x02" + b"x" * (LONGEST_FRAME + 1) + b"\x03\x02SF1\x03",
        [Noise("too-long", b"x" * KEPT_OF_NOISE), Frame(b"SF1")],
    ),
]


@pytest.mark.parametrize(("data", "framed"), TABLE)
def test_a_code_stands_between_its_marks(data: bytes, framed: list[Framed]) -> None:
    assert StxEtxFramer().feed(data, now=0.0) == framed


@pytest.mark.parametrize("check", range(256))
def test_a_check_byte_after_the_etx_costs_no_code(check: int) -> None:
    data = b"".join(b"\x02" + code + b"\x03" + bytes([check]) for code in (b"SF1", b"SF2"))
    framed = StxEtxFramer().feed(data, now=0.0)
    assert [each for each in framed if isinstance(each, Frame)] == [Frame(b"SF1"), Frame(b"SF2")]


def test_a_code_without_its_etx_is_truncated_by_silence_and_what_follows_is_outside() -> None:
    framer = StxEtxFramer()
    framer.feed(b"\x02SF1", now=0.0)
    assert framer.flush(STALL_S) == [Noise("truncated", b"SF1")]
    assert framer.feed(b"23\x03\x02SF2\x03", now=1.0) == [Noise("malformed", b"23\x03"), Frame(b"SF2")]


def test_noise_outside_is_told_when_it_falls_silent() -> None:
    framer = StxEtxFramer()
    assert framer.feed(b"hello", now=0.0) == []
    assert framer.flush(STALL_S) == [Noise("malformed", b"hello")]

"""A length before each code: out of step it stays out of step until a silence, and takes no wrong code meanwhile."""

from __future__ import annotations

from devices.scanners.framing.counted import LengthFramer
from devices.scanners.framing.framer import STALL_S, Frame, Noise


def test_each_length_is_followed_by_as_many_bytes() -> None:
    data = b"\x03SF1" + b"\x01A" + b"\xff" + b"x" * 255
    assert LengthFramer().feed(data, now=0.0) == [Frame(b"SF1"), Frame(b"A"), Frame(b"x" * 255)]


def test_a_code_shorter_than_its_length_is_truncated_by_silence() -> None:
    framer = LengthFramer()
    framer.feed(b"\x09SF1", now=0.0)
    assert framer.flush(STALL_S / 2) == []
    assert framer.flush(STALL_S) == [Noise("truncated", b"\x09SF1")]
    assert framer.feed(b"\x03SF2", now=1.0) == [Frame(b"SF2")]


def test_a_length_of_nothing_is_malformed_and_nothing_behind_it_is_taken_before_a_silence() -> None:
    framer = LengthFramer()
    assert framer.feed(b"\x03SF1\x00\x03SF2", now=0.0) == [Frame(b"SF1")]
    assert framer.flush(STALL_S) == [Noise("malformed", b"\x00\x03SF2")]
    assert framer.feed(b"\x03SF3", now=1.0) == [Frame(b"SF3")]

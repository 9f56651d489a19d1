"""A frame is read as text, with what is no part of the code taken off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.scanners.framing.framer import Frame
from devices.scanners.scan import Scan, read_frame


@pytest.mark.parametrize(
    ("frame", "text", "symbology"),
    [
        (b"SF1234567890123", "SF1234567890123", None),
        (b"]C0SF1234567890123", "SF1234567890123", "C0"),
        (b"]Q1FH1:SF1:J7:1", "FH1:SF1:J7:1", "Q1"),
        (b"]C100106141411234567897\x1d21A", "00106141411234567897\x1d21A", "C1"),
        (b"\x02SF1\x03", "SF1", None),
        (b"\x00\x00SF1", "SF1", None),
        (b"SF1\r\n", "SF1", None),
        ("补打".encode(), "补打", None),
        ("补打".encode("gb18030"), "补打", None),
    ],
)
def test_a_frame_reads_as_text_with_its_aim_id_apart(frame: bytes, text: str, symbology: str | None) -> None:
    assert read_frame(Frame(frame), at=5.0) == Scan(text, symbology, 5.0)


def test_what_the_framing_says_of_a_code_stays_with_it() -> None:
    frame = Frame(b"SF1", "C0", b"\x06", resent=True)
    assert read_frame(frame, 5.0, "link", replayed=True) == Scan(
        "SF1", "C0", 5.0, "link", replayed=True, resent=True, receipt=b"\x06"
    )


def test_an_aim_id_in_the_code_says_more_than_the_framing() -> None:
    scan = read_frame(Frame(b"]C1001", "C0"), at=0.0)
    assert scan is not None
    assert scan.symbology == "C1"


@pytest.mark.parametrize("frame", [b"", b"\x00\x02\x03", b"]C0"])
def test_a_frame_of_noise_is_no_scan(frame: bytes) -> None:
    assert read_frame(Frame(frame), at=0.0) is None


@given(st.binary(max_size=300))
def test_no_frame_is_too_odd_to_read(frame: bytes) -> None:
    scan = read_frame(Frame(frame), at=0.0)
    assert scan is None or scan.text

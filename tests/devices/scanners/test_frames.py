"""The framer: however bytes are split, the same frames come out, and noise never stops the next scan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.scanners.frames import IDLE_FLUSH_S, LONGEST_FRAME, Framer
from devices.scanners.scan import Feedback, Scan, Tone, bells, read_frame, tone_of

TABLE = [
    (b"6901234567892\r", [b"6901234567892"]),
    (b"A\nB\r\nC\r", [b"A", b"B", b"C"]),
    (b"\r\n\r\n\r", []),
    (b"]C0SF1\r\r\nSF2\n", [b"]C0SF1", b"SF2"]),
    (b"no end yet", []),
    (b"x" * (LONGEST_FRAME + 1) + b"\rSF1\r", [b"SF1"]),
    (b"x" * LONGEST_FRAME + b"\r", [b"x" * LONGEST_FRAME]),
]


@pytest.mark.parametrize(("data", "frames"), TABLE)
def test_terminators_end_frames(data: bytes, frames: list[bytes]) -> None:
    assert Framer().feed(data, now=0.0) == frames


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"\r", b"\n", b"\r\n", b"SF1\r"]), max_size=30))
def test_any_split_of_the_bytes_gives_the_same_frames(pieces: list[bytes]) -> None:
    split, whole = Framer(longest=50), Framer(longest=50)
    frames = [frame for piece in pieces for frame in split.feed(piece, now=1.0)]
    assert frames == whole.feed(b"".join(pieces), now=1.0)
    assert split.dropped == whole.dropped


@given(st.binary(max_size=200))
def test_no_noise_swallows_the_scan_after_its_terminator(noise: bytes) -> None:
    assert Framer(longest=50).feed(noise + b"\r" + b"SF1\r", now=0.0)[-1] == b"SF1"


def test_silence_ends_a_scan_without_a_terminator() -> None:
    framer = Framer()
    assert framer.feed(b"SF1", now=10.0) == []
    assert framer.waiting
    assert framer.flush(10.0 + IDLE_FLUSH_S / 2) == []
    assert framer.flush(10.0 + IDLE_FLUSH_S) == [b"SF1"]
    assert not framer.waiting


def test_bytes_after_a_silence_start_a_new_scan() -> None:
    framer = Framer()
    framer.feed(b"SF1", now=10.0)
    assert framer.feed(b"SF2\r", now=11.0) == [b"SF1", b"SF2"]


def test_bytes_that_keep_coming_are_one_scan() -> None:
    framer = Framer()
    steps = [framer.feed(bytes([byte]), now=10 + 0.05 * n) for n, byte in enumerate(b"SF123\r")]
    assert [frame for step in steps for frame in step] == [b"SF123"]


def test_silence_also_ends_a_line_that_never_ended() -> None:
    framer = Framer(longest=8)
    framer.feed(b"x" * 20, now=0.0)
    assert framer.flush(1.0) == []
    assert framer.dropped == 1
    assert framer.feed(b"SF1\r", now=1.01) == [b"SF1"]


@pytest.mark.parametrize(
    ("frame", "text", "symbology"),
    [
        (b"SF1234567890123", "SF1234567890123", None),
        (b"]C0SF1234567890123", "SF1234567890123", "C0"),
        (b"]Q1FH1:SF1:J7:1", "FH1:SF1:J7:1", "Q1"),
        (b"]C100106141411234567897\x1d21A", "00106141411234567897\x1d21A", "C1"),
        (b"\x02SF1\x03", "SF1", None),
        (b"\x00\x00SF1", "SF1", None),
        ("补打".encode(), "补打", None),
        ("补打".encode("gb18030"), "补打", None),
    ],
)
def test_a_frame_reads_as_text_with_its_aim_id_apart(frame: bytes, text: str, symbology: str | None) -> None:
    assert read_frame(frame, at=5.0) == Scan(text, symbology, 5.0)


@pytest.mark.parametrize("frame", [b"", b"\x00\x02\x03", b"]C0"])
def test_a_frame_of_noise_is_no_scan(frame: bytes) -> None:
    assert read_frame(frame, at=0.0) is None


@given(st.binary(max_size=300))
def test_no_frame_is_too_odd_to_read(frame: bytes) -> None:
    scan = read_frame(frame, at=0.0)
    assert scan is None or scan.text


@pytest.mark.parametrize(
    ("tone", "heard"), [("good", b"\x07"), ("wrong", b"\x07\x07"), ("stop", b"\x07\x07\x07")]
)
def test_each_tone_has_its_bells(tone: Tone, heard: bytes) -> None:
    assert bells(Feedback(tone, "").tone) == heard
    assert tone_of(heard) == tone


def test_no_bell_or_too_many_are_no_tone() -> None:
    assert tone_of(b"") is None
    assert tone_of(b"\x07" * 4) is None

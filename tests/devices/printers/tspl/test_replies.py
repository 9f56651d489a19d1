"""Replies are told apart by shape and by what was asked, whatever is cut, mixed or noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.printers.status import State
from devices.printers.tspl.replies import (
    LongStatus,
    Marker,
    Mileage,
    Reply,
    ReplyReader,
    ShortStatus,
    condition_of_long,
    condition_of_short,
    marker,
)

MARKERS = [marker("0a1b2c", number) for number in (1, 42, 9999)]
ENDS = st.sampled_from([b"", b"\r", b"\n", b"\r\n"])
long_statuses = st.binary(min_size=4, max_size=4).map(lambda data: bytes(0x40 | byte & 0x3F for byte in data))


def framed(with_short: bool) -> st.SearchStrategy[tuple[bytes, Reply]]:
    """A reply's bytes, and what they are."""
    marked = st.tuples(st.sampled_from(MARKERS), ENDS).map(
        lambda pair: (pair[0].encode() + pair[1], Marker(pair[0]))
    )
    if with_short:  # a bare 0A or 0D behind a line is taken for its end, and 7B may begin a marker
        bits = st.integers(0, 255).filter(lambda byte: byte not in (0x0A, 0x0D, 0x7B))
        return st.one_of(marked, bits.map(lambda byte: (bytes((byte,)), ShortStatus(byte))))
    return st.one_of(
        marked,
        long_statuses.map(lambda codes: (b"\x02" + codes + b"\x03\r\n", LongStatus(codes))),
        st.integers(0, 10**10 - 1).map(lambda count: (b"%d\r" % count, Mileage(count))),
    )


def replies_to(stream: bytes, data: st.DataObject, reader: ReplyReader) -> list[Reply]:
    got: list[Reply] = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += reader.feed(stream[:cut])
        stream = stream[cut:]
    return got


@given(st.lists(framed(with_short=True)), st.data())
def test_a_status_byte_and_a_piece_of_a_line_are_never_confused(
    sent: list[tuple[bytes, Reply]], data: st.DataObject
) -> None:
    reader = ReplyReader(short_awaited=len(sent))
    stream = b"".join(raw for raw, _ in sent)
    assert replies_to(stream, data, reader) == [reply for _, reply in sent]


@given(st.lists(framed(with_short=False)), st.data())
def test_any_split_gives_the_same_replies(sent: list[tuple[bytes, Reply]], data: st.DataObject) -> None:
    reader = ReplyReader(long_awaited=len(sent), mileage_awaited=len(sent))
    stream = b"".join(raw for raw, _ in sent)
    assert replies_to(stream, data, reader) == [reply for _, reply in sent]


@given(st.lists(st.binary()), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_noise_never_raises_and_never_piles_up(
    chunks: list[bytes], short: int, long: int, mileage: int
) -> None:
    whole, split = ReplyReader(short, long, mileage), ReplyReader(short, long, mileage)
    at_once = whole.feed(b"".join(chunks))
    assert [reply for chunk in chunks for reply in split.feed(chunk)] == at_once
    assert len(split._pending) < 16


@given(st.binary(max_size=60))
def test_a_marker_after_noise_is_found(noise: bytes) -> None:
    reader = ReplyReader()
    reader.feed(noise + b"\x80" * 4)  # no reply holds such bytes
    assert reader.feed(MARKERS[0].encode()) == [Marker(MARKERS[0])]


@given(st.binary())
def test_what_was_not_asked_is_no_answer(noise: bytes) -> None:
    assert all(isinstance(reply, Marker) for reply in ReplyReader().feed(noise))


@given(st.binary(min_size=1))
def test_noise_is_no_marker(noise: bytes) -> None:
    assert not any(isinstance(reply, Marker) for reply in ReplyReader(short_awaited=9).feed(noise))


def test_a_late_mileage_is_not_taken_for_status_bytes() -> None:
    reader = ReplyReader(short_awaited=1, mileage_awaited=1)
    assert reader.feed(b"120\r\n\x00") == [Mileage(120), ShortStatus(0)]


def test_a_marker_that_was_cut_off_is_no_evidence() -> None:
    assert ReplyReader().feed(MARKERS[0].encode()[:9] + MARKERS[1].encode()) == [Marker(MARKERS[1])]


@pytest.mark.parametrize(
    ("bits", "state", "busy"),
    [
        (0x00, State.ONLINE, False),
        (0x20, State.ONLINE, True),
        (0x05, State.COVER_OPEN, False),
        (0x40, State.COVER_OPEN, False),
        (0x04, State.PAPER_OUT, False),
        (0x02, State.JAMMED, False),
        (0x08, State.FAULT, False),
        (0x80, State.FAULT, False),
        (0x30, State.PAUSED, True),
    ],
)
def test_short_status_bits_become_states(bits: int, state: State, busy: bool) -> None:
    condition = condition_of_short(bits)
    assert (condition.status.state, condition.busy) == (state, busy)


@pytest.mark.parametrize(
    ("codes", "state", "busy"),
    [
        (b"@@@@", State.ONLINE, False),
        (b"@A@@", State.PAPER_LOW, False),
        (b"P@@@", State.ONLINE, True),
        (b"W@@@", State.ONLINE, True),
        (b"`@@@", State.PAUSED, False),
        (b"L@@@", State.PAUSED, False),
        (b"E@@@", State.FAULT, False),
        (b"E@@A", State.PAPER_OUT, False),
        (b"E@@`", State.COVER_OPEN, False),
        (b"E@@B", State.JAMMED, False),
        (b"E@A@", State.HEAD_HOT, False),
        (b"E@H@", State.JAMMED, False),
        (b"@@@A", State.PAPER_OUT, False),
        (b"z@@@", State.UNKNOWN, False),
    ],
)
def test_long_status_codes_become_states(codes: bytes, state: State, busy: bool) -> None:
    condition = condition_of_long(codes)
    assert (condition.status.state, condition.busy) == (state, busy)

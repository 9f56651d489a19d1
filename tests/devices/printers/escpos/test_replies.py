"""Replies are told apart by their bits, whatever is cut, mixed or noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.printers.escpos.replies import (
    AutoStatus,
    BufferCleared,
    FlowControl,
    InOrderStatus,
    OfflineNotice,
    PrinterInfo,
    ProcessId,
    RealTimeStatus,
    Reply,
    ReplyReader,
    status_of,
)
from devices.printers.status import State

WHOLE: list[tuple[bytes, Reply]] = [
    (b"\x12", RealTimeStatus(0x12)),
    (b"\x7e", RealTimeStatus(0x7E)),
    (b"\x00", InOrderStatus(0)),
    (b"\x0c", InOrderStatus(0x0C)),
    (b"\x18\x00\x0f\x00", AutoStatus(b"\x18\x00\x0f\x00")),
    (b"\x37\x220042\x00", ProcessId("0042")),
    (b"\x37\x25\x00", BufferCleared()),
    (b"\x37\x2301\x00", OfflineNotice(b"01")),
    (b"_TM-L90\x00", PrinterInfo("TM-L90")),
    (b"\x11", FlowControl(go_on=True)),
    (b"\x13", FlowControl(go_on=False)),
]


@given(st.lists(st.sampled_from(WHOLE)), st.data())
def test_any_split_gives_the_same_replies(sent: list[tuple[bytes, Reply]], data: st.DataObject) -> None:
    stream, reader, got = b"".join(raw for raw, _ in sent), ReplyReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert got == [reply for _, reply in sent]


@given(st.lists(st.binary()))
def test_noise_never_raises_and_never_piles_up(chunks: list[bytes]) -> None:
    reader, split = ReplyReader(), ReplyReader()
    whole = reader.feed(b"".join(chunks))
    assert [reply for chunk in chunks for reply in split.feed(chunk)] == whole


@given(st.binary(max_size=60))
def test_a_reply_after_noise_and_a_pause_is_found(noise: bytes) -> None:
    reader = ReplyReader()
    reader.feed(noise + b"\x80" * 4)  # no reply holds such bytes
    assert reader.feed(b"\x37\x25\x00") == [BufferCleared()]


def test_a_block_that_was_cut_off_is_no_evidence() -> None:
    assert ReplyReader().feed(b"\x37\x2200\x12\x12") == [RealTimeStatus(0x12), RealTimeStatus(0x12)]


def test_what_cannot_be_read_is_counted_as_an_answer_may_have_been_spoilt() -> None:
    reader = ReplyReader()
    reader.feed(b"\x12\x37\x220001\x00")
    assert reader.noise == 0
    reader.feed(b"\x37\x22\xb10001\x00")
    assert reader.noise > 0


def test_an_automatic_status_that_was_cut_off_is_no_evidence() -> None:
    assert ReplyReader().feed(b"\x18\x00\x00\x12") == [RealTimeStatus(0x12)]


@pytest.mark.parametrize(
    ("answers", "state", "words"),
    [
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}, State.ONLINE, "online"),
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x1E}, State.PAPER_LOW, "paper low"),
        ({1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x7E}, State.PAPER_OUT, "paper out"),
        ({1: 0x1A, 2: 0x36, 3: 0x12, 4: 0x7E}, State.COVER_OPEN, "cover open"),
        ({1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}, State.JAMMED, "cutter jammed"),
        ({1: 0x1A, 2: 0x52, 3: 0x52, 4: 0x12}, State.HEAD_HOT, "head hot"),
        ({1: 0x1A, 2: 0x52, 3: 0x32, 4: 0x12}, State.FAULT, "error that only switching off and on may mend"),
        ({1: 0x1A, 2: 0x52, 3: 0x12, 4: 0x12}, State.FAULT, "error"),
        ({1: 0x1A, 2: 0x1A, 3: 0x12, 4: 0x12}, State.PAUSED, "paper is being fed by the button"),
        ({1: 0x32, 2: 0x12, 3: 0x12, 4: 0x12}, State.FAULT, "waiting for recovery"),
        ({1: 0x1A, 2: 0x12, 3: 0x12, 4: 0x12}, State.FAULT, "offline"),
    ],
)
def test_status_bits_become_a_state_in_words(answers: dict[int, int], state: State, words: str) -> None:
    status = status_of(answers)
    assert (status.state, status.words) == (state, words)
    assert status.ready is (state in (State.ONLINE, State.PAPER_LOW))

"""Replies are told apart by their shape, whatever is cut, mixed or noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.printers.status import State
from devices.printers.zpl.replies import Faults, HostStatus, Reply, ReplyReader, Setting, status_of

HOST = (
    b"\x02030,0,0,1040,000,0,0,0,000,0,0,0\x03\r\n"
    b"\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n"
    b"\x021234,0\x03\r\n"
)
BUSY = HOST.replace(b"1040,000,0,0,0", b"1040,002,0,0,1").replace(b"00000000", b"00000003")
STOPPED = HOST.replace(b"030,0,0", b"030,1,1").replace(b"000,0,0,0,0,2", b"000,0,1,1,0,2")
QUERY = (
    b"\x02\r\n\r\n  PRINTER STATUS                             \r\n"
    b"   ERRORS:         1 00000000 00000005   \r\n   WARNINGS:       0 00000000 00000000   \r\n\x03\r\n"
)
WHOLE: list[tuple[bytes, Reply]] = [
    (HOST, HostStatus()),
    (BUSY, HostStatus(formats=2, partial=True, labels=3)),
    (STOPPED, HostStatus(paper_out=True, paused=True, head_up=True, ribbon_out=True)),
    (QUERY, Faults(errors=5, warnings=0)),
    (b'"12345"', Setting("12345")),
    (b'"?"\r\n', Setting("?")),
]


@given(st.lists(st.sampled_from(WHOLE)), st.data())
def test_any_split_gives_the_same_replies(sent: list[tuple[bytes, Reply]], data: st.DataObject) -> None:
    stream, reader, got = b"".join(raw for raw, _ in sent), ReplyReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        got += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert got == [reply for _, reply in sent]


@given(st.lists(st.one_of(st.binary(), st.sampled_from([raw for raw, _ in WHOLE]))))
def test_noise_never_raises_and_never_depends_on_the_split(chunks: list[bytes]) -> None:
    reader, split = ReplyReader(), ReplyReader()
    whole = reader.feed(b"".join(chunks))
    assert [reply for chunk in chunks for reply in split.feed(chunk)] == whole


@given(st.binary(max_size=60))
def test_replies_after_noise_are_found(noise: bytes) -> None:
    reader = ReplyReader()
    reader.feed(noise + b"\x80")  # no reply holds such a byte
    assert reader.feed(QUERY + HOST) == [Faults(errors=5, warnings=0), HostStatus()]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_host_status_with_a_line_missing_is_none(lost: int) -> None:
    lines = HOST.splitlines(keepends=True)
    del lines[lost]
    assert ReplyReader().feed(b"".join(lines)) == []


def test_a_frame_that_never_closes_is_given_up() -> None:
    reader = ReplyReader()
    reader.feed(b'"' + b"7" * 10_000)
    assert reader.feed(b'x"1"') == [Setting("1")]


@pytest.mark.parametrize(
    ("errors", "state", "words"),
    [
        (0x0, State.ONLINE, "online"),
        (0x1, State.PAPER_OUT, "paper out"),
        (0x2, State.FAULT, "ribbon out"),
        (0x5, State.COVER_OPEN, "cover open"),
        (0x8, State.JAMMED, "cutter jammed"),
        (0x10, State.HEAD_HOT, "head hot"),
        (0x20, State.HEAD_HOT, "motor hot"),
        (0x40, State.FAULT, "print head error"),
        (0x4000, State.JAMMED, "paper feed error"),
        (0x10000, State.PAUSED, "paused"),
        (0x10001, State.PAPER_OUT, "paper out"),
        (0x00100000, State.FAULT, "error 00100000"),
    ],
)
def test_error_flags_become_words(errors: int, state: State, words: str) -> None:
    status = status_of(HostStatus(), Faults(errors, 0))
    assert (status.state, status.words) == (state, words)


def test_who_answers_the_error_query_alone_is_not_ready() -> None:
    assert not status_of(None, Faults(0, 0)).ready


@pytest.mark.parametrize(
    ("host", "state"),
    [
        (HostStatus(paper_out=True), State.PAPER_OUT),
        (HostStatus(head_up=True), State.COVER_OPEN),
        (HostStatus(ribbon_out=True), State.FAULT),
        (HostStatus(too_hot=True), State.HEAD_HOT),
        (HostStatus(paused=True), State.PAUSED),
        (HostStatus(), State.ONLINE),
    ],
)
def test_without_error_flags_the_host_status_tells(host: HostStatus, state: State) -> None:
    assert status_of(host, None).state is state


def test_paper_near_its_end_is_a_warning() -> None:
    assert status_of(HostStatus(), Faults(0, 8)).state is State.PAPER_LOW

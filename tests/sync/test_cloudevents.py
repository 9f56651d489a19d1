"""The one form in which events travel."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cloudevents import CloudEvent, decode, encode, encode_batch
from sync.errors import BadEvent
from sync.times import format_time

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DATA = st.dictionaries(TEXT, JSON, max_size=4)
KNOWN = {"specversion", "id", "source", "type", "time", "data", "subject", "sequence"}
EVENTS = st.builds(
    CloudEvent,
    id=TEXT,
    source=TEXT,
    type=TEXT,
    time=st.datetimes(timezones=st.just(UTC)).map(format_time),
    data=DATA,
    subject=st.none() | TEXT,
    sequence=st.none() | TEXT,
    extensions=DATA.map(lambda members: {k: v for k, v in members.items() if k not in KNOWN}),
)
GOOD: dict[str, Any] = {
    "specversion": "1.0", "id": "1", "source": "/erp", "type": "order.paid",
    "time": "2026-06-18T00:00:00Z", "data": {"order_no": "SO-1"},
}  # fmt: skip


@given(EVENTS)
def test_an_event_reads_back_as_it_was_written(event: CloudEvent) -> None:
    line = encode(event)
    assert b"\n" not in line
    assert decode(line) == event


@given(st.binary(max_size=80) | JSON.map(msgspec.json.encode))
def test_any_bytes_are_an_event_or_a_bad_event(raw: bytes) -> None:
    with suppress(BadEvent):
        assert decode(raw).id


@pytest.mark.parametrize("member", ["specversion", "id", "source", "type", "time", "data"])
@pytest.mark.parametrize("value", [None, 7, ""])
def test_a_missing_or_mistyped_member_is_refused(member: str, value: object) -> None:
    for members in ({**GOOD, member: value}, {k: v for k, v in GOOD.items() if k != member}):
        with pytest.raises(BadEvent):
            decode(msgspec.json.encode(members))


def test_unknown_members_are_kept() -> None:
    event = decode(msgspec.json.encode(GOOD | {"traceparent": "00-a", "datacontenttype": "application/json"}))
    assert event.extensions == {"traceparent": "00-a", "datacontenttype": "application/json"}
    assert msgspec.json.decode(encode(event))["traceparent"] == "00-a"


def test_the_time_comes_out_in_the_contracts_form() -> None:
    assert (
        decode(msgspec.json.encode(GOOD | {"time": "2026-06-18T08:00:00+08:00"})).time
        == "2026-06-18T00:00:00.000Z"
    )


def test_brackets_without_end_are_a_bad_event() -> None:
    with pytest.raises(BadEvent):
        decode(b"[" * 100_000)


@given(st.lists(EVENTS, max_size=3))
def test_a_batch_is_the_list_of_its_events(events: list[CloudEvent]) -> None:
    assert [decode(msgspec.json.encode(e)) for e in msgspec.json.decode(encode_batch(events))] == events

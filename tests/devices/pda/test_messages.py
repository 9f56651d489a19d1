"""The PDA contract: what is read, what is refused and why, and that nothing raises."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.pda import (
    AgentPresence,
    Malformed,
    PdaEvent,
    Presence,
    Recall,
    Reply,
    StationFeedback,
    Task,
    TaskStop,
    ToteSlot,
    canonical_time,
    decode_event,
    decode_presence,
    decode_reply,
    decode_task,
    encode,
)
from devices.topics import Kind, Topics

PICKED: dict[str, Any] = {
    "id": "e1",
    "type": "stop.picked",
    "at": "2026-06-18T08:00:00.000Z",
    "task": "T1",
    "stop": "S1",
    "qty": 2,
    "barcode": "6901234567892",
}


def decoded(**changes: Any) -> PdaEvent | Malformed:
    fields = {name: value for name, value in (PICKED | changes).items() if value is not ...}
    return decode_event(json.dumps(fields).encode())


def test_an_event_is_read_with_its_optional_fields() -> None:
    event = decoded(tote="B-7")
    assert isinstance(event, PdaEvent)
    assert (event.stop, event.qty, event.barcode, event.tote) == ("S1", 2, "6901234567892", "B-7")


def test_fields_that_the_type_does_not_have_are_ignored_whatever_they_are() -> None:
    event = decoded(type="task.done", stop=..., qty="many", battery=[1, 2], revision={})
    assert event == PdaEvent(id="e1", type="task.done", at=PICKED["at"], task="T1")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"qty": ...}, "qty missing"),
        ({"qty": None, "stop": ...}, "stop, qty missing"),
        ({"qty": "2"}, "Expected `int | null`, got `str` - at `$.qty`"),
        ({"qty": 0}, "Expected `int` >= 1"),
        ({"qty": True}, "got `bool`"),
        ({"qty": 10**30}, "qty"),
        ({"barcode": 69}, "at `$.barcode`"),
        ({"type": "stop.eaten"}, "Invalid enum value 'stop.eaten'"),
        ({"type": ["stop.picked"]}, "at `$.type`"),
        ({"at": "yesterday"}, "RFC 3339"),
        ({"at": "2026-06-18T08:00:00"}, "RFC 3339 time with an offset"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "RFC 3339"),
        ({"task": ""}, "at `$.task`"),
        ({"type": "task.accepted"}, "revision missing"),
        ({"type": "tote.bound"}, "slot, tote missing"),
        ({"type": "stop.short"}, "reason missing"),
    ],
)
def test_a_broken_event_with_a_readable_id_can_be_answered(changes: dict[str, Any], says: str) -> None:
    refused = decoded(**changes)
    assert isinstance(refused, Malformed)
    assert refused.id == "e1"
    assert refused.reason.startswith("malformed: ")
    assert says in refused.reason


@pytest.mark.parametrize("event_id", [..., None, "", 7, "x" * 129, "a\nb"])
def test_an_event_without_a_readable_id_cannot_be_answered(event_id: object) -> None:
    refused = decoded(id=event_id)
    assert isinstance(refused, Malformed)
    assert refused.id is None


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b"7", b'"text"', b"\xff\xfe", b'{"id": "\\ud800"}', b"[" * 100_000, b"{"]
)
def test_what_is_no_json_object_is_malformed(payload: bytes) -> None:
    assert isinstance(decode_event(payload), Malformed)


@given(st.binary(max_size=200))
def test_no_bytes_raise(payload: bytes) -> None:
    assert isinstance(decode_event(payload), Malformed | PdaEvent)
    assert isinstance(decode_presence(payload), Malformed | Presence)
    assert isinstance(decode_reply(payload), Malformed | Reply)
    assert not isinstance(decode_task(payload), str)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(PICKED)), JSON_VALUES))
def test_no_field_of_any_type_raises(changes: dict[str, Any]) -> None:
    event = decoded(**changes)
    if isinstance(event, PdaEvent):
        assert decode_event(encode(event)) == event
    else:
        assert event.reason.startswith("malformed: ")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-06-18T08:00:00Z", "2026-06-18T08:00:00.000Z"),
        ("2026-06-18T08:00:00.5+08:00", "2026-06-18T00:00:00.500Z"),
        ("2026-06-18T08:00:00.123456789Z", "2026-06-18T08:00:00.123Z"),
        ("2026-06-18T00:00:00-00:30", "2026-06-18T00:30:00.000Z"),
    ],
)
def test_times_are_read_with_any_offset_and_decimals(written: str, read: str) -> None:
    assert canonical_time(written) == read


TASK = Task(
    task="T1",
    revision=1,
    wave=None,
    cart="C1",
    totes=(ToteSlot(slot=1, order_no="SO-1"),),
    stops=(TaskStop("S1", "A-01-1", "A", "01", "A-100", "铅笔", ("6901234567892",), 2, 0, 1, 80, "open"),),
    distance_mm=12_000,
    bound_mm=11_000,
    due_at=None,
    sent_at="2026-06-18T08:00:00.000Z",
)


@pytest.mark.parametrize("message", [TASK, Recall("T1", 2, "picker offline", "2026-06-18T08:00:00.000Z")])
def test_what_the_agent_publishes_is_what_the_pda_reads(message: Task | Recall) -> None:
    assert decode_task(encode(message)) == message


def test_a_task_has_the_fields_of_the_contract() -> None:
    fields = json.loads(encode(TASK))
    top = "task revision wave cart totes stops distance_mm bound_mm due_at sent_at"
    stop = "stop location zone aisle sku name barcodes qty picked_qty slot weight_g state"
    assert list(fields) == top.split()
    assert list(fields["stops"][0]) == stop.split()
    assert fields["totes"] == [{"slot": 1, "order_no": "SO-1"}]


def test_an_empty_task_topic_means_no_task() -> None:
    assert decode_task(b"") is None


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (Presence(online=False), {"online": False}),
        (AgentPresence(online=False), {"online": False}),
        (Reply("e1", "applied", revision=4), {"id": "e1", "status": "applied", "revision": 4}),
        (StationFeedback("SF1", "good", "已发货"), {"scan": "SF1", "tone": "good", "text": "已发货"}),
        (
            Recall("T1", 2, "offline", "2026-06-18T08:00:00.000Z"),
            {
                "task": "T1",
                "revision": 2,
                "reason": "offline",
                "sent_at": "2026-06-18T08:00:00.000Z",
                "recalled": True,
            },
        ),
    ],
)
def test_messages_look_like_the_contract_on_the_wire(message: msgspec.Struct, wire: dict[str, Any]) -> None:
    assert json.loads(encode(message)) == wire


@given(
    st.sampled_from(["presence", "task", "event", "reply", "feedback", "scan"]),
    st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
)
def test_a_topic_that_is_built_is_read_back(kind: Kind, who: str) -> None:
    topics = Topics("WH1")
    assert topics.parse(topics.of(kind, who)) == (kind, who)


@pytest.mark.parametrize(
    "topic",
    [
        "floor/WH2/pda/p1/event",
        "floor/WH1/pda/p1",
        "floor/WH1/pda/p1/event/x",
        "floor/WH1/pda/p 1/event",
        "floor/WH1/pda//event",
        "floor/WH1/pda/p1/scan",
        "floor/WH1/agent/presence",
        "",
    ],
)
def test_a_topic_of_nobody_is_not_read(topic: str) -> None:
    assert Topics("WH1").parse(topic) is None

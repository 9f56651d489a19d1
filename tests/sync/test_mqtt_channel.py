"""The hub over MQTT: every event is answered by the hub itself, the feed is taken before it is acknowledged."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from sync.channels.mqtt import MqttChannel
from sync.cloudevents import CloudEvent, decode, encode
from sync.errors import Unreachable
from tests.sync.stores import MemoryInbox, agent_event


class Hub:
    """The other side of the broker: it answers what it gets, but for the ids in `deaf`."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.deaf: set[str] = set()
        self.inbox = MemoryInbox()
        self.channel = MqttChannel("WH1", self.publish, self.inbox, answer_within_s=0.2)

    async def publish(self, topic: str, payload: bytes) -> None:
        assert topic == "hub/WH1/events"
        event = decode(payload)
        self.got.append(event.id)
        if event.id not in self.deaf:
            await self.answer(event.id)

    async def answer(self, event_id: str, status: str = "accepted") -> None:
        await self.channel.receive("hub/WH1/acks", msgspec.json.encode({"id": event_id, "status": status}))


def event(cursor: str | None, **data: str) -> bytes:
    more = {} if cursor is None else {"cursor": cursor}
    return encode(CloudEvent("e1", "/erp", "order.held", "2026-06-18T00:00:00Z", dict(data), extensions=more))


@pytest.fixture
def mqtt() -> Hub:
    return Hub()


async def test_a_batch_leaves_in_order_and_is_answered_by_the_hub(mqtt: Hub) -> None:
    events = [agent_event(n) for n in range(1, 301)]
    results = await mqtt.channel.ship(events)
    assert mqtt.got == [each.id for each in events] == [result.id for result in results]


async def test_what_the_hub_has_not_answered_in_time_is_left_over(mqtt: Hub) -> None:
    mqtt.deaf = {"ev-3"}
    results = await mqtt.channel.ship([agent_event(n) for n in range(1, 6)])
    assert [result.id for result in results] == ["ev-1", "ev-2"]


async def test_a_hub_that_answers_nothing_is_unreachable(mqtt: Hub) -> None:
    mqtt.deaf = {"ev-1"}
    with pytest.raises(Unreachable):
        await mqtt.channel.ship([agent_event(1)])
    await mqtt.answer("ev-1")
    mqtt.deaf = set()
    assert [result.id for result in await mqtt.channel.ship([agent_event(1)])] == ["ev-1"], (
        "a late word harms nobody"
    )


async def test_a_word_on_other_events_answers_nothing(mqtt: Hub) -> None:
    mqtt.deaf = {"ev-2"}
    shipping = asyncio.create_task(mqtt.channel.ship([agent_event(1), agent_event(2)]))
    await asyncio.sleep(0.01)
    await mqtt.answer("ev-77")
    await mqtt.answer("ev-2", "rejected")
    assert [result.status for result in await shipping] == ["accepted", "rejected"]


async def test_a_feed_event_is_committed_ahead_of_the_cursor_before_it_is_acknowledged(mqtt: Hub) -> None:
    mqtt.inbox.gate.clear()
    taking = asyncio.create_task(
        mqtt.channel.receive("hub/WH1/feed", event("7", order_no="SO-1", reason="x"))
    )
    await asyncio.sleep(0.01)
    assert not taking.done()
    mqtt.inbox.gate.set()
    await taking
    assert ([each.cursor for each in mqtt.inbox.ahead], mqtt.inbox.at) == (["7"], None)


@pytest.mark.parametrize("payload", [b"", b"{", b"[" * 9999, b"\xff", event(None), b'{"id": "x"}'])
async def test_what_cannot_be_read_is_counted_and_an_event_goes_into_the_inbox_as_it_came(
    mqtt: Hub, payload: bytes
) -> None:
    await mqtt.channel.receive("hub/WH1/feed", payload)
    await mqtt.channel.receive("hub/WH1/acks", payload)
    assert mqtt.channel.broken_events == 2
    ((_, broken),) = mqtt.inbox.broken
    assert (broken.cursor, broken.raw) == (None, payload.decode("utf-8", "backslashreplace"))

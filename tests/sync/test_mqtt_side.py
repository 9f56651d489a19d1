"""The sandbox hub over MQTT: its word follows its commit, what comes before its turn gets none, the feed goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sync.cloudevents import decode
from sync.sandbox.hub import Bell
from sync.sandbox.ledger import Ledger, Put
from sync.sandbox.mqtt_side import MqttSide
from tests.sync.conftest import going
from tests.sync.stores import agent_event


class Broker:
    """Takes what the hub says; `gate` holds it."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "hub.db")
        self.bell = Bell()
        self.said: list[tuple[str, bytes]] = []
        self.commits = 0
        self.ledger.connection.set_trace_callback(self._watch)
        self._heard = asyncio.Condition()
        self.spoken_to = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.hub = self.restarted()

    def _watch(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    def restarted(self) -> MqttSide:
        self.hub = MqttSide(self.ledger, self.bell, "WH1", self.publish)
        return self.hub

    async def publish(self, topic: str, payload: bytes) -> None:
        self.spoken_to.set()
        await self.gate.wait()
        async with self._heard:
            self.said.append((topic, payload))
            self._heard.notify_all()

    async def send(self, *sequences: int) -> None:
        for sequence in sequences:
            await self.hub.receive("hub/WH1/events", agent_event(sequence).body)

    def put(self, *order_nos: str) -> None:
        self.ledger.put(
            [Put("order.held", "/crm", no, {"order_no": no, "reason": "x"}) for no in order_nos], 1
        )
        self.bell.ring()

    def words(self) -> list[tuple[str, str]]:
        told = [msgspec.json.decode(payload) for topic, payload in self.said if topic == "hub/WH1/acks"]
        return [(each["id"], each["status"]) for each in told]

    def fed(self) -> list[tuple[str | None, object]]:
        events = [decode(payload) for topic, payload in self.said if topic == "hub/WH1/feed"]
        return [(event.subject, event.extensions["cursor"]) for event in events]

    def received(self) -> list[int]:
        return [
            row[0] for row in self.ledger.connection.execute("SELECT sequence FROM received ORDER BY row")
        ]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10), self._heard:
            await self._heard.wait_for(lambda: len(self.said) >= count)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.ledger.close()


async def test_what_arrives_together_is_one_commit_and_answered_in_order(broker: Broker) -> None:
    await broker.send(*range(1, 101))
    before = broker.commits
    async with going(broker.hub.run()):
        await broker.until(100)
    assert broker.commits == before + 1
    assert broker.words() == [(f"ev-{n}", "accepted") for n in range(1, 101)]
    assert broker.received() == list(range(1, 101))


async def test_an_event_before_its_turn_gets_no_word_until_it_comes_again(broker: Broker) -> None:
    await broker.send(1, 3)
    async with going(broker.hub.run()):
        await broker.until(1)
        assert broker.words() == [("ev-1", "accepted")]
        await broker.send(2, 3, 1)
        await broker.until(4)
    assert broker.words()[1:] == [("ev-2", "accepted"), ("ev-3", "accepted"), ("ev-1", "duplicate")]
    assert broker.received() == [1, 2, 3]


async def test_what_is_no_event_is_rejected_where_it_has_a_name_and_harms_nobody(broker: Broker) -> None:
    for payload in (b"", b"{", b"[" * 9999, b"\xff", b'{"id": 7}', b'{"id": "x"}'):
        await broker.hub.receive("hub/WH1/events", payload)
    await broker.hub.receive("hub/WH2/events", agent_event(1).body)
    await broker.send(1)
    async with going(broker.hub.run()):
        await broker.until(2)
    assert broker.words() == [("x", "rejected"), ("ev-1", "accepted")]


async def test_no_word_is_said_before_the_commit(broker: Broker) -> None:
    broker.gate.clear()
    await broker.send(1)
    async with going(broker.hub.run()):
        async with asyncio.timeout(10):
            await broker.spoken_to.wait()
        other = sqlite3.connect(broker.ledger.path)
        assert other.execute("SELECT sequence FROM received").fetchall() == [(1,)]
        other.close()
        broker.gate.set()
        await broker.until(1)


async def test_the_feed_follows_as_it_grows_with_its_cursors(broker: Broker) -> None:
    broker.put("SO-1", "SO-2")
    async with going(broker.hub.run()):
        await broker.until(2)
        broker.put("SO-3")
        await broker.until(3)
    assert broker.fed() == [(f"SO-{n}", f"{n:020d}") for n in (1, 2, 3)]


async def test_a_feed_that_the_broker_has_not_taken_is_given_again(broker: Broker) -> None:
    broker.put("SO-1")
    await broker.hub.give_feed()
    broker.put("SO-2")
    broker.gate.clear()
    giving = asyncio.create_task(broker.hub.give_feed())
    await asyncio.sleep(0.001)
    giving.cancel()
    await asyncio.gather(giving, return_exceptions=True)
    broker.gate.set()
    assert await broker.restarted().give_feed()
    assert not await broker.restarted().give_feed()
    assert [subject for subject, _ in broker.fed()] == ["SO-1", "SO-2"]

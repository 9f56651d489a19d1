"""HTTP, MQTT and files on one ledger: whatever is switched, lost, doubled or killed, every event is there once."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.channels.files import FilesChannel
from sync.channels.mqtt import MqttChannel
from sync.cloudevents import decode
from sync.errors import Unreachable
from sync.protocols import FeedEvent, OutboxEvent, Result
from sync.sandbox.files_side import FilesSide
from sync.sandbox.hub import Bell
from sync.sandbox.intake import receive
from sync.sandbox.ledger import Ledger, Put, cursor_text
from sync.sandbox.mqtt_side import MqttSide
from sync.sandbox.problems import Problem
from sync.signed_files import Direction, SignedFolder
from tests.sync.stores import MemoryInbox, MemoryOutbox, agent_event

KEY = b"secret"
MOST = 1 << 20


class Killed(BaseException):
    """The process is gone in the middle of a write."""


class World:
    """An agent and a hub, each with a folder of its own, a stick between them, a broker and a network."""

    def __init__(self, base: Path) -> None:
        self.ours, self.theirs = base / "agent", base / "hub"
        for folder in (self.ours, self.theirs):
            folder.mkdir()
        self.ledger = Ledger(base / "hub.db")
        self.outbox, self.inbox = MemoryOutbox(), MemoryInbox()
        self.puts = 0
        self.restart_agent()
        self.restart_hub()

    def restart_agent(self) -> None:
        self.files = FilesChannel(self.ours, KEY, "WH1", self.inbox, self.outbox, pace_s=0)
        self.mqtt = MqttChannel("WH1", self._to_hub, self.inbox, answer_within_s=0.002)
        self.fates: list[str] = []
        self.held: list[bytes] = []

    def restart_hub(self) -> None:
        self.hub_files = FilesSide(self.ledger, self.theirs, KEY, "WH1")
        self.hub_mqtt = MqttSide(self.ledger, Bell(), "WH1", self._to_agent)

    # --- HTTP -------------------------------------------------------------------------------------------------

    async def http(self, count: int, answered: bool) -> None:
        """As the relay does: a gap rewinds; `answered`: else the connection is cut after the commit."""
        batch = await self.outbox.pending(self.outbox.acked, count, MOST)
        try:
            results = (
                receive(self.ledger, b"[" + b",".join(each.body for each in batch) + b"]", 1) if batch else []
            )
        except Problem as gap:
            await self.outbox.rewind(int(gap.members["expected"]))
        else:
            if answered:
                await self.outbox.settle(msgspec.convert(results, list[Result]))

    async def feed(self, count: int) -> None:
        """The feed over HTTP, from the cursor that is committed."""
        rows = self.ledger.feed_after(int(self.inbox.at or 0), count)
        if rows:
            arrived = [
                FeedEvent(cursor_text(row.cursor), decode(row.body), row.body.decode()) for row in rows
            ]
            await self.inbox.accept(arrived)

    # --- MQTT -------------------------------------------------------------------------------------------------

    async def over_mqtt(self, count: int, fates: list[str]) -> None:
        """`fates`: what becomes of each message, in either direction; then they come through."""
        self.fates = list(fates)
        batch = await self.outbox.pending(self.outbox.acked, count, MOST)
        if batch:
            with suppress(Unreachable):  # another time
                await self.outbox.settle(await self.mqtt.ship(batch))

    async def _to_hub(self, topic: str, payload: bytes) -> None:
        for each in self._through(payload):
            assert topic in self.hub_mqtt.subscriptions
            await self.hub_mqtt.answer([each])

    async def _to_agent(self, topic: str, payload: bytes) -> None:
        for each in self._through(payload) if topic.endswith("acks") else [payload]:
            await self.mqtt.receive(topic, each)

    def _through(self, payload: bytes) -> list[bytes]:
        """What comes out at the other end."""
        fate = self.fates.pop(0) if self.fates else "through"
        if fate == "lost":
            return []
        if fate == "late":
            self.held.append(payload)
            return []
        held, self.held = self.held, []
        return [payload, *held] * (2 if fate == "twice" else 1)

    # --- files ------------------------------------------------------------------------------------------------

    async def over_files(self, count: int) -> None:
        after = max(self.outbox.acked, self.files.handed)
        batch = await self.outbox.pending(after, count, MOST)
        if batch:
            await self.files.ship(batch)

    async def killed_over_files(self, count: int, renames: int) -> None:
        with dying_after(renames):
            try:
                await self.over_files(count)
            except Killed:
                self.restart_agent()

    def carry(self, direction: Direction, picks: Sequence[bool]) -> None:
        """Some files, the last first; those that `picks` does not reach, too."""
        source, target = (self.ours, self.theirs) if direction == "out" else (self.theirs, self.ours)
        names = sorted(SignedFolder(source, direction, "WH1", KEY).names().values(), reverse=True)
        for name, picked in zip(names, [*picks, *[True] * len(names)], strict=False):
            if picked:
                (target / direction).mkdir(exist_ok=True)
                for each in (name, f"{name}.sig"):
                    shutil.copy2(source / direction / each, target / direction / each)

    async def travel(self, direction: Direction, picks: Sequence[bool], torn: bool) -> None:
        """A stick that is read where it arrives; `torn`: its first file, which is whole when it is carried again."""
        self.carry(direction, picks)
        folder = (self.theirs if direction == "out" else self.ours) / direction
        files = sorted(folder.glob("*.ndjson")) if folder.exists() else []
        if torn and files:
            files[0].write_bytes(files[0].read_bytes()[:-9])
        await (self.hub_files if direction == "out" else self.files).look()

    def lose(self, at: int) -> None:
        """Of the agent's own files."""
        files = sorted((self.ours / "out").glob("*.ndjson"))
        if files:
            files[at % len(files)].unlink()

    # --- both -------------------------------------------------------------------------------------------------

    def work(self, count: int) -> None:
        start = len(self.outbox.events)
        self.outbox.events += [agent_event(n) for n in range(start + 1, start + count + 1)]

    def put(self, count: int) -> None:
        names = [f"SO-{self.puts + n}" for n in range(count)]
        self.puts += count
        self.ledger.put(
            [Put("order.held", "/crm", name, {"order_no": name, "reason": "x"}) for name in names], 1
        )

    async def give(self, count: int) -> None:
        """Something new on the feed, in a file of its own."""
        self.put(count)
        await self.hub_files.look()

    async def heal(self) -> None:
        """HTTP stays away, the stick is carried to and fro; both programs were started anew."""
        for _ in range(8):
            self.restart_agent()
            self.restart_hub()
            await self.files.look()
            await self.over_files(500)
            self.carry("out", [])
            await self.hub_files.look()
            self.carry("acks", [])
            self.carry("in", [])
            await self.files.look()
            if self.outbox.acked == len(self.outbox.events) and not self.files.faults:
                return

    def received(self) -> list[str]:
        return [row[0] for row in self.ledger.connection.execute("SELECT id FROM received ORDER BY row")]


@contextmanager
def dying_after(renames: int) -> Iterator[None]:
    left = [renames]
    replace = Path.replace

    def dying(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return replace(path, target)

    with patch.object(Path, "replace", dying):
        yield


COUNT, PICKS = st.integers(1, 6), st.lists(st.booleans(), max_size=4)
DIRECTION = st.sampled_from(["out", "in", "acks"])
FATES = st.lists(st.sampled_from(["through", "lost", "late", "twice"]), max_size=10)
STEPS: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("work"), COUNT),
    st.tuples(st.just("put"), COUNT),
    st.tuples(st.just("http"), COUNT, st.booleans()),
    st.tuples(st.just("feed"), COUNT),
    st.tuples(st.just("over_mqtt"), COUNT, FATES),
    st.tuples(st.just("over_files"), COUNT),
    st.tuples(st.just("killed_over_files"), COUNT, st.integers(0, 1)),
    st.tuples(st.just("give"), COUNT),
    st.tuples(st.just("travel"), DIRECTION, PICKS, st.booleans()),
    st.tuples(st.just("lose"), st.integers(0, 9)),
    st.tuples(
        st.sampled_from(["agent_looks", "hub_looks", "feed_over_mqtt", "restart_agent", "restart_hub"])
    ),
)


async def play(world: World, steps: Sequence[tuple[Any, ...]]) -> None:
    for name, *details in steps:
        match name:
            case "agent_looks":
                await world.files.look()
            case "hub_looks":
                await world.hub_files.look()
            case "feed_over_mqtt":
                await world.hub_mqtt.give_feed()
            case _:
                done = getattr(world, name)(*details)
                if done is not None:
                    await done
        assert world.received() == [event.id for event in world.outbox.events[: len(world.received())]]
        assert world.outbox.acked <= len(world.received()), (
            "nothing is settled that the hub has not committed"
        )


FEED_OUT_OF_ORDER = [("give", 1), ("give", 1), ("travel", "in", [True, False], False)]
WORDS_BEFORE_THEIR_TURN = [
    *[("work", 4), ("over_files", 3), ("over_files", 3), ("http", 6, False)],
    *[("travel", "out", [True, False], False), ("travel", "acks", [], False)],
]


@example(steps=FEED_OUT_OF_ORDER)
@example(steps=WORDS_BEFORE_THEIR_TURN)
@given(steps=st.lists(STEPS, min_size=8, max_size=40))
@settings(max_examples=80, deadline=None)
def test_every_event_is_at_the_hub_once_and_in_order(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as base, patch.object(os, "fsync", lambda _: None):
        world = World(Path(base))
        world.work(2)
        world.put(1)

        async def tale() -> None:
            await play(world, steps)
            await world.heal()

        asyncio.run(tale())
        assert world.received() == [event.id for event in world.outbox.events]
        assert world.outbox.acked == len(world.outbox.events), "and the agent knows it"
        subjects = {event.event.subject for event in (*world.inbox.events, *world.inbox.ahead)}
        assert subjects == {f"SO-{n}" for n in range(world.puts)}, "no change of the hub is lost to the floor"
        world.ledger.close()


async def test_files_written_in_the_order_of_any_relay_drain_a_backlog_over_a_shared_folder(
    tmp_path: Path,
) -> None:
    """Both programs on one folder, as SFTP shows it: nothing is carried."""
    ledger = Ledger(tmp_path / "hub.db")
    events: list[OutboxEvent] = [agent_event(n) for n in range(1, 1201)]
    outbox, inbox = MemoryOutbox(events), MemoryInbox()
    agent = FilesChannel(tmp_path, KEY, "WH1", inbox, outbox)
    hub = FilesSide(ledger, tmp_path, KEY, "WH1")
    while outbox.acked < len(events):
        batch = await outbox.pending(max(outbox.acked, agent.handed), 500, MOST)
        if batch:
            await agent.ship(batch)
        await hub.look()
        await agent.look()
    rows = ledger.connection.execute("SELECT id FROM received ORDER BY row").fetchall()
    assert [row[0] for row in rows] == [event.id for event in events]
    assert list((tmp_path / "out").iterdir()) == []
    ledger.close()

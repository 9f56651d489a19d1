"""Agent and hub with a folder each: whatever is lost, doubled or broken off, each event is in the ledger once."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.channels.files import FilesChannel
from sync.signed_files import SignedFolder
from tests.sync.conftest import Asked
from tests.sync.folders import KEY, SITE, Agent, Hub, carry, over_http
from tests.sync.stores import MemoryInbox, agent_event
from tests.sync.switches import Clock


def seen(inbox: MemoryInbox) -> list[int]:
    """The feed's cursors, each as it came first."""
    return list(dict.fromkeys(int(each.cursor) for each in inbox.ahead))


async def test_words_that_come_before_their_turn_are_used_once_it_is_there(tmp_path: Path) -> None:
    """The hub knew the first events already; their file came to it after the one that follows."""
    agent = Agent(tmp_path / "site")
    agent.folder.mkdir()
    central = tmp_path / "central"
    central.mkdir()
    hub = Hub(central, tmp_path / "hub.db")
    agent.happens(20)
    await over_http(agent, hub, 10, is_answer_lost=True)
    await agent.ship_all(10)
    first = f"{1:020d}.ndjson"
    for lost in ([first, f"{first}.sig"], []):
        carry(agent.folder, central, ["out"], lost)
        await hub.side.look()
        carry(central, agent.folder, ["in", "acks"])
        await agent.channel.look()
    for _ in range(3):
        await agent.channel.look()
    assert (hub.received(), agent.outbox.acked) == (list(range(1, 21)), 20)


async def test_files_of_an_agent_whose_data_are_gone_do_not_stand_for_ours(tmp_path: Path) -> None:
    agent = Agent(tmp_path)
    agent.happens(20)
    await agent.ship_all(10)
    agent.outbox.events = [agent_event(n, "order.accepted") for n in range(1, 16)]
    agent.restart()
    await agent.ship_all(10)
    content = b"".join(path.read_bytes() for path in (tmp_path / "out").glob("*.ndjson"))
    assert all(event.body in content for event in agent.outbox.events)


async def test_small_files_are_held_apart_and_large_ones_are_not(tmp_path: Path, asked: Asked) -> None:
    clock = Clock()
    agent = Agent(tmp_path)
    agent.channel = FilesChannel(
        tmp_path, KEY, SITE, agent.inbox, agent.outbox, pace_s=5, sleep=asked.sleep, clock_s=clock
    )
    agent.happens(1)
    await agent.ship()
    clock.now_s = 2
    agent.happens(1)
    await agent.ship()
    agent.happens(400)
    await agent.ship()
    assert asked.delays_s == [0, 3]


async def test_a_large_file_is_taken_in_bursts_and_only_the_last_one_moves_the_mark(tmp_path: Path) -> None:
    agent = Agent(tmp_path)
    line = agent_event(1).body[:-1] + b',"cursor":"1"}'
    SignedFolder(tmp_path, "in", SITE, KEY).write(1, [line] * 950)
    taken: list[tuple[int, bool]] = []
    accept = agent.inbox.accept_ahead

    async def watched(events: Any, mark: Any = None) -> None:
        taken.append((len(events), mark is not None))
        await accept(events, mark)

    agent.inbox.accept_ahead = watched  # type: ignore[method-assign]
    await agent.channel.look()
    assert taken == [(100, False)] * 9 + [(50, True)]


async def test_the_feed_may_come_in_a_file_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.signed_files.MAX_BYTES", 1000)
    agent = Agent(tmp_path)
    line = agent_event(1).body[:-1] + b',"cursor":"1"}'
    SignedFolder(tmp_path, "in", SITE, KEY).write(1, [line] * 50)
    await agent.channel.look()
    assert (len(agent.inbox.ahead), agent.channel.faults) == (50, ())


def test_a_folder_that_rests_is_listed_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SignedFolder(tmp_path, "in", SITE, KEY)
    name = folder.write(1, [])
    listed = 0
    iterdir = Path.iterdir

    def counted(path: Path) -> Iterator[Path]:
        nonlocal listed
        listed += 1
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", counted)
    assert [folder.names() for _ in range(100)] == [{1: name}] * 100
    assert listed < 10
    folder.write(2, [])
    assert list(folder.names()) == [1, 2]


class Killed(BaseException):
    """The process is gone."""


class Kills:
    """Stands before the steps to the disk; raises at one of the next ones."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        replace = Path.replace

        def step(draft: Path, name: Path) -> Path:
            if self.left is not None:
                self.left -= 1
                if self.left < 0:
                    raise Killed
            return replace(draft, name)

        patch.setattr(Path, "replace", step)
        patch.setattr(
            os, "fsync", lambda _file: None
        )  # the disk keeps what it is given: only processes die here


class Schedule:
    """Agent and hub with a folder each, HTTP between them now and then, and somebody who carries files."""

    def __init__(self, root: Path, kills: Kills) -> None:
        self.kills = kills
        self.site, self.central = root / "site", root / "central"
        self.site.mkdir()
        self.central.mkdir()
        self.agent = Agent(self.site)
        self.hub = Hub(self.central, root / "hub.db")

    async def do(self, word: str, number: int, data: st.DataObject) -> None:
        match word:
            case "happens":
                self.agent.happens(number)
            case "puts":
                self.hub.puts(number)
            case "ship":
                await self.agent.ship(number)
            case "http":
                await over_http(self.agent, self.hub, number, is_answer_lost=data.draw(st.booleans()))
            case "hub looks":
                await self.hub.side.look()
            case "agent looks":
                await self.agent.channel.look()
            case "carried there":
                carry(self.site, self.central, ["out"], self.some(self.site / "out", data))
            case "carried back":
                lost = [*self.some(self.central / "in", data), *self.some(self.central / "acks", data)]
                carry(self.central, self.site, ["in", "acks"], lost)
            case "agent restarts":
                self.agent.restart()
            case "hub restarts":
                self.hub.restart()

    def some(self, folder: Path, data: st.DataObject) -> list[str]:
        names = sorted(path.name for path in folder.glob("[0-9]*"))
        return data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []

    async def end(self) -> None:
        """Everything is carried faithfully, three times: there, back, and what was taken away."""
        self.agent.restart()
        self.hub.restart()
        for _ in range(3):
            await self.agent.ship_all()
            carry(self.site, self.central, ["out"])
            await self.hub.side.look()
            carry(self.central, self.site, ["in", "acks"])
            await self.agent.channel.look()

    def judge(self) -> None:
        count = len(self.agent.outbox.events)
        assert self.hub.received() == list(range(1, count + 1))
        assert self.agent.outbox.acked == count
        assert {each.status for each in self.agent.outbox.results.values()} <= {"accepted", "duplicate"}
        assert seen(self.agent.inbox) == list(range(1, self.hub.ledger.head() + 1))
        assert self.agent.channel.faults == ()
        assert self.hub.side.faults == ()
        assert self.agent.out() == []


WORDS = [
    "happens", "puts", "ship", "ship", "http", "hub looks", "agent looks", "carried there", "carried back",
    "agent restarts", "hub restarts",
]  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(WORDS), st.integers(1, 7), st.sampled_from([None] * 6 + [0, 1, 2, 3])),
        min_size=12,
        max_size=40,
    ),
    data=st.data(),
)
def test_any_order_of_shipping_carrying_losing_and_dying_loses_and_doubles_nothing(
    steps: list[tuple[str, int, int | None]], data: st.DataObject
) -> None:
    async def play(root: Path, patch: pytest.MonkeyPatch) -> None:
        kills = Kills(patch)
        schedule = Schedule(root, kills)
        for word, number, dies_after in steps:
            kills.left = dies_after
            try:
                await schedule.do(word, number, data)
            except Killed:
                kills.left = None
                schedule.agent.restart()
                schedule.hub.restart()
        kills.left = None
        await schedule.end()
        schedule.judge()

    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        asyncio.run(play(Path(root), patch))

"""Both ends of a backup folder: an agent with its channel, a hub with its ledger, and what is carried between them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from sync.channels.files import FilesChannel
from sync.cloudevents import join_batch
from sync.protocols import OutboxEvent, Result
from sync.sandbox.files_side import FilesSide
from sync.sandbox.hub import now_ms
from sync.sandbox.intake import receive
from sync.sandbox.ledger import Ledger, Put
from sync.sandbox.problems import Problem
from tests.sync.stores import MemoryInbox, MemoryOutbox, agent_event

SITE, KEY = "WH1", b"a key"


async def at_once(_delay_s: float) -> None:
    """A sleep that takes no time."""


class Agent:
    """An outbox and an inbox that survive, and a channel over `folder` that does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = MemoryInbox()
        self.outbox = MemoryOutbox()
        self.restart()

    def restart(self) -> None:
        """The process is gone; a new one finds what is on the disk."""
        self.channel = FilesChannel(self.folder, KEY, SITE, self.inbox, self.outbox, sleep=at_once)

    def happens(self, count: int) -> None:
        """So many events more."""
        head = len(self.outbox.events)
        self.outbox.events += [agent_event(n) for n in range(head + 1, head + 1 + count)]

    async def ship(self, most: int = 500) -> None:
        """As the relay does while this channel is the active one."""
        after = max(self.outbox.acked, self.channel.handed)
        if batch := await self.outbox.pending(after, most, 1_000_000):
            await self.outbox.settle(await self.channel.ship(batch))

    async def ship_all(self, most: int = 500) -> None:
        """Until the folder has it all."""
        while max(self.outbox.acked, self.channel.handed) < len(self.outbox.events):
            await self.ship(most)

    def out(self) -> list[str]:
        """The files in `out/`."""
        return sorted(path.name for path in (self.folder / "out").glob("*.ndjson"))


class Hub:
    """A ledger that survives, and its side of `folder`."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.data = data
        self.ledger = Ledger(data)
        self.start()

    def start(self) -> None:
        self.side = FilesSide(self.ledger, self.folder, KEY, SITE, sleep=at_once)

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = Ledger(self.data)
        self.start()

    def puts(self, count: int) -> None:
        """So many events more on the feed."""
        self.ledger.put(
            [Put("order.held", "/erp", "SO-1", {"order_no": "SO-1", "reason": "x"})] * count, now_ms()
        )

    def takes(self, batch: Sequence[OutboxEvent]) -> list[Result]:
        """Over HTTP. Raises Problem."""
        answers = receive(self.ledger, join_batch(event.body for event in batch), now_ms())
        return msgspec.convert(answers, list[Result])

    def received(self) -> list[int]:
        """The sequences of the events, as they came into the ledger."""
        return [
            row[0] for row in self.ledger.connection.execute("SELECT sequence FROM received ORDER BY row")
        ]


async def over_http(agent: Agent, hub: Hub, most: int, *, is_answer_lost: bool = False) -> None:
    """One batch."""
    batch = await agent.outbox.pending(agent.outbox.acked, most, 1_000_000)
    if not batch:
        return
    try:
        results = hub.takes(batch)
    except Problem as gap:
        await agent.outbox.rewind(int(gap.members["expected"]))
        return
    if not is_answer_lost:
        await agent.outbox.settle(results)


def carry(source: Path, target: Path, kinds: Sequence[str], lost: Sequence[str] = ()) -> None:
    """As SFTP or a person does: new and replaced files, but for the lost ones; what was taken away goes there too."""
    for kind in kinds:
        there = {path.name for path in (source / kind).glob("[0-9]*")}
        (target / kind).mkdir(exist_ok=True)
        for path in (target / kind).glob("[0-9]*"):
            if path.name not in there:
                path.unlink()
        for name in sorted(there, key=lambda name: name.endswith(".sig"), reverse=True):
            if name not in lost and not _is_there(source / kind / name, target / kind / name):
                draft = target / kind / f".{name}.part"
                shutil.copyfile(source / kind / name, draft)
                draft.rename(target / kind / name)


def _is_there(source: Path, target: Path) -> bool:
    return target.exists() and source.read_bytes() == target.read_bytes()

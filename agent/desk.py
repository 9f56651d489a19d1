"""The task desk: who is on the floor, what each PDA shows, and the answer to every word a PDA says.

What a PDA is shown is read from the state tables at its committed revision, so a revision never has two contents.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import Entry
from agent.core.model import Desk, Stop, Task, TaskState
from agent.core.times import to_text
from agent.floor_link import FloorLink
from agent.release import Hand
from agent.store.store import Store, now_ms
from agent.store.tables import table
from agent.wakeup import Wakeup
from devices.mqtt import Message
from devices.pda import (
    Malformed,
    PdaEvent,
    Presence,
    Recall,
    Reply,
    TaskStop,
    ToteSlot,
    decode_event,
    decode_presence,
    encode,
)
from devices.pda import Task as PublishedTask

log = logging.getLogger(__name__)

_PUBLISH_EVERY_S = 0.5  # at most two revisions of a list a second, the last one always

#: What changes the list that a PDA shows, and what of it a picker waits for.
_AWAITED = (ev.TaskAssigned, ev.StopAdded, ev.StopResized, ev.TaskRecalled)
_SHOWN = (
    *_AWAITED, ev.TaskAccepted, ev.ToteBound, ev.StopPicked, ev.StopShort, ev.TaskDone, ev.DeskCleared,
)  # fmt: skip

_COMMANDS: dict[str, Callable[[PdaEvent, dict[str, Any]], c.PdaCommand]] = {
    "task.accepted": lambda _, who: c.AcceptTask(**who),
    "tote.bound": lambda event, who: c.BindTote(slot=event.slot or 0, tote=event.tote or "", **who),
    "stop.picked": lambda event, who: c.PickStop(
        stop=event.stop or "", qty=event.qty or 0, barcode=event.barcode, tote=event.tote, **who
    ),
    "stop.short": lambda event, who: c.ShortStop(
        stop=event.stop or "", qty=event.qty or 0, reason=event.reason or "", **who
    ),
    "task.done": lambda _, who: c.FinishTask(**who),
    "task.recalled": lambda _, who: c.AnswerRecall(**who),
}


def command_of(pda: str, event: PdaEvent) -> c.PdaCommand:
    """What a PDA's event asks of the door."""
    return _COMMANDS[event.type](event, {"by": f"pda:{pda}", "id": event.id, "pda": pda, "task": event.task})


class TaskDesk:
    """PDAs over MQTT, and the lists they hold."""

    def __init__(self, store: Store, link: FloorLink, config: Config) -> None:
        self._store = store
        self._link = link
        self._topics = link.topics
        self._config = config
        self._reader = store.reader()
        self.presences: dict[str, Presence] = {}
        self.gone_since: dict[str, int] = {}
        self.malformed = 0
        #: raised when a PDA may want work
        self.idle = Wakeup()
        #: ms from the commit of an order's change to the broker's word that its list was delivered
        self.change_to_task_ms: deque[int] = deque(maxlen=2000)
        self._dirty: set[str] = set()  # PDAs whose topic is behind the state tables
        self._next_at: dict[str, float] = {}
        #: pda -> commit of the oldest change that its picker must see
        self._awaited_since: dict[str, int] = {}
        self._changed = Wakeup()
        link.subscribe(self._topics.of("presence", "+"), self._take_presence)
        link.subscribe(self._topics.of("event", "+"), self._take_event)
        link.on_connected(self._show_all)
        store.follow(self._committed)

    # --- what the journal says ------------------------------------------------------------------------------

    def _committed(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if not isinstance(entry.event, _SHOWN):
                continue
            pda = self._holder(entry.event)
            if isinstance(entry.event, ev.TaskDone | ev.DeskCleared):
                self.idle.set()
            if pda is not None:
                self._mark(pda)
                if isinstance(entry.event, _AWAITED):
                    self._awaited_since.setdefault(pda, entry.at)

    def _holder(self, event: Any) -> str | None:
        if isinstance(event, ev.TaskAssigned | ev.DeskCleared):
            return event.pda
        row = self._reader.execute("SELECT pda FROM tasks WHERE task = ?", (event.task,)).fetchone()
        return row[0] if row is not None else None

    def _mark(self, pda: str) -> None:
        self._dirty.add(pda)
        self._changed.set()

    # --- what PDAs say --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Publish what changes, for ever."""
        await self._publish_changes()

    def _show_all(self) -> None:
        """Whatever was missed, on either side: every desk is published again."""
        for desk in table(Desk).find(self._reader, ""):
            self._mark(desk.pda)

    def _sender(self, message: Message) -> str | None:
        parsed = self._topics.parse(message.topic)
        if parsed is None:
            self.malformed += 1
            return None
        return parsed[1]

    async def _take_presence(self, message: Message) -> None:
        pda = self._sender(message)
        if pda is None:
            return
        presence = decode_presence(message.payload)
        if isinstance(presence, Malformed):
            self.malformed += 1
            log.warning("presence of %s: %s", pda, presence.reason)
            return
        self.presences[pda] = presence
        if presence.online:
            self.gone_since.pop(pda, None)
        else:
            self.gone_since.setdefault(pda, now_ms())
        self.idle.set()

    async def _take_event(self, message: Message) -> None:
        pda = self._sender(message)
        if pda is None:
            return
        event = decode_event(message.payload)
        if isinstance(event, Malformed):
            self.malformed += 1
            log.warning("event of %s: %s", pda, event.reason)
            if event.id is not None:
                await self._reply(pda, Reply(event.id, "refused", event.reason))
            return
        outcome = await self._store.ask(command_of(pda, event))
        await self._reply(pda, Reply(event.id, outcome.status, outcome.reason, outcome.revision))

    async def _reply(self, pda: str, reply: Reply) -> None:
        await self._link.publish(self._topics.of("reply", pda), encode(reply))

    # --- what PDAs are shown --------------------------------------------------------------------------------

    async def _publish_changes(self) -> None:
        """At once where the last publication is long enough ago, else as soon as it is."""
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            while True:
                now = clock()
                for pda in self._due(now):
                    self._dirty.discard(pda)
                    self._next_at[pda] = now + _PUBLISH_EVERY_S
                    group.create_task(self._publish(pda), name=f"publish {pda}")
                waits = [self._next_at[pda] - now for pda in self._dirty if pda in self._next_at]
                await self._changed.wait(min(waits) if waits and self._link.connected else None)

    def _due(self, now: float) -> list[str]:
        """Nothing is due without a broker: when it is back, every desk is published again."""
        return (
            [pda for pda in self._dirty if self._next_at.get(pda, 0.0) <= now] if self._link.connected else []
        )

    async def _publish(self, pda: str) -> None:
        since = self._awaited_since.pop(pda, None)
        await self._link.publish(self._topics.of("task", pda), self._shown(pda), retain=True)
        if since is not None:
            self.change_to_task_ms.append(now_ms() - since)

    def _shown(self, pda: str) -> bytes:
        """The retained message of a PDA's task topic: its whole list, a recall, or nothing."""
        desk = next(table(Desk).find(self._reader, "WHERE pda = ?", (pda,)), None)
        if desk is None or desk.task is None:
            return b""
        task = next(table(Task).find(self._reader, "WHERE task = ?", (desk.task,)))
        sent_at = to_text(task.changed_at)
        if task.state is TaskState.RECALLED:
            return encode(Recall(task.task, task.revision, task.reason, sent_at))
        return encode(_published(task, sent_at))

    # --- who may get work -----------------------------------------------------------------------------------

    def hands(self) -> list[Hand]:
        """Everybody on shift: online, with a picker."""
        slots = self._config.picking.cart_slots
        return [
            Hand(pda, each.picker, each.cart, frozenset(each.zones), min(slots, each.slots or slots))
            for pda, each in sorted(self.presences.items())
            if each.online and each.picker
        ]

    def idle_hands(self) -> list[Hand]:
        """Those of them who hold no list."""
        busy = {row[0] for row in self._reader.execute("SELECT pda FROM desks WHERE task IS NOT NULL")}
        return [hand for hand in self.hands() if hand.pda not in busy]


def _published(task: Task, sent_at: str) -> PublishedTask:
    return PublishedTask(
        task=task.task,
        revision=task.revision,
        wave=task.wave,
        cart=task.cart,
        totes=tuple(ToteSlot(tote.slot, tote.order_no, tote.tote) for tote in task.totes),
        stops=tuple(_published_stop(stop) for stop in task.stops),
        distance_mm=task.distance_mm,
        bound_mm=task.bound_mm,
        due_at=to_text(task.due_at) if task.due_at else None,
        sent_at=sent_at,
    )


def _published_stop(stop: Stop) -> TaskStop:
    shown = stop.shown
    return TaskStop(
        stop=stop.stop, location=stop.location, zone=shown.zone, aisle=shown.aisle, sku=stop.sku, name=shown.name,
        barcodes=shown.barcodes, qty=stop.qty, picked_qty=stop.picked_qty, slot=stop.slot, weight_g=shown.weight_g,
        state=stop.state.value,
    )  # fmt: skip

"""A tiny agent for one PDA: publishes a pick list, judges events as the contract says, publishes again."""

import asyncio
from typing import Any

from msgspec.structs import replace

from devices.mqtt import Message, MqttLink
from devices.pda import (
    PdaEvent,
    Recall,
    Reply,
    Task,
    TaskStop,
    ToteSlot,
    decode_event,
    decode_presence,
    encode,
)
from devices.topics import Topics

NOW = "2026-06-18T08:00:00.000Z"


def stop(name: str, *, qty: int = 2, slot: int = 1, barcode: str = "6901234567892") -> TaskStop:
    return TaskStop(name, f"A-{name}", "A", "01", "A-100", "铅笔", (barcode,), qty, 0, slot, 80, "open")


class TaskDesk:
    """Remembers every event it was sent, and what it answered."""

    def __init__(self, url: str, site: str, pda: str) -> None:
        self.pda, self.topics = pda, Topics(site)
        self.link = MqttLink(url, client_id=f"desk-{pda}", subscriptions=self.topics.agent_reads())
        self.task: Task | None = None
        self.events: list[PdaEvent] = []
        self.replies: dict[str, Reply] = {}
        self.repeats = 0
        self.presence: asyncio.Queue[bool] = asyncio.Queue()
        self.lose_replies = 0
        self.join_at_done: tuple[TaskStop, ...] = ()
        self.moved = asyncio.Event()

    async def run(self) -> None:
        await self.link.run(self._received, self._connected)

    async def assign(self, *stops: TaskStop, task: str = "T1", orders: tuple[str, ...] = ("SO-1",)) -> None:
        totes = tuple(ToteSlot(slot, order_no) for slot, order_no in enumerate(orders, start=1))
        await self.publish(Task(task, 1, "W1", "C1", totes, stops, 60_000, 50_000, None, NOW))

    async def publish(self, task: Task) -> None:
        self.task = task
        await self.link.publish(self.topics.of("task", self.pda), encode(task), retain=True)

    async def change(self, *stops: TaskStop) -> None:
        """A higher revision with these stops."""
        assert self.task is not None
        await self.publish(replace(self.task, revision=self.task.revision + 1, stops=stops))

    async def assign_after_refusal(self, *stops: TaskStop, task: str) -> None:
        """Wait until the picker has heard that its list is gone, then give it this one."""
        async with asyncio.timeout(15):
            while not any(reply.status == "refused" for reply in self.replies.values()):
                self.moved.clear()
                await self.moved.wait()
        await self.assign(*stops, task=task)

    async def recall(self) -> None:
        assert self.task is not None
        recall = Recall(self.task.task, self.task.revision + 1, "supervisor", NOW)
        await self.link.publish(self.topics.of("task", self.pda), encode(recall), retain=True)

    async def until(self, what: str, count: int = 1) -> list[PdaEvent]:
        """The events of this type, once there are so many."""
        async with asyncio.timeout(15):
            while True:
                found = [event for event in self.events if event.type == what]
                if len(found) >= count:
                    return found
                self.moved.clear()
                await self.moved.wait()

    async def _connected(self, _session_present: bool) -> None:
        return

    async def _received(self, message: Message) -> None:
        kind, who = self.topics.parse(message.topic) or ("", "")
        if who != self.pda:
            return
        if kind == "presence":
            presence = decode_presence(message.payload)
            self.presence.put_nowait(getattr(presence, "online", False))
        elif kind == "event":
            event = decode_event(message.payload)
            assert isinstance(event, PdaEvent), event
            await self._answer(event)

    async def _answer(self, event: PdaEvent) -> None:
        known = self.replies.get(event.id)
        if known:
            self.repeats += 1
            reply = replace(known, status="repeat")
        else:
            self.events.append(event)
            reason = self._judge(event)
            reply = Reply(
                event.id,
                "refused" if reason else "applied",
                reason,
                self.task.revision if self.task else None,
            )
        if self.lose_replies:
            self.lose_replies -= 1
        else:
            await self.link.publish(self.topics.of("reply", self.pda), encode(reply))
        if self.task is None or event.type == "task.recalled":
            await self.link.publish(self.topics.of("task", self.pda), b"", retain=True)
        elif event.type == "task.done":
            await self.publish(self.task)
        self.replies.setdefault(event.id, reply)
        self.moved.set()

    def _judge(self, event: PdaEvent) -> str | None:
        """Apply the event to the list; the reason if that cannot be."""
        if self.task is None or event.task != self.task.task:
            return "not-your-task: that list is another PDA's"
        if event.type == "task.done":
            return self._finish(self.task)
        if event.type in {"stop.picked", "stop.short"}:
            here = next(stop for stop in self.task.stops if stop.stop == event.stop)
            return self._close(self.task, here, event)
        return None

    def _finish(self, task: Task) -> str | None:
        joining, self.join_at_done = self.join_at_done, ()
        if joining:
            task = replace(task, revision=task.revision + 1, stops=(*task.stops, *joining))
        open_stops = [stop for stop in task.stops if stop.state == "open"]
        self.task = task if open_stops else None
        return "stops-open: look at the list again" if open_stops else None

    def _close(self, task: Task, here: TaskStop, event: PdaEvent) -> str | None:
        qty = event.qty or 0
        if event.type == "stop.short":
            self._put(task, replace(here, state="short"))
            return None
        if event.barcode not in here.barcodes:
            return "wrong-barcode: another article"
        if here.state != "open" or here.picked_qty + qty > here.qty:
            return f"too-many: {qty} wanted, {here.qty - here.picked_qty} open"
        picked_qty = here.picked_qty + qty
        self._put(
            task, replace(here, picked_qty=picked_qty, state="picked" if picked_qty == here.qty else "open")
        )
        return None

    def _put(self, task: Task, changed: TaskStop) -> None:
        stops = tuple(changed if stop.stop == changed.stop else stop for stop in task.stops)
        self.task = replace(task, stops=stops)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel and wait."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

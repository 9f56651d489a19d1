"""The PDA in a picker's hand: its link, its copy of the pick list, and the events it keeps until answered."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Never

from devices.mqtt import Message, MqttLink, Will
from devices.pda import (
    EventType,
    PdaEvent,
    Presence,
    Recall,
    Reply,
    Task,
    decode_reply,
    decode_task,
    encode,
    format_time,
)
from devices.topics import Topics

OnTask = Callable[[str, int, float, Task | Recall], None]
OnReply = Callable[[PdaEvent, Reply], None]


@dataclass(slots=True)
class _Told:
    event: PdaEvent
    answered: asyncio.Future[Reply] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Handset:
    """Client id and user name are the PDA's id; the session outlives the connection."""

    def __init__(
        self,
        pda: str,
        *,
        site: str,
        url: str,
        presence: Presence,
        new_id: Callable[[], str],
        on_task: OnTask,
        on_reply: OnReply,
        password: str | None = None,
        reply_timeout_s: float = 10.0,
        retry_cap_s: float = 30.0,
        rng: random.Random | None = None,
    ) -> None:
        """`on_task(task, revision, received_at, message)` for every list or recall that is new."""
        topics = Topics(site)
        self.task: Task | None = None
        self._task_topic, self._reply_topic = topics.of("task", pda), topics.of("reply", pda)
        self._event_topic, self._presence_topic = topics.of("event", pda), topics.of("presence", pda)
        self._presence = encode(presence)
        self._new_id, self._on_task, self._on_reply = new_id, on_task, on_reply
        self._reply_timeout_s = reply_timeout_s
        self._seen: dict[str, int] = {}
        self._finished: set[str] = set()
        self._outbox: deque[_Told] = deque()
        self._changed, self._wake = asyncio.Event(), asyncio.Event()
        self._coverage = asyncio.timeout(None)
        self._hole_s = 0.0
        self._link = MqttLink(
            url,
            client_id=pda,
            username=pda,
            password=password,
            will=Will(self._presence_topic, encode(Presence(online=False))),
            subscriptions=(self._task_topic, self._reply_topic),
            receive_maximum=20,
            keepalive_s=60,
            retry_cap_s=retry_cap_s,
            rng=rng,
        )

    @property
    def online(self) -> bool:
        """Whether the broker is reached."""
        return self._link.connected

    async def run(self) -> Never:
        """Be switched on until cancelled, which tells the broker that the PDA is offline."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay_connected())
            await self._send_outbox()
        raise AssertionError("neither of the two ends by itself")

    def tell(self, what: EventType, task: str, **fields: Any) -> asyncio.Future[Reply]:
        """Keep an event until the agent has answered it; the future is that answer."""
        at = format_time(datetime.now(UTC))
        told = _Told(PdaEvent(id=self._new_id(), type=what, at=at, task=task, **fields))
        if not self._outbox:  # else the one before it is waiting for its answer
            self._wake.set()
        self._outbox.append(told)
        return told.answered

    def drop(self, task: str) -> None:
        """The list is not ours any more."""
        if self.task is not None and self.task.task == task:
            self.task = None
        self._changed.set()

    def finish(self, task: str) -> None:
        """The list is done: a late revision of it is not work."""
        self._finished.add(task)
        self.drop(task)

    async def change(self, timeout_s: float | None = None) -> None:
        """Wait for the next list, recall or answer, but not longer than `timeout_s`."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()

    async def all_answered(self) -> None:
        """Wait until the agent has answered everything."""
        while self._outbox:
            await self.change()

    def lose_coverage(self, for_s: float) -> None:
        """Walk behind the steel racks: the connection breaks without a goodbye, and comes back later."""
        if self.online:
            self._hole_s = for_s
            self._link.cut()
            self._coverage.reschedule(asyncio.get_running_loop().time())

    async def _stay_connected(self) -> Never:
        while True:
            with suppress(TimeoutError):  # `lose_coverage` ends the timeout
                async with asyncio.timeout(None) as self._coverage:
                    await self._link.run(self._received, self._connected)
            await asyncio.sleep(self._hole_s)

    async def _connected(self, _session_present: bool) -> None:
        await self._link.publish(self._presence_topic, self._presence, retain=True)
        self._wake.set()  # what is unanswered is sent again

    async def _received(self, message: Message) -> None:
        if message.topic == self._task_topic:
            self._take_list(message.payload)
        elif message.topic == self._reply_topic:
            self._take_reply(message.payload)
        self._changed.set()

    def _take_list(self, payload: bytes) -> None:
        news = decode_task(payload)
        if news is None:
            self.task = None
        elif isinstance(news, Task | Recall) and news.revision > self._seen.get(news.task, 0):
            self._seen[news.task] = news.revision
            self._on_task(news.task, news.revision, time.time(), news)
            if isinstance(news, Recall):
                self.drop(news.task)
                self.tell("task.recalled", news.task, revision=news.revision)
            elif news.task not in self._finished:
                self.task = news

    def _take_reply(self, payload: bytes) -> None:
        reply = decode_reply(payload)
        if isinstance(reply, Reply) and self._outbox and self._outbox[0].event.id == reply.id:
            told = self._outbox.popleft()
            self._on_reply(told.event, reply)
            told.answered.set_result(reply)
            self._wake.set()

    async def _send_outbox(self) -> Never:
        """One event at a time, in order, again after a timeout or a reconnect, until it is answered."""
        while True:
            self._wake.clear()
            if self._outbox:
                told = self._outbox[0]
                await self._link.publish(self._event_topic, encode(told.event))
                if told.answered.done():
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._reply_timeout_s if self._outbox else None):
                    await self._wake.wait()

"""Received messages on their way to the handler: in order per topic, acknowledged in order of receipt."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """What a broker delivered.

    `retain` marks a stored message sent because of a new subscription, `again` one that may have been delivered before
    (MQTT's DUP flag): it was not acknowledged.
    """

    topic: str
    payload: bytes
    retain: bool = False
    again: bool = False


@dataclass(slots=True)
class _Receipt:
    packet_id: int
    handled: bool = False


class Inbox:
    """The queue of every topic that has messages waiting, each drained by one task of the link's group."""

    def __init__(
        self,
        handle: Callable[[Message], Awaitable[None]],
        acknowledge: Callable[[int], None],
        group: asyncio.TaskGroup,
    ) -> None:
        self._handle = handle
        self._acknowledge = acknowledge
        self._group = group
        self._waiting: dict[str, deque[tuple[Message, _Receipt | None]]] = {}
        self._receipts: deque[_Receipt] = deque()

    def new_connection(self) -> None:
        """Forget the receipts of the last connection: their packet ids mean nothing on this one.

        What still waits is handled all the same, for a broker that lost the session delivers nothing again;
        one that kept it does, and the handler sees such a message twice.
        """
        self._receipts = deque()

    def put(self, message: Message, packet_id: int | None) -> None:
        """Queue a message; `packet_id` is None where none is acknowledged (QoS 0)."""
        receipt = None if packet_id is None else _Receipt(packet_id)
        if receipt is not None:
            self._receipts.append(receipt)
        queue = self._waiting.get(message.topic)
        if queue is None:
            queue = self._waiting[message.topic] = deque()
            self._group.create_task(self._drain(message.topic, queue))
        queue.append((message, receipt))

    async def _drain(self, topic: str, queue: deque[tuple[Message, _Receipt | None]]) -> None:
        while queue:
            message, receipt = queue.popleft()
            await self._handle(message)
            if receipt is not None:
                receipt.handled = True
                self._acknowledge_handled()
        del self._waiting[topic]

    def _acknowledge_handled(self) -> None:
        while self._receipts and self._receipts[0].handled:
            self._acknowledge(self._receipts.popleft().packet_id)

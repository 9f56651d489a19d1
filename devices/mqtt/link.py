"""A link to a broker that connects, subscribes, and reconnects by itself."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from devices.errors import LinkLost
from devices.mqtt.client import Address, Client, Identity, Tls, Will
from devices.mqtt.inbox import Inbox, Message


@dataclass(frozen=True, slots=True)
class _Outgoing:
    topic: str
    payload: bytes
    retain: bool
    qos: int
    taken: asyncio.Future[None]


class MqttLink:
    """One client of one broker. `run` holds the connection; `publish` may be called by any task meanwhile."""

    def __init__(
        self,
        url: str,
        *,
        client_id: str,
        username: str | None = None,
        password: str | Callable[[], str | None] | None = None,
        ca_file: str | Path | None = None,
        cert_file: str | Path | None = None,
        key_file: str | Path | None = None,
        clean_start: bool = False,
        session_expiry_s: int = 86_400,
        will: Will | None = None,
        subscriptions: Sequence[str] = (),
        receive_maximum: int = 1000,
        keepalive_s: int = 15,
        connect_timeout_s: float = 10.0,
        retry_first_s: float = 0.5,
        retry_cap_s: float = 30.0,
        rng: random.Random | None = None,
        on_state: Callable[[bool, str], None] | None = None,
    ) -> None:
        """`url`: mqtt://host[:1883] or mqtts://host[:8883], the latter with `ca_file` or the system's CAs.

        `cert_file`, `key_file`: the client's own certificate. Files and `password`, where it is a function, are read
        for each connection: renewed ones are taken by the next.
        `receive_maximum` bounds the unacknowledged messages in either direction. The wait between two
        attempts is drawn from 0 … `retry_first_s`, doubled per failure up to `retry_cap_s`.
        `on_state(connected, reason)` hears of every change, and of every new reason for having no connection.
        """
        identity = Identity(
            client_id=client_id,
            username=username,
            password=password,
            clean_start=clean_start,
            session_expiry_s=session_expiry_s,
            will=will,
            subscriptions=tuple(subscriptions),
            receive_maximum=receive_maximum,
            keepalive_s=keepalive_s,
        )
        self._client = Client(
            Address.parse(url, Tls(ca_file, cert_file, key_file)),
            identity,
            on_message=self._received,
            on_room=self._send_waiting,
        )
        self._connect_timeout_s = connect_timeout_s
        self._retry_first_s, self._retry_cap_s = retry_first_s, retry_cap_s
        self._rng = rng or random.Random()
        self._on_state = on_state
        self._state = (False, "")
        self._outbox: deque[_Outgoing] = deque()
        self._inbox: Inbox | None = None

    @property
    def connected(self) -> bool:
        """Connected and subscribed."""
        return self._state[0]

    async def run(
        self,
        on_message: Callable[[Message], Awaitable[None]],
        on_connected: Callable[[bool], Coroutine[Any, Any, None]],
    ) -> Never:
        """Stay connected until cancelled; then the broker is told to publish the will at once.

        `on_connected(session_present)` runs after every SUBACK, and is cancelled if the connection is lost
        before it has finished. An error of `on_message` or `on_connected` ends the link with that error, and
        the message stays unacknowledged: the broker delivers it again after the next connect.
        """
        try:
            async with asyncio.TaskGroup() as group:
                self._inbox = Inbox(on_message, self._client.acknowledge, group)
                await self._reconnect_for_ever(on_connected, group)
        except BaseExceptionGroup as failures:
            if len(failures.exceptions) == 1:
                raise failures.exceptions[0] from None
            raise
        finally:
            self._inbox = None
            self._tell_state(False, "closed")
        raise AssertionError("only an error or a cancellation ends the loop above")

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Return when the broker has acknowledged the message (QoS 0: when it was given to the connection).

        Messages leave in the order of the calls; without a connection they wait for one, also across `run`s.
        Cancelling withdraws a message that has not left yet. Raises `PublishError` with the broker's reason.
        """
        if not topic or "+" in topic or "#" in topic:
            raise ValueError(f"not a topic to publish on: {topic!r}")
        taken = asyncio.get_running_loop().create_future()
        self._outbox.append(_Outgoing(topic, payload, retain, qos, taken))
        self._send_waiting()
        await taken

    def cut(self) -> None:
        """Drop the connection without a goodbye, as a lost radio link does."""
        self._client.abort()

    async def _reconnect_for_ever(
        self, on_connected: Callable[[bool], Coroutine[Any, Any, None]], group: asyncio.TaskGroup
    ) -> Never:
        failures = 0
        while True:
            try:
                await self._one_connection(on_connected, group)
            except (OSError, LinkLost) as error:  # a TimeoutError is an OSError
                failures = 0 if self.connected else failures + 1
                self._tell_state(False, str(error) or type(error).__name__)
            longest_s = min(self._retry_cap_s, self._retry_first_s * 2 ** min(failures, 16))
            await asyncio.sleep(self._rng.uniform(0, longest_s))

    async def _one_connection(
        self, on_connected: Callable[[bool], Coroutine[Any, Any, None]], group: asyncio.TaskGroup
    ) -> Never:
        greeting: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                session_present = await self._client.connect(self._new_session)
            self._tell_state(True, "")
            self._send_waiting()
            greeting = group.create_task(on_connected(session_present))
            await self._client.until_lost()
        finally:
            if greeting is not None:
                greeting.cancel()
            self._client.leave()

    def _new_session(self) -> None:
        if self._inbox is not None:
            self._inbox.new_connection()

    def _received(self, message: Message, packet_id: int | None) -> None:
        if self._inbox is not None:
            self._inbox.put(message, packet_id)

    def _send_waiting(self) -> None:
        while self.connected and self._outbox and self._client.has_room:
            message = self._outbox.popleft()
            if not message.taken.done():
                self._client.publish(
                    message.topic,
                    message.payload,
                    retain=message.retain,
                    qos=message.qos,
                    taken=message.taken,
                )

    def _tell_state(self, connected: bool, reason: str) -> None:
        before, self._state = self._state, (connected, reason)
        if self._on_state is not None and before != self._state:
            self._on_state(connected, reason)

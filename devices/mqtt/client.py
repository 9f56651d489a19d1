"""paho-mqtt's protocol machine for one client id, on an asyncio transport, one connection at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never, TypeVar
from urllib.parse import urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from devices.errors import DeviceError, LinkLost
from devices.mqtt.inbox import Message
from devices.mqtt.wire import Wire

_T = TypeVar("_T")

_LARGEST_INFLIGHT = 65535


class PublishError(DeviceError):
    """The broker took the message and answered that it will not pass it on (access list, quota)."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for a client that has gone, with or without a goodbye."""

    topic: str
    payload: bytes
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Identity:
    """How a client presents itself to its broker, and what it wants from it."""

    client_id: str
    username: str | None = None
    password: str | Callable[[], str | None] | None = None
    clean_start: bool = False
    session_expiry_s: int = 86_400
    will: Will | None = None
    subscriptions: Sequence[str] = ()
    receive_maximum: int = 1000
    keepalive_s: int = 15


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust (`ca_file`, else the system's authorities), and who this client is. The other side is verified."""

    ca_file: str | Path | None = None
    cert_file: str | Path | None = None
    key_file: str | Path | None = None

    def context(self) -> ssl.SSLContext:
        """Of the files as they are now: each connection takes renewed ones. Raises OSError."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file is not None:
            context.load_cert_chain(
                self.cert_file, self.key_file, password=""
            )  # an encrypted key: nobody to ask
        return context


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens; `tls` None: in the clear, else how each connection is secured."""

    host: str
    port: int
    tls: Tls | None

    @classmethod
    def parse(cls, url: str, tls: Tls | None = None) -> Address:
        """mqtt://host[:1883] or mqtts://host[:8883], the latter with TLS."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError(f"not an MQTT address (mqtt://host:port or mqtts://host:port): {url!r}")
        if parts.scheme == "mqtt":
            return cls(parts.hostname, parts.port or 1883, None)
        return cls(parts.hostname, parts.port or 8883, tls or Tls())


class _Paho(paho.Client):
    """Given its 'socket' from outside."""

    wire: Wire

    def _create_socket(self) -> Wire:
        return self.wire


class Client:
    """One client id at one broker. After a loss, `connect` again: paho sends first what was in flight."""

    def __init__(
        self,
        address: Address,
        identity: Identity,
        *,
        on_message: Callable[[Message, int | None], None],
        on_room: Callable[[], None],
    ) -> None:
        """`on_message(message, packet_id)`; `on_room()` when another publication may be sent."""
        self._address = address
        self._identity = identity
        self._on_message = on_message
        self._on_room = on_room
        self._in_flight: dict[int, asyncio.Future[None]] = {}
        self._in_flight_most = identity.receive_maximum
        self._connected: asyncio.Future[bool] | None = None
        self._subscribed: asyncio.Future[None] | None = None
        self._lost: asyncio.Future[str] | None = None
        self._paho = self._new_paho()

    @property
    def has_room(self) -> bool:
        """Whether the broker takes another unacknowledged publication."""
        return len(self._in_flight) < self._in_flight_most

    async def connect(self, on_session: Callable[[], None]) -> bool:
        """Connect and subscribe; returns whether the broker still had the session.

        `on_session()` is called before the first message of the new connection. Raises OSError or LinkLost.
        """
        loop = asyncio.get_running_loop()
        connected: asyncio.Future[bool] = loop.create_future()
        subscribed: asyncio.Future[None] = loop.create_future()
        self._connected, self._subscribed, self._lost = connected, subscribed, loop.create_future()
        self._on_session = on_session
        address, tls = self._address, self._address.tls
        _, self._paho.wire = await loop.create_connection(
            lambda: Wire(self._read),
            address.host,
            address.port,
            ssl=tls.context() if tls is not None else None,
        )
        self._show_password()
        self._paho.reconnect()
        session_present = await self._unless_lost(connected)
        if self._identity.subscriptions:
            self._paho.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._identity.subscriptions])
            await self._unless_lost(subscribed)
        return session_present

    async def until_lost(self) -> Never:
        """Keep the connection alive; raises LinkLost with the reason when it is gone."""
        never: asyncio.Future[Never] = asyncio.get_running_loop().create_future()
        while True:
            try:
                async with asyncio.timeout(self._identity.keepalive_s / 4):
                    await self._unless_lost(never)
            except TimeoutError:
                self._paho.loop_misc()  # pings, and gives the connection up when pings stay unanswered

    def publish(
        self, topic: str, payload: bytes, *, retain: bool, qos: int, taken: asyncio.Future[None]
    ) -> None:
        """Send; `taken` is set when the broker has acknowledged (QoS 0: at once)."""
        rc = MQTTErrorCode.MQTT_ERR_QUEUE_SIZE
        while rc is MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:  # this packet id is still in flight: take the next
            info = self._paho.publish(topic, payload, qos, retain)
            rc = MQTTErrorCode(info.rc)
        if qos:
            self._in_flight[info.mid] = taken
        else:
            taken.set_result(None)

    def acknowledge(self, packet_id: int) -> None:
        """Tell the broker that this message need not come again."""
        self._paho.ack(packet_id, 1)

    def leave(self) -> None:
        """Say goodbye on an open connection, with the will published; a lost one has nobody to tell."""
        reason = "Disconnect with will message" if self._identity.will else "Normal disconnection"
        rc = self._paho.disconnect(ReasonCode(PacketTypes.DISCONNECT, reason))
        if rc is MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._write()

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._paho.is_connected():
            self._paho.wire.abort()

    async def _unless_lost(self, awaited: asyncio.Future[_T]) -> _T:
        assert self._lost is not None
        either: set[asyncio.Future[Any]] = {awaited, self._lost}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._lost.done():
            raise LinkLost(self._lost.result())
        return awaited.result()

    # Between paho and the loop

    def _new_paho(self) -> _Paho:
        who = self._identity
        client = _Paho(
            CallbackAPIVersion.VERSION2, who.client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        client.max_inflight_messages = 0  # counted here, against what the broker allows
        if who.will is not None:
            client.will_set(who.will.topic, who.will.payload, qos=1, retain=who.will.retain)
        client.on_connect = self._connack
        client.on_subscribe = self._suback
        client.on_disconnect = self._disconnected
        client.on_publish = self._puback
        client.on_message = self._received
        client.on_socket_register_write = self._want_write
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # untyped in paho
        properties.SessionExpiryInterval = who.session_expiry_s
        properties.ReceiveMaximum = who.receive_maximum
        client.connect_async(
            self._address.host,
            self._address.port,
            who.keepalive_s,
            clean_start=who.clean_start,
            properties=properties,
        )
        return client

    def _show_password(self) -> None:
        """As it is now: it may have been renewed since the last connection."""
        who = self._identity
        if who.username is not None:
            self._paho.username_pw_set(
                who.username, who.password() if callable(who.password) else who.password
            )

    def _read(self) -> None:
        wire = self._paho.wire
        while self._paho.loop_read() is MQTTErrorCode.MQTT_ERR_SUCCESS and wire.has_bytes:
            continue  # paho takes one packet at a time

    def _want_write(self, *_: object) -> None:
        asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        self._paho.loop_write()
        self._paho.wire.flush()

    def _connack(
        self, _c: object, _u: object, flags: paho.ConnectFlags, reason: ReasonCode, props: Any
    ) -> None:
        if reason.is_failure:
            self._note_loss(f"refused: {reason}")
            return
        allowed: int = getattr(props, "ReceiveMaximum", _LARGEST_INFLIGHT)
        self._in_flight_most = min(self._identity.receive_maximum, allowed)
        self._on_session()
        if self._connected is not None and not self._connected.done():
            self._connected.set_result(flags.session_present)

    def _suback(self, _c: object, _u: object, _mid: int, reasons: list[ReasonCode], _p: object) -> None:
        answers = zip(self._identity.subscriptions, reasons, strict=False)
        refused = [f"{topic}: {reason}" for topic, reason in answers if reason.is_failure]
        if refused:
            self._note_loss("subscription refused, " + ", ".join(refused))
        elif self._subscribed is not None and not self._subscribed.done():
            self._subscribed.set_result(None)

    def _disconnected(self, _c: object, _u: object, _flags: object, reason: ReasonCode, _p: object) -> None:
        self._note_loss(str(reason))

    def _note_loss(self, reason: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(reason)

    def _puback(self, _c: object, _u: object, mid: int, reason: ReasonCode, _p: object) -> None:
        taken = self._in_flight.pop(mid, None)
        if taken is not None and not taken.done():
            if reason.is_failure:
                taken.set_exception(PublishError(str(reason)))
            else:
                taken.set_result(None)
        self._on_room()

    def _received(self, _c: object, _u: object, message: paho.MQTTMessage) -> None:
        packet_id = message.mid if message.qos else None
        received = Message(message.topic, bytes(message.payload), message.retain, message.dup)
        self._on_message(received, packet_id)

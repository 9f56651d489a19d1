"""A scanner gateway: takes the scans of its devices by radio, numbers them, and publishes them over MQTT.

It speaks the contract's JSON or Cassia's, and errs as real ones do: it loses, repeats, swaps and replays messages,
miscounts, and has a wrong clock. What it did stands in its ledger.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Never, Protocol

import msgspec

from devices.mqtt import Message, MqttLink
from devices.pda import GatewayScan, encode, format_time
from devices.topics import Topics

_NOTIFICATION_BYTES = 20  # what a Bluetooth LE notification carries where no larger MTU was agreed on


class Shape(Protocol):
    """How a gateway publishes; `marks_replays`: its messages can say that they are replayed."""

    @property
    def marks_replays(self) -> bool: ...

    def topic(self, gateway: str) -> str:
        """Where."""
        ...

    def payloads(self, gateway: str, scan: GatewayScan) -> list[bytes]:
        """A message for each number from `scan.seq` on."""
        ...


class ContractShape:
    """As floorhand's own contract has it: `floor/{site}/gateway/{gateway}/scan`, a message for each scan."""

    marks_replays = True

    def __init__(self, site: str) -> None:
        self._topics = Topics(site)

    def topic(self, gateway: str) -> str:
        """Where."""
        return self._topics.of("scan", gateway)

    def payloads(self, gateway: str, scan: GatewayScan) -> list[bytes]:
        """One."""
        del gateway
        return [encode(scan)]


class CassiaShape:
    """As Cassia's gateways do ("MQTT API" of the Cassia SDK guide): `up/{gateway}/notification`, a message for each
    Bluetooth notification with its bytes in hex, numbered per device, `timestamp` in ms."""

    marks_replays = False

    def topic(self, gateway: str) -> str:
        """Where."""
        return f"up/{gateway}/notification"

    def payloads(self, gateway: str, scan: GatewayScan) -> list[bytes]:
        """As many as the code fills, its CR included."""
        aim = f"]{scan.symbology}" if scan.symbology else ""
        sent = f"{aim}{scan.data}\r".encode()
        pieces = [sent[at : at + _NOTIFICATION_BYTES] for at in range(0, len(sent), _NOTIFICATION_BYTES)]
        at_ms = round(datetime.fromisoformat(scan.at).timestamp() * 1000)
        return [
            self._message(gateway, scan.device, piece, (scan.seq or 0) + number, at_ms)
            for number, piece in enumerate(pieces)
        ]

    def _message(self, gateway: str, device: str, piece: bytes, seq: int, at_ms: int) -> bytes:
        notification: dict[str, Any] = {
            "id": device,
            "handle": 15,
            "value": piece.hex(),
            "dataType": "notification",
            "seqNum": seq,
            "timestamp": at_ms,
        }
        return msgspec.json.encode(
            {
                "id": str(seq),
                "action": "data.notification",
                "timestamp": at_ms,
                "gateway": gateway,
                "data": [notification],
            }
        )


@dataclass(frozen=True, slots=True)
class Faults:
    """How a gateway errs by itself. Probabilities are per scan; `clock_off_s` is added to the time of each."""

    lose_p: float = 0.0
    repeat_p: float = 0.0
    swap_p: float = 0.0
    clock_off_s: float = 0.0


@dataclass(slots=True)
class SentScan:
    """A scan as its gateway has it: `scan.seq` is its (first) number. `lost`: it was never published.

    `published` and `acknowledged` count its messages and the broker's PUBACKs for them, repeats included.
    """

    scan: GatewayScan
    payloads: tuple[bytes, ...]
    lost: bool = False
    published: int = 0
    acknowledged: int = 0


@dataclass(slots=True)
class Ledger:
    """What a gateway took and sent, in the order in which it was scanned."""

    scans: list[SentScan] = field(default_factory=list)

    def of(self, device: str) -> list[SentScan]:
        """One device's."""
        return [sent for sent in self.scans if sent.scan.device == device]

    @property
    def acknowledged(self) -> list[SentScan]:
        """Those that the broker has answered for, each with all its messages."""
        return [sent for sent in self.scans if sent.acknowledged >= len(sent.payloads)]


class SimGateway:
    """Publishes while `run` runs; client id and user name are the gateway's id."""

    def __init__(
        self,
        gateway: str,
        *,
        url: str,
        shape: Shape,
        faults: Faults | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        password: str | None = None,
        retry_first_s: float = 0.5,
        retry_cap_s: float = 30.0,
        on_state: Callable[[bool, str], None] | None = None,
    ) -> None:
        """`clock`: seconds since the epoch. `on_state(online, reason)`: as `MqttLink` has it."""
        self.gateway = gateway
        self.ledger = Ledger()
        self.faults = faults or Faults()
        self._shape, self._clock = shape, clock
        self._rng = random.Random(f"{seed}/{gateway}")
        self._numbers: Counter[str] = Counter()
        self._held_back: list[SentScan] = []
        self._link = MqttLink(
            url,
            client_id=gateway,
            username=gateway,
            password=password,
            retry_first_s=retry_first_s,
            retry_cap_s=retry_cap_s,
            rng=random.Random(f"{seed}/{gateway}/link"),  # its own: how often it reconnects changes no fault
            on_state=on_state,
        )

    @property
    def online(self) -> bool:
        """Whether the broker is reached."""
        return self._link.connected

    async def run(self) -> Never:
        """Be switched on until cancelled."""
        await self._link.run(_nothing_is_read, _nothing_to_greet)

    def cut(self) -> None:
        """Lose the connection without a goodbye; what has no PUBACK is sent again after the next."""
        self._link.cut()

    async def scan(self, device: str, text: str, symbology: str | None = None) -> SentScan:
        """A device read a code; returns when the broker has answered for what was published."""
        sent = self._note(device, text, symbology)
        if self._happens(self.faults.lose_p):
            sent.lost = True
        elif self._happens(self.faults.swap_p):
            self._held_back.append(sent)
        else:
            times = 2 if self._happens(self.faults.repeat_p) else 1
            await self._publish([sent] * times + self._release())
        return sent

    async def settle(self) -> None:
        """Publish what waits for a later scan to overtake it."""
        await self._publish(self._release())

    async def replay(self, device: str, count: int, *, flagged: bool) -> list[SentScan]:
        """Send the device's last scans once more, those that were lost too; `flagged`: marked as replayed.

        Returns them. Raises ValueError where its messages have no such mark.
        """
        if flagged and not self._shape.marks_replays:
            raise ValueError("its messages have no mark for what is replayed")
        again = self.ledger.of(device)[-count:]
        await self._publish(again, replayed=flagged)
        return again

    def restart_count(self, device: str) -> None:
        """Forget how far the device's numbers were: the next is 1 again, as after a power cut."""
        self._numbers[device] = 0

    def miscount(self, device: str, by: int) -> None:
        """Skip numbers that no scan had, or give some twice (`by` below zero)."""
        self._numbers[device] = max(0, self._numbers[device] + by)

    def _note(self, device: str, text: str, symbology: str | None) -> SentScan:
        at = format_time(datetime.fromtimestamp(self._clock() + self.faults.clock_off_s, UTC))
        scan = GatewayScan(device, text, at, self._numbers[device] + 1, symbology)
        sent = SentScan(scan, tuple(self._shape.payloads(self.gateway, scan)))
        self._numbers[device] += len(sent.payloads)
        self.ledger.scans.append(sent)
        return sent

    async def _publish(self, scans: Sequence[SentScan], *, replayed: bool = False) -> None:
        messages = [
            (sent, payload)
            for sent in scans
            for payload in (self._marked(sent.scan) if replayed else sent.payloads)
        ]
        await asyncio.gather(*(self._publish_one(sent, payload) for sent, payload in messages))

    def _marked(self, scan: GatewayScan) -> list[bytes]:
        return self._shape.payloads(self.gateway, msgspec.structs.replace(scan, replayed=True))

    async def _publish_one(self, sent: SentScan, payload: bytes) -> None:
        sent.published += 1
        await self._link.publish(self._shape.topic(self.gateway), payload)
        sent.acknowledged += 1

    def _release(self) -> list[SentScan]:
        held, self._held_back = self._held_back, []
        return held

    def _happens(self, probability: float) -> bool:
        return self._rng.random() < probability


async def _nothing_is_read(message: Message) -> None:
    raise AssertionError(f"a gateway subscribes to nothing, and got {message.topic}")


async def _nothing_to_greet(_session_present: bool) -> None:
    return None

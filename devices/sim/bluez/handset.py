"""A simulated Bluetooth hand scanner: a trigger, a memory, a beeper. It knows the air, and no D-Bus."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from devices.scanners.ble.profiles import Profile
from devices.scanners.scan import Tone
from devices.scanners.voice import tone_of
from devices.sim.bluez.faults import ConnectFault, Faults, distort
from devices.sim.bluez.gatt import BATTERY_LEVEL, MANUFACTURER_NAME, Service, services_of

#: What becomes of codes that are scanned while nobody listens: lost; sent once, on the next connection; all that were
#: ever scanned are sent again on each connection; or all that no tone has answered.
Memory = Literal["none", "once", "everything", "unanswered"]


@dataclass(slots=True)
class HandsetScan:
    """One pull of the trigger, how often it was sent, and the tone that came back.

    Times in seconds since the epoch: of the trigger (`at`), of its last sending, of the tone. `swallowed`: it was sent
    over a link that nothing passed.
    """

    text: str
    data: bytes
    at: float
    sent: int = 0
    sent_at: float | None = None
    tone: Tone | None = None
    toned_at: float | None = None
    swallowed: bool = False


_DUE: dict[Memory, Callable[[HandsetScan], bool]] = {
    "none": lambda _: False,
    "once": lambda scan: not scan.sent,
    "everything": lambda _: True,
    "unanswered": lambda scan: scan.tone is None,
}


class Link(Protocol):
    """The connection to a central, as the handset knows it."""

    async def notify(self, uuid: str, packet: bytes) -> None:
        """Send a packet of a characteristic that is subscribed to."""
        ...

    def lost(self) -> None:
        """The handset is out of reach."""
        ...


class BleHandset:
    """One device. What its public attributes say may be changed at any time, and holds from then on.

    `advertised` and `services` may be replaced by what a lying or a re-flashed device says and offers. `connects`: how
    the next attempts to connect go wrong, one each. `silent`: the link stays, and nothing passes it. `resolves` False:
    its services are never told. `rssi_at`: by adapter, where one hears it in another strength than `rssi_dbm`; None:
    not at all.
    """

    def __init__(
        self,
        address: str,
        name: str,
        profile: Profile,
        *,
        battery_percent: int | None = 80,
        rssi_dbm: int = -60,
        terminator: bytes = b"\r",
        packet_bytes: int = 20,
        memory: Memory = "none",
        faults: Faults | None = None,
        seed: int = 0,
    ) -> None:
        """`packet_bytes`: the longest notification (MTU less 3). `battery_percent` None: it has no battery service."""
        self.address, self.name, self.profile = address.upper(), name, profile
        self.battery_percent, self.rssi_dbm = battery_percent, rssi_dbm
        self.rssi_at: dict[str, int | None] = {}
        self.packet_bytes, self.memory = packet_bytes, memory
        self.faults = faults or Faults()
        self.services: tuple[Service, ...] = services_of(profile, battery=battery_percent is not None)
        self.advertised: tuple[str, ...] = (profile.service, *profile.advertised)
        self.connects: deque[ConnectFault] = deque()
        self.silent, self.resolves = False, True
        self.scans: list[HandsetScan] = []
        self.last_tone: Tone | None = None
        self.last_heard = b""
        self.on_air = asyncio.Event()  # it advertises
        self.on_air.set()
        self._terminator = terminator
        self._powered = True
        self._link: Link | None = None
        self._listened_to = False
        self._last_packet = b""
        self._unanswered: deque[HandsetScan] = deque()  # sent to the central that listens
        self._rng = random.Random(f"{seed} {address}")
        self._trigger = asyncio.Lock()
        self._toned = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether a central holds a link to it."""
        return self._link is not None

    @property
    def ready(self) -> bool:
        """Whether a central listens to its codes."""
        return self._listened_to

    # --- the hand that holds it -----------------------------------------------------------------------------

    async def scan(self, text: str, data: bytes | None = None) -> HandsetScan:
        """Pull the trigger. `data`: what it sends for the code, if not text and terminator."""
        return (await self.scan_many([text], data))[0]

    async def scan_many(self, texts: Sequence[str], data: bytes | None = None) -> list[HandsetScan]:
        """Several codes in one burst, which faults may merge."""
        scans = [
            HandsetScan(text, text.encode() + self._terminator if data is None else data, time.time())
            for text in texts
        ]
        async with self._trigger:
            self.scans += scans
            if self._listened_to:
                await self._send(scans)
        return scans

    async def tone_for(self, scan: HandsetScan, timeout_s: float = 1.0) -> Tone | None:
        """Wait for the tone that answers a scan; None if none comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while scan.tone is None:
                    self._toned.clear()
                    await self._toned.wait()
        return scan.tone

    async def set_battery(self, percent: int) -> None:
        """Drain or charge it, which it tells a central."""
        self.battery_percent = percent
        if self._link is not None and not self.silent:
            await self._link.notify(BATTERY_LEVEL, self.read(BATTERY_LEVEL))

    def drop(self) -> None:
        """Walk out of reach for a moment: the link is lost, and it advertises again."""
        if self._link is not None:
            self._link.lost()

    def power_off(self) -> None:
        """An empty battery: it is gone."""
        self._powered = False
        self.drop()
        self.on_air.clear()

    def power_on(self) -> None:
        """It is back, and advertises."""
        self._powered = True
        if self._link is None:
            self.on_air.set()

    # --- the central at the other end -----------------------------------------------------------------------

    def rssi_dbm_at(self, adapter: str) -> int | None:
        """How strongly an adapter hears it; None: not at all."""
        return self.rssi_at.get(adapter, self.rssi_dbm)

    def offers(self, uuid: str) -> bool:
        """Whether it has this characteristic."""
        return any(uuid == offered.uuid for service in self.services for offered in service.characteristics)

    def link_up(self, link: Link) -> None:
        """A central has connected: it does not advertise any more."""
        self._link = link
        self.on_air.clear()

    def link_down(self) -> None:
        """The link is gone."""
        self._link, self._listened_to = None, False
        self._unanswered.clear()
        if self._powered:
            self.on_air.set()

    async def subscribed(self, uuid: str) -> None:
        """A central listens to this characteristic: what the memory holds for it is sent."""
        if uuid != self.profile.notify:
            return
        async with self._trigger:
            self._listened_to = self._link is not None
            due, sent = _DUE[self.memory], [scan for scan in self.scans if scan.sent]
            again = sent[max(0, len(sent) - self.faults.replays) :]
            for scan in [*again, *(scan for scan in self.scans if due(scan))]:
                await self._send([scan])

    def unsubscribed(self, uuid: str) -> None:
        """Nobody listens any more."""
        if uuid == self.profile.notify:
            self._listened_to = False
            self._unanswered.clear()

    def read(self, uuid: str) -> bytes:
        """The value of a characteristic; that of the codes is the last packet."""
        values = {
            self.profile.notify: self._last_packet,
            BATTERY_LEVEL: bytes([self.battery_percent or 0]),
            MANUFACTURER_NAME: b"Simulated",
        }
        return values.get(uuid, b"")

    def written(self, uuid: str, data: bytes) -> None:
        """Bytes for the beeper: tones answer what was sent over this link, in its order."""
        if uuid != self.profile.write or self.silent:
            return
        self.last_heard = data
        if (tone := tone_of(data)) is None:
            return
        self.last_tone = tone
        if self._unanswered:
            answered = self._unanswered.popleft()
            answered.tone, answered.toned_at = tone, time.time()
        self._toned.set()

    async def _send(self, scans: Sequence[HandsetScan]) -> None:
        """They count as sent when the air has taken all of it, as a link layer acknowledges."""
        for packet in distort(self._packets(scans), self.faults, self._rng, self.packet_bytes):
            if self._link is None:
                return
            self._last_packet = packet
            if not self.silent:
                await self._link.notify(self.profile.notify, packet)
        if not self.silent:
            self._unanswered += scans
        for scan in scans:
            scan.sent, scan.sent_at, scan.swallowed = scan.sent + 1, time.time(), self.silent

    def _packets(self, scans: Sequence[HandsetScan]) -> list[bytes]:
        size = self.packet_bytes
        return [scan.data[at : at + size] for scan in scans for at in range(0, len(scan.data), size)]

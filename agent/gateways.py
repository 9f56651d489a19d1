"""Scanner gateways over MQTT: what they publish becomes scans at stations, and what nobody can use a person sees."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Never, Protocol

from agent.config import Config
from agent.config_scanning import Gateway, format_of
from agent.core import commands as c
from agent.core.times import from_text
from agent.floor_link import FloorLink
from agent.store.store import Store
from agent.wakeup import Wakeup
from devices.links.url import gateway_address
from devices.mqtt import Message
from devices.pda import GatewayScan, Malformed
from devices.scanners.assembler import Burst
from devices.scanners.gateway import GatewayFormat, device_id
from devices.scanners.gateway_reader import GatewayReader
from devices.scanners.scan import Feedback, Scan, Vitals

log = logging.getLogger(__name__)


class GatewayStation(Protocol):
    """A station whose scanner is behind a gateway."""

    @property
    def url(self) -> str:
        """mqtt://{gateway}/{device}, or mqtt://{gateway} for every device that has no station of its own."""
        ...

    def vitals(self, vitals: Vitals) -> None:
        """How its scanner is."""
        ...

    async def take(self, scan: Scan, device: str, path: str, sent_as: str | None = None) -> Feedback:
        """Returns after the commit."""
        ...


class Gateways:
    """All of them. A message is acknowledged after the commit of its scans."""

    def __init__(
        self, store: Store, link: FloorLink, config: Config, stations: Iterable[GatewayStation]
    ) -> None:
        self._store = store
        self._link = link
        self._topics = link.topics
        self._waited = _Waited()
        link.on_connected(self._waited.begin)
        self._stations = {gateway_address(station.url): station for station in stations}
        self._readers: dict[str, GatewayReader] = {}
        self._half_there = Wakeup()
        for gateway in config.gateways:
            self._readers[gateway.id] = GatewayReader(format_of(gateway))
            if gateway.topic is not None:
                link.subscribe(gateway.topic, self._taker(gateway))
        link.subscribe(self._topics.of("scan", "+"), self._received)

    async def run(self) -> Never:
        """End what only silence ends."""
        while True:
            await self._half_there.wait()
            while waiting := [name for name, reader in self._readers.items() if reader.waiting]:
                await asyncio.sleep(min(self._readers[name].idle_s for name in waiting))
                for name in waiting:
                    await self._take(name, self._readers[name].flush(time.monotonic()), again=False)

    def _taker(self, gateway: Gateway) -> Callable[[Message], Awaitable[None]]:
        async def take(message: Message) -> None:
            await self._read(gateway.id, message)

        return take

    async def _received(self, message: Message) -> None:
        """On the contract's topic, which names the gateway."""
        parsed = self._topics.parse(message.topic)
        if parsed is None:
            log.warning("no gateway's topic: %s", message.topic)
            return
        await self._read(parsed[1], message)

    async def _read(self, gateway: str, message: Message) -> None:
        if message.retain:
            return  # a scan that the broker has stored was taken when it was sent, and comes with every connection
        if not self._link.connected:
            self._waited.begin()  # what the broker has kept comes before it confirms the subscriptions
        reader = self._reader_of(gateway)
        read = reader.read(message.topic, message.payload, time.time(), time.monotonic())
        if reader.waiting:
            self._half_there.set()
        await self._take(gateway, read, again=message.again)

    def _reader_of(self, gateway: str) -> GatewayReader:
        """A gateway that is not configured speaks the contract's JSON."""
        reader = self._readers.get(gateway)
        if reader is None:
            reader = self._readers[gateway] = GatewayReader(GatewayFormat())
        return reader

    async def _take(self, gateway: str, read: Sequence[GatewayScan | Malformed], *, again: bool) -> None:
        for each in read:
            if isinstance(each, Malformed):
                await self._tell_broken(gateway, each.reason)
            else:
                await self._take_scan(gateway, each, again=again)

    async def _take_scan(self, gateway: str, scan: GatewayScan, *, again: bool) -> None:
        station = self._stations.get((gateway, scan.device)) or self._stations.get((gateway, None))
        if station is None:
            await self._tell_unknown(gateway, scan)
            return
        try:
            at = from_text(scan.at) / 1000
        except ValueError as error:  # a clock that was never set; the broker would bring the message for ever
            await self._tell_broken(gateway, f"{error}, of {scan.data!r} from {scan.device}")
            return
        signal_dbm = round(scan.rssi) if scan.rssi is not None else None
        station.vitals(Vitals(f"gateway {gateway}", signal_dbm=signal_dbm))
        waited = not self._readers[gateway].timed and self._waited.takes(gateway, scan.device)
        taken = Scan(
            scan.data,
            scan.symbology,
            at,
            sequence=scan.seq,
            replayed=scan.replayed or waited,
            resent=again,
        )
        await station.take(taken, device_id(gateway, scan.device), gateway, _sent_as(gateway, scan))

    async def _tell_unknown(self, gateway: str, scan: GatewayScan) -> None:
        log.warning("gateway %s: scanner %s is in no configuration", gateway, scan.device)
        text = (
            f"gateway {gateway} sent {scan.data!r} of scanner {scan.device}, which has no station: give it one "
            f'(url = "mqtt://{gateway}/{scan.device}") and scan again'
        )
        await self._open("unknown-scanner", f"{gateway}/{scan.device}", text)

    async def _tell_broken(self, gateway: str, reason: str) -> None:
        log.warning("gateway %s: %s", gateway, reason)
        if not reason.startswith("repeat"):
            text = f"gateway {gateway} sent a scan that cannot be used: {reason}"
            await self._open("broken-scan", gateway, text)

    async def _open(self, kind: str, subject: str, text: str) -> None:
        await self._store.ask(c.OpenException(kind=kind, subject=subject, text=text))


class _Waited:
    """Tells what a broker kept for us from what a hand has just scanned, where the gateway says no time.

    It all comes at once with the connection: without this, two units would look like one pull of the trigger.
    """

    def __init__(self) -> None:
        self._connected_at = time.monotonic()
        self._bursts: dict[tuple[str, str], Burst] = {}

    def begin(self) -> None:
        """A connection has come about."""
        self._connected_at = time.monotonic()
        self._bursts.clear()

    def takes(self, gateway: str, device: str) -> bool:
        """Did the scan of this device that comes now wait?"""
        burst = self._bursts.setdefault((gateway, device), Burst(self._connected_at))
        return burst.takes(time.monotonic())


def _sent_as(gateway: str, scan: GatewayScan) -> str:
    """The same message again is the same scan, whatever the broker or the gateway has done with it."""
    said = f"{gateway}\0{scan.device}\0{scan.seq}\0{scan.at}\0{scan.data}"
    return hashlib.blake2b(said.encode(), digest_size=12).hexdigest()

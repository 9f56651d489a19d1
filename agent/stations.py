"""Scanners at stations: a scan goes through the door, the tone comes back after the commit."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from agent.config import Config
from agent.config_scanning import Scanner
from agent.core import commands as c
from agent.core.events import ScanTaken
from agent.core.times import from_text
from agent.desk import TaskDesk
from agent.store.store import Outcome, Store, now_ms
from devices.pda import Malformed, StationFeedback, decode_gateway_scan
from devices.scanners.framing.framer import Noise
from devices.scanners.scan import Feedback, Scan, Vitals
from devices.scanners.serial import SerialScanner

log = logging.getLogger(__name__)


class Station:
    """One configured scanner; it listens to it."""

    def __init__(self, store: Store, desk: TaskDesk, config: Config, scanner: Scanner) -> None:
        self._store = store
        self._desk = desk
        self._packed_apart = config.packs_apart
        self._scanner = scanner
        self.name = scanner.id
        self.role = scanner.role
        self.scans = 0
        self.garbled_count = 0
        self.last_scan_at: int | None = None
        self.fault: str | None = None
        self.last_vitals = Vitals()

    @property
    def is_serial(self) -> bool:
        """On a port of this machine, so it needs a task of its own."""
        return urlsplit(self._scanner.url).scheme == "serial"

    async def run(self) -> None:
        """Hold the port and answer scans, for ever."""
        scanner = self._scanner
        port = SerialScanner(scanner.url, feedback=scanner.feedback, framing=scanner.framing)
        await port.run(self)

    async def scanned(self, scan: Scan) -> Feedback:
        """Returns after the commit."""
        return await self.take(scan.text, int(scan.at * 1000))

    def garbled(self, noise: Noise) -> None:
        """Counted."""
        self.garbled_count += 1
        log.warning("scanner %s: %s: %r", self.name, noise.reason, noise.data)

    async def health(self, fault: str | None) -> None:
        """Journaled when it changes."""
        self.fault = fault
        await self._store.ask(c.ReportFault(device=self.name, fault=fault))

    def vitals(self, vitals: Vitals) -> None:
        """Shown."""
        self.last_vitals = vitals

    async def take(self, text: str, scanned_at: int, sent_as: str | None = None) -> Feedback:
        """Through the door; the answer stands in the journal when this returns.

        `sent_as`: the sender's own id of the scan, where it may send it again.
        """
        command = c.TakeScan(
            by=f"scanner:{self.name}", id=sent_as, scanner=self.name, role=self.role, text=text,
            scanned_at=scanned_at, packed_apart=self._packed_apart,
        )  # fmt: skip
        outcome = await self._store.ask(command)
        self.scans, self.last_scan_at = self.scans + 1, now_ms()
        answer = _feedback(outcome)
        self._desk.show_feedback(self.name, StationFeedback(text, answer.tone, answer.text))
        return answer

    def listens_to(self, gateway: str, device: str) -> bool:
        """Is this the scanner behind that gateway? A URL without a device takes all of its gateway's."""
        url = urlsplit(self._scanner.url)
        return url.scheme == "mqtt" and url.netloc == gateway and url.path.strip("/") in {"", device}


def _feedback(outcome: Outcome) -> Feedback:
    """As the journal has it; a scan that was sent again is answered as it was the first time."""
    for entry in reversed(outcome.entries):
        if isinstance(entry.event, ScanTaken):
            return Feedback(entry.event.tone, entry.event.reason)
    tone, _, text = (outcome.reason or "good: taken before").partition(": ")
    return Feedback("wrong" if tone == "wrong" else "stop" if tone == "stop" else "good", text)


class Stations:
    """All of them; scans of gateways come over the desk's link."""

    def __init__(self, store: Store, desk: TaskDesk, config: Config) -> None:
        self._desk = desk
        self.all = tuple(Station(store, desk, config, scanner) for scanner in config.scanners)
        desk.on_gateway_scan(self._from_gateway)

    async def _from_gateway(self, gateway: str, payload: bytes) -> None:
        scan = decode_gateway_scan(payload)
        if isinstance(scan, Malformed):
            log.warning("scan of gateway %s: %s", gateway, scan.reason)
            return
        station = next((each for each in self.all if each.listens_to(gateway, scan.device)), None)
        if station is None:
            log.warning("gateway %s: scanner %s is in no configuration", gateway, scan.device)
            return
        sent_as = f"{gateway}/{scan.device}/{scan.seq if scan.seq is not None else scan.data}/{scan.at}"
        await station.take(scan.data, from_text(scan.at), sent_as)

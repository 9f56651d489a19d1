"""Scanners at stations: a scan goes through the door, the tone comes back after the commit."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from agent.config import Config
from agent.config_scanning import Scanner, all_profiles
from agent.core import commands as c
from agent.core.events import ScanIgnored, ScanTaken
from agent.floor_link import FloorLink
from agent.gateways import Gateways
from agent.station_screens import StationScreens
from agent.store.store import Outcome, Store, now_ms
from devices.links.url import ble_address
from devices.pda import StationFeedback
from devices.scanners.ble.link import BleScanner
from devices.scanners.ble.radio import Radio
from devices.scanners.codes import read_code
from devices.scanners.framing.framer import Noise
from devices.scanners.scan import Feedback, Scan, Vitals
from devices.scanners.serial import SerialScanner
from devices.scanners.waybills import WaybillRules, compile_rules

log = logging.getLogger(__name__)

_SAID_OF_NOISE = {
    "too-long": "no code is that long: scan again",
    "checksum": "the code came in damaged: scan again",
    "malformed": "that was no code: scan again",
    "truncated": "half a code came in: scan again",
}


class Station:
    """One configured scanner. It listens to it."""

    def __init__(
        self, store: Store, screens: StationScreens, config: Config, scanner: Scanner, rules: WaybillRules
    ) -> None:
        self._store = store
        self._screens = screens
        self._rules = rules
        self._packed_apart = config.packs_apart
        self._grades = config.codes.grades
        self.scanner = scanner
        self.name = scanner.id
        self.role = scanner.role
        self.scans = 0
        self.ignored = 0
        self.noises = 0
        self.last_scan_at: int | None = None
        self.fault: str | None = None
        self.last_vitals = Vitals()

    @property
    def url(self) -> str:
        """Of its scanner."""
        return self.scanner.url

    async def scanned(self, scan: Scan) -> Feedback:
        """Over its own connection."""
        return await self.take(scan, self.url.partition("?")[0], self.name)

    def garbled(self, noise: Noise) -> None:
        """Counted, and shown to whoever holds the scanner."""
        self.noises += 1
        log.warning("scanner %s: %s: %r", self.name, noise.reason, noise.data)
        self._screens.show(self.name, StationFeedback("", "wrong", _SAID_OF_NOISE[noise.reason]))

    async def health(self, fault: str | None) -> None:
        """Journaled when it changes."""
        self.fault = fault
        await self._store.ask(c.ReportFault(device=self.name, fault=fault))

    def vitals(self, vitals: Vitals) -> None:
        """Shown to the supervisor."""
        self.last_vitals = vitals

    async def take(self, scan: Scan, device: str, path: str, sent_as: str | None = None) -> Feedback:
        """Through the door; the answer stands in the journal when this returns.

        `device`: what read the code, the same by whichever `path` it comes. `sent_as`: the sender's own id of the
        scan, where it may send it again.
        """
        outcome = await self._store.ask(self._command(scan, device, path, sent_as))
        self.last_scan_at = now_ms()
        self.scans += 1
        self.ignored += any(isinstance(entry.event, ScanIgnored) for entry in outcome.entries)
        answer = _feedback(outcome)
        self._screens.show(self.name, StationFeedback(scan.text, answer.tone, answer.text))
        return answer

    def _command(self, scan: Scan, device: str, path: str, sent_as: str | None) -> c.TakeScan:
        code = read_code(scan.text, scan.symbology, self._rules)
        mine = self.scanner
        return c.TakeScan(
            by=f"scanner:{self.name}", id=sent_as, scanner=self.name, role=self.role, text=scan.text,
            scanned_at=round(scan.at * 1000), packed_apart=self._packed_apart, device=device, path=path, link=scan.link,
            sequence=scan.sequence, replayed=scan.replayed, resent=scan.resent, resends=mine.resends,
            bounce_ms=mine.bounce_ms, gtin=code.gtin, sscc=code.sscc, serial=code.serial, pda=mine.pda,
            grades=self._grades,
        )  # fmt: skip


def _feedback(outcome: Outcome) -> Feedback:
    """As the journal has it; a scan that was sent again is answered as it was the first time."""
    for entry in reversed(outcome.entries):
        if isinstance(entry.event, ScanTaken | ScanIgnored):
            return Feedback(entry.event.tone, entry.event.reason)
    tone, _, text = (outcome.reason or "good: taken before").partition(": ")
    return Feedback("wrong" if tone == "wrong" else "stop" if tone == "stop" else "good", text)


class Stations:
    """All of them, and what carries their scans: ports, the radio, gateways."""

    def __init__(self, store: Store, link: FloorLink, screens: StationScreens, config: Config) -> None:
        rules = compile_rules(config.codes.waybills)
        self.all = tuple(Station(store, screens, config, scanner, rules) for scanner in config.scanners)
        self._config = config
        self._gateways = Gateways(store, link, config, self._by("mqtt"))

    def tasks(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What must run for them, by name."""
        tasks: dict[str, Coroutine[Any, Any, None]] = {
            f"scanner {station.name}": _port(station).run(station) for station in self._by("serial")
        }
        if radio := self._by("ble"):
            tasks["bluetooth"] = self._radio(radio).run()
        tasks["gateways"] = self._gateways.run()
        return tasks

    def _by(self, scheme: str) -> list[Station]:
        return [station for station in self.all if station.url.startswith(f"{scheme}:")]

    def _radio(self, stations: Sequence[Station]) -> Radio:
        bluetooth = self._config.bluetooth
        return Radio(
            [_on_air(station) for station in stations],
            profiles=all_profiles(self._config.profiles),
            slots=bluetooth.slots,
            adapters=bluetooth.adapters,
        )


def _port(station: Station) -> SerialScanner:
    scanner = station.scanner
    return SerialScanner(scanner.url, feedback=scanner.feedback, framing=scanner.framing)


def _on_air(station: Station) -> BleScanner:
    address, profile = ble_address(station.url)
    return BleScanner(address, station, profile, station.scanner.feedback)

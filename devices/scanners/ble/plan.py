"""Which adapter connects to which scanner, and when. No I/O; the clock and the dice are passed in.

An adapter holds at most `slots` links and makes one connection at a time. A scanner is only tried where it was heard
lately: one that is switched off costs nothing, and a shift whose power was cut does not come back as a storm. It goes
to the adapter that hears it best, where each link that an adapter has counts as much as a weaker signal, and where
failures count most. Whoever has been ready for longest goes first, so nobody starves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from random import Random

from devices.scanners.ble.pace import Pace

NO_SLOT = "no free Bluetooth slot: add an adapter"
NOT_HEARD = "not heard: switched off, or out of range"

#: A link that an adapter holds counts against it as this much signal.
_LINK_DBM = 6
#: So many failures on one adapter make another one the better choice, however weak it hears.
_FAILURES_TO_MOVE = 2


@dataclass(frozen=True, slots=True)
class _Sighting:
    signal_dbm: int
    at: float


@dataclass(slots=True)
class _Wanted:
    """A scanner: what is known about it, and where it hangs (`on`) while an adapter connects to it or holds it."""

    waits_since: float
    ready_at: float
    failures: int = 0
    trouble: str = NOT_HEARD
    failed_on: Counter[str] = field(default_factory=Counter)
    sightings: dict[str, _Sighting] = field(default_factory=dict)
    on: str | None = None
    linked_at: float | None = None


class Plan:
    """The state of all adapters and scanners. `now` is in seconds of any steady clock and never goes back."""

    def __init__(self, slots: int, pace: Pace, dice: Random) -> None:
        self._slots = slots
        self._pace = pace
        self._dice = dice
        self._adapters: set[str] = set()
        self._wanted: dict[str, _Wanted] = {}
        self._load: Counter[str] = Counter()  # links of each adapter, one that is being made included
        self._connecting: set[str] = set()

    def want(self, address: str, now: float) -> None:
        """A scanner that is to be connected."""
        self._wanted.setdefault(address, _Wanted(waits_since=now, ready_at=now))

    def use(self, adapters: Iterable[str]) -> None:
        """These are the adapters now. A link on one that is gone counts until `ended` says so."""
        self._adapters = set(adapters)
        for scanner in self._wanted.values():
            for gone in scanner.sightings.keys() - self._adapters:
                del scanner.sightings[gone]

    @property
    def missing(self) -> bool:
        """Is there a scanner that nobody connects to or holds?"""
        return any(scanner.on is None for scanner in self._wanted.values())

    def hears(self, address: str, adapter: str, signal_dbm: int, now: float) -> set[str]:
        """An advertisement. The adapters that may have something to do now: ask them to `choose`."""
        scanner = self._wanted.get(address)
        if scanner is None or adapter not in self._adapters:
            return set()
        is_news = not self._is_heard(scanner, adapter, now)
        best = self._best_for(scanner, now)
        if len(self._adapters) > 1 and not self._heard_by(scanner, now):
            scanner.ready_at = max(scanner.ready_at, now + self._pace.gather_s)
        scanner.sightings[adapter] = _Sighting(signal_dbm, now)
        if scanner.on is not None:
            return set()
        better = self._best_for(scanner, now)
        return {each for each in (adapter if is_news else None, better if better != best else None) if each}

    def choose(self, adapter: str, now: float) -> str | None:
        """The scanner that this adapter connects to now, if any: say `connected` or `ended` then."""
        if adapter in self._connecting or not self._has_room(adapter):
            return None
        ready = sorted(
            (scanner.ready_at, address)
            for address, scanner in self._wanted.items()
            if scanner.on is None and scanner.ready_at <= now and self._is_heard(scanner, adapter, now)
        )
        for _, address in ready:
            scanner = self._wanted[address]
            if self._best_for(scanner, now) == adapter:
                scanner.on = adapter
                self._load[adapter] += 1
                self._connecting.add(adapter)
                return address
        return None

    def next_look_at(self, adapter: str, now: float) -> float | None:
        """When the adapter may have something to do although nothing is heard and nothing ends."""
        later = (
            scanner.ready_at
            for scanner in self._wanted.values()
            if scanner.on is None and scanner.ready_at > now and self._is_heard(scanner, adapter, now)
        )
        return min(later, default=None)

    def connected(self, address: str, now: float) -> None:
        """Its connection came about."""
        scanner = self._wanted[address]
        if scanner.on is None:
            raise ValueError("no adapter connects to it")
        scanner.linked_at = now
        self._connecting.remove(scanner.on)

    def ended(self, address: str, reason: str, now: float) -> None:
        """Its connection did not come about, or is lost; it has to be heard again before the next one."""
        scanner = self._wanted[address]
        linked_at = scanner.linked_at
        adapter = self._let_go(scanner)
        scanner.trouble = reason
        if linked_at is not None:
            scanner.waits_since = -inf  # a scanner that was there and is not is a fault at once
            # One that is held does not advertise: what was heard since then came after the loss.
            scanner.sightings = {by: each for by, each in scanner.sightings.items() if each.at > linked_at}
        else:
            scanner.sightings.pop(adapter, None)
        if linked_at is not None and now - linked_at >= self._pace.settled_s:
            scanner.failures = 0
            scanner.failed_on.clear()
            scanner.ready_at = now + self._dice.uniform(0, self._pace.spread_s)
        else:
            scanner.failures += 1
            scanner.failed_on[adapter] += 1
            scanner.ready_at = now + self._back_off(scanner.failures)

    def fault(self, address: str, now: float) -> str | None:
        """Why a scanner is not connected; None: it is, or has not been on its way for long."""
        scanner = self._wanted[address]
        if scanner.linked_at is not None or now - scanner.waits_since < self._pace.grace_s:
            return None
        heard_by = self._heard_by(scanner, now)
        if scanner.on is None and heard_by and not any(map(self._has_room, heard_by)):
            return NO_SLOT
        return scanner.trouble

    def _let_go(self, scanner: _Wanted) -> str:
        adapter = scanner.on
        if adapter is None:
            raise ValueError("nobody connects to it, or holds it")
        if scanner.linked_at is None:
            self._connecting.remove(adapter)
        scanner.on = scanner.linked_at = None
        self._load[adapter] -= 1
        return adapter

    def _back_off(self, failures: int) -> float:
        longest = min(self._pace.longest_s, self._pace.first_s * 2.0 ** min(failures - 1, 16))
        return longest * self._dice.uniform(0.5, 1)

    def _best_for(self, scanner: _Wanted, now: float) -> str | None:
        """Waiting for the best adapter while it connects to another is better than going to one that hardly hears."""
        with_room = filter(self._has_room, self._heard_by(scanner, now))
        return max(with_room, key=lambda adapter: self._worth(scanner, adapter), default=None)

    def _worth(self, scanner: _Wanted, adapter: str) -> tuple[int, int, str]:
        signal_dbm = scanner.sightings[adapter].signal_dbm
        refusals = scanner.failed_on[adapter] // _FAILURES_TO_MOVE
        return -refusals, signal_dbm - _LINK_DBM * self._load[adapter], adapter

    def _heard_by(self, scanner: _Wanted, now: float) -> list[str]:
        return [adapter for adapter in scanner.sightings if self._is_heard(scanner, adapter, now)]

    def _is_heard(self, scanner: _Wanted, adapter: str, now: float) -> bool:
        sighting = scanner.sightings.get(adapter)
        return sighting is not None and now - sighting.at <= self._pace.heard_s

    def _has_room(self, adapter: str) -> bool:
        return adapter in self._adapters and self._load[adapter] < self._slots

"""How long a list takes on a floor where others walk too: leg by leg, slower in an aisle where somebody is."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, pairwise
from typing import NamedTuple

from routing import Batch, Effort, Layout

CROWD_PERCENT = 30
"""Every other picker in an aisle makes walking there take so much longer."""
SETUP_MS = 180_000
"""Beside the walk: empty totes onto the cart, full ones off it."""


class Stay(NamedTuple):
    """Somebody is in an aisle from `enters_ms` until `leaves_ms`."""

    enters_ms: int
    leaves_ms: int


class Walked(NamedTuple):
    """A list as it goes: when each of its locations is done, with its aisle, and when it is back."""

    done: tuple[tuple[int, str], ...]
    back_ms: int

    def ahead(self, now_ms: int) -> list[str]:
        """The aisles of the locations that are open still."""
        return [aisle for done_ms, aisle in self.done if done_ms > now_ms]


class Crowd:
    """Who is in which aisle when. A list that begins sees those that began before it, and does not slow them."""

    def __init__(self, layout: Layout, effort: Effort) -> None:
        grid = layout.grid
        if grid is None:
            raise ValueError("the day is simulated on one deck of aisles")
        self._layout = layout
        self._effort = effort
        self._levels_mm = grid.levels_y_mm
        self._stays: dict[str, list[Stay]] = defaultdict(list)

    def walk(self, batch: Batch, begins_ms: int) -> Walked:
        """The batch is walked from that moment on; where its walk is longer than its stops demand, every leg is."""
        now_ms = begins_ms + SETUP_MS
        stops = [
            (place, sum(stop.qty for stop in at))
            for place, at in groupby(batch.stops, lambda stop: stop.location)
        ]
        spots = [batch.start, *(place for place, _ in stops), batch.end]
        legs = [self.leg(here, there) for here, there in pairwise(spots)]
        least_mm = sum(length_mm for leg in legs for _, length_mm in leg)
        stays: list[tuple[str, Stay]] = []
        done = []
        for leg, (place, units) in zip(legs, [*stops, ("", 0)], strict=True):
            for aisle, length_mm in leg:
                stays.append((aisle, self._walked(aisle, length_mm * batch.distance_mm // least_mm, now_ms)))
                now_ms = stays[-1][1].leaves_ms
            if place:
                spot = self._layout.spots[place]
                leaves_ms = now_ms + self._effort.handling_ms([spot], units)
                stays.append((spot.aisle, Stay(now_ms, leaves_ms)))
                done.append((leaves_ms, spot.aisle))
                now_ms = leaves_ms
        for aisle, stay in stays:
            self._stays[aisle].append(stay)
        return Walked(tuple(done), now_ms)

    def forget_before(self, now_ms: int) -> None:
        """Stays that are over matter to nobody who begins from now on."""
        for aisle, stays in self._stays.items():
            self._stays[aisle] = [stay for stay in stays if stay.leaves_ms > now_ms]

    def leg(self, here: str, there: str) -> list[tuple[str, int]]:
        """The shortest walk between two spots as mm by aisle; those on a cross-aisle under no name."""
        one, other = self._layout.spots[here], self._layout.spots[there]
        if one.x_mm == other.x_mm:
            return [(one.aisle, abs(one.y_mm - other.y_mm))]
        crossing_mm = min(self._levels_mm, key=lambda y_mm: abs(one.y_mm - y_mm) + abs(y_mm - other.y_mm))
        return [
            (one.aisle, abs(one.y_mm - crossing_mm)),
            ("", abs(one.x_mm - other.x_mm)),
            (other.aisle, abs(crossing_mm - other.y_mm)),
        ]

    def _walked(self, aisle: str, length_mm: int, now_ms: int) -> Stay:
        """Slower for each that is there when it is entered; cross-aisles are wide enough for all."""
        others = sum(stay.enters_ms <= now_ms < stay.leaves_ms for stay in self._stays[aisle]) if aisle else 0
        return Stay(
            now_ms, now_ms + self._effort.walking_ms(length_mm) * (100 + CROWD_PERCENT * others) // 100
        )

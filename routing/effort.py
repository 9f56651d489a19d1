"""What a walk costs a picker: millimetres, or the time that they and the handling take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from routing.errors import ProblemError
from routing.layout import Layout, Spot
from routing.network import Edge
from routing.walks import Walks

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Effort:
    """What is to be made small, and how fast people are.

    Costs are hundredths of a millimetre where `minimise` is `distance`, microseconds where it is `time`; in both a
    millimetre in an aisle of `busy_percent` (others are at work there) costs so many percent more. Times: `turn_ms`
    for a change between an aisle and a cross-aisle, `stop_ms` for each location where something is taken, `unit_ms`
    for each unit, `level_ms` for each level above the first at a location.

    Raises ProblemError where a speed, time or surcharge cannot be.
    """

    minimise: Literal["distance", "time"] = "distance"
    speed_mm_s: int = 1_200
    turn_ms: int = 0
    stop_ms: int = 0
    unit_ms: int = 0
    level_ms: int = 0
    busy_percent: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.speed_mm_s < 1:
            raise ProblemError(f"bad-effort: nobody walks at {self.speed_mm_s} mm/s")
        least = min((self.turn_ms, self.stop_ms, self.unit_ms, self.level_ms, *self.busy_percent.values()))
        if least < 0:
            raise ProblemError(f"bad-effort: a time or surcharge is negative ({least})")

    @property
    def by_time(self) -> bool:
        """Whether time is what counts."""
        return self.minimise == "time"

    def per_mm(self, aisle: str) -> int:
        """Cost of a millimetre in this aisle."""
        percent = PERCENT + self.busy_percent.get(aisle, 0)
        return percent * self._us_per_mm // PERCENT if self.by_time else percent

    @property
    def turn(self) -> int:
        """Cost of a turn."""
        return self.turn_ms * 1000 if self.by_time else 0

    def fixed(self, edge: Edge) -> int:
        """What a whole walk over an edge costs beside its millimetres: a way with a time of its own."""
        if not self.by_time or edge.time_ms is None:
            return 0
        return edge.time_ms * 1000 - edge.length_mm * self.per_mm(edge.aisle)

    def walks(self, layout: Layout) -> Walks:
        """Least walks of a layout under this cost."""
        edges = layout.network.edges
        per_mm = [self.per_mm(edge.aisle) for edge in edges]
        return Walks(layout.network, per_mm, [self.fixed(edge) for edge in edges], self.turn)

    def walking_ms(self, distance_mm: int) -> int:
        """How long so many mm take on a free, straight way."""
        return distance_mm * 1000 // self.speed_mm_s

    def handling_ms(self, spots: Iterable[Spot], units: int) -> int:
        """What the stops take beside the walk: `spots` are the distinct locations, `units` all that is taken."""
        stops = sum(self.stop_ms + self.level_ms * max(0, spot.level - 1) for spot in spots)
        return stops + units * self.unit_ms

    @property
    def _us_per_mm(self) -> int:
        return 1_000_000 // self.speed_mm_s

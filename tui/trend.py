"""Shipped per interval, out of the running total that the agent reports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class ShippedTrend:
    """Running totals at moments of the agent's clock, thinned to two an interval.

    A gap in the reports (the agent was not reachable) is spread evenly over its time, so that healing shows
    no spike. A report that overtook a slightly older one makes the older one void. A total that falls, or a
    clock far back, belongs to another agent or day: the trend starts anew.
    """

    interval_s: int = 10
    intervals: int = 60
    samples: tuple[tuple[datetime, int], ...] = ()

    def with_total(self, at: datetime, total: int) -> ShippedTrend:
        """The trend with one more report."""
        if self.samples:
            last_at, last_total = self.samples[-1]
            late_s = (last_at - at).total_seconds()
            if 0 <= late_s < self.interval_s:
                return self
            if late_s > 0 or total < last_total:
                return replace(self, samples=((at, total),))
        oldest = at - timedelta(seconds=self.interval_s * (self.intervals + 1))
        kept = [sample for sample in self.samples if sample[0] >= oldest]
        if len(kept) > 1 and (at - kept[-2][0]).total_seconds() < self.interval_s / 2:
            kept.pop()
        return replace(self, samples=(*kept, (at, total)))

    def per_interval(self) -> tuple[float, ...]:
        """How many were shipped in each whole interval up to the last report, oldest first."""
        if len(self.samples) < 2:
            return ()
        (first, _), (last, _) = self.samples[0], self.samples[-1]
        known = min(self.intervals, int((last - first).total_seconds() // self.interval_s))
        edges = [last - timedelta(seconds=self.interval_s * n) for n in range(known, -1, -1)]
        return tuple(self._total_at(end) - self._total_at(start) for start, end in pairwise(edges))

    def per_minute(self) -> float | None:
        """The rate over the last minute at most; None before the first whole interval."""
        recent = self.per_interval()[-max(1, 60 // self.interval_s) :]
        return sum(recent) * 60 / (len(recent) * self.interval_s) if recent else None

    def _total_at(self, moment: datetime) -> float:
        for (start, before), (end, after) in pairwise(self.samples):
            if start <= moment <= end:
                span_s = (end - start).total_seconds()
                part = (moment - start).total_seconds() / span_s if span_s else 1.0
                return before + (after - before) * part
        return float(self.samples[-1][1])

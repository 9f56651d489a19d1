"""How fast a radio goes about its work; a simulated floor goes faster."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds.

    `connect_s`: what a connection may take, its services found and its notifications on. `first_s` and `longest_s`
    bound the back-off after failures. `spread_s`: scanners that were lost together come back spread over it.
    `settled_s`: a link that held this long was a good one. `heard_s`: how long an advertisement says that its
    scanner is there, and how often what does not advertise is looked for; `gather_s`: how long other adapters have
    to hear it better than the first. `grace_s`: a scanner that is on its way for no longer than this is no fault
    yet. `check_every_s`: how often a link is asked for a sign of life, `answer_s`: how long it may take to give
    one; `write_s`: what a write may take.
    """

    connect_s: float = 15.0
    first_s: float = 1.0
    longest_s: float = 16.0
    spread_s: float = 2.0
    settled_s: float = 10.0
    heard_s: float = 30.0
    gather_s: float = 0.5
    grace_s: float = 10.0
    check_every_s: float = 60.0
    answer_s: float = 5.0
    write_s: float = 2.0

    def times(self, factor: float) -> Pace:
        """The same pace, `factor` times as fast."""
        return Pace(*(getattr(self, each.name) / factor for each in fields(self)))
